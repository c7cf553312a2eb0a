"""
How long a reply and a reminder wait behind 100,000 messages of a campaign on the same number.

From the moment before their row is written to their acceptance in the sandbox's ledger. The sender
is the Procfile's, in turns of five seconds, so that the ends of turns are part of it. The campaign
is never done within the bench; nothing but the lanes lets the others through.
"""

import statistics
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.bench import figures, house
from tests.bench.figures import Figure, at_most, below

if TYPE_CHECKING:
    from healthmsg.clinic.models import Phone
    from tests.sandbox_process import SandboxProcess
    from whatsapp.models import Message, Sender

BENCH = "lanes"
RATES = (20, 80, 1000)
BROADCAST = 100_000
# Nobody is written to twice, so that no limit per person is met.
PEOPLE_APART = 1_000
EVERY_SECONDS = 0.2
TURN_SECONDS = 5
PATIENCE_SECONDS = 30
# In milliseconds.
MAY_WAIT = {"reply": 1000, "reminder": 2000}


def measure(seconds: float) -> Iterator[Figure]:
    house.open_house()
    from tests.bench import rows
    from whatsapp.models import Message, Stream

    sender = rows.practice(rate_per_second=RATES[0])
    one = rows.people(sender, BROADCAST + PEOPLE_APART)
    stream = Stream.objects.create(clinic=sender.clinic, name="campaign")
    rows.queue(sender, one, BROADCAST, lane=2, stream=stream)
    campaign = Message.objects.filter(lane=2).order_by("-pk")[0]
    phones = apart(sender)
    with house.sandbox("--webhooks=off", "--latency=0.1") as sandbox:
        for rate in RATES:
            yield from at_rate(rate, campaign, phones, sandbox, seconds)


def at_rate(
    rate: int,
    campaign: "Message",
    phones: "Iterator[Phone]",
    sandbox: "SandboxProcess",
    seconds: float,
) -> Iterator[Figure]:
    from tests.bench import rows

    sender = campaign.sender
    assert sender is not None
    rows.set_pace(sender, rate)
    sandbox.reset(keep=("options",))
    sandbox.settings(numbers={sender.phone_number_id: {"throughput": rate}})
    variables = {"SANDBOX_URL": sandbox.base_url, "WHATSAPP_TURN_SECONDS": str(TURN_SECONDS)}
    with house.process("sender", **variables):
        if not house.until(lambda: _ring_and_look(sandbox) > rate, seconds=90, pause=0.5):
            raise figures.CannotRun(f"the campaign did not begin: {house.log_ends()}")
        asked = inject(campaign, phones, 3 * seconds)
        waited, missing = wait_for(asked, sandbox)
        stats = sandbox.stats()
    passed, refused = stats["accepted"], sum(stats["refused"].values())
    fullest = stats["highest_second"][sender.phone_number_id]["asked"]
    note = f"over {int(3 * seconds / TURN_SECONDS)} ends of turns or more; {refused} refused"
    aims = (at_most(rate),)
    yield Figure(BENCH, f"fullest second at {rate}/s", fullest, "messages", aims=aims, note=note)
    for kind, times in waited.items():
        note = f"{len(times)} of them beside {passed} of the campaign"
        if missing[kind]:
            note += f"; {missing[kind]} not accepted within {PATIENCE_SECONDS} s, counted as that"
        cuts = statistics.quantiles(times, n=100, method="inclusive")
        yield Figure(BENCH, f"{kind} at {rate}/s, p50", cuts[49], "ms")
        aims = (below(MAY_WAIT[kind]),)
        # With few of them this is nearly the slowest of all.
        yield Figure(BENCH, f"{kind} at {rate}/s, p99", cuts[98], "ms", aims=aims, note=note)


def inject(
    campaign: "Message", phones: "Iterator[Phone]", seconds: float
) -> dict[str, tuple[str, float]]:
    """Queue a reply and a reminder again and again; their kinds and moments, by callback."""
    asked = {}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for kind, lane in (("reply", 0), ("reminder", 1)):
            asked_at = time.time()
            asked[queue(campaign, next(phones), lane)] = (kind, asked_at)
            _ring()
            time.sleep(EVERY_SECONDS / 2)
    return asked


def queue(campaign: "Message", phone: "Phone", lane: int) -> str:
    """Write one row as the outbox does; gives its callback."""
    from tests import said
    from whatsapp.models import Message

    now = datetime.now(UTC)
    contact = phone.contacts.get()
    is_answer, callback = lane == 0, uuid.uuid4()
    words = {"type": "text", "text": {"body": "Thank you, we have noted it."}}
    message = Message.objects.create(
        clinic=campaign.clinic,
        sender=campaign.sender,
        phone=phone,
        contact=contact,
        patient=contact.patient,
        lane=lane,
        dedupe_key=f"apart:{uuid.uuid4()}",
        created_at=now,
        send_after=now,
        expires_at=now + timedelta(hours=1),
        purpose="REPLY" if is_answer else "APPOINTMENTS",
        template_version=None if is_answer else campaign.template_version,
        **said.words("", words if is_answer else campaign.payload, callback),
    )
    return str(message.callback)


def wait_for(
    asked: dict[str, tuple[str, float]], sandbox: "SandboxProcess"
) -> tuple[dict[str, list[float]], dict[str, int]]:
    """Milliseconds each waited, by kind, and how many were never accepted."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        accepted = {
            entry["callback"].rpartition(".")[0]: entry["accepted_at_real"]
            for entry in sandbox.accepted()
        }
        if asked.keys() <= accepted.keys() or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    waited: dict[str, list[float]] = {kind: [] for kind in MAY_WAIT}
    missing = dict.fromkeys(MAY_WAIT, 0)
    for callback, (kind, asked_at) in asked.items():
        missing[kind] += callback not in accepted
        heard_at = accepted.get(callback, asked_at + PATIENCE_SECONDS)
        waited[kind].append((heard_at - asked_at) * 1000)
    return waited, missing


def apart(sender: "Sender") -> "Iterator[Phone]":
    """Phones that the campaign does not write to, and that have just written to us."""
    from healthmsg.clinic.models import Phone
    from whatsapp.models import Conversation

    phones = list(Phone.objects.filter(clinic=sender.clinic).order_by("-pk")[:PEOPLE_APART])
    now = datetime.now(UTC)
    Conversation.objects.bulk_create(
        Conversation(sender=sender, phone=phone, last_inbound_at=now) for phone in phones
    )
    return iter(phones)


def _ring_and_look(sandbox: "SandboxProcess") -> int:
    _ring()
    return int(sandbox.stats()["accepted"])


def _ring() -> None:
    from whatsapp import tasks

    with suppress(OSError):
        tasks.ring()


if __name__ == "__main__":
    figures.alone(BENCH, measure)
