"""The pace of a number that WhatsApp has slowed down: halved at once, back to the limit slowly."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection as django_connection

from whatsapp import errors
from whatsapp.connection import AsyncConnection
from whatsapp.models import Sender

# Source: WhatsApp Cloud API, error codes, read 2026-11: the number sends too fast, the app calls
# too often, too many people blocked us. The edge's own 429 has no code; it goes by its status.
TOO_FAST, APP_TOO_OFTEN, TOO_MANY_BLOCKS, AT_THE_EDGE = 130429, 4, 131048, None
SLOWING = frozenset({TOO_FAST, APP_TOO_OFTEN, TOO_MANY_BLOCKS, AT_THE_EDGE})

# From standing to the limit; from half of it, half as long.
RECOVERY_SECONDS = 300.0
# Refusals of what was on its way together count once.
ONE_REFUSAL_SECONDS = 1.0
SLOWEST = 1.0
# Source: the same: after 131048 stop campaigns for 6 to 24 hours, keep reminders at a low rate.
CAMPAIGNS_WAIT = timedelta(hours=6)
LOW_SHARE = 0.1

# One statement, so that processes and hosts that hear the same refusals slow the number once. For
# too many blocks the low pace itself holds until campaigns may go: recovery begins then.
_SLOW_DOWN = """
WITH present AS (
  SELECT id, rate_per_second AS most, clock_timestamp() AS moment, least(rate_per_second, coalesce(
           slowed_to + greatest(0, extract(epoch FROM clock_timestamp() - slowed_at))
                       * rate_per_second / %(recovery)s, rate_per_second)) AS pace
    FROM whatsapp_sender WHERE id = %(sender)s FOR NO KEY UPDATE)
UPDATE whatsapp_sender sender
   SET slowed_to = greatest(%(slowest)s, CASE WHEN %(is_blocked)s
                   THEN least(present.pace, present.most * %(low)s) ELSE present.pace / 2 END),
       slowed_at = CASE WHEN %(is_blocked)s
                   THEN present.moment + make_interval(secs => %(wait)s)
                   ELSE greatest(present.moment, sender.slowed_at) END,
       slowed_reason = CASE WHEN sender.slowed_at > present.moment AND NOT %(is_blocked)s
                       THEN sender.slowed_reason ELSE %(reason)s END,
       broadcasts_held_until = CASE WHEN %(is_blocked)s
                               THEN present.moment + make_interval(secs => %(wait)s)
                               ELSE sender.broadcasts_held_until END,
       broadcasts_held_reason = CASE WHEN %(is_blocked)s THEN %(reason)s
                                ELSE sender.broadcasts_held_reason END
  FROM present
 WHERE sender.id = present.id AND (
       CASE WHEN %(is_blocked)s
       THEN sender.broadcasts_held_until IS NULL
            OR sender.broadcasts_held_until < present.moment + make_interval(secs => %(wait)s - 60)
       ELSE sender.slowed_at IS NULL OR sender.slowed_at > present.moment
            OR sender.slowed_at < present.moment - make_interval(secs => %(once)s) END)
"""
_LOOK = """
SELECT rate_per_second, slowed_to,
       extract(epoch FROM clock_timestamp() - slowed_at)::float8
  FROM whatsapp_sender WHERE id = %(sender)s
"""


def pace(limit: float, slowed_to: float | None, seconds_since: float) -> float:
    """
    Return messages a second.

    :param slowed_to: the pace right after WhatsApp said no, None if it never did
    :param seconds_since: seconds since it recovers; negative while it does not yet
    """
    if slowed_to is None:
        return limit
    return min(limit, slowed_to + max(0.0, seconds_since) * limit / RECOVERY_SECONDS)


@dataclass
class Throttle:
    """The pace of one number as one process knows it; called, it says messages a second now."""

    limit: float
    slowed_to: float | None = None
    recovers_from: float = 0.0  # by time.monotonic()

    def __call__(self) -> float:
        return pace(self.limit, self.slowed_to, time.monotonic() - self.recovers_from)

    async def look(self, connection: AsyncConnection, sender_id: int) -> None:
        """Take over how the number stands, whoever slowed it."""
        cursor = await connection.execute(_LOOK, {"sender": sender_id})
        row = await cursor.fetchone()
        if row is not None:
            self.limit, self.slowed_to = float(row[0]), row[1]
            self.recovers_from = time.monotonic() - (row[2] or 0.0)

    async def slow_down(
        self, connection: AsyncConnection, sender_id: int, code: int | None
    ) -> None:
        """Obey a refusal."""
        if code in SLOWING:
            await connection.execute(_SLOW_DOWN, _parameters(sender_id, code))
            await self.look(connection, sender_id)


def slow_down(sender_id: int, code: int | None) -> None:
    """Slow a number down for what a notice told; its next turn, or draw, goes by it."""
    if code in SLOWING:
        with django_connection.cursor() as cursor:
            cursor.execute(_SLOW_DOWN, _parameters(sender_id, code))


def pace_at(sender: Sender, real_now: datetime) -> float:
    """
    Return a number's messages a second.

    :param real_now: by the database's real clock
    """
    since = (real_now - sender.slowed_at).total_seconds() if sender.slowed_at else 0.0
    return pace(sender.rate_per_second, sender.slowed_to, since)


def _parameters(sender_id: int, code: int | None) -> dict[str, Any]:
    reason = "sent too fast" if code == AT_THE_EDGE else errors.meaning(code).title
    return {
        "sender": sender_id,
        "is_blocked": code == TOO_MANY_BLOCKS,
        "reason": reason,
        "recovery": RECOVERY_SECONDS,
        "once": ONE_REFUSAL_SECONDS,
        "slowest": SLOWEST,
        "wait": CAMPAIGNS_WAIT.total_seconds(),
        "low": LOW_SHARE,
    }
