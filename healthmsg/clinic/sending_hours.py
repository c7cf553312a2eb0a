"""When a clinic may write: a daily window in its own wall-clock time (pure)."""

import bisect
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from healthmsg.clinic.models import Clinic

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class SendingHours:
    """The daily window for messages, in the clinic's own wall-clock time."""

    opens: time
    closes: time  # exclusive; later than `opens`
    zone: ZoneInfo

    @classmethod
    def of(cls, clinic: Clinic) -> "SendingHours":
        return cls(clinic.sending_opens, clinic.sending_closes, clinic.zone)

    def is_open(self, moment: datetime) -> bool:
        return self.opens <= moment.astimezone(self.zone).time() < self.closes

    def next_open(self, moment: datetime) -> datetime:
        """Return `moment` if it is inside the window, else the next opening, in UTC."""
        local = moment.astimezone(self.zone)
        if local.time() < self.opens:
            return wall_clock(local, self.opens)
        if local.time() < self.closes:
            return moment.astimezone(UTC)
        return wall_clock(local + timedelta(days=1), self.opens)


def wall_clock(day: datetime, at: time) -> datetime:
    """
    Return the moment, in UTC, at which clocks in `day`'s zone show `at` on that day.

    A time that the spring change skips is the moment the clocks jump; one that the autumn change
    repeats is its first showing.
    """
    zone = day.tzinfo
    wanted = datetime.combine(day.date(), at, zone)
    moment = wanted.astimezone(UTC)
    shown = moment.astimezone(zone)
    skipped = shown.replace(tzinfo=None) - wanted.replace(tzinfo=None)
    if not skipped:
        return moment
    before = moment - skipped
    jump = bisect.bisect_left(
        range(int(skipped / _MINUTE)),
        shown.utcoffset() or timedelta(),
        key=lambda n: (before + n * _MINUTE).astimezone(zone).utcoffset() or timedelta(),
    )
    return before + jump * _MINUTE
