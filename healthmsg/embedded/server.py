"""One server process: adopted or started, watched, stopped."""

import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .account import ENVIRONMENT, Account
from .errors import NotStarted

logger = logging.getLogger(__name__)

_TICK_SECONDS = 0.02
_STOP_SECONDS = 30.0

# Backends orphaned by a kill -9 hold the shared memory until they notice; until then a start fails.
_START_SECONDS = 5.0

_LARGEST_LOG = 10_000_000


@dataclass
class Server:
    """A server that runs at most once over its data, whoever started it."""

    command: tuple[str, ...]
    mark: str
    """The path that only this server's command line holds."""
    pid_files: tuple[Path, ...]
    directory: Path
    log: Path
    stop_signals: tuple[signal.Signals, ...]
    """From polite to deadly."""
    answers: Callable[[], bool]
    account: Account

    process: subprocess.Popen[bytes] | None = None
    adopted: int | None = None

    @property
    def name(self) -> str:
        return Path(self.command[0]).name

    def is_alive(self) -> bool:
        if self.process is not None:
            return self.process.poll() is None
        return self.adopted is not None and self._is_this(self.adopted)

    def launch(self) -> None:
        """Adopt the running server, or start one; a running one with other settings is replaced."""
        running = self._running()
        if running is not None:
            self.process, self.adopted = None, running
            if command_line(running) == " ".join(self.command):
                logger.info("%s adopted, process %d", self.name, running)
                return
            self.stop()
        self._start()

    def wait_until_answering(self) -> None:
        """:raises NotStarted: it ends again and again; the text holds its last words."""
        give_up_at = time.monotonic() + _START_SECONDS
        while not self.answers():
            if not self.is_alive():
                if time.monotonic() > give_up_at:
                    raise NotStarted(f"{self.name} does not start:\n{last_lines(self.log)}")
                time.sleep(0.5)
                self.launch()
            time.sleep(_TICK_SECONDS)

    def stop(self) -> None:
        for order in self.stop_signals:
            if not self.is_alive():
                return
            self._order(order)
            give_up_at = time.monotonic() + _STOP_SECONDS
            while self.is_alive() and time.monotonic() < give_up_at:
                time.sleep(_TICK_SECONDS)
            logger.info("%s: %s, %s", self.name, order.name, "alive" if self.is_alive() else "gone")

    def _order(self, order: signal.Signals) -> None:
        pid = self.process.pid if self.process is not None else self.adopted
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, order)

    def _start(self) -> None:
        for pid_file in self.pid_files:
            _disown(pid_file)
        if self.log.exists() and self.log.stat().st_size > _LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".1"))
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603
                (*self.account.prefix, *self.command),
                cwd=self.directory,
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.adopted = None
        logger.info("%s started, process %d", self.name, self.process.pid)

    def _running(self) -> int | None:
        pid = _pid_in(self.pid_files[0])
        return pid if pid is not None and self._is_this(pid) else None

    def _is_this(self, pid: int) -> bool:
        # A zombie has an empty command line, a reused number another one.
        line = command_line(pid)
        return self.name in line and self.mark in line


def command_line(pid: int) -> str:
    """Return the words of a process, joined by spaces; nothing if it is gone or a zombie."""
    entry = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self").exists():
        try:
            return os.fsdecode(entry.read_bytes().rstrip(b"\0").replace(b"\0", b" "))
        except OSError:
            return ""
    ask = ["/bin/ps", "-o", "args=", "-p", str(pid)]
    answer = subprocess.run(ask, capture_output=True, check=False)  # noqa: S603
    return os.fsdecode(answer.stdout.strip())


def last_lines(log: Path, count: int = 15) -> str:
    if not log.exists():
        return "(nothing was logged)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])


def _pid_in(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _disown(pid_file: Path) -> None:
    """
    Let PostgreSQL pass a pid file whose number now belongs to a zombie or to another program.

    Never by deleting it: its shared memory key is what tells that orphaned backends still write.
    Source: CreateLockFile in miscinit.c, which takes its own parent's number for a stale one.
    """
    pid = _pid_in(pid_file)
    if pid is None:
        return
    _, _, rest = pid_file.read_text().partition("\n")
    pid_file.write_text(f"{os.getpid()}\n{rest}")
