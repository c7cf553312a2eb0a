"""A whole house that runs: servers, sandbox, every process of the Procfile, and their clock."""

import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from redis import Redis

from healthmsg import beat_table, clock, embedded
from healthmsg.beat import OURS
from healthmsg.celery import app as celery
from healthmsg.clock import Compressed
from healthmsg.desk.backups import ends
from healthmsg.desk.demo import beginning, children, daytime, house, tally
from healthmsg.desk.demo.children import Children, NotUp, Ports
from healthmsg.desk.demo.phones import Phones
from whatsapp import templates_sync
from whatsapp.graph import Graph

WORKERS = ("sender", "inbox", "worker")
PROCESSES = ("door", "web", *WORKERS, "beat")
# A second of the demo may be minutes of its clinic's day: these look more often than they need.
HURRIED = (
    "queue due reminders, even",
    "queue due reminders, odd",
    "plan the day",
    "pour campaigns",
    "send",
)


class NeverSo(NotUp):
    """Something did not happen in time; the message says what."""


class Running:
    """Everything of one demo that has to be ended again."""

    def __init__(self, *, web_port: int, say: Callable[[str], None]) -> None:
        self.say = say
        sandbox = int(settings.SANDBOX_URL.rsplit(":", 1)[1])
        web = children.web_port(web_port)
        self._ports = Ports(web, beginning.door_port(), sandbox)
        self._logs = Path(settings.EMBEDDED.directory) / "log"
        self._children = Children(self._logs, os.environ)
        self.desk = f"http://127.0.0.1:{web}/"
        self.phones = Phones(settings.SANDBOX_URL)

    def open(self, *, clinicians: int, hurried: tuple[str, ...] = HURRIED) -> house.House:
        """
        Start everything, on empty servers, and make the clinic.

        :param hurried: what beat asks for every second, by its name in the beat table
        :raises NotUp: something did not start
        """
        _empty_servers()
        self.start("sandbox")
        self._children.wait_for_port("sandbox", self._ports.sandbox)
        home = house.build(beginning.place(), clinicians=clinicians)
        _fetch_templates(home)
        _hurry(hurried)
        self.start(*PROCESSES)
        return home

    def start(self, *names: str) -> None:
        commands = children.commands(self._ports, zone=beginning.place().zone)
        for name in names:
            self._children.start(name, commands[name])

    def end(self, *names: str) -> None:
        self._children.end(*names)

    def wait_for_everybody(self) -> None:
        """
        Wait until every process takes work.

        :raises NotUp: one ended, or a minute was not enough
        """
        self._children.wait_for_port("door", self._ports.door)
        self._children.wait_for_port("web", self._ports.web)
        self.wait_for_workers()

    def wait_for_workers(self) -> None:
        deadline = time.monotonic() + 60
        while len(celery.control.ping(timeout=0.5) or ()) < len(WORKERS):
            self.require_children()
            if time.monotonic() > deadline:
                raise NotUp(f"The workers did not come up; see {self._logs}.")

    def require_children(self) -> None:
        """
        Look whether everybody is still there.

        :raises NotUp: a process has ended by itself
        """
        fallen = self._children.fallen()
        if fallen:
            raise NotUp(f"{fallen} ended by itself; see {self._logs / fallen}.log.")

    def let_clock_go(self, *, seconds: float, passes: timedelta) -> Compressed:
        """Let the clock go, for all processes and once; see `daytime.let_go`."""
        standing = beginning.shared_clock()
        going = daytime.let_go(standing, at=time.time(), seconds=seconds, passes=passes)
        going.write(beginning.clock_file())
        return going

    def until(self, is_so: Callable[[], bool], *, what: str, seconds: float = 30.0) -> None:
        """
        Wait until something is so.

        :param what: it, in words
        :raises NeverSo: it was not, in time
        """
        deadline = time.monotonic() + seconds
        while not is_so():
            self.require_children()
            if time.monotonic() > deadline:
                raise NeverSo(f"After {seconds:.0f} seconds it was still not so: {what}.")
            time.sleep(0.2)

    def is_quiet(self) -> bool:
        """True where nothing that is due waits for us, and no phone for an answer of its own."""
        return tally.is_quiet(now=clock.now()) and self.phones.are_quiet()

    def serve(self) -> None:
        """Stay until Ctrl-C, or until a process ends by itself."""
        while not self._children.fallen():
            time.sleep(1)

    def close(self) -> None:
        self._children.close()


def _empty_servers() -> None:
    """Start the demo's own servers with nothing in them but the tables."""
    embedded.ensure(settings.EMBEDDED)
    database = settings.DATABASES["default"]
    with psycopg.connect(
        host=database["HOST"], user=database["USER"], dbname="postgres", autocommit=True
    ) as connection:
        connection.execute("DROP DATABASE IF EXISTS healthmsg WITH (FORCE)")
        connection.execute("CREATE DATABASE healthmsg")
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.flushall()
    call_command("migrate", verbosity=0)
    # The demo before had an audit that went with its database.
    ends.begin_anew(Path(settings.STOP_JOURNAL_DIRECTORY), now=timezone.now())


def _fetch_templates(home: house.House) -> None:
    graph = Graph(
        base_url=settings.SANDBOX_URL,
        version=settings.WHATSAPP_GRAPH_VERSION,
        token=settings.WHATSAPP_TOKEN,
    )
    account = home.sender.account
    templates_sync.bring_home(account, graph.templates(account.waba_id), now=clock.now())


def _hurry(names: tuple[str, ...]) -> None:
    """Edit the beat table as an admin might; the scheduler leaves such rows as they are."""
    second, _ = IntervalSchedule.objects.get_or_create(every=1, period=IntervalSchedule.SECONDS)
    for name in names:
        PeriodicTask.objects.create(
            name=name,
            task=beat_table.SCHEDULE[name]["task"],
            interval=second,
            expire_seconds=15,
            description=OURS,
        )
