"""Opens the house of a storm, waits for the calm after it, and writes down what the judge says."""

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.chaos.evidence import gather, patiently
from tests.chaos.house import House, Processes
from tests.chaos.judge import Verdict, judge
from tests.chaos.practice import Practice
from tests.chaos.table import STORMS
from tests.sandbox_process import SandboxProcess
from whatsapp.models import Attempt
from whatsapp.status import Status

LOOKS_EVERY = 2.0
BOOKED = 420


@contextlib.contextmanager
def standing(directory: Path, sandbox: SandboxProcess, *, seed: int) -> Iterator[House]:
    """Stand every process up; they end with the block."""
    logs = directory / "processes"
    logs.mkdir(exist_ok=True)
    processes = Processes(logs, os.environ)
    house = House(directory, sandbox, processes, seed)
    try:
        house.begin()
        yield house
    finally:
        processes.end()
        for undo in reversed(house.after):
            undo()


def practice_for(name: str, house: House) -> Practice:
    """Found a clinic while the processes stand up; returns when both are ready."""
    practice = Practice.found(house.sandbox, useful_for=STORMS[name].useful_for)
    practice.book(BOOKED)
    house.practices.append(practice)
    house.open()
    return practice


def calm(house: House, *, within: float) -> Verdict:
    """Wait until nothing waits and nothing is wrong; past `within` seconds take it as it is."""
    give_up_at = time.monotonic() + within
    clean_looks = 0
    while True:
        is_quiet = house.sandbox.stats()["quiet"]
        evidence = patiently(lambda: gather(house.sandbox), wait=lambda: time.sleep(0.5))
        verdict = judge(evidence)
        goes_on = any(practice.has_more for practice in house.practices)
        clean_looks = clean_looks + 1 if verdict.is_clean and is_quiet and not goes_on else 0
        # Twice: a message may just have been on its way out of the first look.
        if clean_looks > 1 or time.monotonic() > give_up_at:
            return verdict
        for practice in house.practices:
            practice.go_on()
        time.sleep(LOOKS_EVERY)


def report(house: House, verdict: Verdict, *, name: str, seconds: float) -> dict[str, Any]:
    """Return everything a person or the runner wants to know."""
    stats, ledger = house.sandbox.stats(), house.sandbox.ledger()
    return {
        "name": name,
        "seconds": round(seconds, 1),
        "survived": verdict.is_clean
        and verdict.arrived > 0
        and verdict.unknown <= house.unknown_at_most,
        "unknown_at_most": house.unknown_at_most,
        "unknown": verdict.unknown,
        "starts": house.processes.starts,
        **asdict(verdict),
        "refused": stats["refused"],
        "faults": stats["faults"],
        "webhooks": stats["webhooks"],
        "numbers": ledger["numbers"],
        "facts": house.facts,
        # Calls whose outcome nobody knew for a while: whether the storm has bitten.
        "in_the_dark": Attempt.objects.filter(outcome=Status.UNCERTAIN).count(),
        "notes": house.notes,
    }
