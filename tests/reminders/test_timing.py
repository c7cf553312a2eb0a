from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from healthmsg.clinic.sending_hours import SendingHours
from reminders import timing
from reminders.timing import Anchor, Due, Occasion, When, WhenLate

ZONES = (
    "America/Argentina/Buenos_Aires",
    "America/New_York",
    "America/Santiago",  # clocks change at midnight
    "Europe/Berlin",
    "Australia/Lord_Howe",  # by half an hour
    "Asia/Kathmandu",
    "Pacific/Apia",
)
NEW_YORK = ZoneInfo("America/New_York")
DAY_BEFORE = When(Anchor.STARTS, days_before=1, at_time=time(10), when_late=WhenLate.UNLESS_TOLD)
HOURS = SendingHours(time(8), time(20), NEW_YORK)

zones = st.sampled_from(ZONES).map(ZoneInfo)
moments = st.datetimes(
    datetime(2025, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
spans = st.timedeltas(timedelta(days=-10), timedelta(days=10))


@st.composite
def hours(draw: st.DrawFn) -> SendingHours:
    opens = draw(st.integers(5 * 60, 20 * 60))
    closes = draw(st.integers(opens + 10, 23 * 60 + 59))
    return SendingHours(time(*divmod(opens, 60)), time(*divmod(closes, 60)), draw(zones))


@st.composite
def rules(draw: st.DrawFn) -> When:
    notice = draw(st.timedeltas(timedelta(days=-3), timedelta(days=2)))
    late = draw(st.sampled_from(WhenLate))
    if draw(st.booleans()):
        return When(
            Anchor.STARTS,
            days_before=draw(st.integers(0, 14)),
            at_time=draw(st.times()),
            least_notice=notice,
            when_late=late,
        )
    anchor = draw(st.sampled_from(Anchor))
    return When(anchor, offset=draw(spans), least_notice=notice, when_late=late)


def occasion(starts_at: datetime, zone: ZoneInfo, sending: SendingHours) -> Occasion:
    return Occasion(starts_at, starts_at, zone, sending)


@given(rules(), moments, spans, zones, hours(), moments)
def test_nothing_goes_outside_the_hours_or_after_it_is_of_use(
    when: When,
    starts_at: datetime,
    since: timedelta,
    zone: ZoneInfo,
    sending: SendingHours,
    now: datetime,
) -> None:
    found = timing.due(when, Occasion(starts_at, starts_at + since, zone, sending), now=now)

    assert found.useful_until == starts_at - when.least_notice
    if not found.is_lost:
        assert sending.is_open(found.due_at)
        assert now <= found.due_at < found.useful_until


@given(rules(), moments, zones, hours(), moments)
def test_a_late_rule_goes_at_once_or_not_at_all(
    when: When, starts_at: datetime, zone: ZoneInfo, sending: SendingHours, now: datetime
) -> None:
    found = timing.due(when, occasion(starts_at, zone, sending), now=now)

    if found.is_late and not found.is_lost:
        assert when.when_late != WhenLate.SKIP
        assert found.due_at == sending.next_open(now)


@given(rules(), moments, st.timedeltas(timedelta(0), timedelta(days=9)), zones, hours())
def test_a_later_visit_is_never_reminded_of_earlier(
    when: When, starts_at: datetime, further: timedelta, zone: ZoneInfo, sending: SendingHours
) -> None:
    long_ago = starts_at - timedelta(days=60)

    earlier = timing.due(when, occasion(starts_at, zone, sending), now=long_ago)
    later = timing.due(when, occasion(starts_at + further, zone, sending), now=long_ago)

    assume(not earlier.is_lost and not later.is_lost)
    assert earlier.due_at <= later.due_at


@given(rules(), moments, zones, hours(), moments)
def test_asking_again_at_the_moment_itself_changes_nothing(
    when: When, starts_at: datetime, zone: ZoneInfo, sending: SendingHours, now: datetime
) -> None:
    found = timing.due(when, occasion(starts_at, zone, sending), now=now)

    assume(not found.is_late)
    assert timing.due(when, occasion(starts_at, zone, sending), now=found.due_at) == found


@pytest.mark.parametrize(
    ("starts_at", "due_at"),
    [
        pytest.param(
            datetime(2026, 3, 8, 15, tzinfo=NEW_YORK),
            datetime(2026, 3, 7, 15, tzinfo=UTC),
            id="over-the-spring-night",
        ),
        pytest.param(
            datetime(2026, 11, 1, 15, tzinfo=NEW_YORK),
            datetime(2026, 10, 31, 14, tzinfo=UTC),
            id="over-the-autumn-night",
        ),
        pytest.param(
            datetime(2026, 11, 2, 15, tzinfo=NEW_YORK),
            datetime(2026, 11, 1, 15, tzinfo=UTC),
            id="on-the-autumn-day",
        ),
    ],
)
def test_ten_is_ten_by_the_sites_clocks_when_clocks_change(
    starts_at: datetime, due_at: datetime
) -> None:
    found = timing.due(
        DAY_BEFORE, occasion(starts_at, NEW_YORK, HOURS), now=starts_at - timedelta(days=9)
    )

    assert found == Due(due_at, starts_at - timedelta(hours=1))


def test_a_moment_that_the_spring_change_skips_is_when_the_clocks_jump() -> None:
    night_owl = SendingHours(time(0), time(23), NEW_YORK)
    rule = When(Anchor.STARTS, days_before=0, at_time=time(2, 30))

    found = timing.due(
        rule,
        occasion(datetime(2026, 3, 8, 15, tzinfo=NEW_YORK), NEW_YORK, night_owl),
        now=datetime(2026, 3, 1, tzinfo=UTC),
    )

    assert found.due_at.astimezone(NEW_YORK).time() == time(3)


def test_before_an_early_visit_the_evening_is_used() -> None:
    two_hours_before = When(Anchor.STARTS, offset=timedelta(hours=-2))
    starts_at = datetime(2026, 3, 11, 8, 30, tzinfo=NEW_YORK)

    found = timing.due(
        two_hours_before, occasion(starts_at, NEW_YORK, HOURS), now=starts_at - timedelta(days=2)
    )

    assert found.due_at == datetime(2026, 3, 10, 19, 45, tzinfo=NEW_YORK)


def test_a_confirmation_booked_at_night_waits_for_the_morning() -> None:
    rule = When(Anchor.BOOKED, offset=timedelta(minutes=2))
    booked_at = datetime(2026, 3, 10, 22, tzinfo=NEW_YORK)
    visit = Occasion(booked_at + timedelta(days=3), booked_at, NEW_YORK, HOURS)

    found = timing.due(rule, visit, now=booked_at)

    assert found.due_at == datetime(2026, 3, 11, 8, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("late", "is_lost"),
    [(WhenLate.SKIP, True), (WhenLate.SEND_NOW, False), (WhenLate.UNLESS_TOLD, False)],
)
def test_a_late_booking_gets_what_still_makes_sense(late: WhenLate, is_lost: bool) -> None:
    now = datetime(2026, 3, 10, 12, tzinfo=NEW_YORK)
    rule = When(Anchor.STARTS, days_before=1, at_time=time(10), when_late=late)

    found = timing.due(rule, occasion(now + timedelta(hours=20), NEW_YORK, HOURS), now=now)

    assert found.is_late
    assert found.is_lost is is_lost


def test_a_moment_that_was_ahead_when_the_visit_got_its_time_is_caught_up_with() -> None:
    now = datetime(2026, 3, 10, 12, tzinfo=NEW_YORK)
    rule = When(Anchor.STARTS, days_before=1, at_time=time(10), when_late=WhenLate.SKIP)
    starts_at = now + timedelta(hours=20)

    def found(since: datetime) -> Due:
        return timing.due(rule, Occasion(starts_at, starts_at, NEW_YORK, HOURS, since), now=now)

    assert found(now - timedelta(days=3)).due_at == now
    assert not found(now - timedelta(days=3)).is_lost
    assert found(now - timedelta(hours=1)).is_lost


def test_two_messages_within_the_hour_say_the_same_thing(noon: datetime) -> None:
    now_due = Due(noon, noon + timedelta(hours=5))

    assert timing.is_said_anyway(now_due, [noon + timedelta(minutes=2)])
    assert not timing.is_said_anyway(now_due, [noon + timedelta(hours=2)])
