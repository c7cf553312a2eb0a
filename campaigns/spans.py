"""Ages and intervals as schedules state them: days, weeks, months or years (pure)."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

# "6w": what is kept in a row, and what the database holds it against.
WRITTEN = r"^[0-9]{1,3}[dwmy]$"
# Every month has these days; asking how many it has costs more than all the rest.
SHORTEST_MONTH = 28
# To compare lengths of time by: no month's end makes them longer or shorter from here.
SOME_DAY = date(2001, 1, 1)


class Unit(StrEnum):
    """What an age is counted in; a month is not thirty days."""

    DAYS = "d"
    WEEKS = "w"
    MONTHS = "m"
    YEARS = "y"


@dataclass(frozen=True)
class Span:
    """A length of time such as six weeks or nine months."""

    count: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"


def read(written: str) -> Span:
    """
    Return what "6w" says.

    :raises ValueError: it says nothing
    """
    if not re.fullmatch(WRITTEN, written):
        raise ValueError("neither days nor weeks, months or years")
    return Span(int(written[:-1]), Unit(written[-1]))


def after(day: date, span: Span) -> date:
    """
    Return the day on which so much time has passed since `day`.

    Months end on the same day of the month, or on the month's last where it has no such day: who
    was born on 31 January is a month old on 28 February, who was born on 29 February a year old on
    28 February.
    """
    if span.unit == Unit.DAYS:
        return day + timedelta(days=span.count)
    if span.unit == Unit.WEEKS:
        return day + timedelta(weeks=span.count)
    months = span.count * (12 if span.unit == Unit.YEARS else 1)
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    if day.day <= SHORTEST_MONTH:
        return date(year, month, day.day)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
