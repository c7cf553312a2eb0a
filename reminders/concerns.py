"""What reception should know before it books all the same: warnings, never refusals."""

from datetime import datetime, time

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic import opening
from healthmsg.clinic.models import Site


class Concern(TextChoices):
    SITE_CLOSED = "SITE_CLOSED", _("the site is closed on this day")
    HOLIDAY = "HOLIDAY", _("this day is a holiday")
    OUTSIDE_OPENING_HOURS = "OUTSIDE_OPENING_HOURS", _("outside the site's opening hours")


def about(site: Site, *, starts_at: datetime, ends_at: datetime) -> tuple[Concern, ...]:
    """Return what speaks against this time at this site, by the site's own clocks."""
    begins, ends = starts_at.astimezone(site.zone), ends_at.astimezone(site.zone)
    exception = opening.exception_on(site, begins.date())
    if exception is not None and not exception.is_open_anyway:
        return (Concern.SITE_CLOSED,)
    found = []
    if exception is None and opening.is_holiday(site, begins.date()):
        found.append(Concern.HOLIDAY)
    if site.opening_hours and not _is_open(site, begins, ends):
        found.append(Concern.OUTSIDE_OPENING_HOURS)
    return tuple(found)


def _is_open(site: Site, begins: datetime, ends: datetime) -> bool:
    """True where one of the day's spells holds the whole visit."""
    if begins.date() != ends.date():
        return False
    spells = site.opening_hours.get(str(begins.weekday()), [])
    return any(
        time.fromisoformat(opens) <= begins.time() and ends.time() <= time.fromisoformat(closes)
        for opens, closes in spells
    )
