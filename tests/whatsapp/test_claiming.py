"""What is asked once more in the last second before a message leaves."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

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
from tests.whatsapp.turning import take_a_turn
from whatsapp.claiming import Claims, Terms
from whatsapp.connection import connect
from whatsapp.models import Conversation, Message, Sender, StopDoubt, Template
from whatsapp.pump import Take
from whatsapp.status import Reason, Status
from whatsapp.turns import Surroundings

pytestmark = pytest.mark.django_db(transaction=True)


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


def is_not_reached(patient: Patient) -> None:
    Phone.objects.filter(contacts__patient=patient).update(state=PhoneState.FAILING)


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
        pytest.param(is_not_reached, Reason.NOT_ON_WHATSAPP, id="not-reached"),
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
    assert message.withheld_at == around.now()
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


def test_thousands_that_were_never_asked_hold_up_no_answer(
    sunrise_clinic: Clinic,
    sender: Sender,
    willing_patient: Patient,
    around: Surroundings,
    sandbox: SandboxProcess,
    noon: datetime,
) -> None:
    stranger = factories.make_patient(sunrise_clinic, consents=())
    template = factories.make_contact_us(sender.account)
    Message.objects.bulk_create(
        Message(
            clinic=sunrise_clinic,
            sender=sender,
            phone=factories.phone_of(stranger),
            patient=stranger,
            lane=2,
            purpose=Purpose.PREVENTION,
            dedupe_key=f"crowd:{n}",
            send_after=noon,
            expires_at=noon + timedelta(hours=1),
            created_at=noon,
            template_version=template.current,
        )
        for n in range(3000)
    )
    message = factories.make_message(sender, willing_patient)

    async def first_claim() -> Take:
        async with await connect() as connection:
            return await Claims(connection, terms_of(sender, around))(20)

    take = asyncio.run(first_claim())

    assert [claimed.id for claimed in take.claimed] == [message.pk]
    assert take.may_be_more
    assert Message.objects.filter(status=Status.WITHHELD).count() < 600

    take_a_turn(around)
    assert Message.objects.filter(reason=Reason.NEVER_ASKED).count() == 3000


def test_whoever_waited_longest_leaves_first(
    sender: Sender, willing_patient: Patient, around: Surroundings, noon: datetime
) -> None:
    waited = [n * 7 % 40 for n in range(40)]
    messages = [
        factories.make_message(sender, willing_patient, send_after=noon - timedelta(minutes=some))
        for some in waited
    ]
    # Written anew on disk, and in another order.
    for message in messages[::-3]:
        Message.objects.filter(pk=message.pk).update(created_at=noon)

    async def claim() -> Take:
        async with await connect() as connection:
            return await Claims(connection, terms_of(sender, around))(len(messages))

    take = asyncio.run(claim())

    oldest_first = sorted(zip(waited, messages, strict=True), key=lambda pair: -pair[0])
    assert [one.id for one in take.claimed] == [message.pk for _, message in oldest_first]


def terms_of(sender: Sender, around: Surroundings) -> Terms:
    return Terms(
        sender_id=sender.pk, uses_sandbox=True, lanes=lambda _now: (0, 1, 2), now=around.now
    )


def test_a_contact_who_may_no_longer_be_told_is_not_told(
    sender: Sender, willing_patient: Patient, around: Surroundings
) -> None:
    message = factories.make_message(sender, willing_patient)
    willing_patient.contacts.update(until=factories.NOON.date() - timedelta(days=1))

    take_a_turn(around)

    message.refresh_from_db()
    assert (message.status, message.reason) == (Status.WITHHELD, Reason.CONTACT_ENDED)


def test_a_contact_on_another_number_by_now_is_not_told_on_the_old_one(
    sunrise_clinic: Clinic, sender: Sender, willing_patient: Patient, around: Surroundings
) -> None:
    message = factories.make_message(sender, willing_patient)
    willing_patient.contacts.update(phone=factories.make_phone(sunrise_clinic))

    take_a_turn(around)

    message.refresh_from_db()
    assert (message.status, message.reason) == (Status.WITHHELD, Reason.CONTACT_ENDED)


def test_campaigns_wait_while_a_person_has_yet_to_read_whether_it_was_a_stop(
    sender: Sender,
    willing_patient: Patient,
    around: Surroundings,
    sandbox: SandboxProcess,
    noon: datetime,
) -> None:
    reminder = factories.make_message(sender, willing_patient)
    invitation = factories.make_message(sender, willing_patient, lane=2)
    heard = factories.make_reply(
        clinic=sender.clinic, sender=sender, wamid="wamid.1", kind="text", written_at=noon
    )
    phone = reminder.phone
    StopDoubt.objects.create(clinic=sender.clinic, phone=phone, reply=heard, since=noon)

    take_a_turn(around)

    reminder.refresh_from_db()
    invitation.refresh_from_db()
    assert reminder.status == Status.ACCEPTED
    assert (invitation.status, invitation.reason) == (Status.QUEUED, Reason.STOP_TO_READ)
    StopDoubt.objects.update(decided_at=noon, was_stop=False)
    Message.objects.filter(pk=invitation.pk).update(send_after=noon)
    take_a_turn(around)
    invitation.refresh_from_db()
    assert invitation.status == Status.ACCEPTED


def test_a_stranger_is_answered_and_told_nothing_of_a_patient(
    sender: Sender,
    willing_patient: Patient,
    around: Surroundings,
    sandbox: SandboxProcess,
    noon: datetime,
) -> None:
    phone = factories.phone_of(willing_patient)
    moved_house(willing_patient)
    Conversation.objects.create(sender=sender, phone=phone, last_inbound_at=noon)
    sandbox.inbound(phone.number.lstrip("+"), text="?")
    text = {"type": "text", "text": {"body": "Thank you."}}
    about = factories.make_message(
        sender, willing_patient, lane=0, purpose=Purpose.REPLY, payload=text
    )
    thanks = factories.make_message(
        sender, willing_patient, lane=0, purpose=Purpose.REPLY, payload=text
    )
    Message.objects.filter(pk=thanks.pk).update(patient=None)

    take_a_turn(around)

    about.refresh_from_db()
    thanks.refresh_from_db()
    assert (about.status, about.reason) == (Status.WITHHELD, Reason.WRONG_PERSON)
    assert thanks.status == Status.ACCEPTED
