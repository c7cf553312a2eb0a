"""
Everything on this machine at once: sandbox, sender, door, inbox and web, as the Procfile has them.

From the ring for a full queue to the moment when each message is known to be sent, delivered and
read. One number at Meta's highest rate; notices come doubled and shuffled, as the sandbox always
sends them. Beat is played by the bench: it rings for sending and digesting each second.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from tests.bench import figures, house, processor
from tests.bench.figures import Figure, at_least

if TYPE_CHECKING:
    from tests.sandbox_process import SandboxProcess

BENCH = "end_to_end"
REPEATS = 3
RATE = 1000
PROCESSES = ("web", "door", "sender", "inbox")
PATIENCE_SECONDS = 120
CPUS = os.cpu_count() or 1


def measure(seconds: float) -> Iterator[Figure]:
    house.open_house()
    from tests.bench import rows

    count = int(RATE * max(seconds, 1))
    sender = rows.practice(rate_per_second=RATE)
    one = rows.people(sender, count)
    rates: list[float] = []
    spent: dict[str, list[float]] = {}
    refused = 0
    with ExitStack() as stack:
        sandbox, pids = stand_up(stack)
        for _ in range(REPEATS):
            sandbox.reset(keep=("options",))
            rows.set_pace(sender, RATE)
            rows.queue(sender, one, count)
            before = {name: processor.cpu_seconds(pid) for name, pid in pids.items()}
            rates.append(count / until_all_read(count))
            for name, pid in pids.items():
                cpu = processor.cpu_seconds(pid) - before[name]
                spent.setdefault(name, []).append(cpu / count * 1000)
            refused += sum(sandbox.stats()["refused"].values())
    note = f"{count} messages, all read; {refused} refused in {REPEATS} repeats"
    aims = (at_least(700),)
    yield Figure.median(BENCH, "all three receipts applied", rates, "/s", aims=aims, note=note)
    for name, used in spent.items():
        yield Figure.median(BENCH, f"CPU per message, {name}", used, "ms")
    together = [sum(each) for each in zip(*spent.values(), strict=True)]
    note = f"for no more than {CPUS * 1000 / min(together):,.0f}/s on {CPUS} CPUs"
    yield Figure.median(BENCH, "CPU per message, together", together, "ms", note=note)


def stand_up(stack: ExitStack) -> "tuple[SandboxProcess, dict[str, int]]":
    """Start everything; gives the sandbox and the process ids by name."""
    ports = {"PORT": str(house.free_port()), "DOOR_PORT": str(house.free_port())}
    sandbox = stack.enter_context(
        house.sandbox(
            f"--throughput={RATE}",
            "--latency=0.1",
            "--pace=0.02",
            f"--webhook-url=http://127.0.0.1:{ports['DOOR_PORT']}/webhooks/whatsapp",
        )
    )
    pids = {"sandbox": sandbox.pid, "PostgreSQL": processor.database(), "Redis": processor.redis()}
    for name in PROCESSES:
        started = house.process(name, SANDBOX_URL=sandbox.base_url, **ports)
        pids[name] = stack.enter_context(started).pid
    for port in ports.values():
        if not house.until(lambda port=port: house.listens(int(port)), seconds=90):  # type: ignore[misc]
            raise figures.CannotRun(f"not all processes stood up: {house.log_ends()}")
    if not house.until(lambda: _workers() == 2, seconds=90):
        raise figures.CannotRun(f"{_workers()} of 2 workers stood up: {house.log_ends()}")
    return sandbox, pids


def until_all_read(count: int) -> float:
    """Ring until every message has all its receipts; gives the seconds."""
    ended = threading.Event()
    ringing = threading.Thread(target=_tick_until, args=(ended,))
    began = time.perf_counter()
    ringing.start()
    try:
        if not house.until(lambda: all_receipts() >= count, seconds=PATIENCE_SECONDS):
            raise figures.CannotRun(f"not all became read: {_standing()}; {house.log_ends()}")
        return time.perf_counter() - began
    finally:
        ended.set()
        ringing.join()


def all_receipts() -> int:
    from whatsapp.models import Message

    return Message.objects.filter(
        sent_at__isnull=False, delivered_at__isnull=False, read_at__isnull=False
    ).count()


def _tick_until(ended: threading.Event) -> None:
    from healthmsg.celery import app

    while not ended.is_set():
        for task in ("whatsapp.send_turn", "whatsapp.digest"):
            app.send_task(task, expires=15)
        ended.wait(1.0)


def _workers() -> int:
    from healthmsg.celery import app

    with suppress(OSError):
        return len(app.control.ping(timeout=1.0) or ())
    return 0


def _standing() -> list[tuple[str, str, int]]:
    from django.db.models import Count

    from whatsapp.models import Message

    found = Message.objects.values_list("status", "reason").annotate(count=Count("pk"))
    return list(found)


if __name__ == "__main__":
    figures.alone(BENCH, measure)
