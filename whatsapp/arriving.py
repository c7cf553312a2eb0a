"""What patients wrote and people have to see: put into conversations, urgent ones ahead of all."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, transaction

from healthmsg.clinic.models import Clinic
from whatsapp import attachments, correspondents, haste
from whatsapp.models import Reply, UrgentWord

# What is tapped is in our own words.
_TAPS = frozenset({"button", "interactive"})

# Two messages of one person that come together are folded first: one row may be met once.
# What needs haste is an alarm again once its time has passed since somebody looked.
_OPEN = """
INSERT INTO whatsapp_thread AS thread
       (clinic_id, sender_id, phone_id, hidden_as, site_id, last_written_at, opened_at, waits_since,
        urgent_since, urgent_until, urgent_because)
SELECT fresh.clinic_id, fresh.sender_id, fresh.phone_id, fresh.hidden_as,
       coalesce(fresh.site_id, visit.site_id), fresh.last_written_at, %(now)s, fresh.waits_since,
       CASE WHEN fresh.because <> '' THEN %(now)s END,
       CASE WHEN fresh.because <> ''
            THEN %(now)s + make_interval(mins => clinic.urgent_within_minutes::int) END,
       fresh.because
  FROM json_to_recordset(%(rows)s::json) AS fresh(
         clinic_id bigint, sender_id bigint, phone_id bigint, hidden_as text, site_id bigint,
         last_written_at timestamptz, waits_since timestamptz, because text)
  JOIN clinic_clinic clinic ON clinic.id = fresh.clinic_id
  LEFT JOIN LATERAL (
       SELECT visit.site_id FROM clinic_contact contact
         JOIN clinic_appointment visit ON visit.patient_id = contact.patient_id
        WHERE contact.phone_id = fresh.phone_id
        ORDER BY visit.starts_at < %(now)s,
                 abs(extract(epoch FROM visit.starts_at - %(now)s)) LIMIT 1) visit ON TRUE
 ORDER BY fresh.sender_id, fresh.phone_id, fresh.hidden_as
ON CONFLICT {key} DO UPDATE
   SET site_id = coalesce(excluded.site_id, thread.site_id),
       last_written_at = greatest(thread.last_written_at, excluded.last_written_at),
       opened_at = coalesce(thread.opened_at, excluded.opened_at),
       waits_since = least(thread.waits_since, excluded.waits_since),
       done_at = NULL, done_by_id = NULL,
       urgent_since = CASE WHEN {is_fresh} THEN excluded.urgent_since
                           ELSE thread.urgent_since END,
       urgent_until = CASE WHEN {is_fresh} THEN excluded.urgent_until
                           ELSE thread.urgent_until END,
       urgent_because = CASE WHEN {is_fresh} THEN excluded.urgent_because
                             ELSE thread.urgent_because END,
       urgent_seen_at = CASE WHEN {is_fresh} THEN NULL ELSE thread.urgent_seen_at END
RETURNING id, sender_id, phone_id, hidden_as
"""
_IS_FRESH = """(excluded.urgent_since IS NOT NULL AND (thread.urgent_since IS NULL
       OR thread.urgent_seen_at < excluded.urgent_since
          - (excluded.urgent_until - excluded.urgent_since)))"""
_BY_PHONE = _OPEN.format(key="(sender_id, phone_id) WHERE phone_id IS NOT NULL", is_fresh=_IS_FRESH)
_BY_HIDDEN = _OPEN.format(key="(sender_id, hidden_as) WHERE phone_id IS NULL", is_fresh=_IS_FRESH)

Key = tuple[int, int | None, str]
_read: ContextVar[dict[int, tuple[str, ...]] | None] = ContextVar("read", default=None)


def take_in(replies: Sequence[Reply], *, now: datetime) -> None:
    """
    Put what waits for a person, or needs haste, into its conversation, which is open from now on.

    Sets `thread` and `needs_person_at`, and leaves it to the caller to save the replies; they are
    of one clinic. In the transaction that handles them.
    """
    words: tuple[str, ...] | None = None
    found: dict[int, str] = {}
    for reply in replies:
        if reply.kind not in _TAPS and reply.is_readable and reply.text:
            words = urgent_words(reply.clinic) if words is None else words
            found[reply.pk] = haste.find(reply.text, words)
        if found.get(reply.pk) and reply.needs_person_at is None:
            reply.needs_person_at = now
    waiting = [reply for reply in replies if reply.needs_person_at is not None]
    if not waiting:
        return
    opened = _open(_folded(waiting, found), now=now)
    for reply in waiting:
        reply.thread_id = opened[_key(reply)]
    attachments.expect(waiting)


@transaction.atomic
def gather(*, now: datetime, limit: int) -> int:
    """
    Put what waits for a person and stands in no conversation into one; return how many it was.

    So waits what could not be understood after several tries, and what came before there were any.
    """
    lost = Reply.objects.filter(needs_person_at__isnull=False, thread=None).order_by("pk")
    rows = list(
        lost.select_related("clinic", "answers__appointment").select_for_update(
            skip_locked=True, no_key=True, of=("self",)
        )[:limit]
    )
    for clinic_id in sorted({reply.clinic_id for reply in rows}):
        some = [reply for reply in rows if reply.clinic_id == clinic_id]
        for reply in some:
            reply.phone = reply.phone or correspondents.find(
                clinic_id,
                number=reply.from_number,
                user_id=reply.from_user_id,
                parent_user_id=reply.from_parent_user_id,
            )
        take_in(some, now=now)
    Reply.objects.bulk_update(rows, ["phone", "thread"])
    return len(rows)


def urgent_words(clinic: Clinic) -> tuple[str, ...]:
    """Return the clinic's words that need haste; ours where it has none."""
    read = _read.get()
    if read is None:
        return _urgent_words(clinic)
    if clinic.pk not in read:
        read[clinic.pk] = _urgent_words(clinic)
    return read[clinic.pk]


@contextmanager
def words_read_once() -> Iterator[None]:
    """Read a clinic's words once for all that is looked at within."""
    token = _read.set({})
    try:
        yield
    finally:
        _read.reset(token)


def install_words(clinic: Clinic) -> int:
    """Give a clinic the words we bring along, in its languages; return how many were new."""
    before = clinic.urgent_words.count()
    roots = dict.fromkeys(("en", *(one.split("_")[0] for one in clinic.languages)))
    UrgentWord.objects.bulk_create(
        [
            UrgentWord(clinic=clinic, language=root, words=words, is_checked=root in haste.CHECKED)
            for root in roots
            for words in haste.WORDS.get(root, ())
        ],
        ignore_conflicts=True,
    )
    return clinic.urgent_words.count() - before


def _urgent_words(clinic: Clinic) -> tuple[str, ...]:
    own = tuple(clinic.urgent_words.order_by("pk").values_list("words", flat=True))
    return own or haste.starters(clinic.languages)


def _folded(waiting: Iterable[Reply], found: dict[int, str]) -> list[dict[str, Any]]:
    rows: dict[Key, dict[str, Any]] = {}
    for reply in waiting:
        visit = reply.answers.appointment if reply.answers else None
        row = rows.setdefault(
            _key(reply),
            {
                "clinic_id": reply.clinic_id,
                "sender_id": reply.sender_id,
                "phone_id": reply.phone_id,
                "hidden_as": _key(reply)[2],
                "site_id": None,
                "last_written_at": reply.written_at,
                "waits_since": reply.written_at,
                "because": "",
            },
        )
        row["site_id"] = visit.site_id if visit else row["site_id"]
        row["last_written_at"] = max(row["last_written_at"], reply.written_at)
        row["waits_since"] = min(row["waits_since"], reply.written_at)
        row["because"] = row["because"] or found.get(reply.pk, "")
    return list(rows.values())


def _open(rows: list[dict[str, Any]], *, now: datetime) -> dict[Key, int]:
    opened: dict[Key, int] = {}
    named = [row for row in rows if row["phone_id"] is not None]
    hidden = [row for row in rows if row["phone_id"] is None]
    with connection.cursor() as cursor:
        for statement, some in ((_BY_PHONE, named), (_BY_HIDDEN, hidden)):
            if some:
                cursor.execute(statement, {"rows": orjson.dumps(some).decode(), "now": now})
                opened |= {(row[1], row[2], row[3]): row[0] for row in cursor.fetchall()}
    return opened


def _key(reply: Reply) -> Key:
    """Who writes, to which of our numbers; a hidden number by WhatsApp's name for the person."""
    is_hidden = reply.phone_id is None
    hidden_as = (reply.from_user_id or reply.from_number) if is_hidden else ""
    return reply.sender_id, reply.phone_id, hidden_as
