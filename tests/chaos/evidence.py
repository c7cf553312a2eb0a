"""Brings the judge what it hears: the rows as they are, and the sandbox's ledger."""

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

from healthmsg.clinic.models import Clinic
from reminders import call_list
from tests.chaos.judge import Accepted, Evidence, Row
from tests.sandbox_process import SandboxProcess
from whatsapp.models import Attempt, Delivery, Message, Reply
from whatsapp.status import Reason, Status

T = TypeVar("T")


def gather(sandbox: SandboxProcess) -> Evidence:
    """Look at everything; what comes in meanwhile is seen the next time."""
    heard, ledger = frozenset(sandbox.heard()), _ledger(sandbox)
    return Evidence(
        ledger=ledger,
        rows=tuple(_rows()),
        undigested=Delivery.objects.filter(digest_after__isnull=False).count(),
        set_aside=Delivery.objects.exclude(problem="").count(),
        unhandled=Reply.objects.filter(handled_at=None).count(),
        heard=heard,
        kept=frozenset(Reply.objects.values_list("wamid", flat=True)),
    )


def patiently(ask: Callable[[], T], *, tries: int = 1200, wait: Callable[[], None]) -> T:
    """Ask the database again, on a fresh connection, until it is there."""
    for _ in range(tries):
        try:
            return ask()
        except (OperationalError, InterfaceError):
            connection.close()
            wait()
    return ask()


def _ledger(sandbox: SandboxProcess) -> tuple[Accepted, ...]:
    return tuple(
        Accepted(
            entry["callback"],
            entry["accepted_at_real"],
            frozenset(entry["told"].split()),
            entry["told_at_real"],
        )
        for entry in sandbox.accepted()
    )


def _rows() -> list[Row]:
    unknown: dict[int, set[int]] = defaultdict(set)
    tries = Attempt.objects.filter(outcome=Status.UNCERTAIN)
    for message_id, number in tries.values_list("message_id", "number"):
        unknown[message_id].add(number)
    to_call = _to_call()
    return [
        Row(
            uuid=str(message.callback),
            status=message.status,
            reason=message.reason,
            waits=_waits(message),
            has_visit=message.appointment_id is not None,
            is_to_call=message.appointment_id in to_call,
            unknown_attempts=frozenset(unknown[message.pk]),
        )
        for message in Message.objects.defer(*Message.WORDS)
    ]


def _waits(message: Message) -> str:
    if message.status == Status.QUEUED:
        return f"is queued until {message.send_after}, after {message.attempt} tries"
    if message.status == Status.SENDING:
        return "is being sent"
    if message.status == Status.UNCERTAIN and message.reason != Reason.UNKNOWN_OUTCOME:
        return f"is uncertain, in hand until {message.leased_until}, of use {message.expires_at}"
    return ""


def _to_call() -> set[int]:
    now = datetime.now(UTC)
    return {
        row.appointment.pk
        for clinic in Clinic.objects.all()
        for row in call_list.to_call(clinic, now=now, within=timedelta(days=2))
    }
