"""At a rate of its own a campaign's messages leave one after the other, not in a heap (pure)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

# Ticks come every five seconds; one that is late by as much again leaves no gap.
AHEAD = timedelta(seconds=10)


@dataclass(frozen=True)
class Rate:
    """So many messages within so long."""

    messages: int
    within: timedelta

    @property
    def gap(self) -> timedelta:
        return self.within / self.messages


def moments(
    rate: Rate, *, taken_until: datetime | None, now: datetime, most: int
) -> tuple[datetime, ...]:
    """
    Return when the next messages may leave, at most `most`, as far ahead as they are queued.

    What time has let slip is not caught up.
    """
    first = max(now, taken_until or now)
    room = now + AHEAD - first
    if room <= timedelta():
        return ()
    # The last one may begin within the room, not at its end.
    count = min(most, -(-room // rate.gap))
    return tuple(first + n * rate.gap for n in range(count))


def taken_until(
    rate: Rate, before: datetime | None, *, overdue: int, now: datetime
) -> datetime | None:
    """Leave room for messages that were held up, and will leave together once they may."""
    if not overdue:
        return before
    return max(before or now, now + overdue * rate.gap)
