"""The detached process that starts, watches, and after the last user stops both servers."""

import logging
import os
import signal
import time
from collections import deque
from types import FrameType

from . import account, locks, postgres, valkey
from .errors import NotStarted
from .location import Location
from .server import Server

logger = logging.getLogger(__name__)

_TICK_SECONDS = 0.2

# More deaths than this within the window are not bad luck.
_RESTARTS = 5
_RESTART_WINDOW_SECONDS = 60.0


def keep(location: Location, keeper_lock: int) -> None:
    """
    Serve until no user is left, or until SIGTERM.

    :param keeper_lock: held exclusively by this process.
    :raises NotStarted: a server cannot be started, or keeps dying.
    """
    stopping = _stop_flag()
    users_lock = locks.open_lock(location.users_lock)
    os.pwrite(keeper_lock, _line(b"starting "), 0)
    servers = _prepare(location)
    try:
        for server in servers:
            server.launch()
        for server in servers:
            server.wait_until_answering()
        os.pwrite(keeper_lock, _line(ready_word(location)), 0)
        _watch(servers, users_lock, stopping)
    finally:
        for server in servers:
            server.stop()
        if location.run.parent != location.home:
            _remove_sockets_directory(location)
        # In this order: whoever gets the users' lock must find the keeper's free.
        os.close(keeper_lock)
        os.close(users_lock)


def ready_word(location: Location) -> bytes:
    """What the keeper's lock file begins with while both servers run as `location` wants them."""
    return b"ready durable " if location.durable else b"ready not-durable "


def _line(word: bytes) -> bytes:
    return word + b"%d\n" % os.getpid()


def _prepare(location: Location) -> tuple[Server, ...]:
    programs = (postgres.program("postgres"), valkey.program())
    owner = account.choose(location.home, postgres.folder(location), programs)
    owner.own(location.run)
    owner.own(valkey.folder(location))
    postgres.create(location, owner)
    return postgres.server(location, owner), valkey.server(location, owner)


def _watch(servers: tuple[Server, ...], users_lock: int, stopping: list[int]) -> None:
    restarts: deque[float] = deque(maxlen=_RESTARTS)
    while not stopping and not locks.try_exclusive(users_lock):
        for server in servers:
            if not server.is_alive():
                _restart(server, restarts)
        time.sleep(_TICK_SECONDS)
    logger.info("asked to stop" if stopping else "no user left")


def _stop_flag() -> list[int]:
    """Return a list that SIGTERM fills."""
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    signal.signal(signal.SIGTERM, note)
    return received


def _restart(server: Server, restarts: deque[float]) -> None:
    now = time.monotonic()
    if len(restarts) == _RESTARTS and now - restarts[0] < _RESTART_WINDOW_SECONDS:
        raise NotStarted(f"{server.name} keeps dying")
    restarts.append(now)
    logger.warning("%s died, starting it again", server.name)
    server.launch()
    server.wait_until_answering()


def _remove_sockets_directory(location: Location) -> None:
    try:
        location.run.rmdir()
    except OSError:
        logger.info("%s is left", location.run)
