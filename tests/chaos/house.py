"""The house of one storm: every process of the Procfile really running, on servers of its own."""

import contextlib
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tests.running_house import free_port, wait_for_port
from tests.sandbox_process import SandboxProcess

if TYPE_CHECKING:
    from tests.chaos.practice import Practice

ROOT = Path(__file__).parents[2]
PROCESSES = ("door", "sender", "inbox", "worker", "beat", "web")
# As a service manager does: a dead process stands up again after a moment.
STANDS_UP_AFTER = 0.5


def procfile() -> dict[str, str]:
    """Return the command of each process, as the README tells a clinic to run it."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    parts = (line.partition(": ") for line in lines if line and not line.startswith("#"))
    return {name: command for name, _, command in parts}


class Processes:
    """Starts, kills, freezes; whatever dies by itself or is killed stands up again."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self._directory = directory
        self._environment = dict(environment)
        self._commands: dict[str, list[str]] = {}
        self._extra: dict[str, Mapping[str, str]] = {}
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.starts = 0
        # Groups of all that ever ran: a killed parent's children go on alone for a while.
        self._groups: set[int] = set()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._watching = threading.Thread(target=self._watch, daemon=True)

    def start(
        self,
        name: str,
        line: str,
        *,
        before: tuple[str, ...] = (),
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Start a command line in a process group of its own, and keep it standing."""
        with self._lock:
            self._commands[name] = [*before, "sh", "-c", f"exec {line}"]
            self._extra[name] = variables or {}
            self._launch(name)
        if not self._watching.is_alive():
            self._watching.start()

    def kill(self, name: str) -> None:
        """Kill a process with everything it has started: no last words."""
        self.signal(name, signal.SIGKILL)

    def kill_a_child(self, name: str, rng: random.Random) -> None:
        """Kill one child of a pool, or the parent over its children's heads."""
        pid = self.running[name].pid
        command = ["ps", "-o", "pid=", "--ppid", str(pid)]
        listed = subprocess.run(command, capture_output=True, check=False)
        chosen = rng.choice([pid, *(int(one) for one in listed.stdout.split())])
        with contextlib.suppress(ProcessLookupError):
            os.kill(chosen, signal.SIGKILL)

    def signal(self, name: str, signum: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.running[name].pid, signum)

    def drop(self, name: str) -> None:
        """Kill a process for good."""
        with self._lock:
            self._commands.pop(name)
            self.signal(name, signal.SIGKILL)
            self.running.pop(name).wait()

    def end(self) -> None:
        """End everything, first politely."""
        self._ended.set()
        if self._watching.is_alive():
            self._watching.join()
        for name in self.running:
            self.signal(name, signal.SIGCONT)
            self.signal(name, signal.SIGTERM)
        give_up_at = time.monotonic() + 10
        for process in self.running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, give_up_at - time.monotonic()))
        for group in self._groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        for process in self.running.values():
            process.wait()

    def _launch(self, name: str) -> None:
        self.starts += 1
        with (self._directory / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                self._commands[name],
                cwd=ROOT,
                env={**self._environment, **self._extra[name]},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._groups.add(self.running[name].pid)

    def _watch(self) -> None:
        while not self._ended.wait(STANDS_UP_AFTER):
            with self._lock:
                for name in self._commands:
                    if self.running[name].poll() is not None:
                        # What it leaves behind goes on alone until it ends by itself.
                        self._launch(name)


class House:
    """One storm's surroundings: sandbox, processes, servers, chance, and a log of what was done."""

    def __init__(
        self, directory: Path, sandbox: SandboxProcess, processes: Processes, seed: int
    ) -> None:
        self.directory = directory
        self.sandbox = sandbox
        self.processes = processes
        self.rng = random.Random(seed)  # noqa: S311 - chance, not secrets
        self.began = time.monotonic()
        self.notes: list[str] = []
        # Of calls cut off while no receipts could come, nobody can know: so many at most.
        self.unknown_at_most = 0
        self.ports = {"DOOR_PORT": str(free_port()), "PORT": str(free_port())}
        self.practices: list[Practice] = []
        self.after: list[Callable[[], object]] = []
        self.facts: dict[str, float] = {}

    def say(self, what: str) -> None:
        self.notes.append(f"{time.monotonic() - self.began:6.1f} s  {what}")
        print(self.notes[-1], flush=True)

    def begin(self) -> None:
        """Start every process of the Procfile."""
        commands = procfile()
        for name in PROCESSES:
            self.processes.start(name, commands[name], variables=self.ports)

    def open(self) -> None:
        """Wait until the door stands open, and tell WhatsApp where it is."""
        port = self.ports["DOOR_PORT"]
        wait_for_port(int(port), seconds=60)
        url = f"http://127.0.0.1:{port}/webhooks/whatsapp"
        self.sandbox.settings(webhooks=True, webhook_url=url)

    def pause(self, shortest: float, longest: float) -> None:
        time.sleep(self.rng.uniform(shortest, longest))

    # The servers. They belong to this storm alone.

    def redis_pid(self) -> int:
        return int((self.directory / "valkey" / "valkey.pid").read_text())

    def postgres_pid(self) -> int:
        pid_file = next((self.directory / "postgres").rglob("postmaster.pid"))
        return int(pid_file.read_text().split()[0])

    @contextlib.contextmanager
    def without(self, pid: int, signum: signal.Signals, *, seconds: float) -> Iterator[None]:
        """End a server and keep it away so long: the keeper would bring it back at once."""
        keeper = int((self.directory / "keeper.lock").read_text().split()[-1])
        os.kill(keeper, signal.SIGSTOP)
        gone_at = time.monotonic()
        try:
            os.kill(pid, signum)
            yield
            time.sleep(max(0.0, gone_at + seconds - time.monotonic()))
        finally:
            os.kill(keeper, signal.SIGCONT)
