"""Two of everything, and a sender that sleeps past its lease and wakes in the middle of a call."""

import signal

from tests.chaos.house import House, procfile
from tests.chaos.practice import Practice

# A row's lease is 30 seconds, a number's in Redis 10.
FROZEN_SECONDS = 36.0


def blow(house: House, practice: Practice) -> None:
    house.sandbox.settings(latency=1.5)
    for name in ("beat", "sender", "inbox"):
        house.processes.start(f"second_{name}", procfile()[name])
    house.pause(6.0, 8.0)
    names = ["sender", "second_sender"] * 3
    house.rng.shuffle(names)
    for name in names:
        if freeze_in_a_call(house, practice, name):
            break
    practice.keep_queueing(per_second=10, seconds=20)
    house.pause(20.0, 20.0)


def freeze_in_a_call(house: House, practice: Practice, name: str) -> bool:
    """Freeze a sender under load; where it was not the one that sent, wake it again at once."""
    practice.queue(30)
    house.pause(0.8, 1.6)
    at_most = practice.in_flight()
    house.processes.signal(name, signal.SIGSTOP)
    # The other one's calls are answered by then.
    house.pause(4.0, 4.0)
    held = practice.sending()
    if held:
        house.unknown_at_most += at_most
        house.say(f"{name} is frozen with {held} calls in its hands")
        practice.keep_queueing(per_second=5, seconds=FROZEN_SECONDS)
        house.pause(FROZEN_SECONDS, FROZEN_SECONDS)
    house.processes.signal(name, signal.SIGCONT)
    house.say(f"{name} is awake" if held else f"{name} had nothing in its hands")
    return held > 0
