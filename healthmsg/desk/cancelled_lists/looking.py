"""Who is affected, what would become of each visit, and who can be told by message."""

from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.utils.translation import gettext as _

from healthmsg.clinic import availability
from healthmsg.clinic.availability import Need
from healthmsg.clinic.free_slots import Slot
from healthmsg.clinic.models import (
    Appointment,
    Clinic,
    Clinician,
    PhoneState,
    Purpose,
    Site,
    VisitStatus,
)
from healthmsg.clinic.sending_hours import wall_clock
from healthmsg.desk.cancelled_lists.models import ListAct
from reminders import booking, last_look
from reminders.timing import Anchor
from whatsapp.status import Reason

# More than one clinician sees in some days; beyond, it is decided day by day.
AT_MOST = 300
# How far ahead free times are looked for.
AHEAD = timedelta(days=28)


@dataclass(frozen=True)
class Wanted:
    """What somebody asks for."""

    clinic: Clinic
    begins_at: datetime
    ends_at: datetime
    act: ListAct
    clinician: Clinician | None = None
    site: Site | None = None
    to_clinician: Clinician | None = None
    to_day: date | None = None
    by: timedelta = timedelta()
    # Keys of the sites that whoever asks is limited to; none of them means all.
    limited_to: tuple[int, ...] = ()


@dataclass(frozen=True)
class Affected:
    """One visit, and what would become of it."""

    visit: Appointment
    new_starts_at: datetime | None = None
    problem: str = ""  # why it would stay as it is
    reason: Reason | None = None  # why nobody can be told by message


def look(wanted: Wanted, *, now: datetime) -> list[Affected]:
    """Return every visit affected, in the order of time; changes nothing."""
    found = [
        Affected(visit, reason=why_not_told(visit, wanted.act, now=now))
        for visit in _visits(wanted, now)
    ]
    if wanted.act == ListAct.CANCEL:
        return found
    if wanted.act == ListAct.NEXT_FREE:
        return list(_to_next_free(found, wanted, now))
    return [_to(one, wanted, now) for one in found]


def stamp(found: Iterable[Affected]) -> str:
    """Return a word that differs where anything of the preview does."""
    rows = [(a.visit.pk, a.visit.version, a.new_starts_at, bool(a.problem)) for a in found]
    return sha256(repr(rows).encode()).hexdigest()[:24]


def why_not_told(visit: Appointment, act: ListAct, *, now: datetime) -> Reason | None:
    """Return why no message goes about it; the sender asks the ledger again itself."""
    after, anchor = copy(visit), Anchor.MOVED
    if act == ListAct.CANCEL:
        after.status, anchor = VisitStatus.CANCELLED_BY_CLINIC, Anchor.CANCELLED
    blocked = last_look.blocker(after, anchor, at=now)
    phone = visit.contact.phone if visit.contact else None
    if blocked is not None or phone is None:
        return blocked or Reason.NO_NUMBER
    if phone.state == PhoneState.FAILING:
        return Reason.NOT_ON_WHATSAPP
    return last_look.permission(visit.patient, phone, Purpose.APPOINTMENTS, at=now)


def _visits(wanted: Wanted, now: datetime) -> list[Appointment]:
    visits = booking.visits_with_parts().filter(
        clinic=wanted.clinic,
        status=VisitStatus.BOOKED,
        starts_at__gte=max(wanted.begins_at, now),
        starts_at__lt=wanted.ends_at,
    )
    if wanted.clinician is not None:
        visits = visits.filter(clinician=wanted.clinician)
    if wanted.site is not None:
        visits = visits.filter(site=wanted.site)
    if wanted.limited_to:
        visits = visits.filter(site__in=wanted.limited_to)
    return list(visits.order_by("starts_at", "pk")[:AT_MOST])


def _to(one: Affected, wanted: Wanted, now: datetime) -> Affected:
    """Give a visit the clinician or time that was asked for, if they have it free."""
    visit = one.visit
    if wanted.act == ListAct.HAND_OVER:
        need = Need(visit.site, visit.ends_at - visit.starts_at, wanted.to_clinician, visit)
        slot = Slot(visit.starts_at, visit.ends_at, need.clinician.pk if need.clinician else None)
        return replace(one, problem=_problem(need, slot, now))
    starts_at = _moved(visit, wanted)
    ends_at = starts_at + (visit.ends_at - visit.starts_at)
    if starts_at <= now:
        return replace(one, problem=_("this time is past"))
    # What moves along with it leaves its own time.
    if wanted.act == ListAct.LATER:
        return replace(one, new_starts_at=starts_at)
    problem = _problem(Need.of(visit), Slot(starts_at, ends_at, visit.clinician_id), now)
    return replace(one, new_starts_at=starts_at, problem=problem)


def _moved(visit: Appointment, wanted: Wanted) -> datetime:
    if wanted.act == ListAct.LATER or wanted.to_day is None:
        return visit.starts_at + wanted.by
    # The same hour by the site's clocks, whatever happens to them in between.
    local = visit.starts_at.astimezone(visit.site.zone)
    on_that_day = datetime.combine(wanted.to_day, local.time(), visit.site.zone)
    return wall_clock(on_that_day, local.time())


def _problem(need: Need, slot: Slot, now: datetime) -> str:
    if availability.is_free(need, slot, now=now):
        return ""
    if not availability.is_free(need, slot, now=now, within_hours=False):
        return _("taken by another visit")
    return _("away, or not at work then")


def _to_next_free(found: list[Affected], wanted: Wanted, now: datetime) -> Iterator[Affected]:
    """Give each the earliest time that nobody before it on the list got."""
    free: dict[tuple[int, timedelta, int | None], list[Slot]] = {}
    given: list[tuple[datetime, datetime, int | None]] = []
    for one in found:
        need = Need.of(one.visit)
        key = (need.site.pk, need.length, one.visit.clinician_id)
        if key not in free:
            after = max(wanted.ends_at, now)
            free[key] = availability.slots(need, after=after, before=after + AHEAD, now=now)
        slot = next((s for s in free[key] if not _overlaps(s, given)), None)
        if slot is None:
            yield replace(one, problem=_("no free time within four weeks"))
            continue
        given.append((slot.starts_at, slot.ends_at, slot.clinician_id))
        yield replace(one, new_starts_at=slot.starts_at)


def _overlaps(slot: Slot, given: list[tuple[datetime, datetime, int | None]]) -> bool:
    return any(
        who == slot.clinician_id and begins < slot.ends_at and slot.starts_at < ends
        for begins, ends, who in given
    )
