"""Hands out the moments at which messages may leave: slots, never a "no"."""

import asyncio
import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Protocol

from redis import Redis as SyncRedis
from redis.asyncio import Redis

# A slot is drawn at most this far ahead, so that a hold or a stop is felt at once.
AHEAD_SECONDS = 0.25
# Meta counts over a window we do not see: 98.5 % of the limit never went over it (measured:
# 980 a second paced, never above 986 in any second, at a limit of 1,000).
SHARE_OF_LIMIT = 0.985
# So little before its moment may a message leave: a loop wakes up a few milliseconds late. With 3
# of them 972 of 1,000 a second were held, with 4.5 984, with 6 a second was once full (measured).
LENIENCE_SECONDS = 0.004
# What was held up is caught up with this much faster than slots come, still below the limit.
CATCHING_UP = 1.002

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
# Two processes' clocks and sockets are not one: so much is left free where one follows another.
BETWEEN_SECONDS = 0.03
# Whoever hands a number over has messages on their way to the socket, later than their slots.
_RESERVE = """
local time = redis.call('TIME')
local free_at = time[1] * 1000000 + time[2] + tonumber(ARGV[1])
if free_at > tonumber(redis.call('GET', KEYS[1]) or '0') then
  redis.call('SET', KEYS[1], string.format('%.0f', free_at), 'PX', 5000)
end
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
        self._reserve = redis.register_script(_RESERVE)
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

    async def reserve(self, seconds: float) -> None:
        """Let the next slot be later than in so many seconds, in all processes."""
        micro = round((seconds + BETWEEN_SECONDS) * 1_000_000)
        await self._reserve(keys=[self._key], args=[micro])


class Gate:
    """
    Keeps what leaves apart, one by one, however late its slots are.

    Slots alone are moments by plan: a loop that was held up for thirty milliseconds finds thirty
    of them past, and would send them at once on top of a full second.
    """

    def __init__(self) -> None:
        self.interval = 0.0  # between slots, seconds
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._arrivals = count()
        self._opens_at = 0.0
        self._opening: asyncio.TimerHandle | None = None

    def open_from(self, moment: float) -> None:
        """Let nobody pass before a moment, by time.monotonic()."""
        self._opens_at = max(self._opens_at, moment)

    async def passed(self, lane: int = 0) -> None:
        """Wait for one's turn: lanes in order, in each first come, first served."""
        now = time.monotonic()
        if not self.interval or (not self._waiting and now >= self._opens_at):
            self._close_after(now)
            return
        mine = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (lane, next(self._arrivals), mine))
        self._open_later()
        await mine

    def clears_in(self, coming: int) -> float:
        """Return seconds until as many as `coming` have passed, those that wait among them."""
        if not self.interval:
            return 0.0
        return max(0.0, self._opens_at - time.monotonic()) + coming * self._spacing

    @property
    def _spacing(self) -> float:
        return self.interval / CATCHING_UP

    def _open_later(self) -> None:
        if self._opening is None:
            delay = self._opens_at - time.monotonic()
            self._opening = asyncio.get_running_loop().call_later(max(0.0, delay), self._open)

    def _open(self) -> None:
        self._opening = None
        while self._waiting and (now := time.monotonic()) >= self._opens_at:
            *_, first = heapq.heappop(self._waiting)
            if not first.done():
                first.set_result(None)
                self._close_after(now)
        if self._waiting:
            self._open_later()

    def _close_after(self, now: float) -> None:
        self._opens_at = max(self._opens_at, now - LENIENCE_SECONDS) + self._spacing


def spend(redis: SyncRedis, *, key: str, rate_per_second: float, messages: int) -> None:
    """Take slots for messages that came in: Meta counts both directions."""
    interval = round(1_000_000 / (rate_per_second * SHARE_OF_LIMIT))
    ahead = round(AHEAD_SECONDS * 1_000_000)
    redis.eval(_DRAW, 1, f"pace:{key}", str(messages), str(interval), str(ahead))


async def unpaced(wanted: int) -> Slots:
    """As fast as it goes: for the bench."""
    return Slots(wanted, 0.0, 0.0, 0.0)
