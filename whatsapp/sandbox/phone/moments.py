"""How a phone writes times: the hour, and the day as people say it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Moments:
    """Times are Unix seconds of the sandbox's clock; `zone` is where the phones are."""

    zone: ZoneInfo
    now: float

    def day(self, at: float) -> date:
        return self._local(at).date()

    def hour(self, at: float) -> str:
        """Return the time of day, as HTML."""
        local = self._local(at)
        return f'<time datetime="{local.isoformat(timespec="seconds")}">{local:%H:%M}</time>'

    def day_in_full(self, at: float) -> str:
        day = self.day(at)
        return self._near(day) or f"{day:%A}, {day.day} {day:%B %Y}"

    def shortly(self, at: float) -> str:
        """Return the hour of today's, the day of what is older, as HTML."""
        day = self.day(at)
        if day == self.day(self.now):
            return self.hour(at)
        years = "" if day.year == self.day(self.now).year else f" {day.year}"
        return f'<time datetime="{day}">{self._near(day) or f"{day.day} {day:%b}{years}"}</time>'

    def _near(self, day: date) -> str:
        today = self.day(self.now)
        return {today: "Today", today - timedelta(days=1): "Yesterday"}.get(day, "")

    def _local(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, self.zone)
