from collections import defaultdict
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.seating import AHEAD, DAY, MAY_WAIT, SLOT, Hall, Rank, Want, rank, seat_all
from reminders.timing import Anchor
from tests.factories import NOON

HOUR = timedelta(hours=1)


def want(n: int, at: timedelta = HOUR, urgency: Rank = Rank.DAY_BEFORE, phone: int = 0) -> Want:
    return Want(n, phone or n, NOON + at, urgency)


@pytest.mark.parametrize(
    ("anchor", "offset", "days_before", "expected"),
    [
        pytest.param(Anchor.MOVED, 0, None, Rank.CHANGE, id="moved"),
        pytest.param(Anchor.CANCELLED, 0, None, Rank.CHANGE, id="cancelled"),
        pytest.param(Anchor.STARTS, 0, 1, Rank.DAY_BEFORE, id="the day before at ten"),
        pytest.param(Anchor.STARTS, 0, 0, Rank.DAY_BEFORE, id="the same morning"),
        pytest.param(Anchor.STARTS, -2, None, Rank.DAY_BEFORE, id="two hours before"),
        pytest.param(Anchor.STARTS, -36, None, Rank.DAY_BEFORE, id="a day and a half before"),
        pytest.param(Anchor.STARTS, -37, None, Rank.EARLIER, id="longer before"),
        pytest.param(Anchor.STARTS, 0, 3, Rank.EARLIER, id="three days before"),
        pytest.param(Anchor.BOOKED, 0, None, Rank.CONFIRMATION, id="booked"),
        pytest.param(Anchor.SEEN, 24, None, Rank.AFTERWARDS, id="afterwards"),
    ],
)
def test_how_urgent_a_rule_is(
    anchor: Anchor, offset: int, days_before: int | None, expected: Rank
) -> None:
    assert rank(anchor, offset=offset * HOUR, days_before=days_before) == expected


def test_the_most_urgent_are_seated_first_whenever_they_go() -> None:
    wants = [
        want(1, HOUR, Rank.CONFIRMATION),
        want(2, 2 * HOUR, Rank.EARLIER),
        want(3, 20 * HOUR, Rank.DAY_BEFORE),
        want(4, 12 * HOUR, Rank.CHANGE),
    ]

    for limit in range(5):
        seating = seat_all(Hall(limit, NOON), wants, for_changes=0, for_news=0)
        assert seating.left_out == {1, 2, 3, 4} - set([4, 3, 2, 1][:limit])


def test_who_was_left_out_does_not_push_out_who_was_seated() -> None:
    wants = [
        Want(1, 1, NOON + HOUR, Rank.EARLIER, was_left_out=True),
        want(2, 2 * HOUR, Rank.EARLIER),
    ]

    assert seat_all(Hall(1, NOON), wants, for_changes=0, for_news=0).left_out == {1}


def test_a_family_on_one_phone_takes_one_place() -> None:
    wants = [want(n, n * HOUR, phone=7) for n in range(1, 5)]

    seating = seat_all(Hall(1, NOON), wants, for_changes=0, for_news=0)

    assert not seating.left_out


def test_everybody_of_yesterday_at_the_same_time_makes_room_for_today() -> None:
    hall = Hall(200, NOON)
    for phone in range(200):
        hall.seat_until(phone, NOON + timedelta(minutes=70, seconds=phone))
    wants = [want(1000 + n, timedelta(minutes=70)) for n in range(200)]

    assert not seat_all(hall, wants, for_changes=0, for_news=0).left_out


def test_places_are_kept_for_changes() -> None:
    wants = [want(n) for n in range(1, 11)]

    seating = seat_all(Hall(10, NOON), wants, for_changes=2, for_news=0)
    assert seating.left_out == {9, 10}

    change = want(11, urgency=Rank.CHANGE)
    assert 11 not in seat_all(Hall(10, NOON), [*wants, change], for_changes=2, for_news=0).left_out


def test_campaigns_get_what_nobody_needs_at_any_moment_of_the_day() -> None:
    hall = Hall(100, NOON)
    for phone in range(40):
        hall.seat_until(phone, NOON + 3 * HOUR)
    wants = [want(1000 + n, 10 * HOUR) for n in range(70)]

    seating = seat_all(hall, wants, for_changes=2, for_news=5)

    assert not seating.left_out
    assert seating.for_campaigns == 100 - 70 - 5


def test_confirmations_get_what_more_urgent_ones_leave() -> None:
    wants = [want(n, 10 * HOUR) for n in range(60)] + [
        want(100 + n, urgency=Rank.CONFIRMATION) for n in range(30)
    ]

    seating = seat_all(Hall(100, NOON), wants, for_changes=2, for_news=5)

    assert seating.for_confirmations == 38
    assert seating.for_campaigns == 5


wanted = st.builds(
    lambda n, phone, minutes, urgency, was: Want(
        n, phone, NOON + timedelta(minutes=minutes), urgency, was
    ),
    st.integers(0, 10**6),
    st.integers(1, 30),
    st.integers(0, AHEAD // timedelta(minutes=1) - 1),
    st.sampled_from(list(Rank)),
    st.booleans(),
)


@given(
    wants=st.lists(wanted, unique_by=lambda w: w.id, max_size=60),
    seated=st.dictionaries(st.integers(1, 30), st.integers(1, 24 * 60), max_size=15),
    limit=st.integers(0, 20),
    keep=st.integers(0, 5),
)
def test_never_more_people_sit_than_there_are_places(
    wants: list[Want], seated: dict[int, int], limit: int, keep: int
) -> None:
    hall = Hall(limit, NOON)
    for phone, minutes in seated.items():
        hall.seat_until(phone, NOON + timedelta(minutes=minutes))

    seating = seat_all(hall, wants, for_changes=keep, for_news=keep)

    begins: dict[int, list[int]] = defaultdict(list)
    for one in wants:
        if one.id not in seating.left_out:
            begins[one.phone].append((one.at - NOON) // SLOT)
    length = (DAY - MAY_WAIT) // SLOT
    for slot in range(AHEAD // SLOT):
        sits = {p for p, starts in begins.items() if any(s <= slot < s + length for s in starts)}
        held = {p for p, m in seated.items() if slot < (timedelta(minutes=m) - MAY_WAIT) // SLOT}
        # Who sits already is written to in any case, and stays for longer.
        renewed = {p for p in sits if _is_renewed(p, begins[p], seated, length)}
        assert len((sits | held) - renewed) <= max(limit, len(held - renewed))
    assert 0 <= seating.for_campaigns <= limit
    assert 0 <= seating.for_confirmations <= limit


def _is_renewed(phone: int, starts: list[int], seated: dict[int, int], length: int) -> bool:
    ends = (timedelta(minutes=seated.get(phone, 0)) - MAY_WAIT) // SLOT
    spans = sorted(starts)
    return spans[0] < ends or any(0 < b - a < length for a, b in pairwise(spans))


@given(wants=st.lists(wanted, unique_by=lambda w: w.id, max_size=60))
def test_nobody_is_left_out_where_there_is_a_place_for_every_phone(wants: list[Want]) -> None:
    assert not seat_all(Hall(30, NOON), wants, for_changes=0, for_news=0).left_out
