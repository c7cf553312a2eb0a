"""What time it is for the business; leases and pacing keep real time instead."""

import math
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

VARIABLE = "HEALTHMSG_CLOCK"


@dataclass(frozen=True)
class Compressed:
    """A clock that stands until a real moment, runs fast until another, and keeps its lead."""

    started: float  # real Unix seconds; infinite until the clock is let go
    shown: float  # what the clock shows until then
    speed: float
    until: float  # real Unix seconds

    def at(self, real: float) -> datetime:
        if real <= self.started:
            return datetime.fromtimestamp(self.shown, UTC)
        fast = min(real, self.until) - self.started
        after = max(0.0, real - self.until)
        return datetime.fromtimestamp(self.shown + fast * self.speed + after, UTC)

    def write(self, path: Path) -> None:
        """Put the clock where all its processes read it; in one step, as they may be reading."""
        fresh = path.with_suffix(".new")
        fresh.write_text(f"{self.started}:{self.shown}:{self.speed}:{self.until}")
        fresh.replace(path)


def now() -> datetime:
    """Return the business moment, aware and in UTC. Only edges ask; verbs are given the answer."""
    compressed = shared()
    return compressed.at(time.time()) if compressed else datetime.now(UTC)


_going: dict[str, Compressed] = {}


def shared() -> Compressed | None:
    """
    Return the demo's clock, kept in the file that `HEALTHMSG_CLOCK` names.

    Unset, business time is real. Read anew until the clock has been let go.
    """
    path = os.environ.get(VARIABLE, "")
    if not path:
        return None
    if path not in _going:
        clock = Compressed(*(float(part) for part in Path(path).read_text().split(":")))
        if math.isinf(clock.started):
            return clock
        _going[path] = clock
    return _going[path]
