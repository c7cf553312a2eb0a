"""Parts of a page that come once it stands: what they tell, whom, and how little they ask."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from campaigns.models import DeclinedTopic
from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Appointment,
    AuditNote,
    Contact,
    GivenHow,
    Immunisation,
    LegalHold,
    Patient,
    PatientTag,
    Tag,
    Vaccine,
)
from healthmsg.desk.unreached.models import UnreachedOutcome
from reminders import booking
from reminders.models import CallOutcome, Outcome
from tests import factories
from tests.healthmsg.test_overview import signed_in
from tests.house.test_statements import MOST
from tests.reminders.desk import Desk
from whatsapp.models import AlsoAbout, NumberIncident, Sender, StopDoubt, Thread

DAY = timedelta(days=1)
HTMX = {"HX-Request": "true"}
IN_WORDS = consent.Evidence(GivenHow.AT_DESK, text="said so at the desk")


@pytest.fixture
def visit(sender: Sender, willing_patient: Patient) -> Appointment:
    now = timezone.now()
    desk = Desk(sender.clinic, sender)
    request = desk.request(willing_patient, now + 5 * DAY)
    return booking.book(request, by=factories.make_person("lia"), now=now)


def parts_of(visit: Appointment) -> dict[str, str]:
    return {
        "messages": reverse("visit_messages", args=[visit.pk]),
        "past": reverse("patient_past", args=[visit.patient_id]),
        "ledger": reverse("patient_ledger", args=[visit.patient_id]),
    }


def pages_of(visit: Appointment) -> dict[str, str]:
    return {
        "patient": reverse("patient", args=[visit.patient_id]),
        "visit": reverse("admin:clinic_appointment_change", args=[visit.pk]),
        "sheet": reverse("agenda_visit", args=[visit.pk]),
        "why": reverse("why_visit", args=[visit.pk]),
    }


@pytest.mark.parametrize(
    ("page", "parts"),
    [
        pytest.param("patient", {"messages", "past", "ledger"}, id="patient"),
        pytest.param("visit", {"messages"}, id="visit"),
        pytest.param("sheet", {"messages"}, id="sheet"),
    ],
)
def test_a_page_fetches_its_parts_and_links_to_each(
    client: Client, visit: Appointment, page: str, parts: set[str]
) -> None:
    shown = signed_in(client, visit.clinic).get(pages_of(visit)[page]).content.decode()

    assert {
        name
        for name, address in parts_of(visit).items()
        if f'hx-get="{address}"' in shown and f'href="{address}"' in shown
    } == parts


@pytest.mark.parametrize(
    ("name", "told"),
    [
        pytest.param("messages", "will be sent", id="messages"),
        pytest.param("past", "Booked for", id="past"),
        pytest.param("ledger", "Entered by mistake", id="ledger"),
    ],
)
def test_a_part_is_the_same_alone_and_as_a_page(
    client: Client, visit: Appointment, name: str, told: str
) -> None:
    reception = signed_in(client, visit.clinic, "Reception")

    alone = reception.get(parts_of(visit)[name], headers=HTMX).content.decode()
    page = reception.get(parts_of(visit)[name]).content.decode()

    assert alone.strip() in page
    assert told in alone
    assert "<h1>" not in alone
    assert visit.patient.full_name in page


@pytest.mark.parametrize("name", ["messages", "past", "ledger"])
def test_a_part_is_for_those_who_may_see_its_page_and_looking_is_noted(
    client: Client, visit: Appointment, name: str
) -> None:
    address = parts_of(visit)[name]

    assert signed_in(client, factories.make_clinic()).get(address).status_code == 404
    assert signed_in(client, visit.clinic, "Approver").get(address).status_code == 403
    assert not AuditNote.objects.filter(kind="VIEW", patient_id=visit.patient_id).exists()
    assert signed_in(client, visit.clinic, "Auditor").get(address).status_code == 200
    (look,) = AuditNote.objects.filter(kind="VIEW", patient_id=visit.patient_id)
    assert look.path == address_name(name)


def address_name(name: str) -> str:
    return "visit_messages" if name == "messages" else f"patient_{name}"


def test_the_next_visits_are_told_of_however_many_come_after(
    client: Client, visit: Appointment
) -> None:
    for days in range(30, 40):
        factories.make_visit(visit.patient, starts_at=timezone.now() + days * DAY)

    page = signed_in(client, visit.clinic).get(pages_of(visit)["patient"])

    assert len(page.context["visits"]) == 8
    assert page.context["ahead"][0] == visit
    assert len(page.context["ahead"]) == 2


def test_booking_from_the_patients_page_leads_to_the_agenda(
    client: Client, visit: Appointment
) -> None:
    book = reverse("agenda_book_for", args=[visit.patient_id])
    address = pages_of(visit)["patient"]

    assert book in signed_in(client, visit.clinic, "Reception").get(address).content.decode()
    assert book not in signed_in(client, visit.clinic, "Auditor").get(address).content.decode()


@pytest.fixture
def eventful(visit: Appointment, sender: Sender) -> Appointment:
    """Of everything that stands around a patient and a visit some."""
    now, patient, clinic = timezone.now(), visit.patient, visit.clinic
    phone = factories.phone_of(patient)
    factories.make_message(sender, patient, appointment=visit, appointment_version=1)
    other = factories.make_message(sender, factories.make_patient(clinic))
    AlsoAbout.objects.create(
        message=other, patient=patient, appointment=visit, appointment_version=1
    )
    lia = visit.booked_by
    assert lia is not None
    reply = factories.make_reply(
        clinic=clinic, sender=sender, phone=phone, wamid="a", kind="text", text="?", written_at=now
    )
    for number in range(3):
        Contact.objects.create(
            patient=patient, name=f"Eva {number}", language="es", phone=factories.make_phone(clinic)
        )
        vaccine = Vaccine.objects.create(clinic=clinic, code=f"v{number}", name=f"Vaccine {number}")
        Immunisation.objects.create(
            patient=patient, vaccine=vaccine, given_on=now.date(), recorded_at=now
        )
        tag = Tag.objects.create(clinic=clinic, name=f"Tag {number}")
        PatientTag.objects.create(patient=patient, tag=tag)
        factories.make_visit(patient, starts_at=now + (9 + number) * DAY)
    consent.stop(phone, evidence=consent.Evidence(GivenHow.BY_MESSAGE), at=now)
    home = factories.make_phone(clinic)
    Contact.objects.create(patient=patient, name="Eva", language="es", phone=home)
    consent.decline(patient, home, [*consent.LEDGER_PURPOSES], evidence=IN_WORDS, at=now)
    Thread.objects.create(
        clinic=clinic, sender=sender, phone=phone, last_written_at=now, opened_at=now
    )
    NumberIncident.objects.create(clinic=clinic, phone=phone, cause="SAID_AT_DESK", at=now)
    StopDoubt.objects.create(clinic=clinic, phone=phone, reply=reply, since=now)
    DeclinedTopic.objects.create(
        patient=patient, vaccine=Vaccine.objects.filter(clinic=clinic).first(), declined_at=now
    )
    LegalHold.objects.create(patient=patient, reason="a letter", placed_at=now, placed_by=lia)
    CallOutcome.objects.create(
        clinic=clinic,
        appointment=visit,
        version=1,
        number=1,
        outcome=Outcome.VOICEMAIL,
        phone=phone,
        called_by=lia,
        called_at=now,
    )
    UnreachedOutcome.objects.create(
        clinic=clinic,
        patient=patient,
        batch=uuid4(),
        how="LETTER",
        happened_on=now.date(),
        written_at=now,
        written_by=lia,
    )
    return visit


@pytest.mark.parametrize("name", ["patient", "visit", "sheet", "why", "messages", "past", "ledger"])
def test_a_page_asks_as_little_however_much_there_is_to_tell(
    client: Client, eventful: Appointment, name: str
) -> None:
    address = (pages_of(eventful) | parts_of(eventful))[name]
    manager = signed_in(client, eventful.clinic)
    manager.get(address)

    with CaptureQueriesContext(connection) as asked:
        answer = manager.get(address)

    assert answer.status_code == 200
    assert len(asked) <= MOST, [one["sql"][:200] for one in asked]


def test_the_patients_page_tells_everything_that_stands_out(
    client: Client, eventful: Appointment
) -> None:
    page = signed_in(client, eventful.clinic).get(pages_of(eventful)["patient"])
    shown = page.content.decode()

    assert [one.said for one in page.context["signs"].incidents] == ["reception was told so"]
    for words in ("a letter", "May be a stop", "asked us to stop on", "No invitations about"):
        assert words in shown
    assert "Conversation" in shown
    assert page.context["tags"] == sorted(tag.name for tag in eventful.patient.tags.all())
