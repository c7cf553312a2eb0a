"""Everything the sandbox knows, in one place that can be reset."""

import copy
import random
from collections import defaultdict
from dataclasses import fields
from typing import Any

from whatsapp.sandbox.behaviours import Behaviours
from whatsapp.sandbox.billing import Billing
from whatsapp.sandbox.cards import Cards
from whatsapp.sandbox.chats import Chats
from whatsapp.sandbox.clock import Clock
from whatsapp.sandbox.diary import Diary
from whatsapp.sandbox.faults import Faults
from whatsapp.sandbox.graph_errors import GraphError, unknown_object
from whatsapp.sandbox.ledger import Ledger
from whatsapp.sandbox.library import Library
from whatsapp.sandbox.limits import PairLimits, Throughput
from whatsapp.sandbox.options import Number, Options
from whatsapp.sandbox.patients import Patients
from whatsapp.sandbox.phones import Arrival, Phones
from whatsapp.sandbox.scripts import Scripts
from whatsapp.sandbox.shapes import Json
from whatsapp.sandbox.standing import DailyPeople, Standing
from whatsapp.sandbox.templates import Templates
from whatsapp.sandbox.uploads import Sessions
from whatsapp.sandbox.usage import Usage
from whatsapp.sandbox.webhooks import Webhooks

RESETTABLE = (
    "ledger",
    "limits",
    "patients",
    "behaviours",
    "chats",
    "cards",
    "webhooks",
    "faults",
    "templates",
    "options",
    "standing",
    "library",
)


class World:
    """One account with its numbers, templates, patients and history."""

    def __init__(self, options: Options, clock: Clock) -> None:
        self.options = options
        self.clock = clock
        self.rng = random.Random(options.seed)  # noqa: S311 - chance, not secrets
        self.numbers = {number.id: number for number in options.numbers}
        self.ledger = Ledger()
        self.templates = Templates.starter_set()
        self.throughput = Throughput(options.numbers)
        self.pairs = PairLimits()
        self.people = DailyPeople()
        self.standing = Standing()
        self.diary = Diary(clock)
        self.behaviours = Behaviours()
        self.chats = Chats()
        self.cards = Cards()
        self.faults = Faults(self.rng.random)
        self.webhooks = Webhooks(options, clock, self.rng)
        self.phones = Phones(options, clock, self.webhooks, self.rng)
        self.billing = Billing(options)
        self.scripts = Scripts()
        self.held: list[Arrival] = []  # marketing that waits for the judgement of its quality
        self.library = Library(clock, self.rng)
        self.uploads = Sessions()
        self.usage = Usage(options, clock)
        # Of each number of ours: whom it blocked, as they were named.
        self.blocked: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self.deregistered: set[str] = set()
        self.subscribed = False
        self.patients = Patients(self)
        self._start = copy.deepcopy(options)

    def authorise(self, token: str) -> None:
        """
        Let in who has our token.

        :raises GraphError: 190
        """
        if token != self.options.token:
            raise GraphError(190)

    def number(self, phone_number_id: str, method: str = "post") -> Number:
        """
        Find one of our numbers.

        :raises GraphError: no such number
        """
        number = self.numbers.get(phone_number_id)
        if number is None:
            raise unknown_object(phone_number_id, method)
        return number

    def reset(self, only: tuple[str, ...] = RESETTABLE) -> None:
        """
        Forget what happened, and what was asked for since the start.

        :raises ValueError: something that cannot be reset
        """
        unknown = set(only) - set(RESETTABLE)
        if unknown:
            raise ValueError(f"cannot reset {', '.join(sorted(unknown))}")
        for part in only:
            for one in self._kept_under(part):
                one.clear()
            if part == "templates":
                self.templates = Templates.starter_set()
            elif part == "options":
                self._restore_options()
            elif part == "standing":
                self.webhooks.override_url = ""

    def _kept_under(self, part: str) -> tuple[Any, ...]:
        """Return what is emptied when this part is reset."""
        several = {
            "limits": (self.throughput, self.pairs, self.people, self.usage),
            "standing": (self.standing, self.diary, self.deregistered, self.held),
            "library": (self.library, self.uploads),
            "patients": (self.patients, self.blocked, self.billing),
            "behaviours": (self.behaviours, self.scripts),
            "templates": (),
            "options": (),
        }
        return several[part] if part in several else (getattr(self, part),)

    def _restore_options(self) -> None:
        for option in fields(Options):
            if option.name != "numbers":
                setattr(self.options, option.name, getattr(self._start, option.name))
        for number, start in zip(self.options.numbers, self._start.numbers, strict=True):
            number.throughput = self.throughput.limits[number.id] = start.throughput
            number.state = dict(start.state)

    def stats(self) -> Json:
        """Return the counts that a test or a person looks at."""
        counts = self.webhooks.counts
        return {
            "accepted": len(self.ledger.entries),
            "refused": {str(code): count for code, count in self.ledger.refused.items()},
            "highest_second": self.throughput.highest(),
            "people_in_a_day": {
                "now": self.people.count(self.clock.now()),
                "highest": self.people.highest,
            },
            "faults": self.faults.happened,
            "webhooks": {**counts, "pending": self.webhooks.pending},
            "patients_thinking": self.patients.thinking,
            "quiet": not self.webhooks.pending and not self.patients.thinking,
            "now": self.clock.now(),
        }
