"""Sending hours by the clinic's own wall clock, on every night of the year and the two odd ones."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthmsg.clinic.models import Clinic
from healthmsg.clinic.sending_hours import SendingHours, wall_clock

MADRID = ZoneInfo("Europe/Madrid")
ZONES = ["America/Argentina/Buenos_Aires", "Europe/Madrid", "Australia/Lord_Howe", "Asia/Kolkata"]
ZONES += ["America/New_York", "Pacific/Apia", "Africa/Casablanca", "UTC"]

moments = st.datetimes(
    min_value=datetime(2024, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2030, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
zones = st.sampled_from(ZONES).map(ZoneInfo)
times = st.times(min_value=time(0), max_value=time(23, 58)).map(
    lambda t: t.replace(second=0, microsecond=0)
)


@st.composite
def hours(draw: st.DrawFn) -> SendingHours:
    opens, closes = sorted(draw(st.lists(times, min_size=2, max_size=2, unique=True)))
    return SendingHours(opens, closes, draw(zones))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


DAY = SendingHours(time(8), time(20), MADRID)


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        pytest.param(utc(2026, 1, 10, 12), utc(2026, 1, 10, 12), id="open"),
        pytest.param(utc(2026, 1, 10, 3), utc(2026, 1, 10, 7), id="early"),
        pytest.param(utc(2026, 1, 10, 19), utc(2026, 1, 11, 7), id="closing-is-closed"),
        pytest.param(utc(2026, 1, 10, 18, 59, 59), utc(2026, 1, 10, 18, 59, 59), id="last-second"),
        pytest.param(utc(2026, 3, 28, 22), utc(2026, 3, 29, 6), id="night-that-loses-an-hour"),
        pytest.param(utc(2026, 10, 24, 22), utc(2026, 10, 25, 7), id="night-that-gains-an-hour"),
    ],
)
def test_the_next_opening(moment: datetime, opening: datetime) -> None:
    assert DAY.next_open(moment) == opening


@given(hours=hours(), moment=moments)
def test_at_the_next_opening_it_is_open_and_soon(hours: SendingHours, moment: datetime) -> None:
    opening = hours.next_open(moment)

    assert moment <= opening
    # A day and the hour that a clock change may add; Apia once skipped a whole day, long ago.
    assert opening - moment <= timedelta(hours=25)
    assert hours.is_open(moment) == (opening == moment)


@given(hours=hours(), moment=moments)
def test_it_opens_by_the_clock_on_the_wall(hours: SendingHours, moment: datetime) -> None:
    opening = hours.next_open(moment)
    shown = opening.astimezone(hours.zone).time()

    is_skipped = (
        wall_clock(opening.astimezone(hours.zone), hours.opens).astimezone(hours.zone).time()
        != hours.opens
    )
    assert opening == moment or shown == hours.opens or is_skipped


@given(hours=hours(), moment=moments)
def test_between_now_and_the_opening_it_is_closed(hours: SendingHours, moment: datetime) -> None:
    opening = hours.next_open(moment)
    halfway = moment + (opening - moment) / 2

    assert opening == moment or not hours.is_open(halfway) or halfway == opening


@pytest.mark.parametrize(
    ("day", "at", "moment"),
    [
        pytest.param(29, time(2, 30), utc(2026, 3, 29, 1), id="skipped-is-when-clocks-jump"),
        pytest.param(29, time(2), utc(2026, 3, 29, 1), id="the-first-that-is-skipped"),
        pytest.param(29, time(1, 59), utc(2026, 3, 29, 0, 59), id="the-last-before"),
        pytest.param(29, time(3, 30), utc(2026, 3, 29, 1, 30), id="after-the-skip"),
        pytest.param(28, time(2, 30), utc(2026, 3, 28, 1, 30), id="an-ordinary-night"),
    ],
)
def test_a_time_that_spring_skips(day: int, at: time, moment: datetime) -> None:
    assert wall_clock(datetime(2026, 3, day, 12, tzinfo=MADRID), at) == moment


def test_a_time_that_autumn_repeats_is_its_first_showing() -> None:
    moment = wall_clock(datetime(2026, 10, 25, 12, tzinfo=MADRID), time(2, 30))

    assert moment == utc(2026, 10, 25, 0, 30)


@pytest.mark.django_db
def test_a_clinics_hours_are_in_its_own_zone(sunrise_clinic: Clinic) -> None:
    hours = SendingHours.of(sunrise_clinic)

    assert hours.is_open(utc(2026, 3, 10, 11))  # eight in Buenos Aires
    assert not hours.is_open(utc(2026, 3, 10, 10, 59))
