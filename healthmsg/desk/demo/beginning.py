"""A demo's own data, ports and clock: put into the environment before anything is started."""

import fcntl
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, NoReturn

from django.conf import settings

from healthmsg import clock
from healthmsg.clock import Compressed
from healthmsg.desk.demo import children, daytime
from healthmsg.desk.demo.children import NotUp

MARK = "HEALTHMSG_DEMO"
DOOR = "HEALTHMSG_DEMO_DOOR"


def has_begun() -> bool:
    """True in the process that has the demo's environment."""
    return MARK in os.environ


def begin_anew(
    *, begins: timedelta = daytime.BEGINS, environment: Mapping[str, str] | None = None
) -> NoReturn:
    """
    Run this command again with the demo's own data, ports and clock in the environment.

    :param begins: what the clinic's clocks show until they are let go
    :param environment: what its processes need besides
    """
    directory = Path(settings.EMBEDDED.directory) / "demo"
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o755)
    moment = datetime.now(UTC)
    place = daytime.opening_now(moment, begins=begins)
    daytime.standing_at(place, moment, begins=begins).write(directory / "clock")
    ports = children.free_ports(0)
    sandbox = f"http://127.0.0.1:{ports.sandbox}"
    os.environ |= {
        MARK: place.zone,
        clock.VARIABLE: str(directory / "clock"),
        "HEALTHMSG_VAR": str(directory),
        "SANDBOX_URL": sandbox,
        "REDIS_URL": "",
        DOOR: str(ports.door),
        # The sandbox shows desk and phone side by side.
        "HEALTHMSG_FRAMED_BY": sandbox,
        **(environment or {}),
    }
    os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606 - ourselves


def alone() -> IO[str]:
    """
    Hold the lock of the demo's data; a second demo would empty the first one's database.

    :raises NotUp: another demo has it
    """
    directory = Path(settings.EMBEDDED.directory)
    directory.mkdir(parents=True, exist_ok=True)
    lock = (directory / "demo.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise NotUp("A demo is already running in this checkout.") from error
    return lock


def place() -> daytime.Place:
    """Return where this demo's clinic is."""
    return next(place for place in daytime.PLACES if place.zone == os.environ[MARK])


def door_port() -> int:
    """Return where the sandbox will look for us."""
    return int(os.environ[DOOR])


def clock_file() -> Path:
    """Return where all processes read the clock."""
    return Path(os.environ[clock.VARIABLE])


def shared_clock() -> Compressed:
    """
    Return the clock of all its processes.

    :raises NotUp: there is none
    """
    shared = clock.shared()
    if shared is None:
        raise NotUp(f"{clock.VARIABLE} is not set.")
    return shared
