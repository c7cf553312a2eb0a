"""Writes down what became of posted messages; by id and attempt, so late words change nothing."""

import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple

from psycopg.errors import DeadlockDetected

from whatsapp import errors
from whatsapp.connection import AsyncConnection
from whatsapp.errors import OutcomeUnknown, PairThrottled, Refused, SendError, TryAgain
from whatsapp.pump import LEASE_SECONDS, Claimed, Outcome
from whatsapp.status import Reason, Status

# How long a receipt may take before the sweeper decides about a call that may have worked.
UNCERTAIN_SECONDS = 90.0
DEADLOCKS_ALLOWED = 3
_ANY_NUMBER = 32_000
PUT_BACK_FOR = timedelta(seconds=10)
# What is sealed under a key that is missing waits for it, and says so.
UNREADABLE = "its words cannot be read: a key is missing in AUDIT_KEYS"
UNREADABLE_SECONDS = 600.0
# From our clock to the database's: no statement is longer on its way.
_ON_THE_WAY_SECONDS = 1.0

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
                       %s::int[], %s::int[], %s::int[], %s::text[], %s::text[], %s::float8[])
    AS t(id, attempt, status, reason, send_after, failures, allowed, code, title, trace, since)),
locked AS (
  SELECT message.id AS message_id, told.*,
         CASE WHEN told.status = 'QUEUED' AND message.failures + told.failures > told.allowed
              THEN 'FAILED' ELSE told.status END AS fate
    FROM whatsapp_message message
    JOIN told ON told.id = message.id AND told.attempt = message.attempt
   WHERE message.status = 'SENDING'
   ORDER BY message.id FOR NO KEY UPDATE OF message),
changed AS (
  UPDATE whatsapp_message message
     SET status = locked.fate,
         reason = CASE WHEN locked.fate = 'QUEUED' THEN '' ELSE locked.reason END,
         send_after = CASE WHEN locked.fate = 'QUEUED' THEN locked.send_after END,
         failed_at = CASE WHEN locked.fate = 'FAILED' THEN %s END,
         failures = message.failures + locked.failures,
         leased_until = CASE WHEN locked.status = 'UNCERTAIN'
                        THEN clock_timestamp() + make_interval(secs => %s) END,
         error_code = locked.code, error_title = locked.title
    FROM locked WHERE message.id = locked.message_id
  RETURNING message.id)
INSERT INTO whatsapp_attempt
       (message_id, number, outcome, error_code, error_title, fbtrace_id, ended_at, began_at)
SELECT locked.message_id, locked.attempt, locked.status, locked.code, locked.title,
       locked.trace, %s, statement_timestamp() - make_interval(secs => locked.since)
  FROM locked
"""

_ALIKE = """
SELECT told.id, count(*)
  FROM unnest(%s::bigint[], %s::int[]) AS told(id, code)
  JOIN whatsapp_attempt attempt
    ON attempt.message_id = told.id AND attempt.error_code = told.code
 GROUP BY told.id
"""


# Nothing was posted: no try is written down, and the attempt's number is simply used up. Why stays
# on the row where it is for us to mend.
_PUT_BACK = """
WITH told AS (
  SELECT message.id, t.wait
    FROM unnest(%s::bigint[], %s::smallint[], %s::float8[]) AS t(id, attempt, wait)
    JOIN whatsapp_message message ON message.id = t.id AND message.attempt = t.attempt
   WHERE message.status = 'SENDING'
   ORDER BY message.id FOR NO KEY UPDATE OF message)
UPDATE whatsapp_message message
   SET status = 'QUEUED', send_after = %s + make_interval(secs => told.wait), leased_until = NULL,
       error_title = coalesce(%s, message.error_title)
  FROM told WHERE message.id = told.id
"""


async def put_back(
    connection: AsyncConnection,
    late: Iterable[tuple[Claimed, float]],
    *,
    now: datetime,
    because: str | None = None,
) -> None:
    """Let claimed messages that were not posted wait, each so many seconds."""
    ids, attempts, waits = zip(*((c.id, c.attempt, wait) for c, wait in late), strict=True)
    arguments = (list(ids), list(attempts), list(waits), now, because)

    async def write() -> None:
        await connection.execute(_PUT_BACK, arguments)

    await _again_after_deadlock(write)


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
    return [o for o, error in refused if _reaches_far(error)]


def _reaches_far(error: SendError) -> bool:
    """What WhatsApp never answered has no code, and says nothing about anything else."""
    if not isinstance(error, Refused):
        return False
    return error.code == errors.NOT_REACHED or errors.meaning(error.code).reaches_far


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
    connection: AsyncConnection, refused: Sequence[tuple[Outcome, SendError]], now: datetime
) -> None:
    alike = await _tries_alike(connection, refused)
    rows = [
        (
            o.claimed.id,
            o.claimed.attempt,
            *_fate(o, error, now, alike=alike.get(o.claimed.id, 0)),
            error.code,
            str(error)[:200],
            o.fbtrace_id,
            _since_claimed(o.claimed),
        )
        for o, error in refused
    ]
    columns = [list(column) for column in zip(*rows, strict=True)]
    await connection.execute(
        _NOT_ACCEPTED,
        (*columns, now, UNCERTAIN_SECONDS, now),
    )


async def _tries_alike(
    connection: AsyncConnection, refused: Sequence[tuple[Outcome, SendError]]
) -> dict[int, int]:
    """
    Return how often each message was answered with the same code before.

    The number of the try says less: a line that was down uses up many, and WhatsApp knows of none.
    """
    waiting = [(o.claimed.id, e.code) for o, e in refused if isinstance(e, TryAgain) and e.code]
    if not waiting:
        return {}
    ids, codes = zip(*waiting, strict=True)
    found = await connection.execute(_ALIKE, (list(ids), list(codes)))
    return dict(await found.fetchall())


def _since_claimed(claimed: Claimed) -> float:
    """Return how many seconds ago it was claimed at the latest: the call began after that."""
    return LEASE_SECONDS - (claimed.stop_posting_at - time.monotonic()) + _ON_THE_WAY_SECONDS


class _Fate(NamedTuple):
    """What becomes of a message that was not accepted."""

    status: str
    reason: str
    send_after: datetime | None
    failures: int  # how many it counts for
    allowed: int  # with more of them it fails


def _fate(outcome: Outcome, error: SendError, now: datetime, *, alike: int) -> _Fate:
    if isinstance(error, OutcomeUnknown):
        return _Fate(Status.UNCERTAIN, "", None, 0, 0)
    if isinstance(error, TryAgain):
        allowed = errors.retries(error, payload=outcome.claimed.payload)
        again_at = now + _wait(error, alike)
        if allowed is None:
            return _Fate(Status.QUEUED, Reason.TRIED_OFTEN, again_at, 0, _ANY_NUMBER)
        return _Fate(Status.QUEUED, Reason.TRIED_OFTEN, again_at, 1, allowed)
    meaning = errors.meaning(error.code)
    if meaning.puts_back:
        # What was stopped is at fault, not the message: it waits until that runs again. The stop
        # itself is written after this batch, and the next claim must not come before it.
        return _Fate(Status.QUEUED, meaning.reason, now + PUT_BACK_FOR, 0, _ANY_NUMBER)
    return _Fate(Status.FAILED, meaning.reason, None, 1, 0)


def _wait(error: TryAgain, alike: int) -> timedelta:
    """Return how long a message waits that was answered so, so many times before."""
    if isinstance(error, PairThrottled):
        # Source: WhatsApp Cloud API, pair rate limit: try again after 4^n seconds.
        return timedelta(seconds=4 ** min(alike + 1, 6))
    if error.code is None:
        return timedelta(seconds=2)
    return errors.pause(error.code, failures=alike)
