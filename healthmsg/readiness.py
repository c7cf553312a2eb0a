"""Whether a process can do its work: database, migrations, Redis and settings, each by itself."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from psycopg import sql
from redis import Redis
from redis.exceptions import RedisError

# A probe that waits longer tells nobody anything.
WITHIN_SECONDS = 2
OK, GONE, MISSING = "ok", "gone", "missing"


@dataclass
class Readiness:
    """A word for each part; names of variables and migrations, never their values."""

    parts: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)

    @property
    def is_ready(self) -> bool:
        return all(word == OK for word in self.parts.values())

    def as_json(self) -> dict[str, Any]:
        return {"ready": self.is_ready, "parts": self.parts, "missing": self.missing}


def look() -> Readiness:
    """Ask everything anew, over connections of its own: a used-up pool must not hide the answer."""
    found = Readiness({"database": GONE, "migrations": GONE, "redis": GONE, "settings": OK})
    try:
        _ask_database(found)
    except psycopg.Error:
        found.parts["settings"] = GONE  # nobody knows whether a clinic is live
    try:
        with Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=WITHIN_SECONDS,
            socket_connect_timeout=WITHIN_SECONDS,
        ) as redis:
            redis.ping()
        found.parts["redis"] = OK
    except RedisError:
        pass
    return found


def _ask_database(found: Readiness) -> None:
    parameters = connection.get_connection_params()
    for ours in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(ours, None)
    parameters["connect_timeout"] = WITHIN_SECONDS
    with psycopg.connect(**parameters, autocommit=True) as own:
        own.execute(f"SET statement_timeout = {WITHIN_SECONDS * 1000}")
        found.parts["database"] = OK
        missing = _unapplied(own)
        found.parts["migrations"] = MISSING if missing else OK
        found.missing += missing
        if not missing and settings.MISSING_FOR_LIVE and _is_any_live(own):
            found.parts["settings"] = MISSING
            found.missing += settings.MISSING_FOR_LIVE


def _unapplied(own: "psycopg.Connection[Any]") -> list[str]:
    table = own.execute("SELECT to_regclass('django_migrations') IS NOT NULL").fetchone()
    applied: set[tuple[str, str]] = set()
    if table and table[0]:
        applied = set(own.execute("SELECT app, name FROM django_migrations").fetchall())
    return [f"{app}.{name}" for app, name in _migrations() if (app, name) not in applied]


@lru_cache(maxsize=1)
def _migrations() -> tuple[tuple[str, str], ...]:
    """Return every migration of this release; they do not change while a process lives."""
    return tuple(sorted(MigrationLoader(None).disk_migrations))


def _is_any_live(own: "psycopg.Connection[Any]") -> bool:
    query = sql.SQL("SELECT EXISTS (SELECT FROM clinic_clinic WHERE mode = 'LIVE')")
    row = own.execute(query).fetchone()
    return bool(row and row[0])
