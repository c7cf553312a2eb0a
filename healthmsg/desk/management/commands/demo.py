"""`manage.py demo`: a whole clinic for two minutes, then to look at until Ctrl-C."""

import json
import signal
import sys
import time
from argparse import ArgumentParser
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from healthmsg import clock
from healthmsg.clinic.models import Clinic
from healthmsg.desk.demo import beginning, cast, daytime, screen, situations, story, tally
from healthmsg.desk.demo.children import NotUp
from healthmsg.desk.demo.phones import SandboxSaysNo
from healthmsg.desk.demo.running import Running
from healthmsg.desk.demo.scenarios import playing
from healthmsg.desk.demo.scenarios.by_name import BY_NAME
from healthmsg.desk.demo.scenarios.scenario import Entry
from reminders import adding_up

SETTLING_SECONDS = 25.0


class Command(BaseCommand):
    help = "Run a whole pretend clinic: books, reminds, hears back, and shows the sum."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--patients", type=int, default=500)
        parser.add_argument("--port", type=int, default=8000, help="where the web answers")
        parser.add_argument(
            "--scenario",
            choices=list(BY_NAME),
            help="one situation to try by hand; with --exit it is played and judged",
        )
        parser.add_argument("--exit", action="store_true", help="stop after the summary")
        parser.add_argument(
            "--pictures", type=Path, help="take pictures of the main pages into this directory"
        )
        parser.add_argument("--report", type=Path, help="write the figures to this file as JSON")

    def handle(self, **options: Any) -> None:
        if settings.DATABASE_URL or settings.WHATSAPP_BASE_URL:
            raise CommandError(
                "The demo fills a database of its own and never touches real servers: unset"
                " DATABASE_URL and WHATSAPP_BASE_URL (or move .env aside) to run it."
            )
        if options["patients"] < 20:
            raise CommandError("The demo needs at least 20 patients.")
        if options["scenario"] and (options["report"] or options["pictures"]):
            raise CommandError("Reports and pictures are of a day, and a scenario has none.")
        entry = BY_NAME.get(options["scenario"])
        if not beginning.has_begun():
            _begin_anew(entry)
        try:
            with beginning.alone():
                signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
                is_good = _run(entry, options)
        except (NotUp, SandboxSaysNo) as error:
            raise CommandError(str(error)) from error
        if not is_good:
            sys.exit(1)


def _begin_anew(entry: Entry | None) -> None:
    if entry is None:
        beginning.begin_anew()
    beginning.begin_anew(begins=playing.BEGINS, environment=entry.environment)


def _run(entry: Entry | None, options: dict[str, Any]) -> bool:
    console = Console(soft_wrap=True)
    running = Running(
        web_port=options["port"], say=lambda words: console.print(words, highlight=False)
    )
    demo = _Demo(options, running, console)
    try:
        if entry is None:
            demo.run()
            return demo.is_good
        return playing.run(entry, running, console, exits=options["exit"])
    except KeyboardInterrupt:
        running.say("Stopped.")
        # Before the sum nobody knows whether anything was lost.
        return demo.is_good
    finally:
        running.close()


class _Demo:
    """One day, from empty servers to the summary."""

    def __init__(self, options: dict[str, Any], running: Running, console: Console) -> None:
        self._options = options
        self._running = running
        self._console = console
        self._began = time.monotonic()
        self.is_good = False

    def run(self) -> None:
        self._running.say("Starting PostgreSQL, Valkey and a pretend WhatsApp …")
        count = self._options["patients"]
        home = self._running.open(clinicians=max(4, min(30, count // 40)))
        self._running.say(f"Registering {count} patients, filling the book …")
        begins_at = clock.now()
        people = cast.gather(home.clinic, count=count, by=home.reception, now=begins_at)
        tale = story.Story(home, people, begins_at=begins_at)
        tale.prologue()
        self._running.wait_for_everybody()
        self._play(home.clinic, tale)
        self._sum_up(home.clinic)

    def _play(self, clinic: Clinic, tale: story.Story) -> None:
        moments = list(tale.moments())
        going = self._running.let_clock_go(
            seconds=daytime.SECONDS, passes=daytime.ENDS - daytime.BEGINS
        )
        ends = going.until
        with screen.watching(self._console, clinic) as show:
            watch = _Watch(show)
            while time.time() < ends:
                while moments and moments[0].at <= clock.now():
                    moments.pop(0).act(clock.now())
                    watch.look()
                watch.look()
                self._running.require_children()
                time.sleep(0.05)
            deadline = time.time() + SETTLING_SECONDS
            while time.time() < deadline and not self._running.is_quiet():
                watch.look()
                time.sleep(0.2)
            watch.look(at_once=True)

    def _sum_up(self, clinic: Clinic) -> None:
        now = clock.now()
        numbers = tally.count()
        callbacks = [one.callback for one in self._running.phones.taken()]
        checked = tally.check(clinic, callbacks, now=now)
        self.is_good = not checked.lost and not checked.duplicates and numbers.delivered > 0
        day = (now.astimezone(clinic.zone) + timedelta(days=1)).date()
        tomorrow = adding_up.tomorrow(clinic, day=day, now=now)
        screen.summary(self._console, numbers, checked, tomorrow)
        seconds = time.monotonic() - self._began
        if self._options["report"]:
            report = tally.as_report(numbers, checked, seconds=seconds)
            self._options["report"].write_text(json.dumps(report, indent=2) + "\n")
        self._running.say(f"{seconds:.0f} seconds in all.")
        if self._options["pictures"]:
            self._take_pictures(clinic)
        elif not self._options["exit"]:
            self._serve(clinic)

    def _take_pictures(self, clinic: Clinic) -> None:
        # A browser is there for developers alone.
        pictures = import_module("healthmsg.desk.demo.pictures")
        directory = self._options["pictures"]
        for file in pictures.take(self._running, clinic, directory, now=clock.now()):
            size = file.stat().st_size
            self._running.say(f"{file}: {size // 1000} kB")
            self.is_good = self.is_good and size <= pictures.LARGEST

    def _serve(self, clinic: Clinic) -> None:
        cards = situations.of_day(clinic, now=clock.now())
        running = self._running
        address = running.phones.show([card.as_json() for card in cards], desk=running.desk)
        running.say(playing.in_words(cards, address=address, desk=running.desk))
        running.serve()


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
