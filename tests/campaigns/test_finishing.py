from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.finishing import DAYS_AT_MOST, Pace, done_at
from healthmsg.clinic.sending_hours import SendingHours

BERLIN = ZoneInfo("Europe/Berlin")
HOURS = SendingHours(time(9), time(19), BERLIN)
TEN_HOURS = 10 * 3600


def at(day: int, hour: int, minute: int = 0, *, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN)


def test_without_a_limit_the_pace_alone_decides() -> None:
    assert done_at(3600, Pace(HOURS, 2.0), now=at(10, 12)) == at(10, 12, 30)


def test_at_night_it_begins_in_the_morning() -> None:
    assert done_at(60, Pace(HOURS, 1.0), now=at(10, 22)) == at(11, 9, 1)


def test_what_the_evening_cuts_off_goes_on_in_the_morning() -> None:
    assert done_at(2 * 3600, Pace(HOURS, 1.0), now=at(10, 18)) == at(11, 10)


def test_a_daily_limit_spreads_it_over_days() -> None:
    pace = Pace(HOURS, 100.0, seats_now=500, seats_on=lambda _day: 1000)

    assert done_at(500, pace, now=at(10, 12)) == at(10, 12) + timedelta(seconds=5)
    assert done_at(501, pace, now=at(10, 12)) == at(11, 9) + timedelta(seconds=0.01)
    assert done_at(2600, pace, now=at(10, 12)) == at(13, 9) + timedelta(seconds=1)


def test_each_day_leaves_what_its_own_reminders_do() -> None:
    crowded = {date(2026, 3, 11): 0, date(2026, 3, 12): 10}
    pace = Pace(HOURS, 1.0, seats_now=0, seats_on=lambda day: crowded.get(day, 100))

    assert done_at(20, pace, now=at(10, 12)) == at(13, 9) + timedelta(seconds=10)


def test_where_there_is_never_a_place_it_says_so() -> None:
    pace = Pace(HOURS, 100.0, seats_now=0, seats_on=lambda _day: 0)

    assert done_at(1, pace, now=at(10, 12)) is None


@pytest.mark.parametrize("day", [pytest.param(28, id="before"), pytest.param(29, id="itself")])
def test_the_night_clocks_change_moves_no_opening(day: int) -> None:
    done = done_at(10 * 3600, Pace(HOURS, 1.0), now=at(day, 18))

    assert done is not None
    assert done.astimezone(BERLIN).time() == time(18)
    assert done.astimezone(BERLIN).day == day + 1


moments = st.integers(0, 330 * 1440).map(lambda n: at(2, 0, month=1) + timedelta(minutes=n))


@given(
    left=st.integers(1, 200_000),
    rate=st.floats(0.5, 1000),
    seats=st.none() | st.integers(0, 5000),
    now=moments,
)
def test_it_is_done_within_hours_and_more_takes_no_less(
    left: int, rate: float, seats: int | None, now: datetime
) -> None:
    pace = Pace(HOURS, rate, seats, None if seats is None else lambda _day: seats)

    done = done_at(left, pace, now=now)

    most_a_day = min(rate * TEN_HOURS, TEN_HOURS * 1000 if seats is None else seats)
    if done is None:
        assert left > most_a_day * (DAYS_AT_MOST - 2) - DAYS_AT_MOST
        return
    assert done >= now
    assert HOURS.is_open(done - timedelta(milliseconds=1))
    assert (done - now).days >= left / most_a_day - 2
    more = done_at(left + 1, pace, now=now)
    assert more is None or more >= done
