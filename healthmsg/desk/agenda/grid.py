"""Where everything stands on one axis of time: rows of five minutes, columns of people (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

# A row of the stylesheet; row 1 holds the names.
MINUTES = 5
_FIRST = 2
# An empty day still shows these hours.
_EARLIEST, _LATEST = 8, 18
# The stylesheet knows so many columns.
MOST_COLUMNS = 60


@dataclass(frozen=True)
class Axis:
    """From which full hour to which full hour a day is shown, by the clocks of `zone`."""

    opens: int
    closes: int
    zone: ZoneInfo

    def row(self, at: datetime) -> int:
        """Return the row in which a moment falls, the first or last one for those outside."""
        local = at.astimezone(self.zone)
        minutes = (local.hour - self.opens) * 60 + local.minute
        return _FIRST + min(max(minutes, 0), self.minutes) // MINUTES

    def span(self, begins_at: datetime, ends_at: datetime) -> int:
        """Return how many rows something takes, at least one."""
        if ends_at.astimezone(self.zone).date() > begins_at.astimezone(self.zone).date():
            return max(1, _FIRST + self.minutes // MINUTES - self.row(begins_at))
        rounded = self.row(ends_at) + (1 if ends_at.astimezone(self.zone).minute % MINUTES else 0)
        return max(1, rounded - self.row(begins_at))

    @property
    def minutes(self) -> int:
        return (self.closes - self.opens) * 60

    @property
    def hours(self) -> list[tuple[int, str]]:
        """The row and the words of each full hour."""
        per_hour = 60 // MINUTES
        return [
            (_FIRST + n * per_hour, f"{hour:02d}:00")
            for n, hour in enumerate(range(self.opens, self.closes))
        ]

    @property
    def rows(self) -> int:
        return self.minutes // MINUTES


def axis(moments: Sequence[tuple[datetime, datetime]], zone: ZoneInfo) -> Axis:
    """Return the axis that shows all of these spans."""
    local = [(begins.astimezone(zone), ends.astimezone(zone)) for begins, ends in moments]
    if not local:
        return Axis(_EARLIEST, _LATEST, zone)
    opens = min(begins.hour for begins, _ends in local)
    closes = max(_closing_hour(*span) for span in local)
    return Axis(opens, max(closes, opens + 1), zone)


def lanes(spans: Sequence[tuple[datetime, datetime]]) -> list[int]:
    """Return for each span, sorted by its beginning, the first lane in which it meets no other."""
    free_from: list[datetime] = []
    found = []
    for begins, ends in spans:
        lane = next((n for n, until in enumerate(free_from) if until <= begins), len(free_from))
        free_from[lane : lane + 1] = [ends]
        found.append(lane)
    return found


def _closing_hour(begins: datetime, ends: datetime) -> int:
    if ends.date() > begins.date():
        return 24
    return ends.hour + (1 if ends.time() > time(ends.hour) else 0)
