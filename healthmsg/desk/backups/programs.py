"""PostgreSQL's own programs, of a version that knows the server, and how they reach it."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from django.db import connection

from healthmsg.embedded import NotStarted
from healthmsg.embedded.postgres import program as embedded_program

# What libpq reads from its environment: no password among a command's words, which others can see.
_OPTIONS = {
    # As an address says it that leads to a socket: ?host=/run/postgresql.
    "host": "PGHOST",
    "port": "PGPORT",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}


class ProgramFailed(Exception):
    """PostgreSQL's program ended with an error; its words may repeat what stands in rows."""


class NoProgram(Exception):
    """No program of PostgreSQL here is as new as the server."""


def find(name: str) -> str:
    """
    Return the path of one of PostgreSQL's programs.

    :raises NoProgram: none is as new as the server
    """
    wanted = connection.get_database_version()[0]
    for path in _places(name):
        if _major(path) >= wanted:
            return path
    raise NoProgram(f"{name} of PostgreSQL {wanted} or newer is not installed here.")


def environment() -> dict[str, str]:
    """Return the variables by which the programs reach the database that Django uses."""
    settings = connection.settings_dict
    options: dict[str, Any] = settings.get("OPTIONS") or {}
    names = {
        "PGHOST": settings.get("HOST"),
        "PGPORT": settings.get("PORT"),
        "PGUSER": settings.get("USER"),
        "PGPASSWORD": settings.get("PASSWORD"),
        "PGDATABASE": settings["NAME"],
        **{_OPTIONS[name]: value for name, value in options.items() if name in _OPTIONS},
    }
    kept = {"PATH": os.defpath, "LC_ALL": "C", "PGCONNECT_TIMEOUT": "10"}
    return kept | {name: str(value) for name, value in names.items() if value}


def _places(name: str) -> list[str]:
    on_path = shutil.which(name)
    try:
        embedded: Path | None = embedded_program(name)
    except NotStarted:
        embedded = None
    return [str(place) for place in (on_path, embedded) if place is not None]


def _major(path: str) -> int:
    said = subprocess.run(  # noqa: S603 - the path was found above
        [path, "--version"], capture_output=True, text=True, check=False, timeout=20
    )
    found = re.search(r"\(PostgreSQL\) (\d+)", said.stdout)
    return int(found[1]) if found else 0
