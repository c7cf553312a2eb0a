"""Runs storms as processes, several at once, each on a copy of one prepared directory."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from healthmsg.embedded import Location
from tests import leftovers
from tests.chaos.table import STORMS

ROOT = Path(__file__).parents[2]
# Settings come from the environment alone; these would lead a storm to somebody's real servers.
_NOT_OURS = ("DATABASE_URL", "REDIS_URL", "WHATSAPP_BASE_URL", "HEALTHMSG_CLOCK", "LD_PRELOAD")
LONGEST_SECONDS = 900
Report = dict[str, Any]


class Runner:
    """One run: prepares once, then any storms in any order, `at_once` of them at a time."""

    def __init__(self, *, at_once: int) -> None:
        self._pool = ThreadPoolExecutor(at_once)
        self._prepared: Path | None = None
        self._preparing = threading.Lock()
        self._lock = -1
        self._blowing: set[subprocess.Popen[bytes]] = set()

    def start(self, name: str, *, seed: int) -> "Future[Report]":
        return self._pool.submit(self._run, name, seed)

    def close(self) -> None:
        """End what still blows; each clears up after itself."""
        for process in tuple(self._blowing):
            process.terminate()
        self._pool.shutdown(cancel_futures=True)
        if self._prepared is not None:
            os.close(self._lock)
            shutil.rmtree(self._prepared, ignore_errors=True)

    def _run(self, name: str, seed: int) -> Report:
        reason = why_not(name)
        if reason:
            return {"name": name, "skipped": reason, "seed": seed}
        prepared = self._prepare()
        directory = leftovers.new_directory()
        mounted = name == "storm_disk" and _mount_small_disk(directory)
        try:
            _run("cp", "-a", f"{prepared}/.", str(directory))
            return {**self._blow(name, seed, directory), "seed": seed}
        finally:
            leftovers.remove(directory, patience=60) if not mounted else _unmount(directory)

    def _blow(self, name: str, seed: int, directory: Path) -> Report:
        told, log = directory / "report.json", directory / "storm.log"
        command = [sys.executable, "-m", "tests.chaos.one", name]
        command += [f"--seed={seed}", f"--report={told}"]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, env=surroundings(directory), stdout=output, stderr=output
            )
        self._blowing.add(process)
        try:
            process.wait(LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait(60)
        finally:
            self._blowing.discard(process)
        if not told.exists():
            return {"name": name, "survived": False, "broke": log.read_text()[-3000:]}
        report: Report = json.loads(told.read_text())
        return report if report["survived"] else {**report, "log": _last_lines(directory)}

    def _prepare(self) -> Path:
        """Make a migrated directory, once; its lock keeps other runs from clearing it away."""
        with self._preparing:
            if self._prepared is None:
                directory = leftovers.new_directory()
                environment = surroundings(directory) | {"HEALTHMSG_VAR_DURABLE": "0"}
                _run(sys.executable, "manage.py", "migrate", "-v0", environment=environment)
                self._lock = _when_free(Location(directory))
                self._prepared = directory
        return self._prepared


def surroundings(directory: Path) -> dict[str, str]:
    """Return the environment of a house that has nothing configured."""
    ours = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
    path = f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}"
    return {
        **ours,
        "PATH": path,
        "DJANGO_SETTINGS_MODULE": "healthmsg.settings",
        "HEALTHMSG_VAR": str(directory),
        "HEALTHMSG_VAR_DURABLE": "1",
    }


def why_not(name: str) -> str:
    """Say why a storm cannot blow here, if it cannot."""
    if STORMS[name].needs_root and os.geteuid() != 0:
        return "only root may mount a small disk or make namespaces"
    if name == "storm_clocks":
        from tests.chaos.storm_clocks import library  # noqa: PLC0415 - it needs Django

        return "" if library() else "libfaketime is not installed (apt-get install faketime)"
    return ""


def line(report: Report) -> str:
    """Return one row of the table that is printed at the end."""
    what = STORMS[report["name"]].what
    if "skipped" in report:
        return f"| {what} | skipped: {report['skipped']} | | | |"
    if "broke" in report:
        return f"| {what} | broke: {report['broke']} | | | |"
    counts = (len(report["lost"]), len(report["doubled"]), report["resent"])
    told = f"{report['arrived']} of {report['messages']}"
    lost, doubled, resent = counts
    return (
        f"| {what} | {told} told | lost {lost} | twice {doubled}, sent again knowingly {resent}"
        f" | stuck {len(report['stuck'])}, not applied {len(report['unapplied'])}, unknown"
        f" {report['unknown']} (at most {report['unknown_at_most']}) | {report['seconds']:.0f} s,"
        f" seed {report['seed']} |"
    )


def table(reports: Iterable[Report]) -> list[str]:
    return [line(report) for report in reports]


def _last_lines(directory: Path) -> str:
    logs = sorted((directory / "processes").glob("*.log"))
    return "\n".join(f"== {log.name}\n{log.read_text()[-1500:]}" for log in logs)


def _when_free(location: Location) -> int:
    """Wait until the servers have stopped; returns the lock that says somebody needs the place."""
    for path in (location.keeper_lock, location.users_lock):
        lock = os.open(path, os.O_RDWR | os.O_CREAT)
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path == location.keeper_lock:
            os.close(lock)
    return lock


def _mount_small_disk(directory: Path) -> bool:
    folder = directory / "postgres"
    folder.mkdir(mode=0o700)
    _run("mount", "-t", "tmpfs", "-o", "size=140m,mode=0700", "tmpfs", str(folder))
    return True


def _unmount(directory: Path) -> None:
    # Waits for the servers first, then removes what is beside the mount.
    leftovers.remove(directory, patience=60)
    subprocess.run(["umount", "-l", str(directory / "postgres")], check=False)
    leftovers.remove(directory, patience=1)


def _run(*command: str, environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr[-2000:]}")
