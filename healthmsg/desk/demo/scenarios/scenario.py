"""What every scenario can do, and how the demo knows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from healthmsg.desk.demo.cards import Card
from healthmsg.desk.demo.house import House
from healthmsg.desk.demo.phones import Taken
from healthmsg.desk.demo.running import Running


@dataclass(frozen=True)
class Finding:
    """One thing that a judge looked at, said as it should be."""

    says: str
    is_so: bool


class Scenario(Protocol):
    """One situation whose stage is set: its people and visits are rows."""

    def cards(self) -> tuple[Card, ...]:
        """Return what to try, by hand."""

    def begin(self, running: Running) -> None:
        """Let happen what happens by itself, the clock first."""

    def play(self, running: Running) -> None:
        """
        Do by program what the cards say: patients by their phones, staff by the admin's verbs.

        :raises NeverSo: something did not happen in time
        """

    def judge(self, taken: Sequence[Taken], *, now: datetime) -> list[Finding]:
        """
        Hold the rows against what the sandbox took.

        :param taken: of everybody, in order
        """


class Stages(Protocol):
    """Writes a situation's people, visits and campaigns."""

    def __call__(self, home: House, *, now: datetime) -> Scenario: ...


@dataclass(frozen=True)
class Entry:
    """A scenario as the demo knows it."""

    about: str
    stage: Stages
    # What its processes need besides.
    environment: Mapping[str, str] = field(default_factory=dict)
