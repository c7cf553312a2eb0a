"""Where the embedded servers of one checkout live and how they are reached; starts nothing."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

NAME = "healthmsg"
"""The role and the database."""

PORT = "5432"
"""Only part of the socket's name: nothing listens on TCP."""

# Linux takes 107 bytes, macOS 103.
_LONGEST_SOCKET_PATH = 103

# What needs no quoting in a URL, in libpq's list of hosts, or in a list of directories.
_PLAIN = re.compile(r"[A-Za-z0-9_./-]+")


@dataclass(frozen=True)
class Location:
    """A directory for one pair of servers: the checkout's `var/`, or a temporary one."""

    directory: Path
    durable: bool = True
    """False gives up safety against power cuts for speed: tests only."""

    @property
    def home(self) -> Path:
        return self.directory.resolve()

    @property
    def run(self) -> Path:
        """The directory of the sockets; outside `home` where its path is too long for a socket."""
        inside = self.home / "run"
        longest = os.fsencode(inside / f".s.PGSQL.{PORT}")
        if len(longest) <= _LONGEST_SOCKET_PATH and _PLAIN.fullmatch(str(inside)):
            return inside
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        # Short and the same for all, so not TMPDIR. The keeper refuses it if others made it.
        return Path(f"/tmp/{NAME}-{digest}-{os.getuid()}")  # noqa: S108

    @property
    def logs(self) -> Path:
        return self.home / "log"

    @property
    def users_lock(self) -> Path:
        return self.home / "users.lock"

    @property
    def keeper_lock(self) -> Path:
        return self.home / "keeper.lock"

    @property
    def postgres_socket(self) -> Path:
        return self.run / f".s.PGSQL.{PORT}"

    @property
    def valkey_socket(self) -> Path:
        return self.run / "valkey.sock"

    @property
    def database_url(self) -> str:
        """As libpq and django-environ read it."""
        return f"postgresql://{NAME}@/{NAME}?host={quote(str(self.run), safe='')}"

    @property
    def redis_url(self) -> str:
        """As redis-py reads it; Celery's word for `unix://` is `redis+socket://`."""
        return f"unix://{self.valkey_socket}"

    def database_settings(self) -> dict[str, str]:
        """The entry for Django's DATABASES, without options."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": NAME,
            "USER": NAME,
            "PASSWORD": "",
            "HOST": str(self.run),
            "PORT": PORT,
        }
