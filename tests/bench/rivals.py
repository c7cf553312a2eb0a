"""How others send the same messages: the tutorials' design, and pywa's client."""

import asyncio
import time
from collections.abc import Iterator

from tests.bench import figures, house, processor
from tests.bench.figures import Figure, beside
from tests.bench.stage import Stage, best

REPEATS = 3
TUTORIAL, PYWA = "tutorial design", "pywa"
# What they are held against.
BARE, CPU = "bare aiohttp loop", "CPU per message"
# More than it sends in a second, so that it does not run dry.
TUTORIAL_A_SECOND = 600
POOLS = (("prefork", 2), ("prefork", 4), ("prefork", 8), *(("threads", n) for n in (10, 50, 100)))
CALLS = (10, 25, 50, 100)


def tutorial_design(bench: str, stage: Stage) -> Iterator[Figure]:
    found = best(POOLS, lambda pool: tutorial(stage, *pool, stage.seconds / 2)[0])
    chosen = next(iter(found))
    runs = [tutorial(stage, *chosen, stage.seconds) for _ in range(REPEATS)]
    others = ", ".join(f"{pool} {n}: {rate:.0f}" for (pool, n), rate in found.items())
    rates = [rate for rate, _ in runs]
    note = f"{chosen[0]} {chosen[1]}; {others}"
    yield Figure.median(bench, TUTORIAL, rates, "/s", aims=(beside(BARE),), note=note)
    cpu = [cpu for _, cpu in runs]
    yield Figure.median(bench, f"CPU per message, {TUTORIAL}", cpu, "ms", aims=(beside(CPU),))


def tutorial(stage: Stage, pool: str, concurrency: int, seconds: float) -> tuple[float, float]:
    """Let its worker send for some seconds; messages a second, and CPU of one in milliseconds."""
    from tests.bench import tutorial
    from whatsapp.models import Message

    stage.queue(TUTORIAL_A_SECOND * (seconds + 1))
    queued = Message.objects.filter(send_after__isnull=False).order_by("pk")
    tutorial.enqueue(list(queued.values_list("pk", flat=True)))
    words = tutorial.worker(pool, concurrency)
    with house.command("tutorial", words, SANDBOX_URL=stage.sandbox.base_url) as worker:
        if not house.until(lambda: stage.accepted() > 0, seconds=60):
            raise figures.CannotRun(f"the tutorial's worker sent nothing: {house.log_ends()}")
        time.sleep(0.5)
        before, cpu = stage.accepted(), processor.cpu_seconds(worker.pid)
        began = time.perf_counter()
        time.sleep(seconds)
        count, lasted = stage.accepted() - before, time.perf_counter() - began
        cpu = processor.cpu_seconds(worker.pid) - cpu
        tutorial.app.control.purge()
    return count / lasted, cpu / count * 1000


def pywa(bench: str, stage: Stage) -> Iterator[Figure]:
    from tests.bench import pywa_client

    def send(calls: int, seconds: float) -> float:
        stage.sandbox.reset(keep=("options",))
        number, base = stage.sender.phone_number_id, stage.sandbox.base_url
        return asyncio.run(
            pywa_client.send(base, number, stage.token, calls=calls, seconds=seconds)
        )

    found = best(CALLS, lambda calls: send(calls, stage.seconds / 2))
    chosen = next(iter(found))
    cpu = time.process_time()
    rates = [send(chosen, stage.seconds) for _ in range(REPEATS)]
    cpu = (time.process_time() - cpu) / (sum(rates) * stage.seconds)
    others = ", ".join(f"{calls}: {rate:.0f}" for calls, rate in found.items())
    note = f"{chosen} at a time; {others}"
    yield Figure.median(bench, PYWA, rates, "/s", aims=(beside(BARE),), note=note)
    yield Figure(bench, f"CPU per message, {PYWA}", cpu * 1000, "ms", aims=(beside(CPU),))
