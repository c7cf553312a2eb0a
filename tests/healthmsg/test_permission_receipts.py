"""The receipt of a permission: printed, or sent once while their window is open."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Clinic,
    ConsentRecord,
    GivenHow,
    LegalBasis,
    Patient,
    Purpose,
    StaffUser,
    Wording,
)
from healthmsg.desk.proof import receipts
from tests import factories
from whatsapp import starting_set
from whatsapp.models import Conversation, Message, Sender, Template
from whatsapp.status import Lane, Status

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def staff(sender: Sender) -> StaffUser:
    person = StaffUser.objects.create(username="robin", is_staff=True)
    person.clinics.add(sender.clinic)
    person.groups.add(Group.objects.get(name="Reception"))
    return person


@pytest.fixture
def desk(client: Client, staff: StaffUser) -> Client:
    client.force_login(staff)
    return client


@pytest.fixture
def lines(sender: Sender, staff: StaffUser) -> list[ConsentRecord]:
    patient = factories.make_patient(sender.clinic, consents=())
    words = Wording.objects.create(
        clinic=sender.clinic,
        version=1,
        language="es",
        text="Le escribimos por WhatsApp.",
        valid_from=factories.NOON,
    )
    told = consent.Evidence(GivenHow.AT_DESK, recorded_by=staff, wording=words)
    purposes = [Purpose.APPOINTMENTS, Purpose.PREVENTION]
    phone = factories.phone_of(patient)
    return consent.grant(patient, phone, purposes, evidence=told, at=factories.NOON)


def address(line: ConsentRecord, name: str = "permission_receipt") -> str:
    return reverse(name, args=[line.pk])


def open_window(line: ConsentRecord, sender: Sender) -> None:
    at = timezone.now() - HOUR
    Conversation.objects.create(sender=sender, phone=line.phone, last_inbound_at=at)


def test_a_receipt_says_what_in_which_words_and_how_to_end_it(
    desk: Client, lines: list[ConsentRecord]
) -> None:
    LegalBasis.objects.create(clinic=lines[0].clinic, purpose="APPOINTMENTS", basis="CARE")

    page = desk.get(address(lines[1])).content.decode()

    assert lines[0].patient is not None
    assert lines[0].patient.full_name in page
    assert "Le escribimos por WhatsApp." in page
    # The paper speaks the language of the words agreed to, the page around it the reader's.
    assert '<article class="card receipt" lang="es"' in page
    assert "Back to the patient" in page
    assert page.count("<li>") >= 2


def test_a_receipt_is_sent_once_within_the_window(
    desk: Client, lines: list[ConsentRecord], sender: Sender
) -> None:
    open_window(lines[0], sender)
    assert (
        address(lines[0], "permission_receipt_send") in desk.get(address(lines[0])).content.decode()
    )

    for line in lines:
        desk.post(address(line, "permission_receipt_send"))

    (message,) = Message.objects.all()
    assert message.purpose == Purpose.REPLY
    assert "citas, vacunas y controles" in message.body


def test_outside_the_window_it_is_printed(desk: Client, lines: list[ConsentRecord]) -> None:
    page = desk.get(address(lines[0])).content.decode()
    assert address(lines[0], "permission_receipt_send") not in page

    told = desk.post(address(lines[0], "permission_receipt_send"), follow=True)

    assert "Print it instead" in told.content.decode()
    assert not Message.objects.exists()


@pytest.fixture
def template(sender: Sender) -> Template:
    noted = next(one for one in starting_set.STARTERS if one.name == receipts.TEMPLATE)
    body = starting_set.words(noted, "es").body
    return factories.make_template(sender.account, name=noted.name, language="es", body=body)


def test_later_it_goes_as_an_approved_template_on_the_permission_it_tells_of(
    desk: Client, lines: list[ConsentRecord], template: Template
) -> None:
    page = desk.get(address(lines[0])).content.decode()
    assert address(lines[0], "permission_receipt_send") in page
    assert "as an approved template" in page

    for line in lines:
        desk.post(address(line, "permission_receipt_send"))

    (message,) = Message.objects.all()
    assert (message.status, message.patient) == (Status.QUEUED, lines[0].patient)
    assert (message.purpose, message.lane) == (Purpose.APPOINTMENTS, int(Lane.REMINDER))
    assert message.template_version == template.current
    assert "citas, vacunas y controles" in message.body
    assert "BAJA" in message.body


def test_a_template_in_the_clinics_language_is_filled_in_that_language(
    template: Template, sender: Sender
) -> None:
    Clinic.objects.update(languages=["es"])
    told = consent.Evidence(GivenHow.AT_DESK)
    patient = factories.make_patient(sender.clinic, consents=(), language="hi")
    phone = factories.phone_of(patient)
    (line,) = consent.grant(patient, phone, [Purpose.FEEDBACK], evidence=told, at=factories.NOON)
    line = ConsentRecord.objects.get(pk=line.pk)

    now = timezone.now()
    assert receipts.send(receipts.of_one_act(line, now=now), now=now)

    message = Message.objects.get()
    assert (message.language, message.purpose) == ("es", Purpose.FEEDBACK)
    assert "preguntas sobre una visita" in message.body


def test_what_was_taken_back_since_is_not_told_of(
    desk: Client, lines: list[ConsentRecord], template: Template, staff: StaffUser
) -> None:
    first = lines[0]
    assert first.patient is not None
    told = consent.Evidence(GivenHow.AT_DESK, recorded_by=staff)
    since = factories.NOON + HOUR
    consent.withdraw(first.patient, first.phone, [Purpose.APPOINTMENTS], evidence=told, at=since)

    desk.post(address(lines[1], "permission_receipt_send"))

    message = Message.objects.get()
    assert message.purpose == Purpose.PREVENTION
    assert "citas" not in message.body

    consent.withdraw(first.patient, first.phone, [Purpose.PREVENTION], evidence=told, at=since)
    page = desk.get(address(first)).content.decode()
    assert address(first, "permission_receipt_send") not in page


def test_a_no_has_no_receipt_and_neither_has_another_clinics_yes(
    desk: Client, willing_patient: Patient
) -> None:
    no = consent.Evidence(GivenHow.AT_DESK)
    (declined,) = consent.decline(
        willing_patient,
        factories.phone_of(willing_patient),
        [Purpose.MARKETING],
        evidence=no,
        at=factories.NOON,
    )
    factories.make_patient(factories.make_clinic())
    elsewhere = ConsentRecord.objects.latest("pk")

    assert desk.get(address(declined)).status_code == 404
    assert desk.get(address(elsewhere)).status_code == 404


def test_the_desk_may_say_until_when_a_yes_counts(desk: Client, sender: Sender) -> None:
    patient = factories.make_patient(sender.clinic, consents=())
    act = reverse("admin:clinic_patient_permission", args=[patient.pk])
    values = {
        "contact": patient.contacts.get().pk,
        "answer": "yes",
        "purposes": ["APPOINTMENTS"],
        "how": "AT_DESK",
    }
    past = desk.post(act, values | {"until": "2020-01-01"})
    assert "not ahead of us" in past.content.decode()

    desk.post(act, values | {"until": "2031-05-04"})

    line = ConsentRecord.objects.get(patient=patient)
    assert line.expires_at is not None
    ends = line.expires_at.astimezone(sender.clinic.zone)
    assert (ends.date(), ends.hour) == (date(2031, 5, 5), 0)
    page = desk.get(reverse("patient", args=[patient.pk])).content.decode()
    assert address(line) in page


def test_the_lines_of_one_act_are_one_receipt(lines: list[ConsentRecord]) -> None:
    assert receipts.of_one_act(lines[1], now=factories.NOON) == lines
