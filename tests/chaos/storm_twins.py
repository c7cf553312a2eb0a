"""Two of everything, and a sender that sleeps past its lease and wakes in the middle of a call."""

import signal

from tests.chaos.house import House, procfile
from tests.chaos.practice import Practice

# A row's lease is 30 seconds, a number's in Redis 10.
FROZEN_SECONDS = 36.0


def blow(house: House, practice: Practice) -> None:
    house.sandbox.settings(latency=0.5)
    for name in ("beat", "sender", "inbox"):
        house.processes.start(f"second_{name}", procfile()[name])
    practice.keep_queueing(per_second=15, seconds=60)
    house.pause(8.0, 10.0)
    for name in ("sender", "second_sender"):
        house.unknown_at_most += practice.in_flight()
        house.processes.signal(name, signal.SIGSTOP)
        house.say(f"{name} is frozen")
        house.pause(FROZEN_SECONDS, FROZEN_SECONDS)
        house.processes.signal(name, signal.SIGCONT)
        house.say(f"{name} is awake")
        house.pause(2.0, 4.0)
