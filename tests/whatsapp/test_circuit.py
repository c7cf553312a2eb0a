"""Codes that nobody knows: told, counted by the minute, and too many of them stop a number."""

import asyncio
import threading
import time
from datetime import datetime, timedelta

import pytest
from django.db import connections

from healthmsg.clinic.models import Patient
from tests import factories
from tests.sandbox_process import SandboxProcess
from tests.whatsapp.turning import take_a_turn
from whatsapp import circuit, consequences, holds
from whatsapp.connection import connect
from whatsapp.errors import OutcomeUnknown, Refused, SendError, TryAgain
from whatsapp.models import Message, Sender, SendTally, UnknownCode
from whatsapp.status import Reason, Status
from whatsapp.turns import Surroundings

pytestmark = pytest.mark.django_db(transaction=True)
UNKNOWN = Refused("?", code=987654)


def count(sender: Sender, answers: list[SendError | None], now: datetime) -> bool:
    async def tell() -> bool:
        async with await connect() as connection:
            return await circuit.count(connection, sender.pk, answers, now=now)

    return asyncio.run(tell())


@pytest.fixture(autouse=True)
def _whole_minute() -> None:
    """Let no minute end in the middle of a test."""
    second = time.time() % 60
    if second > 50:
        time.sleep(60.1 - second)


def test_one_unknown_code_fails_its_message_and_is_kept_for_a_person(
    sender: Sender, willing_patient: Patient, around: Surroundings, sandbox: SandboxProcess
) -> None:
    message = factories.make_message(sender, willing_patient)
    sandbox.fault("graph", code=987654, times=1)

    take_a_turn(around)

    message.refresh_from_db()
    sender.refresh_from_db()
    kept = UnknownCode.objects.get()
    tally = SendTally.objects.get()
    assert (message.status, message.reason) == (Status.FAILED, Reason.UNKNOWN_CODE)
    assert (kept.code, kept.times) == ("987654", 1)
    assert (tally.answered, tally.unknown) == (1, 1)
    assert sender.held_at is None


def test_a_minute_of_unknown_codes_stops_the_number_and_says_so(
    sender: Sender, around: Surroundings, sandbox: SandboxProcess, noon: datetime
) -> None:
    for _ in range(14):
        factories.make_message(sender, factories.make_patient(sender.clinic))
    sandbox.fault("graph", code=987654, times=12)

    take_a_turn(around)

    sender.refresh_from_db()
    assert sender.held_at == noon
    assert (sender.held_code, sender.held_reason) == (987654, circuit.REASON)
    assert sender.held_until == noon + circuit.PROBED_AFTER
    assert UnknownCode.objects.get().times == 12
    assert Message.objects.filter(status=Status.FAILED).count() == 12


@pytest.mark.parametrize(
    ("good", "unknown", "opens"),
    [
        pytest.param(6, 3, False, id="too-few"),
        pytest.param(8, 2, False, id="a-fifth"),
        pytest.param(7, 3, True, id="more-than-a-fifth"),
        pytest.param(0, 10, True, id="all"),
        pytest.param(100, 20, False, id="many-of-more"),
    ],
)
def test_more_than_a_fifth_of_at_least_ten_answers_open_it(
    sender: Sender, noon: datetime, good: int, unknown: int, opens: bool
) -> None:
    assert count(sender, [None] * good + [UNKNOWN] * unknown, noon) == opens
    assert (Sender.objects.get().held_at is not None) == opens


def test_what_is_no_refusal_and_what_is_known_counts_as_nothing_unknown(
    sender: Sender, noon: datetime
) -> None:
    silent: list[SendError | None] = [OutcomeUnknown("reset"), TryAgain("there was no connection")]
    count(sender, silent * 20, noon)
    count(sender, [Refused("?", code=131026)] * 20, noon)

    tally = SendTally.objects.get()
    assert (tally.answered, tally.unknown) == (20, 0)
    assert Sender.objects.get().held_at is None


def test_refusals_without_any_code_count_as_unknown(sender: Sender, noon: datetime) -> None:
    assert count(sender, [Refused("?", code=None)] * 10, noon)

    assert Sender.objects.get().held_code is None


def test_processes_that_count_together_lose_nothing_and_stop_it_once(
    sender: Sender, noon: datetime
) -> None:
    opened: list[bool] = []

    def tell() -> None:
        opened.append(count(sender, [None] * 2 + [UNKNOWN], noon))
        connections.close_all()

    threads = [threading.Thread(target=tell) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(SendTally.objects.values_list("answered", flat=True)) == 36
    assert sum(SendTally.objects.values_list("unknown", flat=True)) == 12
    assert opened.count(True) == 1
    assert Sender.objects.get().held_at is not None


def test_receipts_with_unknown_codes_open_it_too(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    message = factories.make_message(
        sender, willing_patient, status=Status.FAILED, reason=Reason.UNKNOWN_CODE, send_after=None
    )

    for _ in range(10):
        consequences.follow_receipt(message, 987654, now=noon)

    assert Sender.objects.get().held_code == 987654


def test_after_its_pause_a_few_messages_try_whether_whatsapp_takes_them(
    sender: Sender, noon: datetime
) -> None:
    count(sender, [UNKNOWN] * 10, noon)

    early = consequences.lift_expired(now=noon + timedelta(minutes=29))
    due = consequences.lift_expired(now=noon + timedelta(minutes=30))

    sender.refresh_from_db()
    assert (early.numbers, due.numbers) == (0, 1)
    assert (sender.held_at, sender.held_code, sender.slowed_to) == (None, None, holds.PROBING_RATE)


def test_a_number_that_a_person_stopped_is_not_taken_over(sender: Sender, noon: datetime) -> None:
    holds.stop_number(sender.pk, reason="looked at", now=noon)

    assert not count(sender, [UNKNOWN] * 10, noon)

    stopped = Sender.objects.get()
    assert (stopped.held_reason, stopped.held_until) == ("looked at", None)
