"""Reads what was measured: since ever for scrapers, of the last hour for people."""

from collections import defaultdict
from dataclasses import dataclass
from math import isinf

from django.db import connection

from whatsapp.measures import BOUNDS
from whatsapp.models import Measure

Key = tuple[str, str, str]  # name, sender, outcome

# The newest marks that are an hour old are kept however old they get: from them the last hour is
# counted after a pause, too. Two sweepers at once take marks of two moments; readers take one.
_TAKE_MARKS = """
INSERT INTO whatsapp_measuremark (taken_at, name, sender, outcome, up_to, count)
SELECT statement_timestamp(), name, sender, outcome, up_to, count FROM whatsapp_measure
 WHERE NOT EXISTS (SELECT 1 FROM whatsapp_measuremark
                    WHERE taken_at > statement_timestamp() - interval '5 minutes')
"""
_DROP_MARKS = """
DELETE FROM whatsapp_measuremark
 WHERE taken_at < (SELECT max(taken_at) FROM whatsapp_measuremark
                    WHERE taken_at <= statement_timestamp() - interval '1 hour')
"""
_LAST_HOUR = """
WITH began AS (SELECT max(taken_at) AS at FROM whatsapp_measuremark
                WHERE taken_at <= statement_timestamp() - interval '1 hour')
SELECT measure.name, measure.outcome, measure.up_to,
       (sum(measure.count) - coalesce(sum(mark.count), 0))::bigint
  FROM whatsapp_measure measure
  LEFT JOIN whatsapp_measuremark mark
    ON mark.taken_at = (SELECT at FROM began) AND mark.name = measure.name
   AND mark.sender = measure.sender AND mark.outcome = measure.outcome
   AND mark.up_to = measure.up_to
 GROUP BY measure.name, measure.outcome, measure.up_to
 ORDER BY measure.name, measure.outcome, measure.up_to
"""


@dataclass(frozen=True)
class Histogram:
    """Counts per bucket, not added up; upper bounds in seconds, ascending."""

    counts: tuple[tuple[float, int], ...]
    seconds: float = 0.0

    @property
    def count(self) -> int:
        return sum(count for _, count in self.counts)

    def cumulative(self) -> list[tuple[float, int]]:
        """Return how many were at most so long, for each bound."""
        so_far = 0
        return [(bound, so_far := so_far + count) for bound, count in self.counts]

    def median(self) -> float | None:
        """Return about how long half of them took at most; the last bound where it is beyond."""
        half = self.count / 2
        below, so_far = 0.0, 0
        for bound, count in self.counts:
            if half and so_far + count >= half:
                # Evenly spread within the bucket, for want of better knowledge.
                share = (half - so_far) / count
                return below if isinf(bound) else below + (bound - below) * share
            below, so_far = bound, so_far + count
        return None


def since_ever() -> dict[Key, Histogram]:
    """Return every series by name, number and outcome, with all its bounds."""
    counts: dict[Key, dict[float, int]] = {}
    seconds: dict[Key, float] = defaultdict(float)
    for measure in Measure.objects.all():
        key = (measure.name, measure.sender, measure.outcome)
        series = counts.setdefault(key, _no_counts(measure.name))
        series[measure.up_to] = measure.count
        seconds[key] += measure.seconds
    return {
        key: Histogram(tuple(sorted(series.items())), seconds[key])
        for key, series in sorted(counts.items())
    }


def last_hour() -> dict[tuple[str, str], Histogram]:
    """Return the last hour by name and outcome, all numbers together."""
    counts: dict[tuple[str, str], dict[float, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_LAST_HOUR)
        for name, outcome, up_to, count in cursor.fetchall():
            series = counts.setdefault((name, outcome), _no_counts(name))
            series[up_to] = count
    return {key: Histogram(tuple(sorted(series.items()))) for key, series in counts.items()}


def _no_counts(name: str) -> dict[float, int]:
    """Return all bounds of ours; those of older releases come in among them."""
    return dict.fromkeys(BOUNDS.get(name, ()), 0)


def take_marks() -> int:
    """Every five minutes, keep where the counts stand; return how many marks were dropped."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_MARKS)
        cursor.execute(_DROP_MARKS)
        return int(cursor.rowcount)
