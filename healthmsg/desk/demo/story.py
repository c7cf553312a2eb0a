"""What reception and the campaign's author do on the demo's day, through the verbs they use."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import product

from campaigns import launching
from healthmsg.clinic.models import (
    LIVE_VISIT,
    Appointment,
    Clinician,
    Patient,
    VisitStatus,
)
from healthmsg.clinic.sending_hours import wall_clock
from healthmsg.desk.demo import inviting
from healthmsg.desk.demo.cast import Cast
from healthmsg.desk.demo.house import House
from reminders import booking, history, patients
from reminders.booking import Booking, Change
from reminders.history import PastVisit
from reminders.refusals import NotBooked

# Of a hundred visits so many are on that day from today; nothing is booked for today.
_DAYS = {1: 42, 2: 12, 3: 30, 4: 8, 7: 8}
_GRID = timedelta(minutes=40)
_OPENS, _CLOSES = 8, 18
Act = Callable[[datetime], object]


@dataclass(order=True)
class Moment:
    """Something done at a business moment."""

    at: datetime
    act: Act = field(compare=False)


class Story:
    """The day's work, told in order."""

    def __init__(self, house: House, cast: Cast, *, begins_at: datetime, seed: int = 7) -> None:
        self._house = house
        self._cast = cast
        self._begins_at = begins_at
        self._chance = random.Random(seed)  # noqa: S311 - a repeatable demo, no secrets
        self._today = begins_at.astimezone(house.clinic.zone).date()
        self._free = {days: self._slots(days) for days in _DAYS}
        wanted = round(len(cast.patients) * 0.7)
        self._visitors = self._chance.sample(cast.patients, wanted)

    def prologue(self) -> None:
        """Everything before: a past month, today's first hour, and the visits already booked."""
        self._past_month()
        early = self._visitors[: round(len(self._visitors) * 0.75)]
        for patient in early:
            self._book(patient, self._begins_at)

    def moments(self) -> Iterator[Moment]:
        """Yield the day's acts in order."""
        late = self._visitors[round(len(self._visitors) * 0.75) :]
        moments = [Moment(self._some_time(), self._booking_of(p)) for p in late]
        few = max(1, len(self._visitors) // 25)
        moments += [Moment(self._some_time(11), self._move_one) for _ in range(few)]
        moments += [Moment(self._some_time(11), self._cancel_one) for _ in range(few // 2 + 1)]
        moments.append(Moment(self._some_time(11), self._hear_of_a_death))
        moments.append(Moment(self._some_time(11), self._pause_one))
        moments.append(Moment(self._at(10, 30), self._invite))
        yield from sorted(moments)

    def _past_month(self) -> None:
        slots = product(range(-30, 1), range(_OPENS, _CLOSES), self._house.clinicians)
        chosen = [slot for slot in slots if self._chance.random() < 0.25]
        visits = [
            PastVisit(
                patient=self._chance.choice(self._cast.patients),
                kind=self._house.kinds[0],
                site=self._house.site_of(clinician),
                clinician=clinician,
                starts_at=self._at(hour, 0, days=days),
                status=VisitStatus.MISSED if self._chance.random() < 0.12 else VisitStatus.SEEN,
            )
            for days, hour, clinician in chosen
        ]
        history.record(visits, now=self._begins_at)

    def _slots(self, days: int) -> list[tuple[datetime, Clinician]]:
        count = int(timedelta(hours=_CLOSES - _OPENS) / _GRID)
        opening, break_ = self._at(_OPENS, 0, days=days), self._at(12, 40, days=days)
        found = [
            (opening + n * _GRID, clinician)
            for n in range(count)
            for clinician in self._house.clinicians
            if opening + n * _GRID != break_
        ]
        self._chance.shuffle(found)
        return found

    def _book(self, patient: Patient, now: datetime) -> Appointment | None:
        days = self._chance.choices(list(_DAYS), weights=list(_DAYS.values()))[0]
        if not self._free[days]:
            return None
        starts_at, clinician = self._free[days].pop()
        request = Booking(
            patient=patient,
            kind=self._chance.choices(self._house.kinds, weights=(50, 40, 7, 3))[0],
            site=self._house.site_of(clinician),
            starts_at=starts_at,
            contact=patient.contacts.order_by("rank", "pk").first(),
            clinician=clinician,
        )
        try:
            return booking.book(request, by=self._house.reception, now=now)
        except NotBooked:
            return None

    def _booking_of(self, patient: Patient) -> Act:
        return lambda now: self._book(patient, now)

    def _some_visit(self, now: datetime) -> Appointment | None:
        return (
            booking.visits_with_parts()
            .filter(clinic=self._house.clinic, status__in=LIVE_VISIT, starts_at__gt=now)
            .order_by("?")
            .first()
        )

    def _move_one(self, now: datetime) -> None:
        visit = self._some_visit(now)
        if visit is None or not self._free[4]:
            return
        starts_at, clinician = self._free[4].pop()
        site = self._house.site_of(clinician)
        change = Change(starts_at=starts_at, clinician=clinician, site=site)
        try:
            booking.move(visit, change, by=self._house.reception, now=now)
        except NotBooked:
            return

    def _cancel_one(self, now: datetime) -> None:
        visit = self._some_visit(now)
        if visit is not None:
            booking.cancel(
                visit, status=VisitStatus.CANCELLED_BY_CLINIC, reason="clinician away", now=now
            )

    def _hear_of_a_death(self, now: datetime) -> None:
        patients.decease(self._chance.choice(self._visitors), reason="told by family", now=now)

    def _pause_one(self, now: datetime) -> None:
        until = self._today + timedelta(days=30)
        patients.pause(self._chance.choice(self._visitors), until=until, reason="away", now=now)

    def _invite(self, now: datetime) -> None:
        campaign = inviting.write(self._house, self._cast.due_for_vaccination, now=now)
        launching.start(campaign, by=self._house.reception, now=now)

    def _some_time(self, first_hour: int = 10) -> datetime:
        minutes = self._chance.randint(first_hour * 60 + 5, 16 * 60)
        return self._at(minutes // 60, minutes % 60)

    def _at(self, hour: int, minute: int, *, days: int = 0) -> datetime:
        return local_moment(self._today + timedelta(days=days), time(hour, minute), self._house)


def local_moment(day: date, at: time, house: House) -> datetime:
    """Return the moment at which the clinic's clocks show `at` on `day`."""
    return wall_clock(datetime.combine(day, time(12), house.clinic.zone), at)
