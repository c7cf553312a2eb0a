"""Writes down what became of posted messages; by id and attempt, so late words change nothing."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from psycopg.errors import DeadlockDetected

from whatsapp import errors
from whatsapp.connection import AsyncConnection
from whatsapp.errors import Action, OutcomeUnknown, PairThrottled, SendError, Throttled, TryAgain
from whatsapp.pump import LEASE_SECONDS, Outcome
from whatsapp.status import Reason, Status

# Tries that WhatsApp answered with a fault; throttling is not one of them.
FAILURES_ALLOWED = 4
# How long a receipt may take before the sweeper decides about a call that may have worked.
UNCERTAIN_SECONDS = 90.0
_TEMPLATE_PAUSED = 132015
DEADLOCKS_ALLOWED = 3

# A fast receipt may already have moved the row past ACCEPTED: only the status it left is changed.
# A slow answer may find its message put back, or withheld since: with the same attempt it did
# leave, and must not leave again.
_ACCEPT = """
WITH told AS (
  SELECT * FROM unnest(%s::bigint[], %s::smallint[], %s::text[]) AS t(id, attempt, wamid)),
locked AS (
  SELECT message.id, told.wamid FROM whatsapp_message message
    JOIN told ON told.id = message.id AND told.attempt = message.attempt
   ORDER BY message.id FOR NO KEY UPDATE OF message)
UPDATE whatsapp_message message
   SET status = CASE WHEN message.status IN ('SENDING', 'UNCERTAIN', 'QUEUED', 'WITHHELD')
                THEN 'ACCEPTED' ELSE message.status END,
       reason = CASE WHEN message.status IN ('SENDING', 'UNCERTAIN', 'QUEUED', 'WITHHELD')
                THEN '' ELSE message.reason END,
       send_after = NULL,
       wamid = CASE WHEN message.wamid = '' THEN locked.wamid ELSE message.wamid END,
       accepted_at = coalesce(message.accepted_at, %s), leased_until = NULL
  FROM locked WHERE message.id = locked.id
"""

_LEARN = """
WITH told AS (
  SELECT phone.id, t.wa_id FROM unnest(%s::bigint[], %s::text[]) AS t(id, wa_id)
    JOIN clinic_phone phone ON phone.id = t.id AND phone.wa_id <> t.wa_id
   ORDER BY phone.id FOR NO KEY UPDATE OF phone)
UPDATE clinic_phone phone SET wa_id = told.wa_id FROM told WHERE phone.id = told.id
"""

_NOT_ACCEPTED = """
WITH told AS (
  SELECT * FROM unnest(%s::bigint[], %s::smallint[], %s::text[], %s::text[], %s::timestamptz[],
                       %s::int[], %s::int[], %s::text[], %s::text[])
    AS t(id, attempt, status, reason, send_after, failures, code, title, trace)),
locked AS (
  SELECT message.id AS message_id, told.* FROM whatsapp_message message
    JOIN told ON told.id = message.id AND told.attempt = message.attempt
   WHERE message.status = 'SENDING'
   ORDER BY message.id FOR NO KEY UPDATE OF message),
changed AS (
  UPDATE whatsapp_message message
     SET status = CASE
           WHEN locked.status = 'QUEUED' AND message.failures + locked.failures > %s THEN 'FAILED'
           ELSE locked.status END,
         reason = CASE
           WHEN locked.status = 'QUEUED' AND message.failures + locked.failures <= %s THEN ''
           ELSE locked.reason END,
         send_after = CASE
           WHEN locked.status = 'QUEUED' AND message.failures + locked.failures <= %s
           THEN locked.send_after END,
         failed_at = CASE
           WHEN locked.status = 'FAILED'
             OR locked.status = 'QUEUED' AND message.failures + locked.failures > %s THEN %s END,
         failures = message.failures + locked.failures,
         leased_until = CASE WHEN locked.status = 'UNCERTAIN'
                        THEN clock_timestamp() + make_interval(secs => %s) END,
         error_code = nullif(locked.code, 0), error_title = locked.title
    FROM locked WHERE message.id = locked.message_id
  RETURNING message.id)
INSERT INTO whatsapp_attempt
       (message_id, number, outcome, error_code, error_title, fbtrace_id, ended_at, began_at)
SELECT locked.message_id, locked.attempt, locked.status, nullif(locked.code, 0), locked.title,
       locked.trace, %s, clock_timestamp() - make_interval(secs => %s)
  FROM locked
"""


async def settle(
    connection: AsyncConnection, outcomes: list[Outcome], *, now: datetime
) -> list[Outcome]:
    """
    Write a batch down.

    :returns: those whose code asks for more than the message: a number, template or phone to stop
    """
    accepted = [o for o in outcomes if o.error is None]
    refused = [(o, o.error) for o in outcomes if o.error is not None]
    if accepted:
        await _again_after_deadlock(lambda: _accept(connection, accepted, now))
    if refused:
        await _again_after_deadlock(lambda: _write_refusals(connection, refused, now))
    return [o for o, error in refused if errors.meaning(error.code).action in _FAR_REACHING]


_FAR_REACHING = {
    Action.STOP_PHONE,
    Action.STOP_MARKETING,
    Action.STOP_TEMPLATE,
    Action.STOP_SENDER,
}


async def _again_after_deadlock(write: Callable[[], Awaitable[None]]) -> None:
    """Each write is one statement that matches by attempt: written twice, it is written once."""
    for _try in range(DEADLOCKS_ALLOWED):
        with suppress(DeadlockDetected):
            return await write()
    return await write()


async def _accept(connection: AsyncConnection, outcomes: list[Outcome], now: datetime) -> None:
    ids = [o.claimed.id for o in outcomes]
    attempts = [o.claimed.attempt for o in outcomes]
    await connection.execute(_ACCEPT, (ids, attempts, [o.wamid for o in outcomes], now))
    # WhatsApp's id of the phone is learnt only where it is not simply the number.
    odd = {
        o.claimed.phone_id: o.wa_id
        for o in outcomes
        if o.wa_id and o.wa_id != o.claimed.number.lstrip("+")
    }
    if odd:
        await connection.execute(_LEARN, (list(odd), list(odd.values())))


async def _write_refusals(
    connection: AsyncConnection, refused: Iterable[tuple[Outcome, SendError]], now: datetime
) -> None:
    rows = [
        (
            o.claimed.id,
            o.claimed.attempt,
            *_fate(o, error, now),
            error.code,
            str(error)[:200],
            o.fbtrace_id,
        )
        for o, error in refused
    ]
    columns = [list(column) for column in zip(*rows, strict=True)]
    await connection.execute(
        _NOT_ACCEPTED,
        (*columns, *[FAILURES_ALLOWED] * 4, now, UNCERTAIN_SECONDS, now, LEASE_SECONDS),
    )


def _fate(
    outcome: Outcome, error: SendError, now: datetime
) -> tuple[str, str, datetime | None, int]:
    """Return status, reason, when to try again, and how many failures it counts for."""
    if isinstance(error, OutcomeUnknown):
        return Status.UNCERTAIN, "", None, 0
    if isinstance(error, TryAgain):
        # Without a code nothing reached WhatsApp: a refused connection, a lease that ran out.
        is_fault = bool(error.code) and not isinstance(error, Throttled | PairThrottled)
        return Status.QUEUED, Reason.TRIED_OFTEN, now + _wait(outcome, error), int(is_fault)
    meaning = errors.meaning(error.code)
    if meaning.action == Action.STOP_SENDER:
        # The number is at fault, not the message: it waits until somebody lifts the stop.
        return Status.QUEUED, Reason.NUMBER_STOPPED, now, 0
    if error.code == _TEMPLATE_PAUSED:
        return Status.QUEUED, Reason.TEMPLATE_NOT_APPROVED, now, 0
    return Status.FAILED, meaning.reason, None, 1


def _wait(outcome: Outcome, error: TryAgain) -> timedelta:
    if isinstance(error, PairThrottled):
        # Source: WhatsApp Cloud API, pair rate limit: try again after 4^n seconds.
        return timedelta(seconds=4 ** min(outcome.claimed.attempt, 6))
    if not error.code:
        return timedelta(seconds=2)
    return max(errors.meaning(error.code).wait, timedelta(seconds=1))
