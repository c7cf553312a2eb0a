"""The real receiver under granian, on the tests' own servers and a free port."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from healthmsg.embedded import Location


@dataclass(frozen=True)
class Door:
    """Where it listens, and how to speak to it."""

    port: int
    pid: int

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            line.request(method, path, body or None, dict(headers or {}))
            answer = line.getresponse()
            return answer.status, answer.read()
        finally:
            line.close()


def surroundings(location: Location, *, database: str) -> dict[str, str]:
    """The variables that bring a process to this database of the embedded servers."""
    return {
        "DJANGO_SETTINGS_MODULE": "healthmsg.settings",
        "DATABASE_URL": location.database_url.replace("@/healthmsg", f"@/{database}"),
        "REDIS_URL": location.redis_url,
    }


@contextmanager
def open_door(variables: Mapping[str, str]) -> Iterator[Door]:
    """Start it, wait until it stands ready, and stop it in the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [sys.executable, "-m", "granian", "--interface", "rsgi", "--port", str(port)]
    command += ["--log-level", "warning", "--http1-header-read-timeout", "1000"]
    process = subprocess.Popen(
        [*command, "whatsapp.door:application"], env={**os.environ, **variables}
    )
    door = Door(port, process.pid)
    try:
        _wait_until_ready(door)
        yield door
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(door: Door) -> None:
    for _ in range(300):
        try:
            if door.ask("GET", "/healthz")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the receiver did not stand up")
