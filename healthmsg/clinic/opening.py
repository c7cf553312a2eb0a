"""On which days a site is open: its closing days, the holidays of its region, its weekdays."""

from datetime import date
from functools import cache

import holidays
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject

from healthmsg.clinic.models import ClosingDay, Site


def is_open_on(site: Site, day: date) -> bool:
    """Say whether patients are seen at all; a site whose hours nobody filled in has no weekdays."""
    exception = exception_on(site, day)
    if exception is not None:
        return exception.is_open_anyway
    has_spells = bool(site.opening_hours.get(str(day.weekday()))) if site.opening_hours else True
    return has_spells and not is_holiday(site, day)


def with_closing_days(sites: QuerySet[Site]) -> QuerySet[Site]:
    """Read sites together with their closing days, in one question."""
    days = ClosingDay.objects.filter(site=OuterRef("pk"))
    return sites.annotate(
        its_closing_days=ArraySubquery(
            days.values(json=JSONObject(day="closed_on", is_open="is_open_anyway"))
        )
    )


def exception_on(site: Site, day: date) -> ClosingDay | None:
    """Return what is written down for a day; asks nothing of what `with_closing_days` read."""
    known = getattr(site, "its_closing_days", None)
    if known is not None:
        its = (one["is_open"] for one in known if one["day"] == day.isoformat())
        is_open = next(its, None)
        return None if is_open is None else ClosingDay(closed_on=day, is_open_anyway=is_open)
    # All of them: a site has few, and whoever asks for many days has them at hand.
    return next((one for one in site.closing_days.all() if one.closed_on == day), None)


def is_holiday(site: Site, day: date) -> bool:
    country, _dash, region = (site.holidays_region or site.clinic.country).partition("-")
    try:
        return day in _holidays(country, region, day.year)
    except NotImplementedError:  # the library does not know this country or region
        return False


@cache
def _holidays(country: str, region: str, year: int) -> holidays.HolidayBase:
    return holidays.country_holidays(country, subdiv=region or None, years=year)
