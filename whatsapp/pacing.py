"""Hands out the moments at which messages may leave: slots, never a "no"."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from redis import Redis as SyncRedis
from redis.asyncio import Redis

# A slot is drawn at most this far ahead, so that a hold or a stop is felt at once.
AHEAD_SECONDS = 0.25
# Meta counts over a window we do not see: 98.5 % of the limit never went over it (measured:
# 980 a second paced, never above 986 in any second, at a limit of 1,000).
SHARE_OF_LIMIT = 0.985
# So little before its moment may a message leave: a loop wakes up a millisecond or two late.
LENIENCE_SECONDS = 0.003
# What was held up is caught up with this much faster than slots come, still below the limit.
CATCHING_UP = 1.006

# Virtual scheduling (GCRA) on Redis' own clock. Slots that were not used in time are dropped and
# never caught up; a clock set back cannot park a number for longer than half a second.
_DRAW = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local next_slot = tonumber(redis.call('GET', KEYS[1]) or '0')
local wanted, interval, ahead = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if next_slot < now then next_slot = now end
if next_slot > now + 500000 then next_slot = now + 500000 end
local first, drawn = next_slot, 0
while drawn < wanted and next_slot <= now + ahead do
  drawn = drawn + 1
  next_slot = next_slot + interval
end
redis.call('SET', KEYS[1], string.format('%.0f', next_slot), 'PX', 5000)
return {drawn, first - now, next_slot - now}
"""


@dataclass(frozen=True)
class Slots:
    """Moments to send at: `count` of them, from `first` seconds from now, `interval` apart."""

    count: int
    first: float
    interval: float
    # Seconds until asking again makes sense.
    wait: float

    def after(self) -> list[float]:
        """Return seconds from the draw, ascending."""
        return [self.first + n * self.interval for n in range(self.count)]


class Draws(Protocol):
    """Whatever hands out slots to one number."""

    async def __call__(self, wanted: int) -> Slots: ...


class Pace:
    """
    The slots of one of our numbers, shared by all processes through Redis.

    :param rate_per_second: asked at each draw where it can be called, as a number may be slowed
    """

    def __init__(
        self, redis: Redis, *, key: str, rate_per_second: float | Callable[[], float]
    ) -> None:
        self._draw = redis.register_script(_DRAW)
        self._key = f"pace:{key}"
        self._rate = rate_per_second if callable(rate_per_second) else lambda: rate_per_second

    async def __call__(self, wanted: int) -> Slots:
        micro = 1_000_000
        interval = 1 / (self._rate() * SHARE_OF_LIMIT)
        drawn, first, upcoming = await self._draw(
            keys=[self._key],
            args=[wanted, round(interval * micro), round(AHEAD_SECONDS * micro)],
        )
        # Half of what was drawn has left by then: a claim for each single slot costs too much.
        wait = max(0.0, upcoming / micro - AHEAD_SECONDS / 2)
        return Slots(drawn, first / micro, interval, wait)


class Gate:
    """
    Keeps what leaves apart, one by one, however late its slots are.

    Slots alone are moments by plan: a loop that was held up for thirty milliseconds finds thirty
    of them past, and would send them at once on top of a full second.
    """

    def __init__(self) -> None:
        self.interval = 0.0  # between slots, seconds
        self._queue = asyncio.Lock()
        self._opens_at = 0.0

    async def passed(self) -> None:
        """Wait for one's turn, first come, first served."""
        if not self.interval:
            return
        async with self._queue:
            while (now := time.monotonic()) < self._opens_at:
                await asyncio.sleep(self._opens_at - now)
            spacing = self.interval / CATCHING_UP
            self._opens_at = max(self._opens_at, now - LENIENCE_SECONDS) + spacing


def spend(redis: SyncRedis, *, key: str, rate_per_second: float, messages: int) -> None:
    """Take slots for messages that came in: Meta counts both directions."""
    interval = round(1_000_000 / (rate_per_second * SHARE_OF_LIMIT))
    ahead = round(AHEAD_SECONDS * 1_000_000)
    redis.eval(_DRAW, 1, f"pace:{key}", str(messages), str(interval), str(ahead))


async def unpaced(wanted: int) -> Slots:
    """As fast as it goes: for the bench."""
    return Slots(wanted, 0.0, 0.0, 0.0)
