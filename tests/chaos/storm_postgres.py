"""PostgreSQL shut down in order, and killed."""

import signal

from tests.chaos.house import House
from tests.chaos.practice import Practice


def blow(house: House, practice: Practice) -> None:
    house.sandbox.settings(latency=1.0)
    practice.keep_queueing(per_second=12, seconds=45)
    house.pause(4.0, 6.0)
    take_away(house, practice, signal.SIGINT, seconds=10.0)
    house.pause(6.0, 9.0)
    take_away(house, practice, signal.SIGKILL, seconds=20.0)
    house.pause(4.0, 6.0)


def take_away(house: House, practice: Practice, signum: signal.Signals, *, seconds: float) -> None:
    """SIGINT is PostgreSQL's fast shutdown: connections are cut, and nothing is lost."""
    house.unknown_at_most += practice.in_flight()
    with house.without(house.postgres_pid(), signum, seconds=seconds):
        house.say(f"PostgreSQL got {signum.name}")
    house.say(f"PostgreSQL may come back; at most {house.unknown_at_most} calls were cut off")
