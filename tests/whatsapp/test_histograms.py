"""What was measured, since ever and within the last hour."""

from datetime import UTC, datetime, timedelta
from math import inf

import pytest

from whatsapp import histograms
from whatsapp.histograms import Histogram
from whatsapp.measures import API_LATENCY, QUEUE_TO_ACCEPT, Tally
from whatsapp.models import MeasureMark


def observe(name: str, *seconds: float, sender_id: int = 7, outcome: str = "") -> None:
    tally = Tally()
    tally.observe_many(name, sender_id, seconds, outcome)
    tally.flush_now()


@pytest.mark.parametrize(
    ("counts", "median"),
    [
        pytest.param((), None, id="nothing-measured"),
        pytest.param(((0.1, 0), (inf, 0)), None, id="nothing-in-the-hour"),
        pytest.param(((0.1, 0), (0.2, 10), (inf, 0)), 0.15, id="all-in-one"),
        pytest.param(((0.1, 5), (0.2, 5)), 0.1, id="halves"),
        pytest.param(((0.1, 1), (0.5, 0), (inf, 9)), 0.5, id="beyond-the-last-bound"),
    ],
)
def test_the_median_lies_where_half_of_them_do(
    counts: tuple[tuple[float, int], ...], median: float | None
) -> None:
    found = Histogram(counts).median()

    assert found == (median if median is None else pytest.approx(median))


def test_buckets_add_up_for_scrapers() -> None:
    assert Histogram(((0.1, 2), (0.2, 0), (inf, 3))).cumulative() == [(0.1, 2), (0.2, 2), (inf, 5)]


@pytest.mark.django_db(transaction=True)
def test_each_number_and_outcome_is_a_series_of_its_own() -> None:
    observe(API_LATENCY, 0.1, 0.1, outcome="accepted")
    observe(API_LATENCY, 0.1, sender_id=8, outcome="accepted")

    found = histograms.since_ever()

    assert {key: one.count for key, one in found.items()} == {
        (API_LATENCY, "7", "accepted"): 2,
        (API_LATENCY, "8", "accepted"): 1,
    }
    assert found[API_LATENCY, "7", "accepted"].seconds == pytest.approx(0.2)


@pytest.mark.django_db(transaction=True)
def test_the_last_hour_leaves_out_what_was_before() -> None:
    observe(QUEUE_TO_ACCEPT, 100.0, 100.0)
    assert histograms.last_hour()[QUEUE_TO_ACCEPT, ""].count == 2
    histograms.take_marks()
    MeasureMark.objects.update(taken_at=datetime.now(UTC) - timedelta(minutes=61))

    observe(QUEUE_TO_ACCEPT, 0.1)

    last_hour = histograms.last_hour()[QUEUE_TO_ACCEPT, ""]
    assert last_hour.count == 1
    assert last_hour.median() == pytest.approx(0.05)


@pytest.mark.django_db(transaction=True)
def test_marks_are_taken_every_five_minutes_and_kept_an_hour() -> None:
    observe(QUEUE_TO_ACCEPT, 0.1)
    histograms.take_marks()
    histograms.take_marks()
    assert MeasureMark.objects.count() == 1

    for minutes in (90, 70):
        MeasureMark.objects.filter(taken_at__gt=datetime.now(UTC) - timedelta(minutes=5)).update(
            taken_at=datetime.now(UTC) - timedelta(minutes=minutes)
        )
        dropped = histograms.take_marks()

    # The one of 90 minutes ago; that of 70 is the newest an hour old.
    assert dropped == 1
    assert MeasureMark.objects.count() == 2
