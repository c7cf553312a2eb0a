"""Handles what many people wrote in one transaction: a tenth of the work of one by one."""

import logging
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, transaction

from healthmsg.clinic.models import Phone, PhoneState
from healthmsg.clinic.phone import same_line
from whatsapp import (
    acknowledging,
    answers,
    arriving,
    correspondents,
    deadlocks,
    desk_codes,
    lately,
    phrases,
    short_answers,
    stop_words,
    telling_words,
)
from whatsapp.acknowledging import Talk
from whatsapp.models import Reply, ReplyOutcome, Sender

logger = logging.getLogger(__name__)

# How a reply is understood: its outcome, once what follows from it is done.
Understand = Callable[[Reply, Phone, None, datetime], ReplyOutcome]
# Of any other, what they write changes the number's own state.
_ORDINARY = frozenset({PhoneState.NEW, PhoneState.REACHED, PhoneState.STOPPED})
FOR_PEOPLE = frozenset(
    {
        ReplyOutcome.FOR_A_PERSON,
        ReplyOutcome.WANTS_ANOTHER_TIME,
        ReplyOutcome.WANTS_TO_CANCEL,
        ReplyOutcome.INTERESTED,
    }
)

# In the order of their ids, as everybody locks them.
_TALK = """
INSERT INTO whatsapp_conversation AS talk (sender_id, phone_id, last_inbound_at)
SELECT * FROM json_to_recordset(%s::json)
    AS fresh(sender_id bigint, phone_id bigint, last_inbound_at timestamptz)
 ORDER BY 1, 2
ON CONFLICT (sender_id, phone_id) DO UPDATE
   SET last_inbound_at = greatest(talk.last_inbound_at, excluded.last_inbound_at)
RETURNING sender_id, phone_id, id, last_acknowledged_at
"""
_WROTE = """
WITH fresh AS MATERIALIZED (
  SELECT id, max(at) AS at FROM json_to_recordset(%s::json) AS told(id bigint, at timestamptz)
   GROUP BY id),
held AS MATERIALIZED (
  SELECT phone.id FROM clinic_phone phone WHERE phone.id IN (SELECT id FROM fresh)
   ORDER BY phone.id FOR NO KEY UPDATE)
UPDATE clinic_phone phone SET last_inbound_at = greatest(phone.last_inbound_at, fresh.at)
  FROM held JOIN fresh USING (id) WHERE phone.id = held.id
"""
_CLOSE = """
UPDATE whatsapp_reply reply
   SET phone_id = fresh.phone_id, outcome = fresh.outcome, handled_at = fresh.handled_at,
       needs_person_at = fresh.needs_person_at, thread_id = fresh.thread_id
  FROM json_to_recordset(%s::json) AS fresh(id bigint, phone_id bigint, outcome text,
       handled_at timestamptz, needs_person_at timestamptz, thread_id bigint)
 WHERE reply.id = fresh.id
"""
# One after the other, so that no more people are taken in hand than asked for: whom another process
# has is passed over.
_TAKE = """
SELECT wanted.id FROM unnest(%s::bigint[]) AS wanted(id)
 WHERE (SELECT pg_try_advisory_xact_lock(hashtextextended(
          concat('reply:', reply.sender_id, ':', reply.from_number, ':', reply.from_user_id), 0))
          FROM whatsapp_reply reply WHERE reply.id = wanted.id AND reply.handled_at IS NULL)
 LIMIT %s
"""


@dataclass(frozen=True)
class Handled:
    """What became of a portion: primary keys of Reply. Other processes may have the others."""

    # Some perhaps by another process, a moment ago.
    done: frozenset[int] = frozenset()
    # To be tried by themselves.
    alone: frozenset[int] = frozenset()
    # They wait for a key that is missing.
    unreadable: frozenset[int] = frozenset()


def handle(keys: Sequence[int], understand: Understand, *, now: datetime, most: int) -> Handled:
    """
    Handle those that no tap, quotation or word makes delicate, of different people.

    :param keys: primary keys of Reply, one for each person, more of them than are to be handled:
        some may be in the hands of other processes
    :returns: where anything broke off none was handled
    """
    if not keys:
        return Handled()
    try:
        return deadlocks.again(lambda: _handle(keys, understand, now=now, most=most))
    except Exception as error:  # noqa: BLE001 - one reply must not hold up all others
        # Frames only: the texts of errors may repeat what the patient wrote.
        logger.error(  # noqa: TRY400
            "messages from patients could not be handled together\n%s",
            "".join(traceback.format_tb(error.__traceback__)),
            extra={"error": type(error).__name__},
        )
        return Handled(alone=frozenset(keys[:most]))


@transaction.atomic
def _handle(keys: Sequence[int], understand: Understand, *, now: datetime, most: int) -> Handled:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [list(keys), most])
        ours = [row[0] for row in cursor.fetchall()]
    # Read once nobody else has them in hand: another process may just have handled them.
    rows = Reply.objects.filter(pk__in=ours, handled_at=None).order_by("pk")
    kept = list(rows)
    found = _with_senders(reply for reply in kept if reply.is_readable)
    plain = [reply for reply in found if not _is_delicate(reply)]
    phones = {pk: phone for pk, phone in _phones_of(plain).items() if phone.state in _ORDINARY}
    known = _one_of_each(plain, phones)
    for reply in known:
        reply.phone, reply.answers = phones[reply.pk], None
    talks = _note_conversations(known)
    with _at_once(known, talks, now=now):
        for reply in known:
            reply.outcome = understand(reply, phones[reply.pk], None, now)
    _note_phones(known, phones)
    _close(known, now=now)
    unreadable = {reply.pk for reply in kept if not reply.is_readable}
    alone = {reply.pk for reply in found} - {reply.pk for reply in known}
    done = frozenset(ours) - alone - unreadable
    return Handled(done, frozenset(alone), frozenset(unreadable))


@contextmanager
def _at_once(
    replies: Sequence[Reply], talks: Mapping[tuple[int, int], Talk], *, now: datetime
) -> Iterator[None]:
    """Read for all of them, and write for all of them, what each would read and write alone."""
    with (
        answers.gathered(now=now),
        acknowledging.written_together(talks, now=now),
        phrases.looked_up_once(),
        arriving.words_read_once(),
        lately.looked_at_once(replies, now=now),
    ):
        yield


def _one_of_each(replies: Iterable[Reply], phones: Mapping[int, Phone]) -> list[Reply]:
    """Two ways of writing a number may lead to one phone: what it wrote later comes later."""
    first: dict[int, Reply] = {}
    for reply in replies:
        if reply.pk in phones:
            first.setdefault(phones[reply.pk].pk, reply)
    return list(first.values())


def _with_senders(rows: Iterable[Reply]) -> list[Reply]:
    """Give all replies to one number the same sender: hundreds of equal rows take their time."""
    replies = list(rows)
    senders = Sender.objects.select_related("account", "clinic")
    known = senders.in_bulk({reply.sender_id for reply in replies})
    for reply in replies:
        reply.sender = known[reply.sender_id]
        reply.clinic = reply.sender.clinic
    return replies


def _is_delicate(reply: Reply) -> bool:
    """True where more may follow than an answer: a tap, a stop, a code, a number's news."""
    if reply.button or reply.context_wamid or reply.kind == "system":
        return True
    text, languages = reply.text, reply.clinic.languages
    return bool(
        stop_words.holds_stop(text, languages)
        or stop_words.is_stop(text, languages)
        or telling_words.is_of_a_stranger(text, languages)
        or telling_words.wants_a_visit(text, languages)
        or short_answers.read(text, languages)
        or desk_codes.read(text)
    )


def _phones_of(replies: Iterable[Reply]) -> Mapping[int, Phone]:
    """Return the phone that wrote each; of whom is met for the first time none."""
    replies = [reply for reply in replies if reply.from_number]
    numbers = {reply.from_number for reply in replies}
    forms = {form for number in numbers for form in same_line(number)}
    clinics = {reply.clinic_id for reply in replies}
    phones = Phone.objects.filter(clinic__in=clinics).prefetch_related("contacts").order_by("-pk")
    learnt = {(one.clinic_id, one.wa_id): one for one in phones.filter(wa_id__in=numbers)}
    dialed = {(one.clinic_id, one.number): one for one in phones.filter(number__in=forms)}
    found = {}
    for reply in replies:
        tries = [learnt.get((reply.clinic_id, reply.from_number))]
        tries += [dialed.get((reply.clinic_id, form)) for form in same_line(reply.from_number)]
        phone = next(filter(None, tries), None)
        if phone is not None:
            found[reply.pk] = phone
    return found


def _note_conversations(replies: Iterable[Reply]) -> dict[tuple[int, int], Talk]:
    """Open the windows; return the conversations, which are locked from here on."""
    rows = [
        {
            "sender_id": reply.sender_id,
            "phone_id": reply.phone_id,
            "last_inbound_at": reply.written_at,
        }
        for reply in replies
        if reply.kind not in correspondents.NOT_WRITTEN
    ]
    return {(row[0], row[1]): Talk(row[2], row[3]) for row in _run(_TALK, rows)}


def _note_phones(replies: Iterable[Reply], phones: Mapping[int, Phone]) -> None:
    """Last of all, as one by one: receipts lock messages before phones."""
    rows = []
    for reply in replies:
        phone = phones[reply.pk]
        if correspondents.learns(reply, phone):
            correspondents.note_phone(reply, phone)
        elif reply.kind not in correspondents.NOT_WRITTEN:
            rows.append({"id": phone.pk, "at": reply.written_at})
    _run(_WROTE, rows)


def _close(replies: Sequence[Reply], *, now: datetime) -> None:
    for reply in replies:
        reply.handled_at = now
        if reply.outcome in FOR_PEOPLE and reply.needs_person_at is None:
            reply.needs_person_at = now
    for clinic_id in sorted({reply.clinic_id for reply in replies}):
        arriving.take_in([reply for reply in replies if reply.clinic_id == clinic_id], now=now)
    closed = [
        {
            "id": reply.pk,
            "phone_id": reply.phone_id,
            "outcome": reply.outcome,
            "handled_at": reply.handled_at,
            "needs_person_at": reply.needs_person_at,
            "thread_id": reply.thread_id,
        }
        for reply in replies
    ]
    _run(_CLOSE, closed)


def _run(statement: str, rows: Sequence[Mapping[str, object]]) -> list[tuple[Any, ...]]:
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement, [orjson.dumps(rows).decode()])
        return cursor.fetchall() if cursor.description else []
