"""
Which doses are due, and when, by a schedule's rows and what is known of earlier ones (pure).

A dose counts when the minimum age and the minimum interval since the one that counted before it had
passed. One that came too early does not count, and what follows keeps its distance from it too: a
clinician is told of it. A dose of unknown day counts from when it was told, and always: nobody can
say that it was too early. Nothing has to be begun again, and nothing is guessed: where a dose is no
longer given at the patient's age, those after it are not due either.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from campaigns.spans import Span, after


@dataclass(frozen=True)
class Step:
    """One row of a schedule: the n-th dose of a vaccine."""

    vaccine_id: int
    number: int  # from 1 on, without a gap
    minimum_age: Span
    due_age: Span
    interval: Span | None = None  # at least, since the dose before
    until_age: Span | None = None  # from this age on it is no longer given
    sex: str = ""  # for anybody, unless it is said


@dataclass(frozen=True)
class Given:
    """One dose a patient is known to have had."""

    vaccine_id: int
    on: date  # when it was told, where the day is unknown
    is_day_known: bool = True


@dataclass(frozen=True)
class Due:
    """The next dose of a vaccine, and the first day it should and may be given."""

    step: Step
    on: date
    is_after_early: bool = False  # a dose before it came too early to count


def of(born: date, sex: str, steps: Iterable[Step], given: Iterable[Given]) -> list[Due]:
    """Return the next dose of each vaccine, whether its day has come or not, earliest first."""
    return by_series(born, sex, in_series(steps), given)


def by_series(
    born: date, sex: str, all_series: Mapping[int, Sequence[Step]], given: Iterable[Given]
) -> list[Due]:
    """Return the same as `of`; who asks for many patients puts the rows in series once."""
    doses: dict[int, list[Given]] = defaultdict(list)
    for dose in given:
        doses[dose.vaccine_id].append(dose)
    found = [
        _next(born, series, sorted(doses[vaccine_id], key=_in_time))
        for vaccine_id, series in all_series.items()
    ]
    fitting = [due for due in found if due is not None and due.step.sex in {"", sex}]
    return sorted(fitting, key=lambda due: (due.on, due.step.vaccine_id))


def in_series(steps: Iterable[Step]) -> dict[int, list[Step]]:
    """Return a schedule's rows by vaccine, in the order they are given."""
    series: dict[int, list[Step]] = defaultdict(list)
    for step in sorted(steps, key=lambda step: step.number):
        series[step.vaccine_id].append(step)
    return series


def on_one_day(dues: Iterable[Due], *, born: date, today: date, by: date) -> list[Due]:
    """
    Return what falls on the first day on which anything is due, from today until `by`.

    What has been due for a while can all be given today; what is due later is told later.
    """
    if today > by:
        return []
    in_time = [(max(due.on, today), due) for due in dues if due.on <= by]
    open_ = [(day, due) for day, due in in_time if _is_still_given(due.step, born, day)]
    first = min((day for day, _due in open_), default=None)
    return [due for day, due in open_ if day == first]


def _next(born: date, series: Sequence[Step], doses: Sequence[Given]) -> Due | None:
    counted, is_after_early = _counted(born, series, doses)
    if counted >= len(series):
        return None
    step = series[counted]
    on = max(after(born, step.due_age), after(born, step.minimum_age))
    if doses:
        distance = step.interval or _first_interval(series)
        last = max(dose.on for dose in doses)
        on = max(on, after(last, distance) if distance else last)
    return Due(step, on, is_after_early)


def _counted(born: date, series: Sequence[Step], doses: Sequence[Given]) -> tuple[int, bool]:
    """Return how many doses count, and whether one came too early since the last of them."""
    counted, is_after_early = 0, False
    last: date | None = None
    for dose in doses:
        if counted >= len(series):
            break
        if dose.is_day_known and dose.on < _earliest(born, series[counted], last):
            is_after_early = True
            continue
        counted, last, is_after_early = counted + 1, dose.on, False
    return counted, is_after_early


def _earliest(born: date, step: Step, last: date | None) -> date:
    old_enough = after(born, step.minimum_age)
    if last is None or step.interval is None:
        return old_enough
    return max(old_enough, after(last, step.interval))


def _first_interval(series: Sequence[Step]) -> Span | None:
    """Return the distance kept from a first dose that came too early: that of the second."""
    return next((step.interval for step in series if step.interval), None)


def _is_still_given(step: Step, born: date, on: date) -> bool:
    return step.until_age is None or on < after(born, step.until_age)


def _in_time(dose: Given) -> tuple[date, bool]:
    return dose.on, not dose.is_day_known
