"""A rate of its own: never more within any stretch, and little is lost."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns import spacing
from campaigns.spacing import AHEAD, Rate
from tests.factories import NOON

SECOND = timedelta(seconds=1)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

rates = st.builds(Rate, st.integers(1, 600), st.sampled_from([MINUTE, HOUR]))


def test_the_first_leaves_at_once_and_the_next_after_the_gap() -> None:
    found = spacing.moments(Rate(30, MINUTE), taken_until=None, now=NOON, most=100)

    assert found == tuple(NOON + n * 2 * SECOND for n in range(5))


def test_what_is_taken_is_not_given_away_again() -> None:
    later = NOON + 3 * SECOND

    found = spacing.moments(Rate(60, MINUTE), taken_until=later, now=NOON, most=100)

    assert found[0] == later
    assert len(found) == 7


def test_what_time_let_slip_is_not_caught_up() -> None:
    found = spacing.moments(Rate(60, MINUTE), taken_until=NOON - HOUR, now=NOON, most=100)

    assert found[0] == NOON
    assert len(found) == 10


def test_one_an_hour_is_one_an_hour() -> None:
    rate = Rate(1, HOUR)

    assert spacing.moments(rate, taken_until=None, now=NOON, most=9) == (NOON,)
    assert spacing.moments(rate, taken_until=NOON + HOUR, now=NOON + MINUTE, most=9) == ()


@pytest.mark.parametrize("overdue", [1, 7])
def test_messages_held_up_take_the_room_they_will_need(overdue: int) -> None:
    rate = Rate(60, MINUTE)

    until = spacing.taken_until(rate, NOON - HOUR, overdue=overdue, now=NOON)

    assert until == NOON + overdue * SECOND
    assert spacing.taken_until(rate, NOON + HOUR, overdue=overdue, now=NOON) == NOON + HOUR
    assert spacing.taken_until(rate, None, overdue=0, now=NOON) is None


@given(rate=rates, waits=st.lists(st.integers(0, 40), max_size=60), most=st.integers(1, 500))
def test_no_stretch_holds_more_than_the_rate(rate: Rate, waits: list[int], most: int) -> None:
    taken, now = None, NOON
    left: list[datetime] = []
    for wait in waits:
        now += wait * SECOND
        found = spacing.moments(rate, taken_until=taken, now=now, most=most)
        assert len(found) <= most
        if found:
            taken = found[-1] + rate.gap
        left += found

    assert left == sorted(left)
    assert all(later - earlier >= rate.gap for earlier, later in pairwise(left))
    assert not left or left[-1] < now + AHEAD
