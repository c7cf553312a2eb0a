"""Somewhere on earth a clinic is about to open; a clock that runs through its day (pure)."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from healthmsg.clock import Compressed

# The reminders of the day are due at ten; the story ends in the evening, within sending hours.
BEGINS = timedelta(hours=9, minutes=45)
ENDS = timedelta(hours=18, minutes=45)
SECONDS = 66.0


@dataclass(frozen=True)
class Place:
    """Where the demo's clinic is: one place for every hour of the world's day."""

    city: str
    country: str
    zone: str


# With summer time and without, one of them is within half an hour of any beginning.
PLACES = (
    Place("Auckland", "NZ", "Pacific/Auckland"),
    Place("Petropavlovsk", "RU", "Asia/Kamchatka"),
    Place("Magadan", "RU", "Asia/Magadan"),
    Place("Brisbane", "AU", "Australia/Brisbane"),
    Place("Tokyo", "JP", "Asia/Tokyo"),
    Place("Singapore", "SG", "Asia/Singapore"),
    Place("Jakarta", "ID", "Asia/Jakarta"),
    Place("Dhaka", "BD", "Asia/Dhaka"),
    Place("Karachi", "PK", "Asia/Karachi"),
    Place("Dubai", "AE", "Asia/Dubai"),
    Place("Nairobi", "KE", "Africa/Nairobi"),
    Place("Johannesburg", "ZA", "Africa/Johannesburg"),
    Place("Lagos", "NG", "Africa/Lagos"),
    Place("Dakar", "SN", "Africa/Dakar"),
    Place("Praia", "CV", "Atlantic/Cape_Verde"),
    Place("Noronha", "BR", "America/Noronha"),
    Place("Buenos Aires", "AR", "America/Argentina/Buenos_Aires"),
    Place("La Paz", "BO", "America/La_Paz"),
    Place("Lima", "PE", "America/Lima"),
    Place("San José", "CR", "America/Costa_Rica"),
    Place("Phoenix", "US", "America/Phoenix"),
    Place("Tijuana", "MX", "America/Tijuana"),
    Place("Anchorage", "US", "America/Anchorage"),
    Place("Adak", "US", "America/Adak"),
    Place("Honolulu", "US", "Pacific/Honolulu"),
    Place("Pago Pago", "AS", "Pacific/Pago_Pago"),
)


def opening_now(moment: datetime, *, begins: timedelta = BEGINS) -> Place:
    """Return the place whose clocks are nearest to the hour at which the story begins."""

    def distance(place: Place) -> timedelta:
        return abs(moment - _beginning(place, moment, begins))

    return min(PLACES, key=distance)


def standing_at(place: Place, moment: datetime, *, begins: timedelta = BEGINS) -> Compressed:
    """Return a clock that stands at the beginning of the story's day."""
    return Compressed(math.inf, _beginning(place, moment, begins).timestamp(), 1.0, math.inf)


def let_go(
    standing: Compressed,
    *,
    at: float,
    seconds: float = SECONDS,
    passes: timedelta = ENDS - BEGINS,
) -> Compressed:
    """
    Return the clock going from `at`, Unix seconds; afterwards it is as slow as any other.

    :param passes: how much of the clinic's time the first real `seconds` bring: the whole day
    """
    return Compressed(at, standing.shown, passes.total_seconds() / seconds, at + seconds)


def _beginning(place: Place, moment: datetime, begins: timedelta) -> datetime:
    """Return the story's first moment on the local day nearest to `moment`, in UTC."""
    local = moment.astimezone(ZoneInfo(place.zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    days = (midnight + timedelta(days=shift) for shift in (-1, 0, 1))
    candidates = [(day + begins).astimezone(UTC) for day in days]
    return min(candidates, key=lambda begun: abs(moment - begun))
