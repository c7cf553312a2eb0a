"""Observations are counted once, across processes, and cost next to nothing."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from math import inf

import psycopg
import pytest
from django.db import connection, connections

from whatsapp import measures
from whatsapp.connection import connect
from whatsapp.measures import API_LATENCY, QUEUE_TO_ACCEPT, Tally
from whatsapp.models import Measure

pytestmark = pytest.mark.django_db(transaction=True)


def counts() -> dict[float, int]:
    return dict(Measure.objects.values_list("up_to", "count"))


def test_an_observation_lands_in_the_bucket_that_holds_it() -> None:
    tally = Tally()

    tally.observe_many(QUEUE_TO_ACCEPT, 7, [0.1, 0.11, 1e9, -3.0])
    tally.flush_now()

    assert counts() == {0.1: 2, 0.25: 1, inf: 1}
    assert {m.sender for m in Measure.objects.all()} == {"7"}
    assert sum(Measure.objects.values_list("seconds", flat=True)) == pytest.approx(1e9 + 0.21)


def test_flushed_twice_is_counted_once() -> None:
    tally = Tally()
    tally.observe(API_LATENCY, 7, 0.1, measures.ACCEPTED)

    tally.flush_now()
    tally.flush_now()

    assert counts() == {0.1: 1}


def test_both_ways_of_flushing_add_to_the_same_rows() -> None:
    tally = Tally()

    async def flush() -> None:
        async with await connect() as own:
            await tally.flush(own)

    tally.observe(API_LATENCY, None, 0.1, measures.UNKNOWN)
    asyncio.run(flush())
    tally.observe(API_LATENCY, None, 0.1, measures.UNKNOWN)
    tally.flush_now()

    assert counts() == {0.1: 2}


def test_what_could_not_be_flushed_stays_tallied() -> None:
    tally = Tally()
    tally.observe(API_LATENCY, 7, 0.1)

    async def flush_over_a_closed_connection() -> None:
        own = await connect()
        await own.close()
        await tally.flush(own)

    with pytest.raises(psycopg.OperationalError):
        asyncio.run(flush_over_a_closed_connection())
    tally.flush_now()

    assert counts() == {0.1: 1}


def test_many_processes_in_any_order_lose_nothing_and_never_deadlock() -> None:
    def flush_often(first: int) -> None:
        tally = Tally()
        try:
            for turn in range(40):
                for n in range(30):
                    sender = (first + n * (1 if turn % 2 else -1)) % 30
                    tally.observe(API_LATENCY, sender, 0.1)
                tally.flush_now()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(flush_often, range(4)))

    assert sum(Measure.objects.values_list("count", flat=True)) == 4 * 40 * 30


def test_counting_on_is_a_heap_only_update() -> None:
    updates_before, heap_only_before = updates()
    tally = Tally()

    for _ in range(20):
        tally.observe(API_LATENCY, 7, 0.1)
        tally.flush_now()

    updates_after, heap_only_after = updates()
    assert updates_after - updates_before == 19
    assert heap_only_after - heap_only_before == 19


def updates() -> tuple[int, int]:
    """Return how often rows were changed, and how often without a word to the index."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables"
            " WHERE relname = 'whatsapp_measure'"
        )
        changed, heap_only = cursor.fetchone()
    return changed, heap_only


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(KeyError):
        Tally().observe("patience", 7, 1.0)
