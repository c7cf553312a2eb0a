"""
From a patient's tap on a time to the changed visit and our answer, while a broadcast runs.

Each tap comes to the door as Meta would bring it, signed; the answer counts from the moment when
the sandbox accepts it. Door, inbox, sender and worker are the Procfile's, the ticks those of beat,
and the broadcast's receipts come in through the same door. No two taps are for one time.
"""

import hashlib
import hmac
import json
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.bench import figures, house
from tests.bench.figures import Figure, below, exactly

if TYPE_CHECKING:
    from healthmsg.clinic.models import Appointment
    from tests.sandbox_process import SandboxProcess
    from whatsapp.models import Message, Sender

BENCH = "answers"
RATES = (80, 1000)
EVERY_SECONDS = 0.2
PATIENCE_SECONDS = 30
PROCESSES = ("door", "sender", "inbox", "worker")
TICKS = ("whatsapp.send_turn", "whatsapp.digest", "whatsapp.handle_replies")
# In milliseconds.
MAY_TAKE = 2000
HOUR = timedelta(hours=1)
ALWAYS_OPEN = {str(day): [["00:00", "23:59"]] for day in range(7)}


def measure(seconds: float) -> Iterator[Figure]:
    house.open_house()
    from tests.bench import rows

    taps = int(max(3 * seconds, 2) / EVERY_SECONDS)
    broadcast = int(max(RATES) * 8 * max(seconds, 1))
    sender = rows.practice(rate_per_second=max(RATES))
    one = rows.people(sender, broadcast)
    for rate in RATES:
        with ExitStack() as stack:
            rows.set_pace(sender, rate)
            stream = _stream(sender)
            rows.queue(sender, one, broadcast, lane=2, stream=stream)
            asked = [_asked(sender, n) for n in range(taps)]
            sandbox, door = _stand_up(stack, sender, rate)
            yield from _at_rate(rate, asked, sandbox, door)


def _at_rate(
    rate: int, asked: "list[Message]", sandbox: "SandboxProcess", door: str
) -> Iterator[Figure]:
    if not house.until(lambda: sandbox.stats()["accepted"] > rate, seconds=90, pause=0.5):
        raise figures.CannotRun(f"the broadcast did not begin: {house.log_ends()}")
    tapped = {message.pk: _tap(message, door) for message in asked}
    answered = _answered(asked, sandbox)
    times = [(answered[pk] - at) * 1000 for pk, at in tapped.items() if pk in answered]
    beside = sandbox.stats()["accepted"] - len(times)
    note = f"{len(times)} taps beside {beside:,} messages of the broadcast"
    moved = _moved(asked)
    still = f"of {len(asked)}; {_waiting():,} of the broadcast still waited at the end"
    aims = (exactly(len(asked)),)
    yield Figure(BENCH, f"moved and answered at {rate}/s", moved, "taps", aims=aims, note=still)
    if not times:
        raise figures.CannotRun(f"no tap was answered: {house.log_ends()}")
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    aims = (below(MAY_TAKE),)
    yield Figure(BENCH, f"tap to answer at {rate}/s, p50", cuts[49], "ms", aims=aims, note=note)
    yield Figure(BENCH, f"tap to answer at {rate}/s, p99", cuts[98], "ms")


def _stand_up(stack: ExitStack, sender: "Sender", rate: int) -> "tuple[SandboxProcess, str]":
    port = house.free_port()
    door = f"http://127.0.0.1:{port}/webhooks/whatsapp"
    sandbox = stack.enter_context(
        house.sandbox(
            f"--throughput={rate}", "--latency=0.1", "--pace=0.02", f"--webhook-url={door}"
        )
    )
    variables = {"SANDBOX_URL": sandbox.base_url, "DOOR_PORT": str(port)}
    for name in PROCESSES:
        stack.enter_context(house.process(name, **variables))
    if not house.until(lambda: house.listens(port), seconds=90):
        raise figures.CannotRun(f"the door did not open: {house.log_ends()}")
    ended = threading.Event()
    ticking = threading.Thread(target=_tick_until, args=(ended,), daemon=True)
    ticking.start()
    stack.callback(ticking.join)
    stack.callback(ended.set)
    return sandbox, door


def _asked(sender: "Sender", number: int) -> "Message":
    """A visit whose patient is about to tap: the time is kept, and the question was sent."""
    from reminders import booking
    from reminders.booking import Booking
    from tests import factories

    now = datetime.now(UTC)
    site = sender.clinic.sites.first() or factories.make_site(
        sender.clinic, opening_hours=ALWAYS_OPEN
    )
    kind = sender.clinic.visit_kinds.first() or factories.make_kind(sender.clinic)
    patient = factories.make_patient(sender.clinic, consented_at=now - timedelta(days=1))
    request = Booking(
        patient=patient,
        kind=kind,
        site=site,
        clinician=factories.make_clinician(sender.clinic, name=f"Dr. {number}"),
        starts_at=now + 100 * HOUR,
        contact=patient.contacts.first(),
    )
    visit = booking.book(request, by=None, now=now)
    return factories.make_message(
        sender,
        patient,
        lane=0,
        appointment=visit,
        appointment_version=visit.version,
        appointment_status=visit.status,
        status="READ",
        send_after=None,
        accepted_at=now,
        created_at=now,
        expires_at=now + HOUR,
    )


def _tap(message: "Message", door: str) -> float:
    """Bring one tap to the door; gives the moment before."""
    import requests

    body = json.dumps(_body(message)).encode()
    # The sandbox's, known to everybody.
    secret = b"sandbox-app-secret"
    signature = hmac.new(secret, body, hashlib.sha256).hexdigest()
    began = time.time()
    headers = {"X-Hub-Signature-256": f"sha256={signature}", "Content-Type": "application/json"}
    requests.post(door, data=body, headers=headers, timeout=10).raise_for_status()
    time.sleep(max(0.0, EVERY_SECONDS - (time.time() - began)))
    return began


def _body(message: "Message") -> dict[str, object]:
    from tests import factories
    from whatsapp import buttons
    from whatsapp.buttons import Verb

    visit = _visit(message)
    starts_at = (visit.starts_at - 40 * HOUR).replace(second=0, microsecond=0)
    tap = buttons.payload(
        Verb.TAKE_TIME, message.callback, about=visit.pk, at=starts_at, who=visit.clinician_id
    )
    wa_id = (message.phone.number or "").lstrip("+")
    said = {
        "from": wa_id,
        "id": f"wamid.bench.{message.pk}",
        "timestamp": str(int(time.time())),
        "type": "interactive",
        "interactive": {"type": "button_reply", "button_reply": {"id": tap, "title": "Sí"}},
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": "541155550000",
            "phone_number_id": factories.PHONE_NUMBER_ID,
        },
        "contacts": [{"profile": {"name": "Ana"}, "wa_id": wa_id}],
        "messages": [said],
    }
    entry = {"id": factories.WABA_ID, "changes": [{"field": "messages", "value": value}]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def _answered(asked: "list[Message]", sandbox: "SandboxProcess") -> dict[int, float]:
    """Return when the answer to each tap was accepted, by the message that was tapped."""
    from whatsapp.models import Message, Reply

    tapped = [message.pk for message in asked]
    house.until(
        lambda: (
            Message.objects.filter(dedupe_key__startswith="reply:", accepted_at__isnull=False)
            .filter(dedupe_key__endswith=":answer")
            .count()
            >= len(tapped)
        ),
        seconds=PATIENCE_SECONDS,
        pause=0.5,
    )
    replies = dict(Reply.objects.filter(answers__in=tapped).values_list("pk", "answers"))
    keys = {f"reply:{pk}:answer": answers for pk, answers in replies.items()}
    sent = Message.objects.filter(dedupe_key__in=keys).values_list("callback", "dedupe_key")
    whose = {str(callback): keys[key] for callback, key in sent}
    return {
        whose[callback]: entry["accepted_at_real"]
        for entry in sandbox.accepted()
        if (callback := (entry["callback"] or "").rpartition(".")[0]) in whose
    }


def _moved(asked: "list[Message]") -> int:
    from healthmsg.clinic.models import Appointment

    visits = Appointment.objects.filter(pk__in=[message.appointment_id for message in asked])
    return visits.filter(version=2).count()


def _visit(message: "Message") -> "Appointment":
    visit = message.appointment
    if visit is None:
        raise figures.CannotRun("a message without a visit")
    return visit


def _waiting() -> int:
    from whatsapp.models import Message

    return Message.objects.filter(lane=2, send_after__isnull=False).count()


def _stream(sender: "Sender") -> object:
    from whatsapp.models import Stream

    return Stream.objects.create(clinic=sender.clinic, name="campaign")


def _tick_until(ended: threading.Event) -> None:
    from healthmsg.celery import app

    while not ended.is_set():
        for task in TICKS:
            app.send_task(task, expires=15)
        ended.wait(1.0)


if __name__ == "__main__":
    figures.alone(BENCH, measure)
