"""What reception should know before it books all the same: warnings, never refusals."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic import availability, opening
from healthmsg.clinic.models import Appointment, Clinician, Site


class Concern(TextChoices):
    SITE_CLOSED = "SITE_CLOSED", _("the site is closed on this day")
    HOLIDAY = "HOLIDAY", _("this day is a holiday")
    OUTSIDE_OPENING_HOURS = "OUTSIDE_OPENING_HOURS", _("outside the site's opening hours")
    CLINICIAN_AWAY = "CLINICIAN_AWAY", _("the clinician is away on this day")
    OUTSIDE_WORKING_HOURS = (
        "OUTSIDE_WORKING_HOURS",
        _("outside the clinician's working hours at this site"),
    )


def of_visit(visit: Appointment) -> tuple[Concern, ...]:
    """Return what speaks against a visit's time."""
    return about(
        visit.site, starts_at=visit.starts_at, ends_at=visit.ends_at, clinician=visit.clinician
    )


def about(
    site: Site, *, starts_at: datetime, ends_at: datetime, clinician: Clinician | None = None
) -> tuple[Concern, ...]:
    """Return what speaks against this time at this site, by the site's own clocks."""
    begins, ends = starts_at.astimezone(site.zone), ends_at.astimezone(site.zone)
    of_site = _of_site(site, begins, ends)
    of_clinician = _of_clinician(clinician, site, begins, ends) if clinician else ()
    if of_site and of_clinician == (Concern.OUTSIDE_WORKING_HOURS,):
        # Nobody works where it is closed: that would be said twice.
        return of_site
    return of_site + of_clinician


def _of_site(site: Site, begins: datetime, ends: datetime) -> tuple[Concern, ...]:
    exception = opening.exception_on(site, begins.date())
    if exception is not None and not exception.is_open_anyway:
        return (Concern.SITE_CLOSED,)
    found = []
    if exception is None and opening.is_holiday(site, begins.date()):
        found.append(Concern.HOLIDAY)
    if site.opening_hours and not _is_within(site.opening_hours, begins, ends):
        found.append(Concern.OUTSIDE_OPENING_HOURS)
    return tuple(found)


def _of_clinician(
    clinician: Clinician, site: Site, begins: datetime, ends: datetime
) -> tuple[Concern, ...]:
    hours = availability.hours_of(availability.known(clinician))
    if any(first <= begins.date() <= last for first, last in hours.away):
        return (Concern.CLINICIAN_AWAY,)
    week = availability.week_at(site, hours.weeks)
    if week is not None and not _is_within(week, begins, ends):
        return (Concern.OUTSIDE_WORKING_HOURS,)
    return ()


def _is_within(
    week: Mapping[str, Sequence[Sequence[str]]], begins: datetime, ends: datetime
) -> bool:
    """True where one of the day's spells holds the whole visit."""
    if begins.date() != ends.date():
        return False
    return any(
        time.fromisoformat(opens) <= begins.time() and ends.time() <= time.fromisoformat(closes)
        for opens, closes in week.get(str(begins.weekday()), [])
    )
