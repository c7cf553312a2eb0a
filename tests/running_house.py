"""A house whose processes really run: door, workers and sandbox on the test database."""

import contextlib
import math
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest
from django.conf import settings
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from healthmsg.celery import app as celery
from healthmsg.clinic.models import Clinic, Patient
from healthmsg.clock import Compressed
from reminders import rules
from reminders.models import Reminder
from tests import at_rest, factories
from tests.sandbox_process import SandboxProcess, running
from whatsapp import templates_sync
from whatsapp.graph import Graph
from whatsapp.models import Delivery, Message, Reply, Sender
from whatsapp.sandbox.behaviours import SUFFIX_OF
from whatsapp.status import Status

QUEUES = "sender,inbox,default,housekeeping"
TICKS_EXPIRE_AFTER = 3  # seconds
# Between asking for a free port and taking it, somebody else may.
TRIES_FOR_A_PORT = 3


class Starts(Protocol):
    def __call__(
        self, name: str, command: list[str], *, code: Path | None = None, **variables: str
    ) -> "subprocess.Popen[bytes]":
        """Start a module of Python's, of the code that stands here or elsewhere."""


@dataclass
class House:
    """Processes, and a clock that stands where the test puts it."""

    sandbox: SandboxProcess
    clock_file: Path
    start: Starts
    worker: "subprocess.Popen[bytes] | None"
    standing_at: datetime | None = factories.NOON
    door: str = ""  # where notices are posted to

    @property
    def now(self) -> datetime:
        return self.standing_at or datetime.now(UTC)

    def at(self, moment: datetime) -> None:
        """Put everybody's clock to a moment; it stands there."""
        self.standing_at = moment
        Compressed(math.inf, moment.timestamp(), 1.0, math.inf).write(self.clock_file)

    def tick(self) -> None:
        """Ask the workers for one round of everything that beat would ask for."""
        for task in (
            "reminders.queue_due_even",
            "reminders.queue_due_odd",
            "campaigns.pour",
            "whatsapp.send_turn",
            "whatsapp.digest",
            "reminders.replan_withheld",
            "reminders.tend_offers",
            "whatsapp.sweep",
        ):
            # As beat's own: what a slow machine has not begun by then is asked for again anyway.
            celery.send_task(task, expires=TICKS_EXPIRE_AFTER)

    def until(self, is_so: Callable[[], bool], *, seconds: float = 60.0) -> None:
        """Tick until something is so."""
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, self.describe()
            self.tick()
            time.sleep(0.2)

    def settle(self, *, seconds: float = 90.0) -> None:
        """Tick until nothing that is due waits, and the sandbox's patients are silent."""
        quiet_rounds = 0

        def is_quiet() -> bool:
            nonlocal quiet_rounds
            is_so = self.sandbox.stats()["quiet"] and not self._waits()
            quiet_rounds = quiet_rounds + 1 if is_so else 0
            return quiet_rounds > 2

        self.until(is_quiet, seconds=seconds)

    def _waits(self) -> bool:
        return (
            Reminder.objects.filter(status="PLANNED", due_at__lte=self.now).exists()
            or Message.objects.filter(send_after__lte=self.now).exists()
            or Message.objects.filter(status=Status.SENDING).exists()
            or Delivery.objects.filter(digest_after__isnull=False).exists()
            or Reply.objects.filter(handled_at=None).exists()
        )

    def describe(self) -> str:
        """Say where things stand, without a word of a patient's."""
        messages = Counter(Message.objects.values_list("status", "reason", "attempt"))
        waiting = Delivery.objects.filter(digest_after__isnull=False)
        notices = list(waiting.values_list("tries", "received_at", "digest_after", "problem"))
        return f"messages {messages}, notices waiting {notices}, {self.sandbox.stats()}"


@contextlib.contextmanager
def open_house(directory: Path, *, stands: bool = True, queues: str = QUEUES) -> Iterator[House]:
    """
    Start the processes; they end with the block, whatever happens in it.

    :param stands: all clocks stand where the test puts them; otherwise they are real
    :param queues: those the house's worker works; the test starts others itself
    """
    with contextlib.ExitStack() as stack:
        clock_file = directory / "clock"
        Compressed(math.inf, factories.NOON.timestamp(), 1.0, math.inf).write(clock_file)
        shared = {"HEALTHMSG_CLOCK": str(clock_file)} if stands else {}
        flags = ("--pace=0.03", "--retry-after=0.05", "--retry-cap=0.2", "--no-pair-limits")
        sandbox = stack.enter_context(running(*flags, environment=shared))
        environment = {
            **process_environment(),
            **shared,
            "SANDBOX_URL": sandbox.base_url,
            "HEALTHMSG_FRAMED_BY": sandbox.base_url,
            "WHATSAPP_TURN_SECONDS": "3",
        }

        def start(
            name: str, command: list[str], *, code: Path | None = None, **variables: str
        ) -> "subprocess.Popen[bytes]":
            with (directory / f"{name}.log").open("ab") as log:
                python, around = [sys.executable, "-m", *command], environment | variables
                process = subprocess.Popen(python, cwd=code, env=around, stdout=log, stderr=log)
            stack.callback(end, process)
            return process

        worker = start("worker", celery_worker(queues))
        door = "granian --interface rsgi --host 127.0.0.1 --log-level warning"
        port = serve(start, directory / "door.log", [*door.split(), "whatsapp.door:application"])
        while not celery.control.ping(timeout=0.5):
            assert worker.poll() is None, (directory / "worker.log").read_text()[-2000:]
        noon = factories.NOON if stands else None
        notices = f"http://127.0.0.1:{port}/webhooks/whatsapp"
        house = House(sandbox, clock_file, start, worker, noon, notices)
        sandbox.settings(webhooks=True, webhook_url=notices)
        yield house


def process_environment() -> dict[str, str]:
    """Return what a process needs to work on the test database."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "healthmsg.settings",
        "HEALTHMSG_TEST_DATABASE": str(connection.settings_dict["NAME"]),
        "DATABASE_URL": database_url(),
    }


def open_web(house: House) -> str:
    """Start the pages for the clinic, in the house's own time; returns their address."""
    command = ["uvicorn", "healthmsg.asgi:application"]  # says as much as the Procfile's
    port = serve(house.start, house.clock_file.with_name("web.log"), command)
    return f"http://127.0.0.1:{port}"


def serve(start: Starts, log: Path, command: list[str]) -> int:
    """Start a server that takes `--port` and is named as its log; returns where it answers."""
    for _time in range(TRIES_FOR_A_PORT):
        port = free_port()
        process = start(log.stem, [*command, "--port", str(port)])
        if answers(port, process):
            return port
    raise AssertionError(f"it ended before it answered: {log.read_text()[-2000:]}")


def celery_worker(queues: str = QUEUES) -> list[str]:
    how = "--pool=threads -c 3 --loglevel=WARNING --without-gossip --without-mingle -n test@%h"
    return ["celery", "-A", "healthmsg", "-q", "worker", "-Q", queues, *how.split()]


def database_url() -> str:
    """Return the address of the test database, as DATABASE_URL wants it."""
    of = connection.settings_dict
    who = f"{of['USER']}:{of['PASSWORD']}" if of.get("PASSWORD") else of["USER"]
    return f"postgresql://{who}@/{of['NAME']}?host={of['HOST']}"


def end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_for_port(port: int, *, seconds: float = 30.0) -> None:
    assert _opens(port, lambda: True, seconds=seconds), f"nothing answers within {seconds:.0f} s"


def answers(port: int, process: "subprocess.Popen[bytes]", *, seconds: float = 120.0) -> bool:
    """Wait for a server; False if it ended, as it does where somebody else took its port."""
    if _opens(port, lambda: process.poll() is None, seconds=seconds):
        return process.poll() is None
    assert process.poll() is not None, f"the server is silent for {seconds:.0f} s"
    return False


def _opens(port: int, goes_on: Callable[[], bool], *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while goes_on() and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        time.sleep(0.05)
    return False


@pytest.fixture(scope="module")
def house_processes(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("house")) as house:
        yield house
    with django_db_blocker.unblock():
        at_rest.empty()


@pytest.fixture
def house(transactional_db: None, house_processes: House) -> Iterator[House]:
    """The running house at noon, its sandbox empty, webhooks on."""
    at_rest.come_to_rest(house_processes.sandbox, QUEUES)
    house_processes.at(factories.NOON)
    yield house_processes
    # Tables are emptied next, and who is still writing would be in the way.
    at_rest.come_to_rest(house_processes.sandbox, QUEUES)


@dataclass
class Practice:
    """A clinic ready to book: rules installed, templates fetched from the sandbox."""

    clinic: Clinic
    sender: Sender
    house: House

    def patient(self, behaviour: str = "reads", **fields: object) -> Patient:
        phone = factories.make_phone(self.clinic, number=number_that(behaviour))
        return factories.make_patient(self.clinic, phone=phone, **fields)  # type: ignore[arg-type]


def number_that(behaviour: str) -> str:
    """Return a fresh number that exists, one of 8,000; its last digits make its owner behave so."""
    return f"+54911{1000 + next(factories._number) % 8000}{SUFFIX_OF[behaviour]}"


@pytest.fixture
def practice(house: House) -> Practice:
    return make_practice(house)


def make_practice(house: House, **fields: object) -> Practice:
    """Return a clinic with its rules, and the sandbox's templates fetched."""
    clinic = factories.make_clinic(**({"name": "Sunrise"} | fields))
    sender = factories.make_sender(clinic)
    rules.install(clinic)
    graph = Graph(
        base_url=house.sandbox.base_url,
        version=settings.WHATSAPP_GRAPH_VERSION,
        token=settings.WHATSAPP_TOKEN,
    )
    found = graph.templates(sender.account.waba_id)
    templates_sync.bring_home(sender.account, found, now=house.now)
    return Practice(clinic, sender, house)
