"""How a process gets the servers: join the users, start a keeper if there is none, wait."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from . import locks
from .account import ENVIRONMENT
from .errors import NotStarted
from .keeper import ready_word
from .location import Location
from .probe import postgres_answers, valkey_answers
from .server import last_lines

_WAIT_SECONDS = 60.0
_TICK_SECONDS = 0.02
_PACKAGE_PARENT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Handle:
    """The proof that this process is a user; good until it ends."""

    location: Location
    users_lock: int
    """A bare descriptor, which nothing closes, so that forgetting the handle changes nothing."""


_handles: dict[Path, Handle] = {}


def ensure(location: Location) -> Handle:
    """
    Make sure both servers run, and go on running until this process and its forked children end.

    Twice in one process is once; if the keeper was killed meanwhile, there is a new one.

    :raises NotStarted: they do not run; this process is no user then.
    """
    give_up_at = time.monotonic() + _WAIT_SECONDS
    known = _handles.get(location.home)
    handle = known or _join(location, give_up_at)
    try:
        _wait_until_ready(location, give_up_at)
    except NotStarted:
        if known is None:
            os.close(handle.users_lock)
        raise
    return _handles.setdefault(location.home, handle)


def _join(location: Location, give_up_at: float) -> Handle:
    try:
        location.home.mkdir(parents=True, exist_ok=True)
        location.logs.mkdir(mode=0o700, exist_ok=True)
        users_lock = locks.open_lock(location.users_lock)
    except OSError as error:
        raise NotStarted(f"{location.home} cannot be used: {error}") from error
    # Held exclusively only by a keeper that is stopping both servers.
    while not locks.try_shared(users_lock):
        if time.monotonic() > give_up_at:
            os.close(users_lock)
            raise NotStarted(_account_of(location, "the last keeper does not end"))
        time.sleep(_TICK_SECONDS)
    return Handle(location, users_lock)


def _wait_until_ready(location: Location, give_up_at: float) -> None:
    has_started = False
    while True:
        keeper_lock = locks.open_lock(location.keeper_lock)
        try:
            if locks.try_exclusive(keeper_lock):
                if has_started:
                    raise NotStarted(_account_of(location, "the keeper ended"))
                _start_keeper(location, keeper_lock)
                has_started = True
            elif _is_ready(location, os.pread(keeper_lock, 64, 0)):
                return
        finally:
            os.close(keeper_lock)
        if time.monotonic() > give_up_at:
            raise NotStarted(_account_of(location, f"no answer in {_WAIT_SECONDS:.0f} seconds"))
        time.sleep(_TICK_SECONDS)


def _is_ready(location: Location, word: bytes) -> bool:
    """:raises NotStarted: the servers run, but with other promises to the disk."""
    if not word.startswith(b"ready"):
        return False
    if not word.startswith(ready_word(location)):
        raise NotStarted(f"the servers of {location.home} run with another choice of durability")
    return postgres_answers(location) and valkey_answers(location)


def _start_keeper(location: Location, keeper_lock: int) -> None:
    """Hand the held lock to a process of its own session, which is nobody's child."""
    os.ftruncate(keeper_lock, 0)
    command = [sys.executable, "-m", "healthmsg.embedded", f"--directory={location.home}"]
    command += [f"--lock={keeper_lock}", *(() if location.durable else ("--not-durable",))]
    with (location.logs / "keeper.log").open("ab") as output:
        subprocess.run(  # noqa: S603
            command,
            cwd=_PACKAGE_PARENT,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=(keeper_lock,),
            start_new_session=True,
            check=False,
        )


def _account_of(location: Location, what: str) -> str:
    log = location.logs / "keeper.log"
    return f"the embedded servers do not run: {what}; the end of {log}:\n{last_lines(log)}"
