"""The sandbox's time, which may run faster than the world's."""

import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "HEALTHMSG_CLOCK"


@dataclass(slots=True)
class Clock:
    """
    simulated = sim_epoch + (real - real_epoch) * speed; all in Unix seconds.

    It stands until `real_epoch`; from `until`, another moment of the world's clock, it goes on at
    the world's own speed.
    """

    real_epoch: float
    sim_epoch: float
    speed: float = 1.0
    until: float = math.inf
    # The file that a demo's processes share, read anew until its clock has been let go.
    path: str = ""

    @classmethod
    def from_environment(cls, *, speed: float = 1.0) -> "Clock":
        """
        Read the file that `HEALTHMSG_CLOCK` names: "real_epoch:sim_epoch:speed:until".

        Without it the clock starts at the present and runs at `speed`.
        """
        path = os.environ.get(VARIABLE, "")
        if not path:
            started_at = time.time()
            return cls(started_at, started_at, speed)
        return cls(math.inf, 0.0, path=path)

    def now(self) -> float:
        return self.at(time.time())

    def at(self, real: float) -> float:
        """Translate a moment of the world's clock."""
        if math.isinf(self.real_epoch) and self.path:
            shared = (float(part) for part in Path(self.path).read_text().split(":"))
            self.real_epoch, self.sim_epoch, self.speed, self.until = shared
        if real <= self.real_epoch:
            return self.sim_epoch
        fast = min(real, self.until) - self.real_epoch
        return self.sim_epoch + fast * self.speed + max(0.0, real - self.until)

    def later(self, seconds: float) -> float:
        """Say what the time will be after real `seconds`."""
        return self.at(time.time() + seconds)
