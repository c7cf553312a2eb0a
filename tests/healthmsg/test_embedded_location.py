"""The embedded servers in awkward places: as root, under long paths, with wrong data."""

import os
import subprocess
import tempfile
from pathlib import Path

import environ
import pytest
import redis

from healthmsg.embedded import Location, NotStarted, account, ensure
from tests.healthmsg.embedded_pair import (
    Pair,
    leave,
)


@pytest.mark.parametrize("mode", [0o700, 0o755], ids=["closed-parent", "open-parent"])
def test_root_serves_from_directories_that_others_may_or_may_not_enter(mode: int) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root runs the servers as somebody else")
    with tempfile.TemporaryDirectory() as parent:
        Path(parent).chmod(mode)
        pair = Pair(Location(Path(parent) / "var", durable=False))

        pair.arrive_and_wait()

        assert Path(f"/proc/{pair.postgres}").stat().st_uid != 0
        assert Path(f"/proc/{pair.valkey}").stat().st_uid != 0
        assert pair.sql("SELECT 1") == "(1,)"
        pair.close()


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
    pair = Pair(Location(tmp_path / folder, durable=False))

    user = pair.arrive_and_wait()

    run = pair.location.run
    assert len(str(pair.location.postgres_socket)) <= 107
    assert run.stat().st_mode & 0o077 == 0
    assert pair.sql("SELECT 1") == "(1,)"
    assert pair.cache().ping()
    leave(user)
    pair.close()
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
    Pair(location).close()


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
