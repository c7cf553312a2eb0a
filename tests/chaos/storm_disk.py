"""PostgreSQL's disk runs full, and has room again."""

import os
from pathlib import Path

from tests.chaos.house import House
from tests.chaos.practice import Practice

FULL_SECONDS = 15.0


def blow(house: House, practice: Practice) -> None:
    house.sandbox.settings(latency=0.2)
    practice.keep_queueing(per_second=10, seconds=40)
    house.pause(6.0, 8.0)
    house.unknown_at_most += practice.in_flight()
    ballast = fill_up(house.directory / "postgres")
    house.say("PostgreSQL's disk is full")
    house.pause(FULL_SECONDS, FULL_SECONDS)
    ballast.unlink()
    house.say(f"there is room again; at most {house.unknown_at_most} calls were cut off")
    house.pause(8.0, 10.0)


def fill_up(folder: Path) -> Path:
    """Write until nothing more fits on the disk."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(os.urandom(size))
            except OSError:
                continue
    return ballast
