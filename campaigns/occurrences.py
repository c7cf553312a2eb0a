"""When a campaign that repeats is due, by the clinic's own clocks (pure)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim


def upcoming(
    expression: str, zone: ZoneInfo, *, after: datetime, until: date | None = None
) -> Iterator[datetime]:
    """
    Yield the moments after `after`, in UTC, at which a crontab expression is due.

    An hour that the spring change skips is due at once after it; one that the autumn change repeats
    is due once, as cron itself has it.

    :param expression: minute, hour, day of month, month, day of week
    :param until: the last day, by the clinic's calendar
    :raises cronsim.CronSimError: it is no such expression, or never due
    """
    local: Iterator[datetime] = CronSim(expression, after.astimezone(zone))
    if until is not None:
        local = takewhile(lambda moment: moment.date() <= until, local)
    return (moment.astimezone(UTC) for moment in local)


def first(
    expression: str, zone: ZoneInfo, *, after: datetime, until: date | None = None
) -> datetime | None:
    """Return the next moment, None where there is no further one."""
    return next(upcoming(expression, zone, after=after, until=until), None)


def last_missed(expression: str, zone: ZoneInfo, *, due: datetime, now: datetime) -> datetime:
    """
    Return the latest occurrence from `due` on that is not after `now`.

    After an outage several have passed: the one that is sent is the last, and once.
    """
    latest = due
    for moment in upcoming(expression, zone, after=due):
        if moment > now:
            break
        latest = moment
    return latest
