"""Which times are free: who works, minus who is away, minus what is taken (pure)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from healthmsg.clinic.sending_hours import wall_clock

# By weekday, "0" is Monday: [["08:00", "12:00"]], as sites and clinicians have them.
Week = Mapping[str, Sequence[Sequence[str]]]
Spell = tuple[time, time]
Taken = tuple[datetime, datetime]
_DAY = timedelta(days=1)
# A visit begins at a round time: as far apart as it is long, or by the longest of these that fits.
_STEPS = tuple(timedelta(minutes=n) for n in (60, 30, 20, 15, 10, 5))


@dataclass(frozen=True, order=True)
class Slot:
    """A free time at a site; `clinician_id` is None where nobody is named."""

    starts_at: datetime
    ends_at: datetime
    clinician_id: int | None = None


@dataclass(frozen=True)
class Place:
    """A site's clocks, its week (empty: nobody filled it in), and the days it is open on."""

    zone: ZoneInfo
    week: Week
    is_open_on: Callable[[date], bool]


@dataclass(frozen=True)
class Shift:
    """Somebody who may be booked there; `week` None: whenever the site is open."""

    clinician_id: int | None
    week: Week | None
    away: tuple[tuple[date, date], ...] = ()  # first and last day
    taken: tuple[Taken, ...] = ()

    def is_away_on(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.away)

    def is_taken(self, starts_at: datetime, ends_at: datetime) -> bool:
        return _meets(self.taken, starts_at, ends_at)


def free(
    place: Place,
    shifts: Iterable[Shift],
    *,
    length: timedelta,
    after: datetime,
    before: datetime,
) -> list[Slot]:
    """
    Return the times that begin and end within [after, before], earliest first.

    Those of one clinician never overlap. Hours nobody filled in, of site and clinician, give none.
    """
    found: dict[datetime, Slot] = {}
    for shift in shifts:
        for slot in _of_shift(place, shift, length, after, before):
            # Of two who are free at once the first asked about is offered.
            found.setdefault(slot.starts_at, slot)
    return [found[moment] for moment in sorted(found)]


def fits(place: Place, shift: Shift, starts_at: datetime, ends_at: datetime) -> bool:
    """Say whether this very time is free, on the steps of the others or not."""
    day = starts_at.astimezone(place.zone).date()
    is_worked = any(
        opens <= starts_at and ends_at <= closes for opens, closes in worked(place, shift, day)
    )
    return is_worked and not shift.is_taken(starts_at, ends_at)


def worked(place: Place, shift: Shift, day: date) -> Iterator[Taken]:
    """Yield from when until when somebody works there that day, taken or not, in UTC."""
    if not place.is_open_on(day) or shift.is_away_on(day):
        return
    weekday = str(day.weekday())
    hours = [_spells(week, weekday) for week in (place.week, shift.week) if week]
    if not hours or (shift.week is not None and not shift.week):
        return
    noon = datetime.combine(day, time(12), place.zone)
    for opens, closes in _common(hours[0], hours[-1]):
        begins, ends = wall_clock(noon, opens), wall_clock(noon, closes)
        # The spring change may skip a whole spell.
        if begins < ends:
            yield begins, ends


def step_of(length: timedelta) -> timedelta:
    return next((step for step in _STEPS if not length % step), _STEPS[-1])


def _of_shift(
    place: Place, shift: Shift, length: timedelta, after: datetime, before: datetime
) -> Iterator[Slot]:
    day, last = (moment.astimezone(place.zone).date() for moment in (after, before))
    while day <= last:
        for opens, closes in worked(place, shift, day):
            yield from _within(shift, length, (opens, closes), (after, before))
        day += _DAY


def _within(shift: Shift, length: timedelta, spell: Taken, asked: Taken) -> Iterator[Slot]:
    (moment, closes), (after, before), step = spell, asked, step_of(length)
    # Each step looks through what is taken: of a week, that of this spell only.
    taken = [one for one in shift.taken if one[0] < closes and moment < one[1]]
    while (ends_at := moment + length) <= min(closes, before):
        if moment < after or _meets(taken, moment, ends_at):
            moment += step
            continue
        yield Slot(moment, ends_at, shift.clinician_id)
        moment = ends_at


def _meets(taken: Iterable[Taken], starts_at: datetime, ends_at: datetime) -> bool:
    return any(begins < ends_at and starts_at < ends for begins, ends in taken)


def _spells(week: Week, weekday: str) -> list[Spell]:
    """Return the day's spells, those that touch or overlap made one."""
    joined: list[Spell] = []
    spans = (map(time.fromisoformat, span) for span in week.get(weekday, ()))
    for opens, closes in sorted((opens, closes) for opens, closes in spans):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], closes))
        else:
            joined.append((opens, closes))
    return joined


def _common(one: Sequence[Spell], other: Sequence[Spell]) -> Iterator[Spell]:
    for begins, ends in one:
        for opens, closes in other:
            if max(begins, opens) < min(ends, closes):
                yield max(begins, opens), min(ends, closes)
