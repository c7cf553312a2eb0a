"""Mishaps of requests on command: refused, reset, late, dripping, gateway pages, throttled."""

import time
from dataclasses import dataclass
from typing import Any

from whatsapp.sandbox.shapes import Json

KINDS = ("refuse", "reset", "late", "latency", "html", "http429", "graph", "drip")


@dataclass(slots=True)
class Fault:
    """
    What happens to the next `times` requests, or to all of the next `for_seconds`.

    refuse: the connection ends before the body is read. reset: the body is read, then a reset.
    late: accepted at once, answered after `seconds`. latency: `seconds` pass before anything.
    html: a gateway's page with `status`. http429: a bare 429. graph: Meta's error `code`.
    drip: accepted at once, answered byte by byte over `seconds`.
    `accepted` says whether the message is accepted behind a reset, html or http429.
    """

    kind: str
    times: int = 1
    for_seconds: float = 0.0
    chance: float = 1.0
    path: str = "messages"  # or "all"
    to: str = ""  # only messages to this number, as sent
    accepted: bool = False
    seconds: float = 1.0
    status: int = 502
    code: int = 131000
    details: str = ""
    done: int = 0
    until: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no such fault: {self.kind}")
        if self.for_seconds:
            self.until = time.monotonic() + self.for_seconds

    def is_over(self, now: float) -> bool:
        return now >= self.until if self.until else self.done >= self.times


class Faults:
    """The faults that were asked for; the first that fits a request happens to it."""

    def __init__(self, chance: Any) -> None:
        self._chance = chance
        self._faults: list[Fault] = []
        self.happened: dict[str, int] = {}

    def __bool__(self) -> bool:
        return bool(self._faults)

    def add(self, wish: dict[str, Any]) -> None:
        """
        Ask for a fault.

        :raises ValueError: an unknown kind or field
        """
        try:
            self._faults.append(Fault(**wish))
        except TypeError:
            raise ValueError("unknown field of a fault") from None

    def clear(self) -> None:
        self._faults.clear()
        self.happened.clear()

    def listed(self) -> list[Json]:
        return [
            {"kind": one.kind, "times": one.times, "done": one.done, "path": one.path}
            for one in self._faults
        ]

    def happening(self, path: str, *, before_body: bool, to: str = "") -> Fault | None:
        """Take the fault for this request, if any; refusals are asked before the body is read."""
        now = time.monotonic()
        self._faults = [fault for fault in self._faults if not fault.is_over(now)]
        for fault in self._faults:
            if (fault.kind == "refuse") == before_body and self._hits(fault, path, to):
                fault.done += 1
                self.happened[fault.kind] = self.happened.get(fault.kind, 0) + 1
                return fault
        return None

    def _hits(self, fault: Fault, path: str, to: str) -> bool:
        if fault.path not in ("all", path) or (fault.to and fault.to != to):
            return False
        return fault.chance >= 1 or bool(self._chance() < fault.chance)
