"""On which days a site is open: its closing days, the holidays of its region, its weekdays."""

from datetime import date

import holidays

from healthmsg.clinic.models import ClosingDay, Site


def is_open_on(site: Site, day: date) -> bool:
    """Say whether patients are seen at all; a site whose hours nobody filled in has no weekdays."""
    exception = exception_on(site, day)
    if exception is not None:
        return exception.is_open_anyway
    has_spells = bool(site.opening_hours.get(str(day.weekday()))) if site.opening_hours else True
    return has_spells and not is_holiday(site, day)


def exception_on(site: Site, day: date) -> ClosingDay | None:
    return ClosingDay.objects.filter(site=site, closed_on=day).first()


def is_holiday(site: Site, day: date) -> bool:
    country, _dash, region = (site.holidays_region or site.clinic.country).partition("-")
    try:
        return day in holidays.country_holidays(country, subdiv=region or None, years=day.year)
    except NotImplementedError:  # the library does not know this country or region
        return False
