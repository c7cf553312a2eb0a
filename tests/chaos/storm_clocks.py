"""The clocks of single processes jump; the machine's own never does."""

from pathlib import Path

from tests.chaos.house import House, procfile
from tests.chaos.practice import Practice

LIBRARIES = ("/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime")
JUMPS = ("+2h", "-3h", "+1d", "-2d", "+40s")
SKEWED = ("sender", "inbox", "worker", "beat", "door")


def library() -> Path | None:
    """Return libfaketime for programs with threads, or None where it is not installed."""
    found = (Path(folder) / "libfaketimeMT.so.1" for folder in LIBRARIES)
    return next((path for path in found if path.exists()), None)


def blow(house: House, practice: Practice) -> None:
    house.sandbox.settings(latency=0.2)
    for name in SKEWED:
        stand_beside_time(house, name)
    practice.keep_queueing(per_second=10, seconds=55)
    house.pause(6.0, 8.0)
    for jump in JUMPS:
        name = house.rng.choice(SKEWED)
        show(house, name, jump)
        house.pause(6.0, 8.0)
        show(house, name, "+0")
        house.pause(1.0, 2.0)


def stand_beside_time(house: House, name: str) -> None:
    """Start a process anew with a clock of its own, kept in a file that is read all the time."""
    show(house, name, "+0")
    house.processes.drop(name)
    house.processes.start(
        name,
        procfile()[name],
        variables={
            "LD_PRELOAD": str(library()),
            "FAKETIME_TIMESTAMP_FILE": str(_file(house, name)),
            "FAKETIME_NO_CACHE": "1",
            # Leases and pacing ask the clock that only goes forward; a jump never moves it.
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            **house.ports,
        },
    )


def show(house: House, name: str, offset: str) -> None:
    fresh = _file(house, name).with_suffix(".new")
    fresh.write_text(offset)
    fresh.replace(_file(house, name))
    if offset != "+0":
        house.say(f"the clock of {name} jumps {offset}")


def _file(house: House, name: str) -> Path:
    return house.directory / f"{name}.clock"
