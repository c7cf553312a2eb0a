"""The sandbox's time, which may run faster than the world's."""

import math
import os
import time
from dataclasses import dataclass

VARIABLE = "HEALTHMSG_CLOCK"


@dataclass(frozen=True)
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

    @classmethod
    def from_environment(cls, *, speed: float = 1.0) -> "Clock":
        """
        Read `HEALTHMSG_CLOCK` ("real_epoch:sim_epoch:speed:until"), which a demo's processes share.

        Without it the clock starts at the present and runs at `speed`.
        """
        shared = os.environ.get(VARIABLE)
        if not shared:
            started_at = time.time()
            return cls(started_at, started_at, speed)
        return cls(*map(float, shared.split(":")))

    def now(self) -> float:
        return self.at(time.time())

    def at(self, real: float) -> float:
        """Translate a moment of the world's clock."""
        fast = min(max(real, self.real_epoch), self.until) - self.real_epoch
        return self.sim_epoch + fast * self.speed + max(0.0, real - self.until)

    def later(self, seconds: float) -> float:
        """Say what the time will be after real `seconds`."""
        return self.at(time.time() + seconds)
