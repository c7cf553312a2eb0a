"""The sealed book of what happened: filing of notes, reading of what is sealed, and its check."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection, transaction

from healthmsg.clinic import patient_keys
from healthmsg.clinic.models import (
    AuditHead,
    AuditKind,
    AuditLine,
    AuditNote,
    AuditStart,
    PatientKey,
)

# Lines sealed in one transaction: what a killed sealer does anew.
PORTION = 2000
# A number nobody else locks by ("audi").
_LOCK = 0x61756469
_FACTS = (
    *("at", "kind", "verb", "by_id", "done_by", "address", "path", "clinic_id", "model"),
    *("row_id", "patient_id", "rows"),
)
_COLUMNS = (
    *("number", "note_id", "sealed_at", *_FACTS),
    *("before", "after", "secret", "is_removed", "hash"),
)
_NONCE_BYTES = 12
Told = tuple[dict[str, Any] | None, dict[str, Any] | None]


@dataclass(frozen=True)
class Break:
    """The first line that is not what was written, and how."""

    line: int
    what: str


def note(notes: Sequence[AuditNote]) -> None:
    """Write down what the database cannot see by itself: looks, exports, who came and went."""
    AuditNote.objects.bulk_create(notes)


def by_command(
    name: str, kind: AuditKind, *, now: datetime, after: dict[str, Any] | None = None
) -> None:
    """Write down what somebody at the server did, such as taking out a whole copy."""
    done_by = f"command {name.split(maxsplit=1)[0]}"
    note([AuditNote(at=now, kind=kind, done_by=done_by, path=name, after=after)])


@transaction.atomic
def seal(*, now: datetime, limit: int = PORTION) -> int:
    """
    File the oldest notes as lines of the book; 0 where there are none or somebody else is at it.

    Lines are numbered as they are sealed, not as notes were: a slow transaction's notes come late.
    """
    if not _is_alone():
        return 0
    notes = list(AuditNote.objects.order_by("pk")[:limit])
    if not notes:
        return 0
    head, _is_first = AuditHead.objects.select_for_update().get_or_create(pk=1)
    _write(lines := list(_sealed(notes, head, now)))
    AuditNote.objects.filter(pk__in=[one.pk for one in notes]).delete()
    last = lines[-1]
    head.number, head.hash, head.sealed_at = last.number, last.hash, now
    head.vouched = patient_keys.vouch(_end(head))
    head.save()
    return len(lines)


def _write(lines: Sequence[AuditLine]) -> None:
    # Django prepares and quotes twenty fields of every row: three times what all else takes.
    names = ", ".join(map(connection.ops.quote_name, _COLUMNS))
    statement = f"COPY {connection.ops.quote_name(AuditLine._meta.db_table)} ({names}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for line in lines:
            copy.write_row([_cell(getattr(line, name)) for name in _COLUMNS])


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict) else value


def _is_alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _sealed(notes: Sequence[AuditNote], head: AuditHead, now: datetime) -> Iterator[AuditLine]:
    told_of = {one.patient_id for one in notes if one.patient_id and _has_words(one)}
    keys = patient_keys.keys_of(told_of, now=now)
    number, before = head.number, bytes(head.hash)
    for one in notes:
        number += 1
        line = AuditLine(number=number, note_id=one.pk, sealed_at=now)
        for name in _FACTS:
            setattr(line, name, getattr(one, name))
        _keep_words(line, one, keys)
        line.hash = before = _hash(before, line)
        yield line


def _has_words(fact: AuditNote) -> bool:
    return fact.before is not None or fact.after is not None


def _keep_words(line: AuditLine, one: AuditNote, keys: dict[int, AESGCM | None]) -> None:
    if not _has_words(one):
        return
    if one.patient_id is None:
        line.before, line.after = one.before, one.after
        return
    key = keys[one.patient_id]
    if key is None:
        line.is_removed = True
        return
    nonce = os.urandom(_NONCE_BYTES)
    words = json.dumps([one.before, one.after]).encode()
    line.secret = nonce + key.encrypt(nonce, words, _bytes_of(line, words=False))


def told(lines: Iterable[AuditLine]) -> dict[int, Told | None]:
    """Return before and after of each line by its number; None where it went with the patient."""
    rows = list(lines)
    keys = patient_keys.known_keys(
        {one.patient_id for one in rows if one.patient_id and one.secret}
    )
    return {one.number: _told(one, keys) for one in rows}


def _told(line: AuditLine, keys: dict[int, AESGCM | None]) -> Told | None:
    if line.is_removed:
        return None
    if line.secret is None:
        return line.before, line.after
    key = keys.get(line.patient_id or 0)
    if key is None:
        return None
    secret = bytes(line.secret)
    try:
        words = key.decrypt(
            secret[:_NONCE_BYTES], secret[_NONCE_BYTES:], _bytes_of(line, words=False)
        )
    except InvalidTag:
        # Written by another house's key, or changed: the check of the book says which.
        return None
    before, after = json.loads(words)
    return before, after


def first_break(*, after: int = 0, limit: int | None = None) -> Break | None:
    """
    Read the book from its beginning, and return the first line that is not what was written.

    :param after: begin after this line, whose own hash is then taken as true
    :param limit: read so many lines at most; None: to the end
    """
    head = AuditHead.objects.filter(pk=1).first() or AuditHead()
    if (broken := _break_of_the_end(head)) is not None:
        return broken
    begun = _begun(after, head)
    if isinstance(begun, Break):
        return begun
    number, before = begun
    until = head.number if limit is None else min(head.number, number + limit)
    lines = AuditLine.objects.filter(pk__gt=number, pk__lte=until).order_by("pk")
    for line in lines.iterator(chunk_size=PORTION):
        number += 1
        if line.number != number:
            return Break(number, "missing")
        if bytes(line.hash) != (before := _hash(before, line)):
            return Break(number, "changed")
    if number < until:
        return Break(number + 1, "missing")
    return _break_at_the_end(head, before) if until == head.number else None


def _begun(after: int, head: AuditHead) -> tuple[int, bytes] | Break:
    """Return the line to read behind, and its hash: where what is left begins, or later."""
    start = AuditStart.objects.filter(pk=1).first() or AuditStart()
    if start.number and not patient_keys.is_vouched(_beginning(start), bytes(start.vouched)):
        return Break(start.number + 1, "the beginning is vouched for by none of the house's keys")
    if after <= start.number:
        return start.number, bytes(start.hash)
    known = AuditLine.objects.filter(pk=after).first()
    if known is not None:
        return known.number, bytes(known.hash)
    return Break(after, "missing") if after <= head.number else (start.number, bytes(start.hash))


def _break_of_the_end(head: AuditHead) -> Break | None:
    if head.number:
        if patient_keys.is_vouched(_end(head), bytes(head.vouched)):
            return None
        return Break(head.number, "the end is vouched for by none of the house's keys")
    # Whoever has a key was entered before: that waits as a note, or was sealed, be it meanwhile.
    heads = AuditHead.objects.filter(pk=1, number__gt=0)
    if PatientKey.objects.exists() and not (AuditNote.objects.exists() or heads.exists()):
        return Break(1, "missing, with all that came after it")
    return None


def _break_at_the_end(head: AuditHead, last: bytes) -> Break | None:
    if bytes(head.hash) != last:
        return Break(head.number, "changed, with every hash after it")
    beyond = AuditLine.objects.filter(pk__gt=head.number).order_by("pk").first()
    # Asked afterwards: what was sealed meanwhile moved the end with it.
    stands_still = not AuditHead.objects.filter(pk=1).exclude(number=head.number).exists()
    return Break(beyond.number, "inserted") if beyond and stands_still else None


def end() -> str:
    """Return the newest line's number and hash, to be noted somewhere else."""
    head = AuditHead.objects.filter(pk=1).first() or AuditHead()
    return f"{head.number}:{bytes(head.hash).hex()}"


def beginning() -> int:
    """Return the number of the last line that was let go; 0 where all are there."""
    return AuditStart.objects.filter(pk=1).values_list("number", flat=True).first() or 0


def begin_after(line: AuditLine, *, now: datetime) -> None:
    """Have the book begin behind this line, which is let go with all before it."""
    start, _is_first = AuditStart.objects.select_for_update().get_or_create(pk=1)
    start.number, start.hash, start.cut_at = line.number, line.hash, now
    start.vouched = patient_keys.vouch(_beginning(start))
    start.save()


@transaction.atomic
def vouch_anew() -> None:
    """
    Vouch for the end, and the beginning, under the newest of the house's keys.

    :raises ValueError: none of the house's keys vouches for them as they stand
    """
    head = AuditHead.objects.select_for_update().filter(pk=1).first()
    if head is None:
        return
    if not patient_keys.is_vouched(_end(head), bytes(head.vouched)):
        raise ValueError("the end of the audit is vouched for by none of the house's keys")
    head.vouched = patient_keys.vouch(_end(head))
    head.save(update_fields=["vouched"])
    start = AuditStart.objects.select_for_update().filter(pk=1).first()
    if start is None:
        return
    if not patient_keys.is_vouched(_beginning(start), bytes(start.vouched)):
        raise ValueError("the beginning of the audit is vouched for by none of the house's keys")
    start.vouched = patient_keys.vouch(_beginning(start))
    start.save(update_fields=["vouched"])


def still_holds(noted: str) -> bool:
    """True where the book still contains the end that was noted once: nothing was cut off since."""
    number, _colon, digits = noted.partition(":")
    if noted == end() or int(number) <= beginning():
        return True
    line = AuditLine.objects.filter(pk=int(number)).first()
    return line is not None and bytes(line.hash).hex() == digits


def _hash(before: bytes, line: AuditLine) -> bytes:
    return hashlib.sha256(before + _bytes_of(line, words=True)).digest()


def _bytes_of(line: AuditLine, *, words: bool) -> bytes:
    facts = [line.number, line.note_id, _plain(line.sealed_at)]
    facts += [_plain(getattr(line, name)) for name in _FACTS]
    if words:
        secret = bytes(line.secret).hex() if line.secret is not None else None
        facts += [line.before, line.after, line.is_removed, secret]
    return json.dumps(facts, sort_keys=True).encode()


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _beginning(start: AuditStart) -> bytes:
    # Never to be taken for an end: whoever copied one could else let the book begin there.
    return f"begins after {start.number}:".encode() + bytes(start.hash)


def _end(head: AuditHead) -> bytes:
    return f"{head.number}:".encode() + bytes(head.hash)
