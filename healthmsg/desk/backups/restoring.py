"""Brings a backup back into an empty database, in which everything stands still from the start."""

import subprocess
import threading
from contextlib import suppress
from pathlib import Path

from django.core.management import call_command
from django.db import connection

from healthmsg.desk.backups import dumping, programs
from healthmsg.desk.backups.models import Cause
from healthmsg.desk.backups.programs import ProgramFailed
from healthmsg.desk.backups.standstills import HELD_FOR

_PIECE = 1 << 20
# In the transaction that brings the rows: no process ever sees them without it.
_HOLD = f"""
-- A dump leaves no path behind, and the switch's own trigger looks for the audit's table.
SET search_path = public;
INSERT INTO public.whatsapp_switch (name, held_at, held_reason)
VALUES ('everything', now(), '{HELD_FOR[Cause.RESTORED]}')
ON CONFLICT (name) DO UPDATE SET held_at = now(), held_reason = excluded.held_reason,
                                 held_by_id = NULL;
"""  # noqa: S608 - of our own words alone


class NotEmpty(Exception):
    """The database has tables; a backup replaces none."""


def restore(path: Path, *, key: str) -> None:
    """
    Bring a backup back, and the tables up to this release; it is read to its end first.

    :raises Unreadable: another key, or damaged; nothing was changed
    :raises NotEmpty: there are tables; nothing was changed
    :raises ProgramFailed: PostgreSQL's program ended with an error; nothing was changed
    """
    dumping.look(path, key=key)
    if connection.introspection.table_names():
        raise NotEmpty("The database is not empty.")
    connection.close()
    _pour(path, key)
    call_command("migrate", verbosity=0, interactive=False)


def _pour(path: Path, key: str) -> None:
    reader = subprocess.Popen(  # noqa: S603 - found by `programs`
        [programs.find("pg_restore"), "--file=-", "--no-owner", "--no-privileges"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    writer = subprocess.Popen(  # noqa: S603 - found by `programs`
        [
            programs.find("psql"),
            *("--quiet", "--no-psqlrc", "--single-transaction"),
            *("--set=ON_ERROR_STOP=1", "--output=/dev/null", "--file=-"),
        ],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=programs.environment(),
    )
    feeding = threading.Thread(target=_feed, args=(reader, path, key))
    with reader, writer:
        feeding.start()
        _copy(reader, writer)
        feeding.join()
    if reader.returncode or writer.returncode:
        raise ProgramFailed(f"pg_restore {reader.returncode}, psql {writer.returncode}.")


def _feed(reader: subprocess.Popen[bytes], path: Path, key: str) -> None:
    try:
        dumping.feed(reader.stdin, path, key=key)
    except Exception:
        # Without its end nothing of it may count.
        reader.kill()
        raise


def _copy(reader: subprocess.Popen[bytes], writer: subprocess.Popen[bytes]) -> None:
    if reader.stdout is None or writer.stdin is None:
        raise AssertionError("started with pipes")
    with suppress(BrokenPipeError):
        while piece := reader.stdout.read(_PIECE):
            writer.stdin.write(piece)
        if reader.wait():
            # An end of file would commit what came so far.
            writer.kill()
            return
        writer.stdin.write(_HOLD.encode())
        writer.stdin.close()
