"""Days that somebody can mean, typed into a field or standing in an address (pure)."""

from datetime import date, datetime

# Nobody alive was born before, and no visit is booked after; at either end of the calendar itself
# the day beside one, or the same moment by UTC's clocks, is none.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)


def read(typed: str | None) -> date | None:
    """Return the day of "2026-11-26"; None where it is none, or none that can be meant."""
    try:
        day = date.fromisoformat(typed or "")
    except ValueError:
        return None
    return day if is_meant(day) else None


def is_meant(day: date | datetime) -> bool:
    return FIRST_DAY.year <= day.year <= LAST_DAY.year
