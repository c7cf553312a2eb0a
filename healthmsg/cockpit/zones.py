"""Time zones to choose from, by country and city as whoever looks calls them."""

from functools import lru_cache
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global
from django import forms
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

from healthmsg.cockpit import fields

_UTC = "UTC"


def choices(kept: str = "") -> list[tuple[str, str]]:
    """
    Return the zones of countries, each by its name in the database of time zones and in words.

    :param kept: what stands there already, and stays also where no country has it any more
    """
    known = _known(get_language() or "en")
    names = {name for name, _words in known}
    return [*known, (_UTC, _UTC), *([(kept, kept)] if kept and kept not in {*names, _UTC} else [])]


def field(*, required: bool, help_text: object = "", kept: str = "") -> forms.ChoiceField:
    """Return the field for one, found by the first letters of the country."""
    none = _("please choose") if required else _("none")
    return fields.choice(
        _("time zone"), [("", none), *choices(kept)], required=required, help_text=help_text
    )


@lru_cache(maxsize=8)
def _known(language: str) -> tuple[tuple[str, str], ...]:
    """CLDR names 446 zones of 249 territories: 5 ms, once for each language."""
    countries = Locale.parse(to_locale(language)).territories
    zones, there = get_global("zone_territories"), available_timezones()
    found = [
        (zone, f"{countries.get(country, country)}, {_city(zone)}")
        for zone, country in zones.items()
        if zone in there and "/" in zone and country != "001"
    ]
    return tuple(sorted(found, key=lambda one: one[1].casefold()))


def _city(zone: str) -> str:
    return zone.rpartition("/")[2].replace("_", " ")
