"""
How long things take, tallied in each process and added up in PostgreSQL.

A tally costs some hundred nanoseconds an observation; flushed once in a while it is one statement
of a few rows, so that figures hold across processes and hosts without a directory of files.
"""

import time
from bisect import bisect_left
from collections.abc import Iterable
from math import inf
from typing import Any

import psycopg
from django.db import DatabaseError
from django.db import connection as django_connection
from psycopg.rows import TupleRow

from whatsapp.models import MeasureName

QUEUE_TO_ACCEPT = MeasureName.QUEUE_TO_ACCEPT.value
API_LATENCY = MeasureName.API_LATENCY.value
ACCEPTED_TO_DELIVERED = MeasureName.ACCEPTED_TO_DELIVERED.value

ACCEPTED, REFUSED, UNKNOWN = "accepted", "refused", "unknown"
FLUSH_EVERY_SECONDS = 1.0

_CALLS = (
    0.02,
    0.05,
    0.075,
    0.1,
    0.15,
    0.2,
    0.3,
    0.5,
    0.75,
    1.0,
    1.5,
    2.0,
    3.0,
    5.0,
    10.0,
    20.0,
    inf,
)
_WAITS = tuple(
    map(float, (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 1800, 3600, 14400, 86400, inf))
)
# Upper bounds in seconds, inclusive.
BOUNDS: dict[str, tuple[float, ...]] = {
    QUEUE_TO_ACCEPT: _WAITS,
    API_LATENCY: _CALLS,
    ACCEPTED_TO_DELIVERED: _WAITS,
}

# ORDER BY: rows are locked as they are inserted, by everybody in the same order.
_ADD = """
INSERT INTO whatsapp_measure AS measure (name, sender, outcome, up_to, count, seconds)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::float8[], %s::bigint[], %s::float8[])
    AS told(name, sender, outcome, up_to, count, seconds)
 ORDER BY name, sender, outcome, up_to
ON CONFLICT (name, sender, outcome, up_to) DO UPDATE
   SET count = measure.count + excluded.count, seconds = measure.seconds + excluded.seconds
"""

# name, sender, outcome
_Key = tuple[str, int | None, str]


class _Series:
    __slots__ = ("bounds", "counts", "seconds")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * len(bounds)
        self.seconds = [0.0] * len(bounds)


class Tally:
    """
    Observations of one process that are not written down yet; not for several threads.

    Keep one as long as the process lives. What is tallied when a process dies is lost, as is what
    is flushed inside a transaction that is rolled back: figures, not facts.
    """

    def __init__(self) -> None:
        self._series: dict[_Key, _Series] = {}
        self._flushed_at = time.monotonic()

    @property
    def is_due(self) -> bool:
        """True where something is tallied and the last flush is a second ago."""
        return bool(self._series) and time.monotonic() - self._flushed_at >= FLUSH_EVERY_SECONDS

    def observe(self, name: str, sender_id: int | None, seconds: float, outcome: str = "") -> None:
        """Count one observation; clocks that disagree make no negative times."""
        series = self._series.get((name, sender_id, outcome))
        if series is None:
            series = self._series[name, sender_id, outcome] = _Series(BOUNDS[name])
        place = bisect_left(series.bounds, seconds)
        series.counts[place] += 1
        if seconds > 0:
            series.seconds[place] += seconds

    def observe_many(
        self, name: str, sender_id: int | None, many: Iterable[float], outcome: str = ""
    ) -> None:
        for seconds in many:
            self.observe(name, sender_id, seconds, outcome)

    async def flush(self, connection: psycopg.AsyncConnection[TupleRow]) -> None:
        """Add what is tallied to the rows; where that fails it stays tallied."""
        taken = self._take()
        if not taken:
            return
        try:
            await connection.execute(_ADD, _columns(taken))
        except psycopg.Error:
            self._put_back(taken)
            raise

    def flush_now(self) -> None:
        """Like flush, over Django's connection; call it outside a transaction."""
        taken = self._take()
        if not taken:
            return
        try:
            with django_connection.cursor() as cursor:
                cursor.execute(_ADD, _columns(taken))
        except DatabaseError:
            self._put_back(taken)
            raise

    def _take(self) -> dict[_Key, _Series]:
        taken, self._series = self._series, {}
        self._flushed_at = time.monotonic()
        return taken

    def _put_back(self, taken: dict[_Key, _Series]) -> None:
        """Add to what came in the meantime."""
        for key, old in taken.items():
            new = self._series.setdefault(key, _Series(old.bounds))
            new.counts = [a + b for a, b in zip(new.counts, old.counts, strict=True)]
            new.seconds = [a + b for a, b in zip(new.seconds, old.seconds, strict=True)]


def _columns(taken: dict[_Key, _Series]) -> list[list[Any]]:
    rows = [
        (name, "" if sender is None else str(sender), outcome, bound, count, seconds)
        for (name, sender, outcome), series in taken.items()
        for bound, count, seconds in zip(series.bounds, series.counts, series.seconds, strict=True)
        if count
    ]
    return [list(column) for column in zip(*rows, strict=True)]
