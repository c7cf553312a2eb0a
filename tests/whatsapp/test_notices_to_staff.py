"""A notice to a clinician's own number asks their own yes in the last second, and no patient's."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from healthmsg.clinic import consent, number_lines
from healthmsg.clinic.models import Clinician, GivenHow, Phone, PhoneState, Purpose, StaffUser
from tests import factories
from tests.whatsapp.turning import take_a_turn
from whatsapp import outbox
from whatsapp.draft import Draft, FromTemplate
from whatsapp.models import Message, Sender
from whatsapp.status import Lane, Reason, Status
from whatsapp.turns import Surroundings

NAME = "please_contact_us"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def own(sender: Sender) -> Phone:
    """The number of a clinician who has agreed."""
    phone = factories.make_phone(sender.clinic)
    clinician = factories.make_clinician(sender.clinic)
    Clinician.objects.filter(pk=clinician.pk).update(phone=phone, language="es")
    by = StaffUser.objects.create(username="manager")
    told = consent.Evidence(GivenHow.AT_DESK, recorded_by=by)
    consent.grant_team(phone, evidence=told, at=factories.NOON - timedelta(days=1))
    return phone


def notice(sender: Sender, phone: Phone, now: datetime) -> Message:
    # Of a name that the sandbox knows.
    factories.make_contact_us(sender.account)
    draft = Draft(
        dedupe_key="team:1:2026-11-25",
        clinic=sender.clinic,
        phone=phone,
        lane=int(Lane.REMINDER),
        purpose=Purpose.TEAM,
        expires_at=now + timedelta(hours=12),
        language="en",
    )
    return outbox.queue(draft, FromTemplate((NAME,), {"contact_name": "Dra. Paz"}), now=now)


def test_who_agreed_gets_it(
    sender: Sender, own: Phone, around: Surroundings, noon: datetime
) -> None:
    message = notice(sender, own, noon)

    take_a_turn(around)

    message.refresh_from_db()
    assert message.status == Status.ACCEPTED
    assert "Dra. Paz" in message.body


def stopped(phone: Phone) -> None:
    consent.stop(phone, evidence=consent.Evidence(GivenHow.BY_MESSAGE), at=factories.NOON)


def left(phone: Phone) -> None:
    Clinician.objects.update(is_active=False)


def gave_it_up(phone: Phone) -> None:
    Clinician.objects.update(phone=None)


def is_a_strangers(phone: Phone) -> None:
    Phone.objects.filter(pk=phone.pk).update(state=PhoneState.WRONG_PERSON)


@pytest.mark.parametrize(
    ("happened", "reason"),
    [
        pytest.param(stopped, Reason.ASKED_US_TO_STOP, id="stopped"),
        pytest.param(left, Reason.CONTACT_ENDED, id="left"),
        pytest.param(gave_it_up, Reason.CONTACT_ENDED, id="gave-it-up"),
        pytest.param(is_a_strangers, Reason.WRONG_PERSON, id="a-strangers"),
    ],
)
def test_what_happened_meanwhile_is_asked(
    sender: Sender,
    own: Phone,
    around: Surroundings,
    noon: datetime,
    happened: Callable[[Phone], None],
    reason: Reason,
) -> None:
    message = notice(sender, own, noon)
    happened(own)

    take_a_turn(around)

    message.refresh_from_db()
    assert (message.status, message.reason) == (Status.WITHHELD, reason)


def test_a_number_that_nobody_asked_about_gets_none(
    sender: Sender, around: Surroundings, noon: datetime
) -> None:
    phone = factories.make_phone(sender.clinic)
    clinician = factories.make_clinician(sender.clinic)
    Clinician.objects.filter(pk=clinician.pk).update(phone=phone)
    message = notice(sender, phone, noon)

    take_a_turn(around)

    message.refresh_from_db()
    assert (message.status, message.reason) == (Status.WITHHELD, Reason.NEVER_ASKED)


def test_a_stop_for_one_patient_gives_notices_back_only_where_there_were_some(
    sender: Sender, own: Phone, noon: datetime
) -> None:
    other = factories.make_phone(sender.clinic)
    patient = factories.make_patient(sender.clinic)
    told = consent.Evidence(GivenHow.BY_MESSAGE)
    for phone in (own, other):
        patient.contacts.update(phone=phone)
        consent.stop(phone, evidence=told, at=noon)
        consent.stop_for_one(phone, patient, evidence=told, at=noon + timedelta(minutes=1))

    allowed = [number_lines.allows_team(phone) for phone in (own, other)]
    assert allowed == [True, False]
