"""
A house of the bench's own: servers in a temporary directory, synced to disk, and processes.

Import it before Django's settings. Nothing here reaches a real installation: what the environment
says of one is forgotten first.
"""

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tests import leftovers

if TYPE_CHECKING:
    from tests.sandbox_process import SandboxProcess

ROOT = Path(__file__).parents[2]

for _name in ("DATABASE_URL", "REDIS_URL", "WHATSAPP_BASE_URL", "SECRET_KEY", "HEALTHMSG_CLOCK"):
    os.environ.pop(_name, None)
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
os.environ["HEALTHMSG_VAR"] = str(leftovers.new_directory())
# The tests' servers give up safety for speed; figures without it would not be true.
os.environ["HEALTHMSG_VAR_DURABLE"] = "1"
# A line for each call would be measured too.
os.environ["LOG_LEVEL"] = "ERROR"


def open_house(kept: Path | None = None) -> None:
    """
    Start the servers and Django; call first.

    :param kept: where the servers keep their rows for the next time; without it they are removed
    """
    import atexit

    import django
    from django.conf import settings
    from django.core.management import call_command

    from healthmsg import embedded

    own = Path(os.environ["HEALTHMSG_VAR"])
    if kept is None:
        atexit.register(leftovers.remove_later, own)
    else:
        own.rmdir()
        kept.mkdir(mode=0o711, exist_ok=True)
        os.environ["HEALTHMSG_VAR"] = str(kept.resolve())
    django.setup()
    embedded.ensure(settings.EMBEDDED)
    call_command("migrate", verbosity=0)


@contextlib.contextmanager
def sandbox(*flags: str) -> Iterator["SandboxProcess"]:
    """Run a sandbox that nobody else knows: no limit per pair, and no webhooks unless asked for."""
    from tests import factories
    from tests.sandbox_process import running

    number = f"--number={factories.PHONE_NUMBER_ID}=+54 1155550000"
    with running("--no-pair-limits", number, *flags) as process:
        yield process


def environment() -> dict[str, str]:
    """The variables that bring a process of the product to this house's servers."""
    from django.conf import settings

    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "healthmsg.settings",
        "DATABASE_URL": settings.EMBEDDED.database_url,
        "REDIS_URL": settings.REDIS_URL,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }


@contextlib.contextmanager
def process(name: str, **variables: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run one line of the Procfile, as an installation does."""
    line = re.search(rf"^{name}: (.+)$", (ROOT / "Procfile").read_text(), re.MULTILINE)
    assert line is not None, name
    with command(name, ["bash", "-c", f"exec {line[1]}"], **variables) as started:
        yield started


@contextlib.contextmanager
def command(name: str, words: list[str], **variables: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a process of the product beside us, and end it with the block."""
    with (_logs() / f"{name}.log").open("ab") as output:
        started = subprocess.Popen(
            words, env=environment() | variables, cwd=ROOT, stdout=output, stderr=output
        )
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(45)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def log_ends() -> str:
    """What each process said last, for when one of them did not do its work."""
    logs = {log.stem: log.read_text(errors="replace").split("\n") for log in _logs().glob("*.log")}
    last = {name: [line for line in lines if line.strip()] for name, lines in logs.items()}
    return "; ".join(f"{name}: {lines[-1].strip()[:200]}" for name, lines in last.items() if lines)


def until(is_so: Callable[[], bool], *, seconds: float, pause: float = 0.1) -> bool:
    """Wait until something is so, `seconds` at most; says whether it is."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def _logs() -> Path:
    logs = Path(os.environ["HEALTHMSG_VAR"]) / "processes"
    logs.mkdir(exist_ok=True)
    return logs
