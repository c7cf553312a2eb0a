"""Asks the rows which times are free, in a constant number of statements."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    BigIntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    prefetch_related_objects,
)
from django.db.models.functions import JSONObject

from healthmsg.clinic import free_slots, opening
from healthmsg.clinic.free_slots import Place, Shift, Slot, Taken
from healthmsg.clinic.models import (
    LIVE_VISIT,
    Appointment,
    Clinician,
    Leave,
    Patient,
    Site,
    SlotHold,
    WorkingHours,
)

# What began before may still be going on; the index is by the beginning.
_LONGEST_VISIT = timedelta(days=2)


@dataclass(frozen=True)
class Need:
    """What a time is looked for: how long, where, with whom, and for which visit."""

    site: Site
    length: timedelta
    clinician: Clinician | None = None
    # The visit to be moved: what it takes now is free for it, the patient's other visits are not.
    visit: Appointment | None = None
    # Who is to have a new one: nothing else of theirs at that time.
    patient: Patient | None = None
    # Whoever works there, earliest first; otherwise None means that nobody is named.
    is_with_anybody: bool = False
    # The clinic's people in use, read by `with_hours`, where somebody has them already.
    people: Sequence[Clinician] | None = None

    @property
    def names_nobody(self) -> bool:
        return not (self.clinician or self.is_with_anybody)

    @classmethod
    def of(cls, visit: Appointment) -> "Need":
        """What a visit needs to be moved, as long and with whom it is now."""
        return cls(visit.site, visit.ends_at - visit.starts_at, visit.clinician, visit)


@dataclass(frozen=True)
class Hours:
    """When somebody works, by site, and their days away; None: nobody filled any hours in."""

    weeks: Mapping[int, free_slots.Week] | None
    away: tuple[tuple[date, date], ...] = ()


def slots(need: Need, *, after: datetime, before: datetime, now: datetime) -> list[Slot]:
    """Return the times that begin and end within [after, before], earliest first."""
    shifts = _shifts(need, _people_there(need), after, before, now)
    place = place_of(need.site)
    return free_slots.free(place, shifts, length=need.length, after=after, before=before)


def is_free(need: Need, slot: Slot, *, now: datetime, within_hours: bool = True) -> bool:
    """
    Say whether one time is free; the visits' own constraint has the last word.

    :param within_hours: False: only what others have matters
    """
    shifts = _shifts(need, _people(need), slot.starts_at, slot.ends_at, now)
    asked = [shift for shift in shifts if shift.clinician_id == slot.clinician_id]
    if not within_hours:
        return not any(shift.is_taken(slot.starts_at, slot.ends_at) for shift in asked)
    place = place_of(need.site)
    return any(free_slots.fits(place, shift, slot.starts_at, slot.ends_at) for shift in asked)


def place_of(site: Site) -> Place:
    """Return a site's clocks and week; its closing days are asked for once."""
    if not hasattr(site, "its_closing_days"):
        prefetch_related_objects([site], "closing_days")
    # Whoever works there asks about the same days.
    is_open_on = cache(lambda day: opening.is_open_on(site, day))
    return Place(site.zone, site.opening_hours, is_open_on)


def _shifts(
    need: Need, people: Sequence[Clinician], after: datetime, before: datetime, now: datetime
) -> list[Shift]:
    if need.names_nobody:
        taken = _taken(need, [], after, before, now)
        return [Shift(None, None, taken=tuple(taken[None]))]
    if not people:
        return []
    taken = _taken(need, [one.pk for one in people], after, before, now)
    return [_shift(need.site, one, tuple(taken[one.pk])) for one in people]


def _shift(site: Site, one: Clinician, taken: tuple[Taken, ...]) -> Shift:
    hours = hours_of(one)
    return Shift(one.pk, week_at(site, hours.weeks), hours.away, taken)


def week_at(site: Site, weeks: Mapping[int, free_slots.Week] | None) -> free_slots.Week | None:
    """Return somebody's week at a site; None where nobody filled in any hours of theirs."""
    # Whoever has hours elsewhere alone does not work here.
    return None if weeks is None else weeks.get(site.pk, {})


def with_hours(people: QuerySet[Clinician]) -> QuerySet[Clinician]:
    """Read people together with what `hours_of` tells of them, in one question."""
    hours = WorkingHours.objects.filter(clinician=OuterRef("pk"))
    leave = Leave.objects.filter(clinician=OuterRef("pk"))
    return people.annotate(
        its_hours=ArraySubquery(hours.values(json=JSONObject(site="site_id", hours="hours"))),
        its_leave=ArraySubquery(leave.values(json=JSONObject(first="first_day", last="last_day"))),
    )


def known(person: Clinician) -> Clinician:
    """Return somebody as `with_hours` reads them; asked for where nobody has."""
    if hasattr(person, "its_hours"):
        return person
    return with_hours(Clinician.objects.filter(pk=person.pk)).get()


def hours_of(person: Clinician) -> Hours:
    """Return the hours of somebody read by `with_hours`."""
    weeks = {one["site"]: one["hours"] for one in getattr(person, "its_hours", ())}
    leave = tuple(
        (date.fromisoformat(one["first"]), date.fromisoformat(one["last"]))
        for one in getattr(person, "its_leave", ())
    )
    return Hours(weeks or None, leave)


def _people_there(need: Need) -> list[Clinician]:
    """Return those of them who work at the site: what others have is not worth reading."""
    return [one for one in _people(need) if week_at(need.site, hours_of(one).weeks) != {}]


def _people(need: Need) -> list[Clinician]:
    """Return who may be booked, with their hours; asked for where nobody has them yet."""
    if need.names_nobody:
        return []
    one = need.clinician
    if one is not None:
        # Somebody who is not in use any more keeps the visits there are.
        known = (one, *(need.people or ()))
        found = [other for other in known if other.pk == one.pk and hasattr(other, "its_hours")]
        return found[:1] or list(with_hours(Clinician.objects.filter(pk=one.pk)))
    if need.people is not None:
        return sorted(need.people, key=lambda one: one.pk)
    mine = Clinician.objects.filter(clinic=need.site.clinic_id, is_active=True)
    return list(with_hours(mine).order_by("pk"))


def _taken(
    need: Need, who: Sequence[int], after: datetime, before: datetime, now: datetime
) -> dict[int | None, list[Taken]]:
    """Return by clinician what visits and holds take; what the patient has takes from everybody."""
    visits = Appointment.objects.filter(
        clinic=need.site.clinic_id,
        status__in=LIVE_VISIT,
        starts_at__gt=after - _LONGEST_VISIT,
        starts_at__lt=before,
        ends_at__gt=after,
    )
    holds = SlotHold.objects.filter(until__gt=now, starts_at__lt=before, ends_at__gt=after)
    theirs = Q(clinician__in=who) if who else Q(clinician=None, site=need.site)
    holds = holds.filter(theirs)
    patient = need.patient.pk if need.patient else None
    if patient is not None:
        theirs |= Q(patient=patient)
        holds = holds.exclude(patient=patient)
    if need.visit is not None:
        patient = need.visit.patient_id
        theirs |= Q(patient=patient)
        visits = visits.exclude(pk=need.visit.pk)
        holds = holds.exclude(appointment=need.visit)
    rows = visits.filter(theirs).values_list("clinician_id", "patient_id", "starts_at", "ends_at")
    # What is held is held of one clinician, whoever chooses.
    nobodys = Value(None, BigIntegerField())
    held = holds.values_list("clinician_id", nobodys, "starts_at", "ends_at")
    found: dict[int | None, list[Taken]] = defaultdict(list)
    for clinician_id, patient_id, starts_at, ends_at in rows.union(held, all=True):
        is_patients = patient is not None and patient_id == patient
        for one in _from_whom(clinician_id, who, is_patients=is_patients):
            found[one].append((starts_at, ends_at))
    return found


def _from_whom(
    clinician_id: int | None, who: Sequence[int], *, is_patients: bool
) -> Iterable[int | None]:
    if is_patients:
        return who or (None,)
    return (clinician_id,)
