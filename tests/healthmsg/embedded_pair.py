"""Real processes that use embedded servers, to be started, asked, and killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psycopg
import redis

from healthmsg.embedded import Location, locks
from healthmsg.embedded.server import command_line

ROOT = Path(__file__).parents[2]

USER = """
import os, sys
from pathlib import Path
from healthmsg.embedded import Location, ensure
ensure(Location(Path(sys.argv[1]), durable=sys.argv[2] == "durable"))
if "fork" in sys.argv and os.fork():
    os._exit(0)
print("ready", os.getpid(), flush=True)
sys.stdin.read()
"""


class Pair:
    """A pair of servers, with the processes of its users."""

    def __init__(self, location: Location) -> None:
        self.location = location
        self.users: list[subprocess.Popen[str]] = []

    def arrive(self, *options: str) -> subprocess.Popen[str]:
        durability = "durable" if self.location.durable else "not-durable"
        user = subprocess.Popen(
            [sys.executable, "-c", USER, str(self.location.directory), durability, *options],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.users.append(user)
        return user

    def arrive_and_wait(self, *options: str) -> subprocess.Popen[str]:
        user = self.arrive(*options)
        assert greeting(user).startswith("ready")
        return user

    def sql(self, statement: str) -> str:
        with psycopg.connect(self.location.database_url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return str(cursor.fetchone()) if cursor.description else ""

    def cache(self) -> "redis.Redis":
        return redis.Redis.from_url(self.location.redis_url)

    def remember(self) -> None:
        self.sql("CREATE TABLE memory AS SELECT 'kept' AS word")

    def remembers(self) -> bool:
        return "kept" in self.sql("SELECT word FROM memory")

    @property
    def keeper(self) -> int:
        return int(self.location.keeper_lock.read_text().split()[-1])

    @property
    def postgres(self) -> int:
        pid_file = self.location.home / "postgres" / "18" / "postmaster.pid"
        return int(pid_file.read_text().split("\n", 1)[0])

    @property
    def valkey(self) -> int:
        return int((self.location.home / "valkey" / "valkey.pid").read_text())

    def log(self) -> str:
        return (self.location.logs / "keeper.log").read_text()

    def is_kept(self) -> bool:
        lock = locks.open_lock(self.location.keeper_lock)
        try:
            return not locks.try_exclusive(lock)
        finally:
            os.close(lock)

    def close(self) -> None:
        for user in self.users:
            leave(user)
        if self.location.keeper_lock.exists():
            wait_until(lambda: not self.is_kept())


def greeting(user: subprocess.Popen[str]) -> str:
    assert user.stdout
    return user.stdout.readline()


def leave(user: subprocess.Popen[str]) -> None:
    for stream in (user.stdin, user.stdout):
        if stream and not stream.closed:
            stream.close()
    user.wait(10)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not command_line(pid))


def wait_until(is_true: Callable[[], bool], seconds: float = 15.0) -> None:
    give_up_at = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < give_up_at, "waited in vain"
        time.sleep(0.02)


def answers(act: Callable[[], object]) -> bool:
    with suppress(psycopg.OperationalError, redis.ConnectionError):
        act()
        return True
    return False
