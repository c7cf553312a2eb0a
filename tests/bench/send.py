"""
Sending with rows in PostgreSQL and a sandbox that answers after 100 ms, and others beside it.

Beside it: a bare aiohttp loop with the same bodies (the limit), the tutorials' design, and pywa's
client; each at its best setting, found first in shorter runs. The sandbox is not the ceiling: see
`sandbox_rate`.
"""

import asyncio
from collections.abc import Iterator

from tests.bench import figures, house, rivals
from tests.bench.figures import Figure, at_least, at_most, beside
from tests.bench.rivals import BARE, CPU, PYWA, TUTORIAL
from tests.bench.stage import Stage, best, bodies, turn

BENCH = "send"
REPEATS = 3
IN_FLIGHT = (200, 400, 800, 1600)
PACED = (80, 1000)
# More than the pump sends in a second here.
A_SECOND = 4000


def measure(seconds: float) -> Iterator[Figure]:
    house.open_house()
    from tests.bench import rows

    sender = rows.practice(rate_per_second=1000)
    one = rows.people(sender, int(max(seconds, 1) * A_SECOND))
    with house.sandbox("--webhooks=off", "--latency=0.1", "--throughput=0") as sandbox:
        stage = Stage(sender, one, sandbox, seconds)
        yield from uncapped(stage)
        yield from rivals.tutorial_design(BENCH, stage)
        yield from rivals.pywa(BENCH, stage)
        for rate in PACED:
            yield from paced(stage, rate)


def uncapped(stage: Stage) -> Iterator[Figure]:
    """Pump and bare loop in turns, each at the number in flight that suits it."""
    short = stage.seconds / 2 * A_SECOND / 2
    shipped = _shipped_in_flight()
    pumps = best(IN_FLIGHT if shipped else (0,), lambda n: turn(stage, short, in_flight=n).rate)
    loops = best(IN_FLIGHT, lambda n: bare(stage, short, in_flight=n))
    pump_best, bare_best = next(iter(pumps)), next(iter(loops))
    turns, limits = [], []
    for _ in range(REPEATS):
        turns.append(turn(stage, stage.seconds * A_SECOND / 2, in_flight=pump_best))
        limits.append(bare(stage, stage.seconds * A_SECOND / 2, in_flight=bare_best))
    yield Figure.median(BENCH, BARE, limits, "/s", note=_tried(loops))
    yield Figure.median(
        BENCH,
        "uncapped",
        [turn.rate for turn in turns],
        "/s",
        aims=(at_least(0.9, times=BARE), at_least(15, times=TUTORIAL), at_least(15, times=PYWA)),
        note=f"{_tried(pumps)}; shipped with {shipped or 'its own'}",
    )
    cpu = [turn.cpu for turn in turns]
    yield Figure.median(BENCH, CPU, cpu, "ms", aims=(at_most(0.35),))
    cpu = [turn.database_cpu for turn in turns]
    yield Figure.median(BENCH, f"{CPU}, PostgreSQL", cpu, "ms", aims=(beside(CPU),))


def bare(stage: Stage, count: float, *, in_flight: int) -> float:
    from tests.bench import bare_loop
    from whatsapp import turns

    stage.queue(count)
    written = bodies(int(count))
    # As the pump has it, so that this is the limit.
    with turns.little_garbage_collected():
        return asyncio.run(bare_loop.post(stage.url, stage.token, written, in_flight=in_flight))


def paced(stage: Stage, rate: int) -> Iterator[Figure]:
    """The rate from first to last acceptance, and the fullest second, as the sandbox saw it."""
    from tests.bench import rows

    number = stage.sender.phone_number_id
    stage.sandbox.settings(numbers={number: {"throughput": rate}})
    held, highest = [], []
    refused = left = 0
    for _ in range(REPEATS):
        # One refusal halves the pace for minutes: each repeat begins anew, and tells its own.
        rows.set_pace(stage.sender, rate)
        left += turn(stage, rate * stage.seconds, paced=True).left
        moments = sorted(entry["accepted_at_real"] for entry in stage.sandbox.accepted())
        held.append((len(moments) - 1) / (moments[-1] - moments[0]))
        stats = stage.sandbox.stats()
        highest.append(stats["highest_second"][number]["asked"])
        refused += sum(stats["refused"].values())
    stage.sandbox.settings(numbers={number: {"throughput": 0}})
    note = f"{refused} refused, {left} left for later"
    aims = (at_least(0.975 * rate),)
    yield Figure.median(BENCH, f"held at {rate}/s", held, "/s", aims=aims, note=note)
    # Not the median: one window above the limit is one too many.
    yield Figure(
        BENCH, f"fullest second at {rate}/s", max(highest), "messages", aims=(at_most(rate),)
    )


def _tried(rates: dict[int, float]) -> str:
    return "in flight " + ", ".join(f"{n}: {rate:.0f}" for n, rate in rates.items())


def _shipped_in_flight() -> int:
    from whatsapp import pump

    return int(getattr(pump, "IN_FLIGHT", 0))


if __name__ == "__main__":
    figures.alone(BENCH, measure)
