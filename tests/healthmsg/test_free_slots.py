import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from healthmsg.clinic import free_slots
from healthmsg.clinic.free_slots import Place, Shift, Slot, Week

MADRID = ZoneInfo("Europe/Madrid")
ZONES = st.sampled_from([MADRID, ZoneInfo("America/Santiago"), ZoneInfo("Asia/Kolkata")])
MONDAY = date(2026, 3, 23)  # the clocks change on Sunday, the 29th
HALF = timedelta(minutes=30)
MORNINGS: Week = {str(n): [["08:00", "10:00"]] for n in range(7)}


def place(week: Week = MORNINGS, *closed: date, zone: ZoneInfo = MADRID) -> Place:
    return Place(zone, week, lambda day: day not in closed)


def at(day: date, hour: str, zone: ZoneInfo = MADRID) -> datetime:
    return datetime.combine(day, time.fromisoformat(hour), zone)


def of_day(day: date, where: Place, *shifts: Shift, length: timedelta = HALF) -> list[str]:
    midnight = at(day, "00:00", where.zone)
    found = free_slots.free(
        where, shifts, length=length, after=midnight, before=at(day, "23:59", where.zone)
    )
    return [f"{slot.starts_at.astimezone(where.zone):%H:%M}" for slot in found]


@pytest.mark.parametrize(
    ("site", "clinician", "shown"),
    [
        pytest.param(MORNINGS, None, ["08:00", "08:30", "09:00", "09:30"], id="the-site-alone"),
        pytest.param({}, {"0": [["09:00", "10:00"]]}, ["09:00", "09:30"], id="clinician-alone"),
        pytest.param(MORNINGS, {"0": [["09:00", "12:00"]]}, ["09:00", "09:30"], id="both"),
        pytest.param(MORNINGS, {}, [], id="works-elsewhere-alone"),
        pytest.param(MORNINGS, {"1": [["08:00", "10:00"]]}, [], id="another-weekday"),
        pytest.param({}, None, [], id="nobody-filled-it-in"),
        pytest.param(
            {"0": [["08:00", "09:00"], ["08:30", "09:30"]]},
            None,
            ["08:00", "08:30", "09:00"],
            id="spells-that-overlap",
        ),
    ],
)
def test_the_week_is_what_site_and_clinician_have_in_common(
    site: Week, clinician: Week | None, shown: list[str]
) -> None:
    assert of_day(MONDAY, place(site), Shift(1, clinician)) == shown


def test_who_is_away_and_where_it_is_closed_there_is_nothing() -> None:
    away = Shift(1, None, away=((MONDAY, MONDAY),))

    assert of_day(MONDAY, place(), away) == []
    assert of_day(MONDAY, place(MORNINGS, MONDAY), Shift(1, None)) == []
    assert len(of_day(MONDAY + timedelta(days=1), place(), away)) == 4


def test_after_a_visit_of_another_length_the_next_round_time_is_offered() -> None:
    taken = Shift(1, None, taken=((at(MONDAY, "08:00"), at(MONDAY, "08:40")),))

    assert of_day(MONDAY, place(), taken) == ["09:00", "09:30"]
    assert of_day(MONDAY, place(), taken, length=timedelta(minutes=20)) == [
        *("08:40", "09:00", "09:20", "09:40")
    ]


def test_of_two_clinicians_each_time_is_offered_once() -> None:
    busy = Shift(1, None, taken=((at(MONDAY, "08:00"), at(MONDAY, "09:00")),))
    where = place()
    found = free_slots.free(
        where,
        [busy, Shift(2, None)],
        length=HALF,
        after=at(MONDAY, "00:00"),
        before=at(MONDAY, "12:00"),
    )

    assert [slot.clinician_id for slot in found] == [2, 2, 1, 1]


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param(date(2026, 3, 29), ["01:00", "01:30", "03:00", "03:30"], id="spring"),
        pytest.param(
            date(2026, 10, 25),
            ["01:00", "01:30", "02:00", "02:30", "02:00", "02:30", "03:00", "03:30"],
            id="autumn",
        ),
    ],
)
def test_a_night_on_which_clocks_change_has_the_hours_it_has(day: date, hours: list[str]) -> None:
    nights = {str(n): [["01:00", "04:00"]] for n in range(7)}

    assert of_day(day, place(nights), Shift(1, None)) == hours


def test_a_spell_that_the_spring_change_skips_gives_nothing() -> None:
    nights = {"6": [["02:00", "03:00"]]}

    assert of_day(date(2026, 3, 29), place(nights), Shift(1, None)) == []


_MINUTES = st.integers(0, 24 * 60 - 1)


@st.composite
def weeks(draw: st.DrawFn) -> Week:
    def spell() -> list[str]:
        begins, ends = sorted(draw(st.sets(_MINUTES, min_size=2, max_size=2)))
        return [f"{n // 60:02}:{n % 60:02}" for n in (begins, ends)]

    return {str(n): [spell() for _ in range(draw(st.integers(0, 2)))] for n in range(7)}


@st.composite
def taken(draw: st.DrawFn) -> tuple[datetime, datetime]:
    begins = datetime(2026, 3, 26, tzinfo=UTC) + timedelta(minutes=draw(st.integers(0, 9000)))
    return begins, begins + timedelta(minutes=draw(st.integers(1, 300)))


@given(
    zone=ZONES,
    site=weeks(),
    clinician=st.none() | weeks(),
    closed=st.dates(date(2026, 3, 26), date(2026, 4, 1)),
    away=st.dates(date(2026, 3, 26), date(2026, 4, 1)),
    busy=st.lists(taken(), max_size=6),
    minutes=st.sampled_from([5, 10, 20, 25, 30, 45, 60, 90]),
)
@example(
    zone=MADRID,
    site={"6": [["00:00", "02:05"]]},
    clinician=None,
    closed=date(2026, 3, 26),
    away=date(2026, 3, 26),
    busy=[],
    minutes=5,
)
def test_no_time_is_offered_that_anything_speaks_against(
    zone: ZoneInfo,
    site: Week,
    clinician: Week | None,
    closed: date,
    away: date,
    busy: list[tuple[datetime, datetime]],
    minutes: int,
) -> None:
    where = place(site, closed, zone=zone)
    shift = Shift(1, clinician, ((away, away),), tuple(busy))
    after, before = datetime(2026, 3, 27, 9, 10, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)

    found = free_slots.free(
        where, [shift], length=timedelta(minutes=minutes), after=after, before=before
    )

    for slot in found:
        begins, ends = (m.astimezone(zone) for m in (slot.starts_at, slot.ends_at))
        assert after <= slot.starts_at
        assert slot.ends_at <= before
        assert slot.ends_at - slot.starts_at == timedelta(minutes=minutes)
        assert begins.date() not in {closed, away}
        assert not any(slot.starts_at < e and b < slot.ends_at for b, e in busy)
        for week in filter(None, (site, clinician)):
            assert is_within(week, begins, ends)
        assert free_slots.fits(where, shift, slot.starts_at, slot.ends_at)
    for one, other in itertools.pairwise(found):
        assert one.ends_at <= other.starts_at


def is_within(week: Week, begins: datetime, ends: datetime) -> bool:
    """Said by counting minutes on the wall clock: each of the visit's is within some spell."""
    spells = week.get(str(begins.weekday()), ())
    moment = begins.astimezone(UTC)
    while moment < ends.astimezone(UTC):
        shown = moment.astimezone(begins.tzinfo).strftime("%H:%M")
        if not any(opens <= shown < closes for opens, closes in spells):
            return False
        moment += timedelta(minutes=1)
    return True


def test_a_slot_is_a_value() -> None:
    one = Slot(at(MONDAY, "08:00"), at(MONDAY, "08:30"), 1)

    assert one < Slot(at(MONDAY, "08:30"), at(MONDAY, "09:00"), 1)
