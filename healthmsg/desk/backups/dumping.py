"""Writes a sealed copy of the database, and reads it back before it counts."""

import os
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from django.apps import apps
from django.db.models import Model

from healthmsg.desk.backups import programs, sealing
from healthmsg.desk.backups.programs import ProgramFailed

SUFFIX = ".healthmsg"
_DUMP = ("--format=custom", "--no-owner", "--no-privileges")
# Whoever holds a table longer than this, as a migration may, ends the backup and not its night.
LOCKS_WITHIN = timedelta(minutes=1)


class Incomplete(Exception):
    """A backup that was read back and does not hold what it should."""


@dataclass(frozen=True)
class Written:
    """A backup that was read back."""

    path: Path
    bytes_before: int
    tables: int


def write(
    directory: Path, *, key: str, now: datetime, locks_within: timedelta = LOCKS_WITHIN
) -> Written:
    """
    Write a backup into a directory, in little memory; it gets its name once it was read back.

    :param locks_within: so long it waits for tables that somebody else holds
    :raises ProgramFailed: PostgreSQL's program ended with an error
    :raises NoProgram: none is as new as the server
    :raises Incomplete: what was read back is not what was written
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{now:%Y%m%dT%H%M%SZ}{SUFFIX}"
    unfinished = path.with_suffix(".part")
    try:
        with _private(unfinished) as file:
            total = _dump_into(file.write, key, locks_within)
            file.flush()
            os.fsync(file.fileno())
        tables = _complete(look(unfinished, key=key))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    _remember_names(directory)
    return Written(path, total, len(tables))


def forget_older(directory: Path, *, keep: int) -> int:
    """Delete all but the newest backups of a directory; return how many that was."""
    # Their names are the moments when they were written.
    old = sorted(directory.glob(f"*{SUFFIX}"))[:-keep]
    for path in old:
        path.unlink()
    return len(old)


def look(path: Path, *, key: str) -> set[str]:
    """
    Read a whole backup without changing anything; return of which tables it holds the rows.

    :raises Unreadable: another key, or damaged
    :raises Incomplete: it has no table of contents
    """
    # A file takes the list: a full pipe would make the program wait for us, and us for it.
    with TemporaryFile() as contents:
        listing = subprocess.Popen(  # noqa: S603 - found by `programs`
            [programs.find("pg_restore"), "--list"],
            stdin=subprocess.PIPE,
            stdout=contents,
            stderr=subprocess.DEVNULL,
        )
        with listing:
            feed(listing.stdin, path, key=key)
        if listing.returncode:
            raise Incomplete("The backup has no table of contents.")
        contents.seek(0)
        lines = contents.read().decode().splitlines()
    return {line.split()[-2] for line in lines if " TABLE DATA " in line}


def feed(pipe: IO[bytes] | None, path: Path, *, key: str) -> None:
    """Pour an unsealed backup into a program; read it to its end, also where nobody listens."""
    if pipe is None:
        raise AssertionError("started without a pipe")
    listens = True
    with path.open("rb") as file:
        for piece in sealing.unseal(file, key=key):
            if listens:
                try:
                    pipe.write(piece)
                except BrokenPipeError:
                    listens = False
    with suppress(BrokenPipeError):
        pipe.close()


def _dump_into(write: Callable[[bytes], object], key: str, locks_within: timedelta) -> int:
    patience = f"--lock-wait-timeout={locks_within // timedelta(milliseconds=1)}"
    dump = subprocess.Popen(  # noqa: S603 - found by `programs`
        [programs.find("pg_dump"), *_DUMP, patience],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=programs.environment(),
    )
    with dump:
        if dump.stdout is None:
            raise AssertionError("started with a pipe")
        total = sealing.seal(dump.stdout.read, write, key=key)
    if dump.returncode:
        raise ProgramFailed(
            f"pg_dump ended with {dump.returncode}; a table may have been held, as by a migration."
        )
    return total


def _private(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


def _remember_names(directory: Path) -> None:
    """The name itself reaches the disk too."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _complete(tables: set[str]) -> set[str]:
    missing = {model._meta.db_table for model in _kept()} - tables
    if missing:
        raise Incomplete(f"The backup lacks the rows of {len(missing)} tables.")
    return tables


def _kept() -> list[type[Model]]:
    labels = ("clinic", "whatsapp", "reminders", "campaigns", "desk")
    models = [model for label in labels for model in apps.get_app_config(label).get_models()]
    return [model for model in models if model._meta.managed]
