"""
A campaign from the button on, through the Procfile's worker, sender and beat, to the sandbox.

How soon the first of 10,000 patients is written to; how soon everybody is written down among many,
and how soon a pause is heard while they are sent. How many are many follows from `--seconds`:
200,000 for each, so that the usual five are a million. Beside it, the tutorials' loop, which queues
one Celery task for each patient: it is timed over its first 20,000.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from typing import TYPE_CHECKING

from tests.bench import audience, figures, house, processor
from tests.bench.figures import Figure, at_least, at_most, below

if TYPE_CHECKING:
    from campaigns.models import Campaign, Run
    from tests.sandbox_process import SandboxProcess

BENCH = "launch"
A_SECOND = 200_000
FEW = 10_000
REPEATS = 3
RATE = 80
TEMPLATE = "vaccination_invitation"
PROCESSES = ("worker", "sender", "beat")
# Under load: so many have left when it is paused, and so long is watched whether more do.
BEFORE_A_PAUSE = 2 * RATE
WATCHED_SECONDS = 6
PATIENCE_SECONDS = 300


def measure(seconds: float) -> Iterator[Figure]:
    house.open_house()
    many = max(FEW, int(A_SECOND * seconds))
    everybody = audience.fill(many)
    for figure in audience.naive():
        yield replace(figure, bench=BENCH)
    with ExitStack() as stack:
        sandbox, worker = stand_up(stack, everybody)
        few = some_of(everybody, FEW)
        waits = [first_message(few, sandbox) for _ in range(REPEATS)]
        what = f"first message, {FEW:,} patients"
        yield Figure.median(BENCH, what, waits, "s", aims=(below(3),))
        yield from large(everybody, many, sandbox, worker)


def large(
    campaign: "Campaign", many: int, sandbox: "SandboxProcess", worker: int
) -> Iterator[Figure]:
    sandbox.reset(keep=("options",))
    before = processor.largest_megabytes(worker)
    most = before

    def look(is_so: Callable[[], bool]) -> bool:
        nonlocal most
        most = max(most, processor.largest_megabytes(worker))
        return is_so()

    began = time.perf_counter()
    run = start(campaign)
    wait(lambda: look(lambda: fresh(run).expanded_at is not None), pause=0.05)
    spent = time.perf_counter() - began
    note = f"{many:,} patients"
    yield Figure(BENCH, "everybody written down", spent, "s", note=note)
    aims = (at_least(20, times=audience.NAIVE),)
    what = "written down each second, from the button on"
    yield Figure(BENCH, what, many / spent, "patients/s", aims=aims)
    waits = []
    for _ in range(REPEATS):
        count = left(sandbox)
        wait(lambda count=count: look(lambda: left(sandbox) >= count + BEFORE_A_PAUSE))  # type: ignore[misc]
        waits.append(paused(run, sandbox))
    note = "the last that left after the button"
    yield Figure.median(BENCH, "pause under load", waits, "s", aims=(below(2),), note=note)
    note = f"the largest of its processes; {before:.0f} MB before"
    yield Figure(BENCH, "memory of the worker", most, "MB", aims=(at_most(250),), note=note)


def stand_up(stack: ExitStack, campaign: "Campaign") -> "tuple[SandboxProcess, int]":
    """Start everything; gives the sandbox and the worker's process id."""
    from whatsapp.models import Sender

    sandbox = stack.enter_context(
        house.sandbox("--webhooks=off", "--latency=0.1", f"--throughput={RATE}")
    )
    clinic = campaign.clinic
    clinic.sending_opens, clinic.sending_closes = clock_time(0), clock_time(23, 59, 59, 999999)
    clinic.save(update_fields=["sending_opens", "sending_closes"])
    Sender.objects.update(rate_per_second=RATE)
    fetch_templates(campaign, sandbox)
    pids = {}
    for name in PROCESSES:
        started = house.process(name, SANDBOX_URL=sandbox.base_url)
        pids[name] = stack.enter_context(started).pid
    if not house.until(lambda: _workers() == 2, seconds=90):
        raise figures.CannotRun(f"not all workers stood up: {house.log_ends()}")
    return sandbox, pids["worker"]


def fetch_templates(campaign: "Campaign", sandbox: "SandboxProcess") -> None:
    from django.conf import settings

    from whatsapp import templates_sync
    from whatsapp.graph import Graph

    graph = Graph(
        base_url=sandbox.base_url,
        version=settings.WHATSAPP_GRAPH_VERSION,
        token=settings.WHATSAPP_TOKEN,
    )
    account = campaign.clinic.senders.get().account
    templates_sync.bring_home(account, graph.templates(account.waba_id), now=datetime.now(UTC))
    campaign.template_name = TEMPLATE
    campaign.save(update_fields=["template_name"])


def some_of(campaign: "Campaign", count: int) -> "Campaign":
    """A campaign to the first of its patients who may be written to."""
    from campaigns.models import Campaign, ListEntry
    from healthmsg.clinic.models import Patient
    from tests import factories

    chosen = factories.make_audience(campaign.clinic, name="few")
    named = chosen.lists.get()
    # Some of them would not get it: so it is with all lists.
    first = Patient.objects.order_by("pk").values_list("pk", flat=True)[:count]
    ListEntry.objects.bulk_create(ListEntry(patient_list=named, patient_id=pk) for pk in first)
    return Campaign.objects.create(
        clinic=campaign.clinic,
        name="few",
        purpose=campaign.purpose,
        template_name=TEMPLATE,
        audience=chosen,
        approved_by=campaign.approved_by,
        approved_at=campaign.approved_at,
    )


def first_message(campaign: "Campaign", sandbox: "SandboxProcess") -> float:
    """Start it and take it back; the seconds until the first message was taken by WhatsApp."""
    from campaigns import launching

    sandbox.reset(keep=("options",))
    began = time.time()
    run = start(campaign)
    wait(lambda: left(sandbox) > 0, pause=0.02)
    first = min(entry["accepted_at_real"] for entry in sandbox.accepted())
    launching.cancel(run, reason="measured", now=datetime.now(UTC))
    wait(lambda: not _in_hand(run))
    return float(first - began)


def paused(run: "Run", sandbox: "SandboxProcess") -> float:
    """Pause and go on; the seconds from the button to the last message that left."""
    from campaigns import launching

    pressed_at = time.time()
    launching.pause(run, reason="measured", now=datetime.now(UTC))
    time.sleep(WATCHED_SECONDS)
    last = max(entry["accepted_at_real"] for entry in sandbox.accepted())
    launching.resume(fresh(run), now=datetime.now(UTC))
    return max(0.0, float(last - pressed_at))


_turns = iter(range(1, 1000))


def start(campaign: "Campaign") -> "Run":
    """Press the button, whatever was pressed a moment ago."""
    from campaigns import launching

    now = datetime.now(UTC)
    occurrence_at = now.replace(microsecond=0) + timedelta(minutes=next(_turns))
    return launching.start(campaign, by=None, now=now, occurrence_at=occurrence_at)


def fresh(run: "Run") -> "Run":
    from campaigns.models import Run

    return Run.objects.select_related("campaign__clinic", "stream").get(pk=run.pk)


def left(sandbox: "SandboxProcess") -> int:
    return int(sandbox.stats()["accepted"])


def wait(is_so: Callable[[], bool], *, pause: float = 0.25) -> None:
    if not house.until(is_so, seconds=PATIENCE_SECONDS, pause=pause):
        raise figures.CannotRun(f"it never came to that: {house.log_ends()}")


def _in_hand(run: "Run") -> bool:
    from whatsapp.models import Message
    from whatsapp.status import Status

    return Message.objects.filter(stream=run.stream_id, status=Status.SENDING).exists()


def _workers() -> int:
    from healthmsg.celery import app

    with suppress(OSError):
        return len(app.control.ping(timeout=1.0) or ())
    return 0


if __name__ == "__main__":
    figures.alone(BENCH, measure)
