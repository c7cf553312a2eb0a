"""From a queued row through claim, pump and settle to the sandbox's ledger."""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.conf import settings
from django.db import connections
from redis import Redis as SyncRedis
from redis.asyncio import Redis

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Clinic,
    GivenHow,
    Mode,
    Patient,
    PatientState,
    Phone,
    PhoneState,
    Purpose,
    VisitStatus,
)
from tests import factories
from tests.sandbox_process import SandboxProcess
from whatsapp import pacing, settling, sweeping, turns
from whatsapp.connection import connect
from whatsapp.models import Attempt, Message, Sender, Template
from whatsapp.pacing import Pace
from whatsapp.pump import Claimed, Outcome
from whatsapp.status import Reason, Status
from whatsapp.turns import Surroundings

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def around(sandbox: SandboxProcess, noon: datetime) -> Surroundings:
    return Surroundings(
        redis_url=settings.REDIS_URL,
        base_url=sandbox.base_url,
        graph_version="v25.0",
        token="sandbox-token",
        uses_sandbox=True,
        seconds=10,
        now=lambda: noon,
        stopped=lambda: False,
    )


def take_a_turn(around: Surroundings) -> None:
    now = around.now()
    senders = turns.due_senders(now=now, uses_sandbox=around.uses_sandbox)
    asyncio.run(turns.take(senders, around))


def test_a_due_message_is_accepted_once(
    sender: Sender, willing_patient: Patient, around: Surroundings, sandbox: SandboxProcess
) -> None:
    message = factories.make_message(sender, willing_patient)

    take_a_turn(around)
    take_a_turn(around)

    message.refresh_from_db()
    assert message.status == Status.ACCEPTED
    (entry,) = sandbox.accepted()
    assert entry["callback"] == f"{message.callback}.1"
    assert message.wamid == entry["wamid"]
    assert message.send_after is None
    assert message.leased_until is None


def test_a_message_for_later_waits(
    sender: Sender, willing_patient: Patient, around: Surroundings, noon: datetime
) -> None:
    message = factories.make_message(
        sender, willing_patient, send_after=noon + timedelta(minutes=1)
    )

    take_a_turn(around)

    message.refresh_from_db()
    assert message.status == Status.QUEUED


def test_outside_sending_hours_only_answers_leave(
    sender: Sender, willing_patient: Patient, around: Surroundings, noon: datetime
) -> None:
    night = noon + timedelta(hours=12)
    message = factories.make_message(
        sender, willing_patient, send_after=noon, expires_at=night + timedelta(hours=1)
    )

    take_a_turn(replace(around, now=lambda: night))

    message.refresh_from_db()
    assert message.status == Status.QUEUED


def died(patient: Patient) -> None:
    Patient.objects.filter(pk=patient.pk).update(state=PatientState.DECEASED)


def withdrew(patient: Patient) -> None:
    consent.stop(
        factories.phone_of(patient),
        evidence=consent.Evidence(GivenHow.BY_MESSAGE),
        at=factories.NOON,
    )


def moved_house(patient: Patient) -> None:
    Phone.objects.filter(contacts__patient=patient).update(state=PhoneState.WRONG_PERSON)


def is_paused(patient: Patient) -> None:
    tomorrow = factories.NOON.date() + timedelta(days=1)
    Patient.objects.filter(pk=patient.pk).update(state=PatientState.PAUSED, paused_until=tomorrow)


def lost_its_template(patient: Patient) -> None:
    Template.objects.update(status="DISABLED")


@pytest.mark.parametrize(
    ("happened", "reason"),
    [
        pytest.param(died, Reason.HAS_DIED, id="death"),
        pytest.param(withdrew, Reason.ASKED_US_TO_STOP, id="stop"),
        pytest.param(moved_house, Reason.WRONG_PERSON, id="wrong-person"),
        pytest.param(is_paused, Reason.PAUSED, id="pause"),
        pytest.param(lost_its_template, Reason.TEMPLATE_NOT_APPROVED, id="template"),
    ],
)
def test_what_happened_after_queueing_withholds_the_message(
    sender: Sender,
    willing_patient: Patient,
    around: Surroundings,
    sandbox: SandboxProcess,
    happened: Callable[[Patient], None],
    reason: Reason,
) -> None:
    message = factories.make_message(sender, willing_patient)
    happened(willing_patient)

    take_a_turn(around)

    message.refresh_from_db()
    assert (message.status, message.reason) == (Status.WITHHELD, reason)
    assert sandbox.accepted() == []


def test_nobody_who_was_never_asked_is_written_to(
    sunrise_clinic: Clinic, sender: Sender, around: Surroundings, sandbox: SandboxProcess
) -> None:
    patient = factories.make_patient(sunrise_clinic, consents=(Purpose.MARKETING,))
    message = factories.make_message(sender, patient)

    take_a_turn(around)

    message.refresh_from_db()
    assert (message.status, message.reason) == (Status.WITHHELD, Reason.NEVER_ASKED)
    assert sandbox.accepted() == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"version": 2}, Reason.VISIT_CHANGED, id="moved"),
        pytest.param(
            {"status": VisitStatus.CANCELLED_BY_CLINIC}, Reason.VISIT_CANCELLED, id="cancelled"
        ),
        pytest.param({"status": VisitStatus.ARRIVED}, Reason.VISIT_OVER, id="already-here"),
    ],
)
def test_a_visit_that_changed_withholds_its_message(
    sender: Sender,
    willing_patient: Patient,
    around: Surroundings,
    noon: datetime,
    change: dict[str, object],
    reason: Reason,
) -> None:
    visit = factories.make_visit(willing_patient, starts_at=noon + timedelta(days=1))
    message = factories.make_message(
        sender,
        willing_patient,
        appointment=visit,
        appointment_version=1,
        appointment_status=VisitStatus.BOOKED,
    )
    type(visit).objects.filter(pk=visit.pk).update(**change)

    take_a_turn(around)

    message.refresh_from_db()
    assert (message.status, message.reason) == (Status.WITHHELD, reason)


def test_one_patient_of_a_shared_message_is_enough_to_withhold_it(
    sunrise_clinic: Clinic, sender: Sender, willing_patient: Patient, around: Surroundings
) -> None:
    phone = factories.phone_of(willing_patient)
    sibling = factories.make_patient(sunrise_clinic, phone=phone)
    message = factories.make_message(sender, willing_patient, is_shared=True)
    message.also_about.create(patient=sibling)
    died(sibling)

    take_a_turn(around)

    message.refresh_from_db()
    assert (message.status, message.reason) == (Status.WITHHELD, Reason.HAS_DIED)


def test_in_practice_against_the_real_api_only_test_phones_get_messages(
    sunrise_clinic: Clinic, sender: Sender, around: Surroundings, sandbox: SandboxProcess
) -> None:
    tester = factories.make_patient(
        sunrise_clinic, phone=factories.make_phone(sunrise_clinic, is_test=True)
    )
    patient = factories.make_patient(sunrise_clinic)
    to_tester = factories.make_message(sender, tester)
    to_patient = factories.make_message(sender, patient)

    take_a_turn(replace(around, uses_sandbox=False))

    to_tester.refresh_from_db()
    to_patient.refresh_from_db()
    assert to_tester.status == Status.ACCEPTED
    assert (to_patient.status, to_patient.reason) == (Status.WITHHELD, Reason.PRACTICE)
    assert len(sandbox.accepted()) == 1


def test_a_live_clinic_never_sends_through_the_sandbox(
    sunrise_clinic: Clinic,
    sender: Sender,
    willing_patient: Patient,
    around: Surroundings,
    sandbox: SandboxProcess,
) -> None:
    message = factories.make_message(sender, willing_patient)
    Clinic.objects.update(mode=Mode.LIVE)

    take_a_turn(around)

    message.refresh_from_db()
    assert message.status == Status.QUEUED
    assert sandbox.accepted() == []


def test_a_held_number_sends_nothing_and_loses_nothing(
    sender: Sender, willing_patient: Patient, around: Surroundings, noon: datetime
) -> None:
    message = factories.make_message(sender, willing_patient)
    Sender.objects.update(held_at=noon, held_reason="looked at")

    take_a_turn(around)
    message.refresh_from_db()
    assert message.status == Status.QUEUED

    Sender.objects.update(held_at=None)
    take_a_turn(around)
    message.refresh_from_db()
    assert message.status == Status.ACCEPTED


def test_a_refused_connection_puts_the_message_back(
    sender: Sender, willing_patient: Patient, around: Surroundings
) -> None:
    message = factories.make_message(sender, willing_patient)

    take_a_turn(replace(around, base_url="http://127.0.0.1:9"))

    message.refresh_from_db()
    assert message.status == Status.QUEUED
    assert message.failures == 0
    assert message.send_after is not None


def test_a_call_that_may_have_worked_is_not_sent_again(
    sender: Sender, willing_patient: Patient, around: Surroundings, sandbox: SandboxProcess
) -> None:
    message = factories.make_message(sender, willing_patient)
    sandbox.fault("reset", times=1)

    take_a_turn(around)
    take_a_turn(around)

    message.refresh_from_db()
    assert message.status == Status.UNCERTAIN
    assert len(sandbox.accepted()) <= 1


@pytest.mark.parametrize(
    ("code", "status", "reason"),
    [
        pytest.param(131026, Status.FAILED, Reason.NOT_ON_WHATSAPP, id="not-on-whatsapp"),
        pytest.param(130429, Status.QUEUED, "", id="too-fast"),
        pytest.param(131056, Status.QUEUED, "", id="too-many-for-this-phone"),
        pytest.param(131016, Status.QUEUED, "", id="passing-fault"),
        pytest.param(132015, Status.QUEUED, "", id="paused-template"),
        pytest.param(190, Status.QUEUED, "", id="token"),
        pytest.param(987654, Status.FAILED, Reason.UNKNOWN_CODE, id="unknown-code"),
    ],
)
def test_each_kind_of_code_has_its_fate(
    sender: Sender,
    willing_patient: Patient,
    around: Surroundings,
    sandbox: SandboxProcess,
    code: int,
    status: Status,
    reason: str,
) -> None:
    message = factories.make_message(sender, willing_patient)
    sandbox.fault("graph", code=code, times=1)

    take_a_turn(around)

    message.refresh_from_db()
    assert (message.status, message.reason) == (status, reason)
    assert message.error_code == code
    assert Attempt.objects.get(message=message).error_code == code


def test_a_token_that_no_longer_works_stops_the_number(
    sender: Sender, willing_patient: Patient, around: Surroundings, sandbox: SandboxProcess
) -> None:
    factories.make_message(sender, willing_patient)
    sandbox.fault("graph", code=190, times=1)

    take_a_turn(around)

    sender.refresh_from_db()
    assert sender.held_at is not None
    assert sender.held_reason


def test_a_fault_that_lasts_ends_in_a_failure_not_in_a_loop(
    sender: Sender,
    willing_patient: Patient,
    around: Surroundings,
    sandbox: SandboxProcess,
    noon: datetime,
) -> None:
    message = factories.make_message(sender, willing_patient)
    sandbox.fault("graph", code=131000, times=50)

    for minutes in range(0, 20, 2):
        later = noon + timedelta(minutes=minutes)
        take_a_turn(replace(around, now=partial(datetime.fromtimestamp, later.timestamp(), UTC)))

    message.refresh_from_db()
    assert (message.status, message.reason) == (Status.FAILED, Reason.TRIED_OFTEN)
    assert message.failed_at is not None
    assert message.attempt == 5


def test_two_pumps_on_one_number_send_each_message_once(
    sunrise_clinic: Clinic, sender: Sender, around: Surroundings, sandbox: SandboxProcess
) -> None:
    patients = [factories.make_patient(sunrise_clinic) for _ in range(60)]
    for patient in patients:
        factories.make_message(sender, patient)

    async def pump_without_lease() -> None:
        redis = Redis.from_url(settings.REDIS_URL)
        pace = Pace(redis, key="test", rate_per_second=80)
        try:
            await turns._pump(sender, around, pace, asyncio.Event())
        finally:
            await redis.aclose()

    def in_a_thread() -> None:
        try:
            asyncio.run(pump_without_lease())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=in_a_thread) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    callbacks = [entry["callback"] for entry in sandbox.accepted()]
    assert len(callbacks) == len(set(callbacks)) == 60
    assert set(Message.objects.values_list("status", flat=True)) == {Status.ACCEPTED}


def test_a_settle_that_comes_after_the_lease_changes_nothing(
    sender: Sender,
    willing_patient: Patient,
    around: Surroundings,
    sandbox: SandboxProcess,
    noon: datetime,
) -> None:
    message = factories.make_message(
        sender, willing_patient, status=Status.SENDING, attempt=2, send_after=None
    )
    late = Outcome(
        Claimed(
            id=message.pk,
            attempt=1,
            callback=str(message.callback),
            phone_id=message.phone_id,
            number="+541155550000",
            payload={},
            stop_posting_at=0.0,
        ),
        wamid="wamid.late",
    )

    async def settle() -> None:
        async with await connect() as connection:
            await settling.settle(connection, [late], now=noon)

    asyncio.run(settle())

    message.refresh_from_db()
    assert (message.status, message.wamid) == (Status.SENDING, "")


def test_the_sweeper_withholds_what_waited_past_its_time(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    message = factories.make_message(sender, willing_patient, expires_at=noon)
    Sender.objects.update(held_at=noon)

    found = sweeping.sweep(now=noon)
    again = sweeping.sweep(now=noon)

    message.refresh_from_db()
    assert (message.status, message.reason) == (Status.WITHHELD, Reason.TOO_LATE)
    assert (found.too_late, again.too_late) == (1, 0)


def test_a_number_stopped_in_the_middle_of_a_turn_sends_no_more(
    sunrise_clinic: Clinic, sender: Sender, around: Surroundings, sandbox: SandboxProcess
) -> None:
    for _ in range(200):
        factories.make_message(sender, factories.make_patient(sunrise_clinic))
    turn = threading.Thread(target=take_a_turn_in_a_thread, args=(around,))
    turn.start()
    while sandbox.stats()["accepted"] < 20:
        time.sleep(0.01)

    Sender.objects.update(held_at=factories.NOON, held_reason="looked at")
    turn.join()

    assert Message.objects.filter(status=Status.QUEUED).count() > 100
    assert not Message.objects.filter(status=Status.SENDING).exists()


def take_a_turn_in_a_thread(around: Surroundings) -> None:
    try:
        take_a_turn(around)
    finally:
        connections.close_all()


def test_what_came_in_takes_slots_from_what_goes_out() -> None:
    with SyncRedis.from_url(settings.REDIS_URL) as redis:
        redis.delete("pace:busy")
        pacing.spend(redis, key="busy", rate_per_second=80, messages=15)

    async def draw() -> pacing.Slots:
        outgoing = Redis.from_url(settings.REDIS_URL)
        try:
            return await Pace(outgoing, key="busy", rate_per_second=80)(100)
        finally:
            await outgoing.aclose()

    slots = asyncio.run(draw())

    assert slots.first > 10 / 80
    assert slots.count < 12
