"""
The memory of the sender's processes while it sends message after message.

The sender is the Procfile's: its two children and their parent, as it holds them when it has
sent a tenth, a half and all. How many are sent follows from `--seconds`: 20,000 for each, so that
50 is a million.
"""

import statistics
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.bench import figures, house, processor
from tests.bench.figures import Figure, at_most

if TYPE_CHECKING:
    from healthmsg.clinic.models import Patient
    from tests.sandbox_process import SandboxProcess
    from whatsapp.models import Sender

BENCH = "memory"
A_SECOND = 20_000
# So many rows at a time: a million would only make the bench slower to begin.
AT_ONCE = 100_000
# No limit of the sandbox's, and none of ours that would be felt.
UNLIMITED = 100_000
START, MIDDLE, END = "held after a tenth", "held after a half", "held after all"

Sample = tuple[int, float]  # messages sent so far, megabytes


def measure(seconds: float) -> Iterator[Figure]:
    house.open_house()
    from tests.bench import rows

    total = int(A_SECOND * seconds)
    sender = rows.practice(rate_per_second=UNLIMITED)
    one = rows.people(sender, min(total, AT_ONCE))
    with house.sandbox("--webhooks=off", "--latency=0.1", "--throughput=0") as sandbox:
        samples = send(sender, one, sandbox, total)
    note = f"{total:,} messages"
    held = {share: _around(samples, share * total) for share in (0.1, 0.5, 1.0)}
    yield Figure(BENCH, START, held[0.1], "MB", note=note)
    yield Figure(BENCH, MIDDLE, held[0.5], "MB")
    # Flat: what one number's turn needs comes and goes, and five in a hundred cover that.
    yield Figure(BENCH, END, held[1.0], "MB", aims=(at_most(1.05, times=MIDDLE),))
    late = [sample for sample in samples if sample[0] >= total / 5]
    slope, _ = statistics.linear_regression([n for n, _ in late], [mb for _, mb in late])
    note = "by the slope of its last four fifths"
    yield Figure(BENCH, "growth over a million messages", slope * 1e6, "MB", note=note)


def send(sender: "Sender", one: "Patient", sandbox: "SandboxProcess", total: int) -> list[Sample]:
    """Send them all, portion by portion, looking four times a second."""
    from tests.bench import rows
    from whatsapp import tasks

    samples: list[Sample] = []
    sent = 0
    with house.process("sender", SANDBOX_URL=sandbox.base_url) as process:
        while sent < total:
            portion = min(AT_ONCE, total - sent)
            sandbox.reset(keep=("options",))
            rows.queue(sender, one, portion)

            def is_sent(before: int = sent, portion: int = portion) -> bool:
                accepted = int(sandbox.stats()["accepted"])
                if accepted:
                    samples.append((before + accepted, processor.resident_megabytes(process.pid)))
                tasks.ring()
                return accepted >= portion

            if not house.until(is_sent, seconds=60 + portion / 100, pause=0.25):
                left = rows.unaccepted()
                raise figures.CannotRun(f"not all were sent: {left}; {house.log_ends()}")
            sent += portion
    return samples


def _around(samples: list[Sample], sent: float) -> float:
    """The median of the five looks nearest to it."""
    nearest = sorted(samples, key=lambda sample: abs(sample[0] - sent))[:5]
    return statistics.median(megabytes for _, megabytes in nearest)


if __name__ == "__main__":
    figures.alone(BENCH, measure)
