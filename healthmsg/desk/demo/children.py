"""The demo's processes: none outlives it, whatever ends it."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
# As `house.build` enters it at the desk; its name is what the phones call the clinic.
NUMBER = "100000000000001=+54 11 5555-0000=Aurora Health"
# Ports that are this demo's, as long as they stand here.
_taken: list[socket.socket] = []


class NotUp(Exception):
    """The demo could not come up, or go on; the message says what to look at."""


@dataclass(frozen=True)
class Ports:
    web: int
    door: int
    sandbox: int


def free_ports(wanted_web: int) -> Ports:
    """Take the wanted port for the web where it is free, and free ones for the rest."""
    return Ports(web_port(wanted_web), _any_free(), _any_free())


def web_port(wanted: int) -> int:
    """Take the wanted port where it is free, else another; no other demo takes it meanwhile."""
    return wanted if wanted and _take(wanted) else _any_free()


def commands(ports: Ports, *, zone: str) -> dict[str, list[str]]:
    """
    Return each process's command, by the name its log gets.

    :param zone: of the clinic, and so of its patients' phones
    """
    celery = ["-m", "celery", "-A", "healthmsg", "-q"]
    worker = ["--pool=solo", "--loglevel=INFO", "--without-gossip", "--without-mingle"]
    return {
        "sandbox": [
            "-m",
            "whatsapp.sandbox",
            f"--port={ports.sandbox}",
            # The demo's clinic may stand where Meta delivers no marketing.
            "--marketing-to-us",
            "--no-pair-limits",
            f"--webhook-url=http://127.0.0.1:{ports.door}/webhooks/whatsapp",
            f"--number={NUMBER}",
            f"--time-zone={zone}",
            "--pace=0.25",
            "--throughput=200",
        ],
        "door": [
            "-m",
            "granian",
            "--interface",
            "rsgi",
            "--host",
            "127.0.0.1",
            "--port",
            str(ports.door),
            "--log-level",
            "warning",
            "whatsapp.door:application",
        ],
        "web": [
            "-m",
            "uvicorn",
            "healthmsg.asgi:application",
            "--host",
            "127.0.0.1",
            "--port",
            str(ports.web),
            "--log-level",
            "warning",
        ],
        "sender": [*celery, "worker", "-Q", "sender", "-n", "sender@%h", *worker],
        "inbox": [*celery, "worker", "-Q", "inbox", "-n", "inbox@%h", *worker],
        "worker": [*celery, "worker", "-Q", "default,housekeeping", "-n", "worker@%h", *worker],
        "beat": [*celery, "beat", "--loglevel=WARNING", "--pidfile="],
    }


class Children:
    """Processes with their logs; closing ends them, and so does the death of this process."""

    def __init__(self, logs: Path, environment: Mapping[str, str]) -> None:
        self._logs = logs
        self._environment = dict(environment)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, command: list[str]) -> None:
        log = (self._logs / f"{name}.log").open("wb")
        self._running[name] = subprocess.Popen(  # noqa: S603 - our own interpreter and modules
            [sys.executable, *command],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # A session of its own: Ctrl-C reaches the demo alone, which then ends them in order.
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - one libc call, no locks
        )
        log.close()

    def fallen(self) -> str:
        """Return the name of a process that ended by itself, or ""."""
        return next((n for n, p in self._running.items() if p.poll() is not None), "")

    def wait_for_port(self, name: str, port: int, *, seconds: float = 30.0) -> None:
        """
        Wait until a process answers on its port.

        :raises NotUp: it ended, or did not answer in time
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return
            if self._running[name].poll() is not None:
                break
            time.sleep(0.05)
        raise NotUp(f"{name} did not come up; see {self._logs / name}.log")

    def end(self, *names: str) -> None:
        """End some: politely, and after ten seconds not."""
        ending = {name: self._running[name] for name in names}
        for process in ending.values():
            with suppress(ProcessLookupError):
                process.terminate()
        deadline = time.monotonic() + 10
        for name, process in ending.items():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            del self._running[name]

    def close(self) -> None:
        """End all, the last that was started first."""
        self.end(*reversed(self._running))


def _die_with_parent() -> None:
    # Linux alone; elsewhere the embedded servers still end by their lock, and the children when
    # the demo is ended in any way but kill -9.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _any_free() -> int:
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if _take(port):
            return port


def _take(port: int) -> bool:
    """
    Hold a port for as long as this program lives; False where it is not free.

    Seconds pass until the child that is to have it binds it, and another demo that looks meanwhile
    would find it free. So whoever takes a port binds its number for UDP, which nobody here speaks:
    one of two gets it, it is not in the child's way, and no death of this program leaves it behind.
    """
    mark = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        mark.bind(("127.0.0.1", port))
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    except OSError:
        mark.close()
        return False
    # The demo runs its command anew once it has its ports, and has to hold them then as well.
    mark.set_inheritable(True)
    _taken.append(mark)
    return True
