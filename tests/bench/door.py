"""
The receiver, each notice synced to disk before it is answered, beside a plain Django view.

The plain view checks nothing and only pushes the body to Redis; it runs under gunicorn with the
kind and number of workers that suit it best, found first in shorter runs.
"""

import asyncio
import contextlib
import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

from tests.bench import figures, house, processor
from tests.bench.figures import Aim, Figure, at_least, below, beside
from tests.bench.pressing import Pressed, press
from tests.bench.stage import best

BENCH = "door"
REPEATS = 3
CONNECTIONS = (32, 128)
BODY = (Path(__file__).parent.parent / "webhook_samples" / "status_delivered.json").read_bytes()


def measure(seconds: float) -> Iterator[Figure]:
    house.open_house()
    for connections in CONNECTIONS:
        yield from plain(connections, seconds)
        yield from door(connections, seconds)


def plain(connections: int, seconds: float) -> Iterator[Figure]:
    from tests.bench import plain_view

    def serve(choice: tuple[tuple[str, ...], int], seconds: float) -> Pressed:
        kind, workers = choice
        with plain_view.serving(workers, kind) as (port, _):
            return _press(port, connections, seconds)

    choices = [(kind, workers) for kind in plain_view.KINDS for workers in plain_view.WORKERS]
    found = best(choices, lambda choice: serve(choice, max(0.5, seconds / 5)).rate)
    chosen = next(iter(found))
    pressed = [serve(chosen, seconds) for _ in range(REPEATS)]
    others = ", ".join(
        f"{'gthread' if kind else 'sync'} {workers}: {rate:.0f}"
        for (kind, workers), rate in found.items()
    )
    rates = [one.rate for one in pressed]
    what = _plain(connections)
    yield Figure.median(BENCH, what, rates, "/s", note=f"workers {others}")
    yield Figure.median(BENCH, f"p50, {what}", [one.p50 for one in pressed], "ms")
    yield Figure.median(BENCH, f"p99, {what}", [one.p99 for one in pressed], "ms")


def door(connections: int, seconds: float) -> Iterator[Figure]:
    """The line of the Procfile."""
    with house.process("door", DOOR_PORT=str(port := house.free_port())) as process:
        if not house.until(lambda: _stands(port), seconds=60):
            raise figures.CannotRun(f"the door did not stand up: {house.log_ends()}")
        _press(port, connections, min(1.0, seconds))
        pressed, cpu = [], []
        for _ in range(REPEATS):
            one, spent = on_disk(port, process.pid, connections, seconds)
            pressed.append(one)
            cpu.append(spent)
    client = max(one.cpu_share for one in pressed)
    what, note = f"on disk, {connections} connections", f"the client used {client:.0%} of one CPU"
    aims: tuple[Aim, ...] = (at_least(10, times=_plain(connections)),)
    rates = [one.rate for one in pressed]
    yield Figure.median(BENCH, what, rates, "/s", aims=aims, note=note)
    p50, p99 = [one.p50 for one in pressed], [one.p99 for one in pressed]
    aims = (beside(f"p50, {_plain(connections)}"),)
    yield Figure.median(BENCH, f"p50, {connections} connections", p50, "ms", aims=aims)
    aims = (below(50), beside(f"p99, {_plain(connections)}"))
    yield Figure.median(BENCH, f"p99, {connections} connections", p99, "ms", aims=aims)
    yield Figure.median(BENCH, f"CPU per notice, {connections} connections", cpu, "ms")


def on_disk(port: int, pid: int, connections: int, seconds: float) -> tuple[Pressed, float]:
    """Press, and look whether every answered notice is there; also milliseconds of CPU for one."""
    from django.db import connection

    from whatsapp.models import Delivery

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE whatsapp_delivery CASCADE")
    cpu = processor.cpu_seconds(pid)
    pressed = _press(port, connections, seconds)
    cpu = processor.cpu_seconds(pid) - cpu
    kept = Delivery.objects.count()
    if kept != pressed.answered:
        raise figures.CannotRun(f"{pressed.answered} answered, but {kept} on disk")
    return pressed, cpu / pressed.answered * 1000


def request() -> bytes:
    digest = hmac.new(b"sandbox-app-secret", BODY, hashlib.sha256).hexdigest()
    head = (
        "POST /webhooks/whatsapp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-Hub-Signature-256: sha256={digest}\r\nContent-Length: {len(BODY)}\r\n\r\n"
    )
    return head.encode() + BODY


def _press(port: int, connections: int, seconds: float) -> Pressed:
    return asyncio.run(press(port, request(), connections=connections, seconds=seconds))


def _plain(connections: int) -> str:
    return f"plain view, {connections} connections"


def _stands(port: int) -> bool:
    with contextlib.suppress(OSError), urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as it:
        return bool(it.status == 200)
    return False


if __name__ == "__main__":
    figures.alone(BENCH, measure)
