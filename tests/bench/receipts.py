"""
From stored notices to applied rows, among a million messages, and the UPDATE alone beside it.

Each measurement tells of a block of messages that nobody was told of yet: of each that it was sent,
then of each that it was delivered, then read. Their phones are new, so that "delivered" writes a
phone, too. Writing the million takes two to three minutes; BENCH_MESSAGES makes it fewer.
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from subprocess import Popen
from typing import TYPE_CHECKING

from tests.bench import digesting, figures, house, processor
from tests.bench.figures import Aim, Figure, at_least, beside

if TYPE_CHECKING:
    from tests.bench.notices import Accepted

BENCH = "receipts"
REPEATS = 3
MESSAGES = int(os.environ.get("BENCH_MESSAGES", "1000000"))
A_SECOND = 20_000
ALONE = "the UPDATE alone"
BATCH = 5_000


@dataclass(frozen=True)
class Way:
    """How receipts come, and how many processes digest them."""

    what: str
    processes: int = 2
    to_a_body: int = 10
    by_chance: bool = False
    aims: tuple[Aim, ...] = ()


WAYS = (
    Way("one process", processes=1),
    Way("two processes", aims=(at_least(A_SECOND), beside(ALONE))),
    Way("two processes, told by chance", by_chance=True),
    Way("two processes, one to a body", to_a_body=1),
)


@dataclass(frozen=True)
class Digested:
    """One measurement; CPU in microseconds for each receipt."""

    rate: float
    python: float
    database: float
    heap_only: float  # of a hundred updates of messages


def measure(seconds: float) -> Iterator[Figure]:
    house.open_house()
    from tests.bench import notices

    began = time.monotonic()
    notices.fill(MESSAGES)
    # Each measurement takes messages of its own; half of them all are told of in no case.
    told = min(MESSAGES // (2 * REPEATS * len(WAYS)), int(A_SECOND * seconds / len(notices.STEPS)))
    note = f"written in {time.monotonic() - began:.0f} s; {told:,} of them told of at a time"
    yield Figure(BENCH, "messages", MESSAGES, "", note=note)
    rates = [update_alone(notices.choose(told)) for _ in range(REPEATS)]
    yield Figure.median(BENCH, ALONE, rates, "/s", note="one step, by ids, one connection")
    with ExitStack() as stack:
        processes = [stack.enter_context(digesting.process()) for _ in range(2)]
        for way in WAYS:
            yield from apply(way, told, processes[: way.processes])


def apply(way: Way, told: int, processes: "Sequence[Popen[str]]") -> Iterator[Figure]:
    measured = [digested(way, told, processes) for _ in range(REPEATS)]
    rates = [one.rate for one in measured]
    yield Figure.median(BENCH, way.what, rates, "/s", aims=way.aims)
    python, database = [one.python for one in measured], [one.database for one in measured]
    yield Figure.median(BENCH, f"CPU of Python, {way.what}", python, "µs each")
    yield Figure.median(BENCH, f"CPU of PostgreSQL, {way.what}", database, "µs each")
    heap_only = [one.heap_only for one in measured]
    yield Figure.median(BENCH, f"heap-only, {way.what}", heap_only, "%", aims=(at_least(95),))


def digested(way: Way, told: int, processes: "Sequence[Popen[str]]") -> Digested:
    """Tell of a block of messages nobody was told of yet, and look whether it all arrived."""
    from tests.bench import notices

    chosen = notices.choose(told, by_chance=way.by_chance)
    notices.store(chosen, to_a_body=way.to_a_body)
    pids, database = [one.pid for one in processes], processor.database()
    before = processor.cpu_seconds(*pids), processor.cpu_seconds(database), *notices.updates()
    began = time.perf_counter()
    digesting.until_nothing_waits(processes)
    lasted = time.perf_counter() - began
    after = processor.cpu_seconds(*pids), processor.cpu_seconds(database), *notices.updates()
    if not notices.are_applied(chosen):
        raise figures.CannotRun(f"{way.what}: not all receipts were applied")
    python, cpu, every, heap_only = (
        late - early for late, early in zip(after, before, strict=True)
    )
    count = told * len(notices.STEPS)
    return Digested(
        count / lasted, python / count * 1e6, cpu / count * 1e6, heap_only / max(every, 1) * 100
    )


def update_alone(chosen: "Sequence[Accepted]") -> float:
    """The least there is to do: "sent", written to rows whose ids are known, batch by batch."""
    from django.db import connection

    ids = [one.id for one in chosen]
    began = time.perf_counter()
    with connection.cursor() as cursor:
        for start in range(0, len(ids), BATCH):
            cursor.execute(
                "UPDATE whatsapp_message SET status = 'SENT', sent_at = now() WHERE id = ANY(%s)",
                [ids[start : start + BATCH]],
            )
    return len(ids) / (time.perf_counter() - began)


if __name__ == "__main__":
    figures.alone(BENCH, measure)
