"""
The words behind a line of the ledger: each patient's under the patient's own key.

Words about a number alone are nobody's in particular: they lie under the house's keys.
"""

import os
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from healthmsg.clinic import patient_keys, strongbox
from healthmsg.clinic.models import ConsentEvidence, ConsentRecord

# Rows of one statement, and of one transaction of `seal_clear`.
TOGETHER = 2000
_NONCE_BYTES = 12
_IN_CLEAR = ~Q(text="")
_HAS_WORDS = _IN_CLEAR | Q(secret__isnull=False)
Keys = dict[int, AESGCM | None]


def keep(words: Sequence[tuple[ConsentRecord, str]]) -> None:
    """Keep what stands behind new lines; of a deleted patient only that there was something."""
    if not words:
        return
    keys = _keys_of(line for line, _text in words)
    rows = [ConsentEvidence(record=line) for line, _text in words]
    for row, (_line, text) in zip(rows, words, strict=True):
        _seal(row, text, keys)
    ConsentEvidence.objects.bulk_create(rows, batch_size=TOGETHER)


def read(lines: Iterable[ConsentRecord]) -> dict[int, str]:
    """
    Return the words behind lines by their primary keys; a line without any is not in it.

    :param lines: with their `evidence` selected
    """
    rows = [one for line in lines if (one := getattr(line, "evidence", None)) is not None]
    of_patients = {
        row.record.patient_id for row in rows if row.secret is not None and row.record.patient_id
    }
    keys = patient_keys.known_keys(of_patients) if of_patients else {}
    words = {row.record_id: _words(row, keys) for row in rows}
    return {key: text for key, text in words.items() if text}


def there_are(rows: "QuerySet[ConsentEvidence]") -> "QuerySet[ConsentEvidence]":
    """Return those of these rows that still hold words."""
    return rows.filter(_HAS_WORDS)


def blank(rows: "QuerySet[ConsentEvidence]", *, now: datetime) -> int:
    """Remove words for good; return how many rows had any."""
    return rows.filter(_HAS_WORDS).update(text="", secret=None, blanked_at=now)


@transaction.atomic
def seal_clear(*, limit: int = TOGETHER) -> int:
    """Seal the next of those that the release before wrote, or writes while it is replaced."""
    clear = ConsentEvidence.objects.filter(_IN_CLEAR).select_related("record")
    rows = list(clear.select_for_update(of=("self",), skip_locked=True).order_by("pk")[:limit])
    if not rows:
        return 0
    keys = _keys_of(row.record for row in rows)
    for row in rows:
        _seal(row, row.text, keys)
    ConsentEvidence.objects.bulk_update(rows, ["text", "secret", "blanked_at"])
    return len(rows)


@transaction.atomic
def seal_anew(*, after: int, limit: int = TOGETHER) -> int:
    """
    Keep the next words about numbers under the newest of the house's keys.

    :param after: the row where the last call ended, 0 at first
    :returns: the row where this one ended, 0 when all are done
    """
    found = ConsentEvidence.objects.filter(
        pk__gt=after, record__patient=None, secret__isnull=False
    ).select_related("record")
    rows = list(found.select_for_update(of=("self",)).order_by("pk")[:limit])
    for row in rows:
        whose = _whose(row)
        row.secret = strongbox.seal(strongbox.unseal(bytes(row.secret or b""), of=whose), of=whose)
    ConsentEvidence.objects.bulk_update(rows, ["secret"])
    return int(rows[-1].pk) if len(rows) == limit else 0


def _keys_of(lines: Iterable[ConsentRecord]) -> Keys:
    patients: Collection[int] = {line.patient_id for line in lines if line.patient_id}
    return patient_keys.keys_of(patients, now=None) if patients else {}


def _seal(row: ConsentEvidence, text: str, keys: Keys) -> None:
    row.text = ""
    patient_id = row.record.patient_id
    if patient_id is None:
        row.secret = strongbox.seal(text.encode(), of=_whose(row))
        return
    key = keys[patient_id]
    if key is None:
        row.blanked_at = Now()
        return
    nonce = os.urandom(_NONCE_BYTES)
    row.secret = nonce + key.encrypt(nonce, text.encode(), _whose(row).encode())


def _words(row: ConsentEvidence, keys: Keys) -> str:
    if row.secret is None:
        return row.text
    secret, whose = bytes(row.secret), _whose(row)
    try:
        if row.record.patient_id is None:
            return strongbox.unseal(secret, of=whose).decode()
        key = keys.get(row.record.patient_id)
        if key is None:
            return ""
        words = key.decrypt(secret[:_NONCE_BYTES], secret[_NONCE_BYTES:], whose.encode())
    except (InvalidTag, ValueError, strongbox.WrongKeys):
        # Changed, or of another house: what cannot be trusted is not shown.
        return ""
    return words.decode()


def _whose(row: ConsentEvidence) -> str:
    return f"evidence of line {row.record_id}"
