"""`manage.py demo`: a whole clinic for two minutes, then to look at until Ctrl-C."""

import fcntl
import json
import os
import signal
import sys
import time
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from redis import Redis
from rich.console import Console

from healthmsg import beat_table, clock, embedded
from healthmsg.beat import OURS
from healthmsg.celery import app as celery
from healthmsg.clinic.models import Clinic
from healthmsg.clock import Compressed
from healthmsg.desk.demo import cast, children, daytime, house, screen, story, tally
from healthmsg.desk.demo.children import Children, Ports
from reminders import call_list
from whatsapp import templates_sync
from whatsapp.graph import Graph

MARK = "HEALTHMSG_DEMO"
SETTLING_SECONDS = 25.0
WORKERS = 3
# A second of the demo is eight minutes of its clinic's day: these look more often than they need.
HURRIED = (
    "queue due reminders, even",
    "queue due reminders, odd",
    "plan the day",
    "pour campaigns",
    "send",
)


class Command(BaseCommand):
    help = "Run a whole pretend clinic: books, reminds, hears back, and shows the sum."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--patients", type=int, default=500)
        parser.add_argument("--port", type=int, default=8000, help="where the web answers")
        parser.add_argument("--exit", action="store_true", help="stop after the summary")
        parser.add_argument("--report", type=Path, help="write the figures to this file as JSON")

    def handle(self, **options: Any) -> None:
        if settings.DATABASE_URL or settings.WHATSAPP_BASE_URL:
            raise CommandError(
                "The demo fills a database of its own and never touches real servers: unset"
                " DATABASE_URL and WHATSAPP_BASE_URL (or move .env aside) to run it."
            )
        if options["patients"] < 20:
            raise CommandError("The demo needs at least 20 patients.")
        if MARK not in os.environ:
            _begin_anew()
        with _alone():
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
            is_good = _Demo(options).run()
        if not is_good:
            sys.exit(1)


def _begin_anew() -> None:
    """Run this command again with the demo's own data, ports and clock in the environment."""
    directory = Path(settings.EMBEDDED.directory) / "demo"
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o755)
    moment = datetime.now(UTC)
    place = daytime.opening_now(moment)
    daytime.standing_at(place, moment).write(directory / "clock")
    ports = children.free_ports(0)
    os.environ |= {
        MARK: place.zone,
        clock.VARIABLE: str(directory / "clock"),
        "HEALTHMSG_VAR": str(directory),
        "SANDBOX_URL": f"http://127.0.0.1:{ports.sandbox}",
        "HEALTHMSG_FRAMED_BY": f"http://127.0.0.1:{ports.sandbox}",
        "REDIS_URL": "",
        "HEALTHMSG_DEMO_DOOR": str(ports.door),
    }
    os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606 - ourselves


def _alone() -> Any:
    """Hold the lock of the demo's data; a second demo would empty the first one's database."""
    directory = Path(settings.EMBEDDED.directory)
    directory.mkdir(parents=True, exist_ok=True)
    lock = (directory / "demo.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise CommandError("A demo is already running in this checkout.") from error
    return lock


class _Demo:
    """One run, from empty servers to the summary."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        self._console = Console(soft_wrap=True)
        self._began = time.monotonic()
        sandbox = int(settings.SANDBOX_URL.rsplit(":", 1)[1])
        web = children.free_ports(options["port"]).web
        self._ports = Ports(web, int(os.environ["HEALTHMSG_DEMO_DOOR"]), sandbox)
        logs = Path(settings.EMBEDDED.directory) / "log"
        self._children = Children(logs, os.environ)
        self._is_good = False

    def run(self) -> bool:
        try:
            return self._run()
        except KeyboardInterrupt:
            self._console.print("Stopped.")
            # Before the sum nobody knows whether anything was lost.
            return self._is_good
        except children.NotUp as error:
            raise CommandError(str(error)) from error
        finally:
            self._children.close()

    def _run(self) -> bool:
        self._say("Starting PostgreSQL, Valkey and a pretend WhatsApp …")
        _empty_servers()
        self._start("sandbox", self._ports.sandbox)
        home = house.build(_place(), clinicians=max(4, min(30, self._options["patients"] // 40)))
        _fetch_templates(home)
        _hurry()
        for name in ("door", "web", "sender", "inbox", "worker", "beat"):
            self._start(name)
        self._say(f"Registering {self._options['patients']} patients, filling the book …")
        begins_at = clock.now()
        people = cast.gather(
            home.clinic, count=self._options["patients"], by=home.reception, now=begins_at
        )
        tale = story.Story(home, people, begins_at=begins_at)
        tale.prologue()
        self._wait_for_everybody()
        self._play(home.clinic, tale)
        return self._sum_up(home.clinic)

    def _play(self, clinic: Clinic, tale: story.Story) -> None:
        moments = list(tale.moments())
        going = daytime.let_go(_shared_clock(), at=time.time())
        going.write(Path(os.environ[clock.VARIABLE]))
        ends = going.until
        with screen.watching(self._console, clinic) as show:
            watch = _Watch(show)
            while time.time() < ends:
                while moments and moments[0].at <= clock.now():
                    moments.pop(0).act(clock.now())
                    watch.look()
                watch.look()
                self._require_children()
                time.sleep(0.05)
            deadline = time.time() + SETTLING_SECONDS
            while time.time() < deadline and not self._is_quiet():
                watch.look()
                time.sleep(0.2)
            watch.look(at_once=True)

    def _wait_for_everybody(self) -> None:
        self._children.wait_for_port("door", self._ports.door)
        self._children.wait_for_port("web", self._ports.web)
        deadline = time.monotonic() + 60
        while len(celery.control.ping(timeout=0.5) or ()) < WORKERS:
            self._require_children()
            if time.monotonic() > deadline:
                raise CommandError("The workers did not come up; see var/demo/log.")

    def _is_quiet(self) -> bool:
        return tally.is_quiet(now=clock.now()) and tally.sandbox_is_quiet(settings.SANDBOX_URL)

    def _sum_up(self, clinic: Clinic) -> bool:
        now = clock.now()
        numbers = tally.count()
        ledger = tally.ledger_of(settings.SANDBOX_URL)
        checked = tally.check(clinic, ledger, now=now)
        self._is_good = not checked.lost and not checked.duplicates and numbers.delivered > 0
        day = (now.astimezone(clinic.zone) + timedelta(days=1)).date()
        tomorrow = call_list.tomorrow(clinic, day=day, now=now)
        screen.summary(self._console, numbers, checked, tomorrow)
        seconds = time.monotonic() - self._began
        if self._options["report"]:
            report = tally.as_report(numbers, checked, seconds=seconds)
            self._options["report"].write_text(json.dumps(report, indent=2) + "\n")
        self._say(f"{seconds:.0f} seconds in all.")
        if not self._options["exit"] and self._console.is_terminal:
            self._serve()
        return self._is_good

    def _serve(self) -> None:
        self._say(
            f"\nThe clinic's pages    http://127.0.0.1:{self._ports.web}/\n"
            f"The patients' phones  http://127.0.0.1:{self._ports.sandbox}/\n"
            f"Sign in as admin or reception, password {house.PASSWORD}. Ctrl-C ends everything."
        )
        while not self._children.fallen():
            time.sleep(1)

    def _start(self, name: str, port: int = 0) -> None:
        commands = children.commands(self._ports, zone=os.environ[MARK])
        self._children.start(name, commands[name])
        if port:
            self._children.wait_for_port(name, port)

    def _require_children(self) -> None:
        fallen = self._children.fallen()
        if fallen:
            log = Path(settings.EMBEDDED.directory) / "log" / f"{fallen}.log"
            raise CommandError(f"{fallen} ended by itself; see {log}.")

    def _say(self, words: str) -> None:
        self._console.print(words, highlight=False)


class _Watch:
    """Counts now and then, and shows how fast messages leave."""

    def __init__(self, show: screen.Shows) -> None:
        self._show = show
        self._last = (time.monotonic(), 0)

    def look(self, *, at_once: bool = False) -> None:
        moment, accepted = self._last
        passed = time.monotonic() - moment
        if passed < 0.5 and not at_once:
            return
        numbers = tally.count()
        rate = (numbers.accepted - accepted) / max(passed, 0.01)
        self._last = (time.monotonic(), numbers.accepted)
        self._show(numbers, now=clock.now(), per_second=rate)


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


def _fetch_templates(home: house.House) -> None:
    graph = Graph(
        base_url=settings.SANDBOX_URL,
        version=settings.WHATSAPP_GRAPH_VERSION,
        token=settings.WHATSAPP_TOKEN,
    )
    account = home.sender.account
    templates_sync.bring_home(account, graph.templates(account.waba_id), now=clock.now())


def _hurry() -> None:
    """Edit the beat table as an admin might; the scheduler leaves such rows as they are."""
    second, _ = IntervalSchedule.objects.get_or_create(every=1, period=IntervalSchedule.SECONDS)
    for name in HURRIED:
        PeriodicTask.objects.create(
            name=name,
            task=beat_table.SCHEDULE[name]["task"],
            interval=second,
            expire_seconds=15,
            description=OURS,
        )


def _place() -> daytime.Place:
    return next(place for place in daytime.PLACES if place.zone == os.environ[MARK])


def _shared_clock() -> Compressed:
    shared = clock.shared()
    if shared is None:
        raise CommandError(f"{clock.VARIABLE} is not set.")
    return shared
