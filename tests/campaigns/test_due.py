"""The date rules of vaccination: what holds for every schedule, birth date and set of doses."""

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns import due, spans
from campaigns.due import Due, Given, Step
from campaigns.spans import Span, Unit, after

BORN = date(2026, 1, 31)
DAY = timedelta(days=1)


def weeks(count: int) -> Span:
    return Span(count, Unit.WEEKS)


def months(count: int) -> Span:
    return Span(count, Unit.MONTHS)


def series(*ages: int, until: Span | None = None, vaccine_id: int = 1) -> list[Step]:
    """Doses due at so many weeks, and possible from then on, four weeks apart."""
    return [
        Step(vaccine_id, n, weeks(age), weeks(age), weeks(4) if n > 1 else None, until)
        for n, age in enumerate(ages, start=1)
    ]


def at(weeks_old: float, **fields: object) -> Given:
    return Given(1, BORN + timedelta(days=round(weeks_old * 7)), **fields)  # type: ignore[arg-type]


def next_of(steps: list[Step], *doses: Given) -> Due:
    (found,) = due.of(BORN, "", steps, doses)
    return found


@pytest.mark.parametrize(
    ("day", "span", "then"),
    [
        (date(2026, 1, 31), "1m", date(2026, 2, 28)),
        (date(2024, 1, 31), "1m", date(2024, 2, 29)),
        (date(2024, 2, 29), "1y", date(2025, 2, 28)),
        (date(2024, 2, 29), "4y", date(2028, 2, 29)),
        (date(2026, 12, 31), "2m", date(2027, 2, 28)),
        (date(2026, 12, 31), "0d", date(2026, 12, 31)),
        (date(2024, 2, 28), "6w", date(2024, 4, 10)),
    ],
)
def test_ages_follow_the_calendar(day: date, span: str, then: date) -> None:
    assert after(day, spans.read(span)) == then


@pytest.mark.parametrize("words", ["", "6", "w6", "6 w", "-6w", "1234d", "6W"])
def test_what_says_nothing_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        spans.read(words)


def test_the_first_dose_is_due_at_its_age() -> None:
    assert next_of(series(6, 10)).on == BORN + timedelta(weeks=6)


def test_a_late_dose_moves_the_next_by_its_interval() -> None:
    assert next_of(series(6, 10), at(9)).on == BORN + timedelta(weeks=13)


def test_a_dose_on_its_first_possible_day_counts() -> None:
    assert next_of(series(6, 10), at(6)).step.number == 2
    assert not next_of(series(6, 10), at(6)).is_after_early


def test_a_dose_a_day_too_early_does_not_count_and_is_told() -> None:
    early = BORN + timedelta(weeks=6) - DAY

    found = next_of(series(6, 10), Given(1, early))

    assert (found.step.number, found.is_after_early) == (1, True)
    assert found.on == early + timedelta(weeks=4)


def test_a_dose_too_soon_after_another_does_not_count_and_is_told() -> None:
    found = next_of(series(6, 10), at(6), at(9))

    assert (found.step.number, found.is_after_early) == (2, True)
    assert found.on == BORN + timedelta(weeks=13)


def test_a_dose_in_time_after_an_early_one_settles_it() -> None:
    found = next_of(series(6, 10, 14), at(5), at(9))

    assert (found.step.number, found.is_after_early) == (2, False)


def test_a_dose_of_unknown_day_counts_from_when_it_was_told_however_soon() -> None:
    told = [at(2, is_day_known=False), at(2, is_day_known=False)]

    found = next_of(series(6, 10, 14), *told)

    assert (found.step.number, found.is_after_early) == (3, False)


def test_nothing_is_due_once_all_doses_are_recorded() -> None:
    assert due.of(BORN, "", series(6, 10), [at(6), at(10), at(20)]) == []


def test_a_dose_for_one_sex_is_due_for_that_one_alone() -> None:
    step = Step(1, 1, months(108), months(108), sex="FEMALE")

    assert [one.step for one in due.of(BORN, "FEMALE", [step], [])] == [step]
    assert due.of(BORN, "MALE", [step], []) == due.of(BORN, "UNKNOWN", [step], []) == []


def test_what_falls_on_one_day_is_told_together_and_what_is_later_is_not() -> None:
    steps = [*series(6), *series(6, vaccine_id=2), *series(10, vaccine_id=3)]
    dues = due.of(BORN, "", steps, [])
    young, by = BORN + timedelta(weeks=5), BORN + timedelta(weeks=12)

    def told(today: date, by: date = by) -> set[int]:
        found = due.on_one_day(dues, born=BORN, today=today, by=by)
        return {one.step.vaccine_id for one in found}

    assert told(today=young) == {1, 2}
    assert told(today=young, by=young) == set()
    # What was due before and what is due now can be given at once.
    assert told(today=BORN + timedelta(weeks=11)) == {1, 2, 3}


def test_nothing_is_told_from_the_age_on_at_which_it_is_no_longer_given() -> None:
    dues = due.of(BORN, "", series(6, until=months(24)), [])
    last = after(BORN, months(24)) - DAY

    assert due.on_one_day(dues, born=BORN, today=last, by=last)
    assert not due.on_one_day(dues, born=BORN, today=last + DAY, by=last + 9 * DAY)


ages = st.builds(Span, st.integers(0, 60), st.sampled_from([Unit.DAYS, Unit.WEEKS, Unit.MONTHS]))
births = st.dates(date(2019, 1, 1), date(2026, 12, 31))
days_later = st.integers(-10, 2500)


@st.composite
def steps_of(draw: st.DrawFn) -> list[Step]:
    """One to four doses of each of two vaccines."""
    found = []
    for vaccine_id in (1, 2):
        for number in range(1, draw(st.integers(1, 4)) + 1):
            age, interval, until = draw(ages), draw(st.none() | ages), draw(st.none() | ages)
            found.append(Step(vaccine_id, number, age, draw(ages), interval, until))
    return found


@st.composite
def histories(draw: st.DrawFn) -> tuple[date, list[Step], list[Given]]:
    born = draw(births)
    dose = st.builds(
        Given, st.sampled_from([1, 2]), days_later.map(lambda n: born + n * DAY), st.booleans()
    )
    return born, draw(steps_of()), draw(st.lists(dose, max_size=6))


@given(births, ages, ages)
def test_more_time_is_never_sooner(day: date, one: Span, other: Span) -> None:
    assert after(day, one) >= day
    assert after(day + DAY, one) >= after(day, one)
    if one.unit == other.unit and one.count <= other.count:
        assert after(day, one) <= after(day, other)


@given(births, st.integers(0, 400))
def test_months_end_on_the_day_of_the_month_or_its_last(day: date, count: int) -> None:
    then = after(day, months(count))

    assert (then.year - day.year) * 12 + then.month - day.month == count
    assert then.day == min(day.day, monthrange(then.year, then.month)[1])


@given(histories())
def test_never_before_the_minimum_age_nor_the_age_it_is_due(
    history: tuple[date, list[Step], list[Given]],
) -> None:
    born, steps, doses = history

    for one in due.of(born, "", steps, doses):
        assert one.on >= after(born, one.step.minimum_age)
        assert one.on >= after(born, one.step.due_age)


@given(histories())
def test_never_before_the_interval_since_any_dose(
    history: tuple[date, list[Step], list[Given]],
) -> None:
    born, steps, doses = history

    for one in due.of(born, "", steps, doses):
        for dose in doses:
            if dose.vaccine_id == one.step.vaccine_id:
                assert one.on >= dose.on
                if one.step.interval:
                    assert one.on >= after(dose.on, one.step.interval)


@given(histories(), st.integers(0, 400), st.booleans())
def test_a_dose_recorded_when_it_was_due_or_later_is_not_due_again(
    history: tuple[date, list[Step], list[Given]], late: int, is_day_known: bool
) -> None:
    born, steps, doses = history

    for one in due.of(born, "", steps, doses):
        dose = Given(one.step.vaccine_id, one.on + late * DAY, is_day_known)
        assert one.step not in [d.step for d in due.of(born, "", steps, [*doses, dose])]


@given(histories(), days_later)
def test_what_a_patient_has_told_is_never_due_again(
    history: tuple[date, list[Step], list[Given]], told: int
) -> None:
    born, steps, doses = history

    for one in due.of(born, "", steps, doses):
        last = max((dose.on for dose in doses), default=born)
        dose = Given(one.step.vaccine_id, last + abs(told) * DAY, is_day_known=False)
        assert one.step not in [d.step for d in due.of(born, "", steps, [*doses, dose])]


@given(histories(), st.sampled_from([1, 2]), days_later, st.booleans())
def test_one_more_dose_never_makes_a_dose_due_earlier_or_an_earlier_one_due(
    history: tuple[date, list[Step], list[Given]], vaccine: int, day: int, is_day_known: bool
) -> None:
    born, steps, doses = history
    more = [*doses, Given(vaccine, born + day * DAY, is_day_known)]

    before = {one.step.vaccine_id: one for one in due.of(born, "", steps, doses)}
    for one in due.of(born, "", steps, more):
        was = before[one.step.vaccine_id]
        assert one.step.number >= was.step.number
        if one.step == was.step:
            assert one.on >= was.on


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_in_which_rows_are_read_changes_nothing(
    history: tuple[date, list[Step], list[Given]], chance: object
) -> None:
    born, steps, doses = history
    found = due.of(born, "", steps, doses)
    chance.shuffle(steps)  # type: ignore[attr-defined]
    chance.shuffle(doses)  # type: ignore[attr-defined]

    assert due.of(born, "", steps, doses) == found == due.of(born, "", steps, doses)


@given(histories(), st.integers(0, 3000), st.integers(0, 90))
def test_what_is_told_is_one_day_between_now_and_then_and_still_given(
    history: tuple[date, list[Step], list[Given]], age: int, ahead: int
) -> None:
    born, steps, doses = history
    today, by = born + age * DAY, born + (age + ahead) * DAY

    told = due.on_one_day(due.of(born, "", steps, doses), born=born, today=today, by=by)

    days = {max(one.on, today) for one in told}
    assert len(days) <= 1
    for day in days:
        assert today <= day <= by
        assert all(
            one.step.until_age is None or day < after(born, one.step.until_age) for one in told
        )
