"""What receipts mean beyond their messages: phones reached, streams counted, codes obeyed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, transaction

from whatsapp import consequences, errors
from whatsapp.errors import Action
from whatsapp.events import StatusReported
from whatsapp.folding import Standing
from whatsapp.models import Message, Stream
from whatsapp.status import Status

# What says so is told of good numbers now and then, so it takes two different days.
_DAYS_UNTIL_FAILING = 2
_COUNTED = {"sent_at": Status.SENT, "delivered_at": Status.DELIVERED, "read_at": Status.READ}

# Of a phone, beside what was told of a message that arrived there.
IS_NEWS = """
  (phone.state IN ('NEW', 'FAILING') OR phone.failed_days > 0
   OR told.user_id NOT IN ('', phone.user_id)
   OR told.wa_id NOT IN ('', coalesce(nullif(phone.wa_id, ''), ltrim(phone.number, '+'))))
"""
_REACHED = f"""
WITH told AS (
  SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::text[])
             AS t(id, at, wa_id, user_id)),
locked AS (
  SELECT phone.id, told.wa_id, told.user_id,
         phone.state IN ('NEW', 'FAILING') OR phone.failed_days > 0 AS is_news,
         phone.last_failed_on IS NULL
           OR phone.last_failed_on <= (told.at AT TIME ZONE clinic.time_zone)::date AS is_newest
    FROM clinic_phone phone
    JOIN told ON told.id = phone.id
    JOIN clinic_clinic clinic ON clinic.id = phone.clinic_id
   WHERE {IS_NEWS}
   ORDER BY phone.id FOR NO KEY UPDATE OF phone)
UPDATE clinic_phone phone
   SET state = CASE WHEN is_newest AND phone.state IN ('NEW', 'FAILING') THEN 'REACHED'
               ELSE phone.state END,
       state_changed_at = CASE WHEN is_newest AND phone.state IN ('NEW', 'FAILING') THEN %s
                          ELSE phone.state_changed_at END,
       failed_days = CASE WHEN is_newest THEN 0 ELSE phone.failed_days END,
       wa_id = CASE
         WHEN locked.wa_id NOT IN ('', coalesce(nullif(phone.wa_id, ''), ltrim(phone.number, '+')))
         THEN locked.wa_id ELSE phone.wa_id END,
       user_id = CASE WHEN locked.user_id <> '' THEN locked.user_id ELSE phone.user_id END
  FROM locked WHERE phone.id = locked.id
"""  # noqa: S608 - our words

_MISSED = """
WITH told AS (
  SELECT * FROM json_to_recordset(%s) AS t(id bigint, at timestamptz)),
locked AS (
  SELECT phone.id, phone.last_failed_on, clinic.time_zone
    FROM clinic_phone phone JOIN clinic_clinic clinic ON clinic.id = phone.clinic_id
   WHERE phone.id IN (SELECT id FROM told)
   ORDER BY phone.id FOR NO KEY UPDATE OF phone),
days AS (
  SELECT locked.id, count(DISTINCT day.day) AS more, max(day.day) AS latest
    FROM locked JOIN told ON told.id = locked.id
   CROSS JOIN LATERAL (SELECT (told.at AT TIME ZONE locked.time_zone)::date AS day) day
   WHERE locked.last_failed_on IS NULL OR day.day > locked.last_failed_on
   GROUP BY locked.id)
UPDATE clinic_phone phone
   SET failed_days = phone.failed_days + days.more, last_failed_on = days.latest
  FROM days WHERE phone.id = days.id
RETURNING phone.id, phone.failed_days >= %s AND phone.state IN ('NEW', 'REACHED')
"""


@dataclass(frozen=True, slots=True)
class Move:
    """A message that receipts have changed."""

    before: Standing
    after: Standing
    receipts: Sequence[StatusReported]
    phone_id: int
    stream_id: int | None

    def reaches(self, step: str) -> bool:
        """True where this change is the first to tell of a step, such as `delivered_at`."""
        return getattr(self.before, step) is None and getattr(self.after, step) is not None

    @property
    def has_failed(self) -> bool:
        return self.before.status != Status.FAILED == self.after.status


def follow(moves: Sequence[Move], *, now: datetime) -> None:
    """Draw the conclusions of a batch; each move is told once, so twice is once."""
    _reach([m for m in moves if m.reaches("delivered_at")], now)
    failed = [m for m in moves if m.has_failed]
    told = [m for m in failed if m.after.error_code == errors.NOT_REACHED]
    miss([Missed(m.phone_id, m.after.id, m.after.failed_at or now) for m in told], now=now)
    _obey(failed, now)
    _count(moves)


def _reach(moves: Iterable[Move], now: datetime) -> None:
    phones = {}
    for move in moves:
        told = [r for r in move.receipts if r.status != Status.FAILED]
        phones[move.phone_id] = (
            move.phone_id,
            move.after.delivered_at,
            next((r.recipient for r in told if r.recipient), ""),
            next((r.user_id for r in told if r.user_id), ""),
        )
    if phones:
        reach(*(list(column) for column in zip(*phones.values(), strict=True)), now=now)


# A column, or the words PostgreSQL has for it.
_Column = list[Any] | str


def reach(
    phones: _Column, at: _Column, wa_ids: _Column, user_ids: _Column, *, now: datetime
) -> None:
    """A message arrived: the number works, and WhatsApp has said what it calls it."""
    with connection.cursor() as cursor:
        cursor.execute(_REACHED, [phones, at, wa_ids, user_ids, now])


@dataclass(frozen=True, slots=True)
class Missed:
    """A message that WhatsApp says did not reach its phone."""

    phone_id: int
    message_id: int
    at: datetime


@transaction.atomic
def miss(missed: Sequence[Missed], *, now: datetime) -> None:
    """Count the days on which a number was not reached; after several it gets nothing more."""
    if not missed:
        return
    rows = [{"id": one.phone_id, "at": one.at} for one in missed]
    with connection.cursor() as cursor:
        cursor.execute(_MISSED, [orjson.dumps(rows).decode(), _DAYS_UNTIL_FAILING])
        failing = {phone for phone, is_failing in cursor.fetchall() if is_failing}
    last = {one.phone_id: one.message_id for one in missed if one.phone_id in failing}
    for message in _rows(last.values()):
        consequences.miss(message, errors.NOT_REACHED, now=now)


def _obey(moves: Iterable[Move], now: datetime) -> None:
    """Do what the codes ask for, once per code and number or template."""
    codes = {move.after.id: move.after.error_code for move in moves}
    seen = set()
    for message in _rows(pk for pk, code in codes.items() if _is_far_reaching(code)):
        code = codes[message.pk]
        target = _target(message, code)
        if target not in seen:
            seen.add(target)
            consequences.follow_receipt(message, code, now=now)


def _rows(ids: Iterable[int]) -> Iterable[Message]:
    wanted = list(ids)
    rows = Message.objects.filter(pk__in=wanted).select_related(
        "clinic", "sender", "phone", "template_version__template"
    )
    return rows.order_by("pk") if wanted else ()


def _is_far_reaching(code: int | None) -> bool:
    meaning = errors.meaning(code)
    return meaning.reaches_far or meaning.action == Action.SLOW_DOWN


def _target(message: Message, code: int | None) -> tuple[int | None, str, int | None]:
    """Name what a code stops, so that a thousand refusals stop a template once."""
    meaning = errors.meaning(code)
    action = meaning.action
    if action in {Action.STOP_SENDER, Action.STOP_KIND, Action.SLOW_DOWN}:
        return code, action, message.sender_id
    if action == Action.STOP_TEMPLATE:
        return code, action, message.template_version_id
    # Unknown ones, and those in a row for one template, are counted each.
    return code, action, message.phone_id if meaning.is_known else message.pk


def _count(moves: Iterable[Move]) -> None:
    deltas: dict[int, Counter[str]] = defaultdict(Counter)
    for move in moves:
        if move.stream_id is None:
            continue
        delta = deltas[move.stream_id]
        delta[Status.FAILED.value] += int(move.has_failed)
        delta[Status.FAILED.value] -= int(move.before.status == Status.FAILED != move.after.status)
        delta.update(status.value for step, status in _COUNTED.items() if move.reaches(step))
    if deltas:
        count(deltas)


def count(deltas: Mapping[int, Mapping[str, int]]) -> None:
    """Keep the counts of streams as deltas: how many have come so far, and how many failed."""
    streams = Stream.objects.filter(pk__in=deltas).order_by("pk").select_for_update(no_key=True)
    for stream in streams:
        counts = Counter(stream.counts)
        counts.update(deltas[stream.pk])
        stream.counts = dict(counts)
        stream.save(update_fields=["counts"])
