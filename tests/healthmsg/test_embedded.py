"""The embedded servers: shared, adopted, restarted, stopped after the last user."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import environ
import psycopg
import pytest
import redis

from healthmsg.embedded import Location, NotStarted, account, ensure, locks
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


class Clinic:
    """A location with the processes that use it."""

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


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    clinic = Clinic(Location(tmp_path / "var", durable=False))
    yield clinic
    clinic.close()


@pytest.fixture
def durable_clinic(tmp_path: Path) -> Iterator[Clinic]:
    # What is not durable may lose the last commits to a kill -9 of PostgreSQL.
    clinic = Clinic(Location(tmp_path / "var"))
    yield clinic
    clinic.close()


def test_two_processes_share_one_pair_which_stops_with_the_last(clinic: Clinic) -> None:
    first, second = clinic.arrive_and_wait(), clinic.arrive_and_wait()
    postgres, valkey = clinic.postgres, clinic.valkey

    leave(first)
    time.sleep(0.5)
    assert clinic.sql("SELECT 1") == "(1,)"
    assert clinic.cache().ping()
    assert (clinic.postgres, clinic.valkey) == (postgres, valkey)

    leave(second)
    wait_until(lambda: not clinic.is_kept())
    assert not command_line(postgres)
    assert not command_line(valkey)


def test_two_that_arrive_together_start_one_pair(clinic: Clinic) -> None:
    together = [clinic.arrive(), clinic.arrive(), clinic.arrive()]

    assert all(greeting(user).startswith("ready") for user in together)

    assert clinic.log().count("postgres started") == 1
    assert clinic.log().count("valkey-server started") == 1


def test_a_killed_user_takes_nothing_along(clinic: Clinic) -> None:
    victim, other = clinic.arrive_and_wait(), clinic.arrive_and_wait()

    victim.kill()
    victim.wait(10)
    time.sleep(0.5)

    assert clinic.sql("SELECT 1") == "(1,)"
    other.kill()
    wait_until(lambda: not clinic.is_kept())


def test_a_forked_child_keeps_the_servers_after_its_parent(clinic: Clinic) -> None:
    parent = clinic.arrive_and_wait("fork")

    parent.wait(10)
    time.sleep(0.5)

    assert clinic.sql("SELECT 1") == "(1,)"
    leave(parent)
    wait_until(lambda: not clinic.is_kept())


def test_one_process_may_ask_twice(clinic: Clinic) -> None:
    program = USER.replace("print(", "ensure(Location(Path(sys.argv[1]), durable=False))\nprint(")

    command = [sys.executable, "-c", program, str(clinic.location.directory), "not-durable"]
    done = subprocess.run(command, cwd=ROOT, input=b"", capture_output=True, check=True)

    assert done.stdout.startswith(b"ready")
    assert done.stderr == b""
    assert clinic.log().count("postgres started") == 1


def test_whoever_arrives_while_the_servers_stop_gets_new_ones(clinic: Clinic) -> None:
    for _ in range(4):
        user = clinic.arrive_and_wait()
        leave(user)
        time.sleep(0.15)

    clinic.arrive_and_wait()
    assert clinic.sql("SELECT 1") == "(1,)"


def test_servers_of_a_killed_keeper_are_adopted(clinic: Clinic) -> None:
    first = clinic.arrive_and_wait()
    clinic.remember()
    dead_keeper, postgres, valkey = clinic.keeper, clinic.postgres, clinic.valkey

    kill(dead_keeper)
    second = clinic.arrive_and_wait()

    assert clinic.keeper != dead_keeper
    assert (clinic.postgres, clinic.valkey) == (postgres, valkey)
    assert clinic.remembers()
    leave(first)
    leave(second)
    wait_until(lambda: not clinic.is_kept())
    assert not command_line(postgres)
    assert not command_line(valkey)


def test_an_adopted_server_that_is_killed_comes_back(clinic: Clinic) -> None:
    clinic.arrive_and_wait()
    kill(clinic.keeper)
    clinic.arrive_and_wait()

    kill(clinic.postgres)

    wait_until(lambda: answers(lambda: clinic.sql("SELECT 1")))


def test_everything_killed_at_once_starts_again_with_its_data(durable_clinic: Clinic) -> None:
    user = durable_clinic.arrive_and_wait()
    durable_clinic.remember()

    for pid in (durable_clinic.keeper, durable_clinic.postgres, durable_clinic.valkey, user.pid):
        os.kill(pid, signal.SIGKILL)
    durable_clinic.arrive_and_wait()

    assert durable_clinic.remembers()
    assert durable_clinic.cache().ping()


def test_a_killed_postgres_comes_back_with_its_data(durable_clinic: Clinic) -> None:
    durable_clinic.arrive_and_wait()
    durable_clinic.remember()
    dead = durable_clinic.postgres

    kill(dead)
    wait_until(lambda: answers(lambda: durable_clinic.sql("SELECT 1")), seconds=5)

    assert durable_clinic.postgres != dead
    assert durable_clinic.remembers()
    assert "postgres died, starting it again" in durable_clinic.log()


def test_a_killed_valkey_comes_back(clinic: Clinic) -> None:
    clinic.arrive_and_wait()
    dead = clinic.valkey

    kill(dead)
    wait_until(lambda: answers(clinic.cache().ping), seconds=5)

    assert clinic.valkey != dead


def test_an_interrupted_creation_is_done_again(clinic: Clinic) -> None:
    victim = clinic.arrive()
    wait_until(lambda: any((clinic.location.home / "postgres").glob("new-*/global")))

    victim.kill()
    kill(clinic.keeper)
    clinic.arrive_and_wait()

    assert clinic.sql("SELECT 1") == "(1,)"
    wait_until(lambda: len(list((clinic.location.home / "postgres").iterdir())) == 1)


def test_a_pid_file_whose_number_another_program_has_now_is_passed(clinic: Clinic) -> None:
    leave(clinic.arrive_and_wait())
    wait_until(lambda: not clinic.is_kept())
    data = clinic.location.home / "postgres" / "18"
    owner = data.stat()
    stranger = subprocess.Popen(["sleep", "60"], user=owner.st_uid)
    pid_file = data / "postmaster.pid"
    pid_file.write_text(f"{stranger.pid}\n{data}\n")
    os.chown(pid_file, owner.st_uid, owner.st_gid)

    try:
        clinic.arrive_and_wait()
        assert clinic.sql("SELECT 1") == "(1,)"
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_durable_servers_keep_their_data(durable_clinic: Clinic) -> None:
    user = durable_clinic.arrive_and_wait()
    durable_clinic.remember()
    durable_clinic.cache().set("word", "kept")
    leave(user)
    wait_until(lambda: not durable_clinic.is_kept())

    durable_clinic.arrive_and_wait()

    assert durable_clinic.remembers()
    assert durable_clinic.cache().get("word") == b"kept"
    assert durable_clinic.sql("SHOW fsync") == "('on',)"


@pytest.mark.parametrize("mode", [0o700, 0o755], ids=["closed-parent", "open-parent"])
def test_root_serves_from_directories_that_others_may_or_may_not_enter(mode: int) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root runs the servers as somebody else")
    with tempfile.TemporaryDirectory() as parent:
        Path(parent).chmod(mode)
        clinic = Clinic(Location(Path(parent) / "var", durable=False))

        clinic.arrive_and_wait()

        assert Path(f"/proc/{clinic.postgres}").stat().st_uid != 0
        assert Path(f"/proc/{clinic.valkey}").stat().st_uid != 0
        assert clinic.sql("SELECT 1") == "(1,)"
        clinic.close()


def test_root_runs_programs_that_others_may_not_reach_as_somebody_else(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root runs the servers as somebody else")
    tmp_path.chmod(0o700)
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\ntest -x "$0" && test -r "$0" && id -u\n')
    program.chmod(0o755)

    nobody = account.choose(tmp_path, tmp_path / "none", (program,))
    done = subprocess.run([*nobody.prefix, program], capture_output=True, check=True)

    assert int(done.stdout) == nobody.uid != 0


@pytest.mark.parametrize("folder", ["x" * 120, "clínica del sol, 2"], ids=["too-long", "odd"])
def test_a_path_unfit_for_sockets_gets_a_short_one(tmp_path: Path, folder: str) -> None:
    clinic = Clinic(Location(tmp_path / folder, durable=False))

    user = clinic.arrive_and_wait()

    run = clinic.location.run
    assert len(str(clinic.location.postgres_socket)) <= 107
    assert run.stat().st_mode & 0o077 == 0
    assert clinic.sql("SELECT 1") == "(1,)"
    assert clinic.cache().ping()
    leave(user)
    clinic.close()
    assert not run.exists()


def test_a_sockets_directory_made_by_somebody_else_is_refused(tmp_path: Path) -> None:
    location = Location(tmp_path / ("x" * 120), durable=False)
    trap = tmp_path / "trap"
    trap.mkdir()
    location.run.symlink_to(trap)

    try:
        with pytest.raises(NotStarted):
            ensure(location)
    finally:
        location.run.unlink()
    assert not any(trap.iterdir())


def test_a_failing_start_shows_the_end_of_the_log(tmp_path: Path) -> None:
    location = Location(tmp_path / "var", durable=False)
    (tmp_path / "var" / "postgres" / "18").mkdir(parents=True)
    if os.geteuid() == 0:
        os.chown(tmp_path / "var" / "postgres" / "18", 65534, 65534)

    with pytest.raises(NotStarted, match="does not start") as caught:
        ensure(location)

    assert "FATAL" in str(caught.value) or "could not access" in str(caught.value)
    Clinic(location).close()


def test_durable_users_refuse_servers_that_are_not(clinic: Clinic) -> None:
    clinic.arrive_and_wait()

    with pytest.raises(NotStarted, match="durability"):
        ensure(Location(clinic.location.directory, durable=True))


def test_django_environ_and_redis_read_the_addresses(tmp_path: Path) -> None:
    location = Location(tmp_path / "var")

    from_url = environ.Env.db_url_config(location.database_url)
    settings = location.database_settings()

    assert from_url["ENGINE"] == settings["ENGINE"]
    assert (from_url["NAME"], from_url["USER"]) == (settings["NAME"], settings["USER"])
    assert from_url["OPTIONS"] == {"host": settings["HOST"]}
    arguments = redis.Redis.from_url(location.redis_url).connection_pool.connection_kwargs
    assert arguments["path"] == str(location.valkey_socket)
    assert not location.directory.exists()
