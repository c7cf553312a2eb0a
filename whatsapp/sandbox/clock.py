"""The sandbox's time, which may run faster than the world's."""

import os
import time
from dataclasses import dataclass

VARIABLE = "HEALTHMSG_CLOCK"


@dataclass(frozen=True)
class Clock:
    """simulated = sim_epoch + (real - real_epoch) * speed; all in Unix seconds."""

    real_epoch: float
    sim_epoch: float
    speed: float = 1.0

    @classmethod
    def from_environment(cls, *, speed: float = 1.0) -> "Clock":
        """
        Read `HEALTHMSG_CLOCK` ("real_epoch:sim_epoch:speed"), which every process of a demo shares.

        Without it the clock starts at the present and runs at `speed`.
        """
        shared = os.environ.get(VARIABLE)
        if not shared:
            started_at = time.time()
            return cls(started_at, started_at, speed)
        real_epoch, sim_epoch, shared_speed = map(float, shared.split(":"))
        return cls(real_epoch, sim_epoch, shared_speed)

    def now(self) -> float:
        return self.at(time.time())

    def at(self, real: float) -> float:
        """Translate a moment of the world's clock."""
        return self.sim_epoch + (real - self.real_epoch) * self.speed

    def later(self, seconds: float) -> float:
        """Say what the time will be after real `seconds`."""
        return self.at(time.time() + seconds)
