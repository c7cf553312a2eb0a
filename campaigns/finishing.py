"""When the last of so many messages leaves: by hours, pace and the daily limit (pure)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from healthmsg.clinic.sending_hours import SendingHours, wall_clock

# Beyond, nobody knows anything.
DAYS_AT_MOST = 60


@dataclass(frozen=True)
class Pace:
    """What limits sending; seats are None where WhatsApp sets no daily limit."""

    hours: SendingHours
    rate_per_second: float
    seats_now: int | None = None
    seats_on: Callable[[date], int] | None = None  # a day after today, by the clinic's calendar


def done_at(left: int, pace: Pace, *, now: datetime) -> datetime | None:
    """
    Return when the last of `left` messages leaves, in UTC; None: not within DAYS_AT_MOST.

    A day's seats are used as soon as the clinic may write; they are free at the same time next day.
    """
    seats = pace.seats_now
    moment = pace.hours.next_open(now)
    for _ in range(DAYS_AT_MOST):
        by_rate = int(_open_seconds(moment, pace.hours) * pace.rate_per_second)
        most = by_rate if seats is None else min(by_rate, seats)
        if left <= most:
            return moment + timedelta(seconds=left / pace.rate_per_second)
        left -= most
        moment = _next_day(moment, pace.hours)
        if pace.seats_on is not None:
            seats = pace.seats_on(moment.astimezone(pace.hours.zone).date())
    return None


def most_today(pace: Pace, *, now: datetime) -> int:
    """Return how many can leave before the clinic closes today; after that, none."""
    opens = pace.hours.next_open(now)
    if opens.astimezone(pace.hours.zone).date() != now.astimezone(pace.hours.zone).date():
        return 0
    by_rate = int(_open_seconds(opens, pace.hours) * pace.rate_per_second)
    return by_rate if pace.seats_now is None else min(by_rate, pace.seats_now)


def _open_seconds(moment: datetime, hours: SendingHours) -> float:
    closes = wall_clock(moment.astimezone(hours.zone), hours.closes)
    return max(0.0, (closes - moment).total_seconds())


def _next_day(moment: datetime, hours: SendingHours) -> datetime:
    return wall_clock(moment.astimezone(hours.zone) + timedelta(days=1), hours.opens)
