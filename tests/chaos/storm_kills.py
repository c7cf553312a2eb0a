"""Every process killed at random moments, again and again."""

from tests.chaos.house import PROCESSES, House
from tests.chaos.practice import Practice

BLOWS = 14


def blow(house: House, practice: Practice) -> None:
    house.sandbox.settings(latency=0.8)
    practice.keep_queueing(per_second=12, seconds=30)
    names = [*PROCESSES, *PROCESSES, "sender", "door"]
    house.rng.shuffle(names)
    for name in names[:BLOWS]:
        house.pause(0.8, 2.6)
        strike(house, practice, name)
    house.pause(2.0, 3.0)


def strike(house: House, practice: Practice, name: str) -> None:
    """Kill a process with all its children, or one of them alone."""
    if name == "sender":
        house.unknown_at_most += practice.in_flight()
    if house.rng.random() < 0.3:
        house.processes.kill_a_child(name, house.rng)
        house.say(f"one of {name}'s processes was killed")
    else:
        house.processes.kill(name)
        house.say(f"{name} was killed")
