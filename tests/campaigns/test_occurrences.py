"""Occurrences by the clinic's clocks, both clock changes included."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSimError
from hypothesis import given
from hypothesis import strategies as st

from campaigns import occurrences

MADRID = ZoneInfo("Europe/Madrid")
ZONES = st.sampled_from(
    ["Europe/Madrid", "America/Argentina/Buenos_Aires", "America/New_York", "Asia/Kolkata"]
)


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=MADRID)  # type: ignore[misc, arg-type]


def test_each_monday_is_at_the_same_hour_in_summer_and_in_winter() -> None:
    found = islice(occurrences.upcoming("0 10 * * 1", MADRID, after=local(2026, 3, 20, 12)), 2)

    assert [moment.astimezone(MADRID) for moment in found] == [
        local(2026, 3, 23, 10),
        local(2026, 3, 30, 10),
    ]


def test_an_hour_that_is_skipped_is_due_right_after_it() -> None:
    due = occurrences.first("30 2 29 3 *", MADRID, after=local(2026, 3, 28, 12))

    assert due is not None
    assert due.astimezone(MADRID) == local(2026, 3, 29, 3, 0)


def test_an_hour_that_comes_twice_is_due_once() -> None:
    found = islice(occurrences.upcoming("30 2 * * *", MADRID, after=local(2026, 10, 24, 12)), 2)

    assert [moment.astimezone(MADRID).date() for moment in found] == [
        date(2026, 10, 25),
        date(2026, 10, 26),
    ]


def test_nothing_is_due_after_its_last_day() -> None:
    after, until = local(2026, 5, 1, 0), date(2026, 5, 2)

    assert len(list(occurrences.upcoming("0 9 * * *", MADRID, after=after, until=until))) == 2
    later = local(2026, 5, 2, 9)
    assert occurrences.first("0 9 * * *", MADRID, after=later, until=until) is None


def test_of_several_missed_ones_the_last_is_meant() -> None:
    due, now = local(2026, 5, 1, 9), local(2026, 5, 4, 8, 59)

    assert occurrences.last_missed("0 9 * * *", MADRID, due=due, now=now) == local(2026, 5, 3, 9)
    assert occurrences.last_missed("0 9 * * *", MADRID, due=due, now=due) == due


@given(
    hour=st.integers(4, 23),
    minute=st.integers(0, 59),
    weekday=st.integers(0, 6),
    zone=ZONES,
    after=st.integers(0, 3 * 365 * 24 * 60).map(
        lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
)
def test_a_weekly_hour_comes_within_a_week_and_a_change_of_clocks(
    hour: int, minute: int, weekday: int, zone: str, after: datetime
) -> None:
    clocks = ZoneInfo(zone)
    due = occurrences.first(f"{minute} {hour} * * {weekday}", clocks, after=after)

    assert due is not None
    shown = due.astimezone(clocks)
    assert (shown.hour, shown.minute, shown.isoweekday() % 7) == (hour, minute, weekday)
    assert after < due <= after + timedelta(days=7, hours=1, minutes=1)


def test_what_is_no_expression_is_refused() -> None:
    with pytest.raises(CronSimError):
        occurrences.first("61 * * * *", MADRID, after=local(2026, 1, 1))
