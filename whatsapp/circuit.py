"""The circuit: stops a number that WhatsApp refuses again and again for reasons nobody knows."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from whatsapp import errors
from whatsapp.connection import AsyncConnection
from whatsapp.errors import Refused, SendError

logger = logging.getLogger(__name__)

# A fifth of a minute's answers, and at least so many answers in it.
SHARE = 0.2
AT_LEAST = 10
# Then a few messages show whether WhatsApp knows better now.
PROBED_AFTER = timedelta(minutes=30)
REASON = "WhatsApp refuses messages for a reason we do not know"

# One statement: the row of the minute is added to under its lock, so that the process that crosses
# the line sees it. Receipts may tell of more failures than were sent within the same minute.
_COUNT = """
WITH counted AS (
  INSERT INTO whatsapp_sendtally AS tally (sender_id, minute, answered, unknown)
  VALUES (%(sender)s, date_trunc('minute', clock_timestamp()), %(answered)s, %(unknown)s)
  ON CONFLICT (sender_id, minute) DO UPDATE
     SET answered = tally.answered + excluded.answered, unknown = tally.unknown + excluded.unknown
  RETURNING sender_id, answered, unknown)
UPDATE whatsapp_sender sender
   SET held_at = %(now)s, held_reason = %(reason)s, held_code = %(code)s, held_until = %(until)s
  FROM counted
 WHERE sender.id = counted.sender_id AND sender.held_at IS NULL AND %(unknown)s > 0
   AND greatest(counted.answered, counted.unknown) >= %(at_least)s
   AND counted.unknown > %(share)s * counted.answered
RETURNING sender.id
"""

_REMEMBER = """
INSERT INTO whatsapp_unknowncode AS known (sender_id, code, first_at, last_at, times, title)
VALUES (%(sender)s, %(code)s, %(now)s, %(now)s, 1, '')
ON CONFLICT (sender_id, code) DO UPDATE
   SET times = known.times + 1, last_at = greatest(known.last_at, excluded.last_at)
"""


async def count(
    connection: AsyncConnection,
    sender_id: int,
    answers: Iterable[SendError | None],
    *,
    now: datetime,
) -> bool:
    """
    Add a batch of WhatsApp's answers, and open the circuit where too many were unknown.

    :param answers: the error of each post, None where it was accepted
    :returns: True where this batch stopped the number
    """
    told = [error for error in answers if error is None or error.code is not None or _is_no(error)]
    unknown = [error.code for error in told if error is not None and _is_unknown(error)]
    code = next((code for code in unknown if code is not None), None)
    terms = _terms(sender_id, (len(told), len(unknown)), code, now)
    cursor = await connection.execute(_COUNT, terms)
    return _is_opened(await cursor.fetchone(), sender_id, code)


def count_failure(sender_id: int, *, code: int | None, now: datetime) -> bool:
    """Add an unknown code that a receipt told; True where it stopped the number."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, _terms(sender_id, (0, 1), code, now))
        return _is_opened(cursor.fetchone(), sender_id, code)


def remember(sender_id: int, code: int | None, *, now: datetime) -> None:
    """Keep a code that nobody knows, for a person to look up."""
    words = "" if code is None else str(code)
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER, {"sender": sender_id, "code": words, "now": now})


def _is_no(error: SendError) -> bool:
    return isinstance(error, Refused)


def _is_unknown(error: SendError) -> bool:
    return _is_no(error) and not errors.meaning(error.code).is_known


def _terms(
    sender_id: int, counts: tuple[int, int], code: int | None, now: datetime
) -> dict[str, Any]:
    answered, unknown = counts
    return {
        "sender": sender_id,
        "answered": answered,
        "unknown": unknown,
        "code": code,
        "now": now,
        "until": now + PROBED_AFTER,
        "reason": REASON,
        "share": SHARE,
        "at_least": AT_LEAST,
    }


def _is_opened(row: object, sender_id: int, code: int | None) -> bool:
    if row is None:
        return False
    logger.error(
        "number stopped: too many unknown codes", extra={"sender_id": sender_id, "code": code}
    )
    return True
