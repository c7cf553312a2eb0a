"""At every hour of every season some clinic of the demo is about to open, with numbers enough."""

import itertools
import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from healthmsg.desk.demo import cast, daytime
from healthmsg.desk.demo.daytime import PLACES

OPENING = timedelta(hours=9, minutes=45)


@pytest.mark.parametrize("month", [1, 3, 7, 10])
@pytest.mark.parametrize("hour", range(24))
@pytest.mark.parametrize("minute", [0, 15, 30, 45])
def test_every_hour_finds_a_place_where_the_day_begins(month: int, hour: int, minute: int) -> None:
    moment = datetime(2027, month, 15, hour, minute, tzinfo=UTC)

    place = daytime.opening_now(moment)

    local = moment.astimezone(ZoneInfo(place.zone))
    since_midnight = timedelta(hours=local.hour, minutes=local.minute)
    assert abs(since_midnight - OPENING) <= timedelta(minutes=45), place.city
    begins = datetime.fromtimestamp(daytime.standing_at(place, moment).shown, UTC)
    assert begins.astimezone(ZoneInfo(place.zone)).strftime("%H:%M") == "09:45"


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.city)
def test_every_place_has_numbers_for_everybody(place: daytime.Place) -> None:
    chance = random.Random(7)  # noqa: S311 - pretend numbers
    numbers = cast.pretend_numbers(place.country, chance)

    assert len(set(itertools.islice(numbers, 500))) == 500


def test_the_clock_ends_in_the_evening() -> None:
    moment = datetime(2027, 1, 15, 12, tzinfo=UTC)
    place = daytime.opening_now(moment)

    going = daytime.let_go(daytime.standing_at(place, moment), at=1000.0)

    assert going.until == 1000.0 + daytime.SECONDS


def test_a_clock_that_hurries_for_a_while_is_as_slow_as_any_other_afterwards() -> None:
    moment = datetime(2027, 1, 15, 12, tzinfo=UTC)
    begins = timedelta(hours=9, minutes=59, seconds=50)
    place = daytime.opening_now(moment, begins=begins)
    standing = daytime.standing_at(place, moment, begins=begins)

    going = daytime.let_go(standing, at=1000.0, seconds=20.0, passes=timedelta(hours=2))

    assert standing.at(2000.0).astimezone(ZoneInfo(place.zone)).strftime("%H:%M:%S") == "09:59:50"
    assert going.at(1020.0) - going.at(1000.0) == timedelta(hours=2)
    assert going.at(1021.0) - going.at(1020.0) == timedelta(seconds=1)
