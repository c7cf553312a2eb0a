"""A site's address and opening hours as a patient reads them, in their language (pure)."""

from datetime import time
from typing import Any

from babel.dates import format_time, get_day_names

from healthmsg.clinic.models import Site
from whatsapp.fill_ins import locale_of


def of_site(site: Site, language: str) -> str:
    """Return name, address and how to find it, then a line for days with the same hours."""
    where = ", ".join(filter(None, (site.name, site.address, site.directions)))
    return "\n".join([where, *hours(site.opening_hours, language)])


def hours(opening: dict[str, Any], language: str) -> list[str]:
    """Return such as "Mon–Fri: 8:00–18:00"; nothing where nobody filled them in."""
    locale = locale_of(language)
    names = get_day_names("abbreviated", locale=locale)
    found: list[tuple[list[int], str]] = []
    for day in range(7):
        spells = opening.get(str(day)) or ()
        told = ", ".join("–".join(_time(clock, locale) for clock in spell) for spell in spells)
        if found and found[-1][1] == told and found[-1][0][-1] == day - 1:
            found[-1][0].append(day)
        else:
            found.append(([day], told))
    return [f"{_days([names[day] for day in days])}: {told}" for days, told in found if told]


def _days(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]}–{names[-1]}"


def _time(clock: str, locale: Any) -> str:
    hour, _colon, minute = clock.partition(":")
    return format_time(time(int(hour) % 24, int(minute or 0)), format="short", locale=locale)
