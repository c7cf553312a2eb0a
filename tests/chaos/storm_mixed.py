"""Troubles of other storms, drawn by chance, some on top of each other."""

import signal
from collections.abc import Callable

from tests.chaos import storm_calls, storm_notices, storm_postgres, storm_redis
from tests.chaos.house import PROCESSES, House
from tests.chaos.practice import Practice
from tests.chaos.storm_kills import strike

DRAWS = 6


def blow(house: House, practice: Practice) -> None:
    house.sandbox.settings(latency=0.3)
    practice.keep_queueing(per_second=10, seconds=60)
    troubles: tuple[Callable[[House, Practice], None], ...] = (
        _kill_two,
        _kill_two,
        lambda house, _: storm_redis.flush(house),
        lambda house, _: storm_redis.freeze(house, seconds=house.rng.uniform(2, 12)),
        lambda house, _: storm_redis.replace(house, seconds=house.rng.uniform(2, 10)),
        lambda house, _: storm_calls.unplug(house, seconds=house.rng.uniform(2, 8)),
        lambda house, _: storm_calls.throttle(house, seconds=house.rng.uniform(2, 5)),
        lambda house, _: storm_notices.forge(house),
        _bad_calls,
        _nap,
        _restart_postgres,
    )
    for trouble in house.rng.sample(troubles, DRAWS):
        house.pause(1.5, 4.0)
        trouble(house, practice)
    house.pause(3.0, 5.0)


def _kill_two(house: House, practice: Practice) -> None:
    for name in house.rng.sample(PROCESSES, 2):
        strike(house, practice, name)


def _bad_calls(house: House, _: Practice) -> None:
    for fault in house.rng.sample(storm_calls.FAULTS, 3):
        house.sandbox.fault(for_seconds=8.0, chance=0.1, **fault)
    house.say("calls go wrong in three ways")


def _nap(house: House, practice: Practice) -> None:
    name = house.rng.choice(("sender", "inbox", "worker"))
    house.unknown_at_most += practice.in_flight() if name == "sender" else 0
    seconds = house.rng.uniform(4, 34)
    house.processes.signal(name, signal.SIGSTOP)
    house.say(f"{name} sleeps {seconds:.0f} s")
    house.pause(seconds, seconds)
    house.processes.signal(name, signal.SIGCONT)


def _restart_postgres(house: House, practice: Practice) -> None:
    signum = house.rng.choice((signal.SIGINT, signal.SIGKILL))
    storm_postgres.take_away(house, practice, signum, seconds=house.rng.uniform(2, 8))
