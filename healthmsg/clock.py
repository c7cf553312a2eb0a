"""What time it is for the business; leases and pacing keep real time instead."""

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

VARIABLE = "HEALTHMSG_CLOCK"


@dataclass(frozen=True)
class Compressed:
    """A clock that stands until a real moment, runs fast until another, and keeps its lead."""

    started: float  # real Unix seconds
    shown: float  # what the clock showed then
    speed: float
    until: float  # real Unix seconds

    def at(self, real: float) -> datetime:
        fast = min(max(real, self.started), self.until) - self.started
        after = max(0.0, real - self.until)
        return datetime.fromtimestamp(self.shown + fast * self.speed + after, UTC)

    def as_variable(self) -> str:
        """Return what `HEALTHMSG_CLOCK` holds for all processes that share this clock."""
        return f"{self.started}:{self.shown}:{self.speed}:{self.until}"


def now() -> datetime:
    """Return the business moment, aware and in UTC. Only edges ask; verbs are given the answer."""
    compressed = shared()
    return compressed.at(time.time()) if compressed else datetime.now(UTC)


@cache
def shared() -> Compressed | None:
    """Return the demo's clock, which it hands to its children; unset, business time is real."""
    value = os.environ.get(VARIABLE, "")
    return Compressed(*(float(part) for part in value.split(":"))) if value else None
