"""The embedded servers: shared, adopted, restarted, stopped after the last user."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from healthmsg.embedded import Location, NotStarted, ensure
from healthmsg.embedded.server import command_line
from tests.healthmsg.embedded_pair import (
    ROOT,
    USER,
    Pair,
    answers,
    greeting,
    kill,
    leave,
    wait_until,
)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    pair = Pair(Location(tmp_path / "var", durable=False))
    yield pair
    pair.close()


@pytest.fixture
def durable_pair(tmp_path: Path) -> Iterator[Pair]:
    # What is not durable may lose the last commits to a kill -9 of PostgreSQL.
    pair = Pair(Location(tmp_path / "var"))
    yield pair
    pair.close()


def test_two_processes_share_one_pair_which_stops_with_the_last(pair: Pair) -> None:
    first, second = pair.arrive_and_wait(), pair.arrive_and_wait()
    postgres, valkey = pair.postgres, pair.valkey

    leave(first)
    time.sleep(0.5)
    assert pair.sql("SELECT 1") == "(1,)"
    assert pair.cache().ping()
    assert (pair.postgres, pair.valkey) == (postgres, valkey)

    leave(second)
    wait_until(lambda: not pair.is_kept())
    assert not command_line(postgres)
    assert not command_line(valkey)


def test_two_that_arrive_together_start_one_pair(pair: Pair) -> None:
    together = [pair.arrive(), pair.arrive(), pair.arrive()]

    assert all(greeting(user).startswith("ready") for user in together)

    assert pair.log().count("postgres started") == 1
    assert pair.log().count("valkey-server started") == 1


def test_a_killed_user_takes_nothing_along(pair: Pair) -> None:
    victim, other = pair.arrive_and_wait(), pair.arrive_and_wait()

    victim.kill()
    victim.wait(10)
    time.sleep(0.5)

    assert pair.sql("SELECT 1") == "(1,)"
    other.kill()
    wait_until(lambda: not pair.is_kept())


def test_a_forked_child_keeps_the_servers_after_its_parent(pair: Pair) -> None:
    parent = pair.arrive_and_wait("fork")

    parent.wait(10)
    time.sleep(0.5)

    assert pair.sql("SELECT 1") == "(1,)"
    leave(parent)
    wait_until(lambda: not pair.is_kept())


def test_one_process_may_ask_twice(pair: Pair) -> None:
    program = USER.replace("print(", "ensure(Location(Path(sys.argv[1]), durable=False))\nprint(")

    command = [sys.executable, "-c", program, str(pair.location.directory), "not-durable"]
    done = subprocess.run(command, cwd=ROOT, input=b"", capture_output=True, check=True)

    assert done.stdout.startswith(b"ready")
    assert done.stderr == b""
    assert pair.log().count("postgres started") == 1


def test_whoever_arrives_while_the_servers_stop_gets_new_ones(pair: Pair) -> None:
    for _ in range(4):
        user = pair.arrive_and_wait()
        leave(user)
        time.sleep(0.15)

    pair.arrive_and_wait()
    assert pair.sql("SELECT 1") == "(1,)"


def test_servers_of_a_killed_keeper_are_adopted(pair: Pair) -> None:
    first = pair.arrive_and_wait()
    pair.remember()
    dead_keeper, postgres, valkey = pair.keeper, pair.postgres, pair.valkey

    kill(dead_keeper)
    second = pair.arrive_and_wait()

    assert pair.keeper != dead_keeper
    assert (pair.postgres, pair.valkey) == (postgres, valkey)
    assert pair.remembers()
    leave(first)
    leave(second)
    wait_until(lambda: not pair.is_kept())
    assert not command_line(postgres)
    assert not command_line(valkey)


def test_an_adopted_server_that_is_killed_comes_back(pair: Pair) -> None:
    pair.arrive_and_wait()
    kill(pair.keeper)
    pair.arrive_and_wait()

    kill(pair.postgres)

    wait_until(lambda: answers(lambda: pair.sql("SELECT 1")))


def test_everything_killed_at_once_starts_again_with_its_data(durable_pair: Pair) -> None:
    user = durable_pair.arrive_and_wait()
    durable_pair.remember()

    for pid in (durable_pair.keeper, durable_pair.postgres, durable_pair.valkey, user.pid):
        os.kill(pid, signal.SIGKILL)
    durable_pair.arrive_and_wait()

    assert durable_pair.remembers()
    assert durable_pair.cache().ping()


def test_a_killed_postgres_comes_back_with_its_data(durable_pair: Pair) -> None:
    durable_pair.arrive_and_wait()
    durable_pair.remember()
    dead = durable_pair.postgres

    kill(dead)
    wait_until(lambda: answers(lambda: durable_pair.sql("SELECT 1")), seconds=5)

    assert durable_pair.postgres != dead
    assert durable_pair.remembers()
    assert "postgres died, starting it again" in durable_pair.log()


def test_a_killed_valkey_comes_back(pair: Pair) -> None:
    pair.arrive_and_wait()
    dead = pair.valkey

    kill(dead)
    wait_until(lambda: answers(pair.cache().ping), seconds=5)

    assert pair.valkey != dead


def test_an_interrupted_creation_is_done_again(pair: Pair) -> None:
    victim = pair.arrive()
    wait_until(lambda: any((pair.location.home / "postgres").glob("new-*/global")))

    victim.kill()
    kill(pair.keeper)
    pair.arrive_and_wait()

    assert pair.sql("SELECT 1") == "(1,)"
    wait_until(lambda: len(list((pair.location.home / "postgres").iterdir())) == 1)


def test_a_pid_file_whose_number_another_program_has_now_is_passed(pair: Pair) -> None:
    leave(pair.arrive_and_wait())
    wait_until(lambda: not pair.is_kept())
    data = pair.location.home / "postgres" / "18"
    owner = data.stat()
    stranger = subprocess.Popen(["sleep", "60"], user=owner.st_uid)
    pid_file = data / "postmaster.pid"
    pid_file.write_text(f"{stranger.pid}\n{data}\n")
    os.chown(pid_file, owner.st_uid, owner.st_gid)

    try:
        pair.arrive_and_wait()
        assert pair.sql("SELECT 1") == "(1,)"
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_durable_servers_keep_their_data(durable_pair: Pair) -> None:
    user = durable_pair.arrive_and_wait()
    durable_pair.remember()
    durable_pair.cache().set("word", "kept")
    leave(user)
    wait_until(lambda: not durable_pair.is_kept())

    durable_pair.arrive_and_wait()

    assert durable_pair.remembers()
    assert durable_pair.cache().get("word") == b"kept"
    assert durable_pair.sql("SHOW fsync") == "('on',)"


def test_durable_users_refuse_servers_that_are_not(pair: Pair) -> None:
    pair.arrive_and_wait()

    with pytest.raises(NotStarted, match="durability"):
        ensure(Location(pair.location.directory, durable=True))
