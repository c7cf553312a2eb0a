"""Slots on a real Valkey: never faster than the limit, never saved up, never parked."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis
from redis.exceptions import RedisError

from whatsapp.pacing import (
    AHEAD_SECONDS,
    CATCHING_UP,
    LENIENCE_SECONDS,
    SHARE_OF_LIMIT,
    Gate,
    Pace,
    Slots,
    unpaced,
)

RATE = 80.0
MOST_AHEAD = int(AHEAD_SECONDS * RATE * SHARE_OF_LIMIT) + 1


@asynccontextmanager
async def valkey() -> AsyncIterator[Redis]:
    redis = Redis.from_url(settings.REDIS_URL)
    try:
        yield redis
    finally:
        await redis.aclose()


@pytest.fixture
def key() -> str:
    return uuid.uuid4().hex


def with_pace(
    key: str, play: Callable[[Pace, Redis], Awaitable[None]], *, rate: float = RATE
) -> None:
    async def run() -> None:
        async with valkey() as redis:
            await play(Pace(redis, key=key, rate_per_second=rate), redis)

    asyncio.run(run())


@pytest.mark.parametrize("rate", [20.0, 80.0, 1000.0])
def test_a_second_never_holds_more_than_the_limit(key: str, rate: float) -> None:
    async def play(pace: Pace, _redis: Redis) -> None:
        moments: list[float] = []
        until = time.monotonic() + 1.5
        while (now := time.monotonic()) < until:
            slots = await pace(10_000)
            moments += [now + after for after in slots.after()]
            await asyncio.sleep(0.05)
        fullest = max(sum(m <= other < m + 1 for other in moments) for m in moments)
        # The draw and our look at the clock are not one moment.
        assert fullest <= rate * 1.02 + 1
        assert len(moments) >= rate * SHARE_OF_LIMIT * 1.3

    with_pace(key, play, rate=rate)


def test_only_the_next_quarter_of_a_second_is_handed_out(key: str) -> None:
    async def play(pace: Pace, _redis: Redis) -> None:
        first, second = await pace(10_000), await pace(10_000)

        assert 0 < first.count <= MOST_AHEAD
        assert all(after <= AHEAD_SECONDS + 0.02 for after in first.after())
        assert second.count <= 1
        assert second.wait > 0

    with_pace(key, play)


def test_no_more_is_drawn_than_was_asked_for(key: str) -> None:
    async def play(pace: Pace, _redis: Redis) -> None:
        assert (await pace(3)).count == 3
        assert (await pace(0)).count == 0

    with_pace(key, play)


def test_processes_share_the_slots_of_one_number(key: str) -> None:
    async def play(pace: Pace, redis: Redis) -> None:
        other_process = Pace(redis, key=key, rate_per_second=RATE)
        other_number = Pace(redis, key=f"{key}-2", rate_per_second=RATE)
        mine = await pace(10_000)

        assert (await other_process(10_000)).count <= 1
        assert (await other_number(10_000)).count >= mine.count - 1

    with_pace(key, play)


def test_slots_that_are_reserved_are_nobodys(key: str) -> None:
    async def play(pace: Pace, redis: Redis) -> None:
        other_process = Pace(redis, key=key, rate_per_second=RATE)
        await pace.reserve(0.2)
        began = time.monotonic()
        slots = await other_process(10)

        assert slots.first >= 0.2 - (time.monotonic() - began)
        # What is drawn already lies behind it: nothing is moved back.
        await pace.reserve(0.0)
        assert (await other_process(10_000)).first >= slots.after()[-1] - 0.1

    with_pace(key, play)


def test_what_was_not_used_is_not_caught_up(key: str) -> None:
    async def play(pace: Pace, _redis: Redis) -> None:
        await pace(1)
        await asyncio.sleep(0.7)

        assert (await pace(10_000)).count <= MOST_AHEAD

    with_pace(key, play)


@pytest.mark.parametrize("ahead_seconds", [60, 3600, 10**9])
def test_a_clock_that_was_set_back_parks_no_number(key: str, ahead_seconds: int) -> None:
    async def play(pace: Pace, redis: Redis) -> None:
        seconds, _micro = await redis.time()
        await redis.set(f"pace:{key}", (seconds + ahead_seconds) * 1_000_000)

        slots = await pace(10)

        assert slots.wait <= 0.5

    with_pace(key, play)


def test_without_redis_there_are_no_slots() -> None:
    async def run() -> None:
        redis = Redis.from_url("redis://127.0.0.1:9/0", socket_connect_timeout=1)
        try:
            with pytest.raises(RedisError):
                await Pace(redis, key="any", rate_per_second=RATE)(1)
        finally:
            await redis.aclose()

    asyncio.run(run())


@given(
    count=st.integers(min_value=0, max_value=500),
    first=st.floats(min_value=0, max_value=1),
    interval=st.floats(min_value=0.0001, max_value=1),
)
def test_slots_are_as_many_as_drawn_and_in_order(count: int, first: float, interval: float) -> None:
    moments = Slots(count, first, interval, wait=0).after()

    assert len(moments) == count
    assert moments == sorted(moments)
    assert not moments or moments[0] == first


def test_the_bench_gets_what_it_asks_for() -> None:
    assert asyncio.run(unpaced(7)).after() == [0.0] * 7


def through(gate: Gate, stalls: list[float]) -> list[float]:
    """Let forty through at once while the loop is held up; return when each was."""
    moments: list[float] = []

    async def one() -> None:
        await gate.passed()
        moments.append(time.monotonic())
        if stalls:
            time.sleep(stalls.pop())

    async def all_of_them() -> None:
        await asyncio.gather(*(one() for _ in range(40)))

    asyncio.run(all_of_them())
    return moments


def test_a_loop_that_was_held_up_does_not_make_up_for_it_in_a_burst() -> None:
    gate = Gate()
    gate.interval = 0.01

    moments = through(gate, [0.1, 0.0, 0.1])

    # Whatever a wait came to, the next began after it, but for what is forgiven.
    least = gate.interval / CATCHING_UP - LENIENCE_SECONDS
    assert all(later - earlier >= least for earlier, later in pairwise(moments))
    for first, later in zip(moments, moments[10:], strict=False):
        assert later - first >= 10 * gate.interval / CATCHING_UP - LENIENCE_SECONDS


def test_answers_pass_before_all_others_that_wait() -> None:
    gate = Gate()
    gate.interval = 0.01
    passed: list[str] = []

    async def one(name: str, lane: int) -> None:
        await gate.passed(lane)
        passed.append(name)

    async def all_of_them() -> None:
        names = [("first", 2), ("campaign", 2), ("reminder", 1), ("answer", 0), ("last", 2)]
        await asyncio.gather(*(one(name, lane) for name, lane in names))

    asyncio.run(all_of_them())

    assert passed == ["first", "answer", "reminder", "campaign", "last"]


def test_who_no_longer_waits_takes_nobodys_turn() -> None:
    gate = Gate()
    gate.interval = 0.01

    async def play() -> float:
        await gate.passed()
        gone = asyncio.create_task(gate.passed())
        await asyncio.sleep(0)
        gone.cancel()
        began = time.monotonic()
        await gate.passed()
        return time.monotonic() - began

    assert asyncio.run(play()) < 2 * gate.interval


def test_a_gate_says_when_what_waits_will_have_passed() -> None:
    gate = Gate()
    assert gate.clears_in(1000) == 0.0
    gate.interval = 0.1
    gate.open_from(time.monotonic() + 1)

    assert gate.clears_in(10) == pytest.approx(1 + 10 * 0.1 / CATCHING_UP, abs=0.05)


def test_a_gate_without_an_interval_lets_all_pass() -> None:
    began = time.monotonic()
    assert len(through(Gate(), [])) == 40
    assert time.monotonic() - began < 1
