"""What patients asked for and their numbers need: reception's pages, the overview, alarms."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic import consent
from healthmsg.clinic.models import Clinic, GivenHow, Patient, Phone, PhoneState, Purpose
from healthmsg.desk.alarms import asked, words
from healthmsg.desk.alarms.kinds import Found, Kind
from healthmsg.desk.alarms.moment import Moment
from healthmsg.desk.models import Alarm
from tests import factories
from tests.healthmsg.test_breakers import signed_in
from whatsapp import wrong_numbers
from whatsapp.models import (
    Conversation,
    Message,
    NumberIncident,
    RepeatRequest,
    Reply,
    Sender,
    StopDoubt,
)


@pytest.fixture
def reception(client: Client, sunrise_clinic: Clinic) -> Client:
    return signed_in(client, sunrise_clinic, "Reception")


@pytest.fixture
def now(db: None) -> datetime:
    return timezone.now()


@pytest.fixture
def phone(willing_patient: Patient) -> Phone:
    return factories.phone_of(willing_patient)


def reply_of(sender: Sender, phone: Phone, now: datetime, text: str = "stop the offers") -> Reply:
    return factories.make_reply(
        clinic=sender.clinic,
        sender=sender,
        phone=phone,
        wamid=f"wamid.{Reply.objects.count()}",
        kind="text",
        text=text,
        written_at=now,
        handled_at=now,
    )


@pytest.fixture
def repeat(sender: Sender, willing_patient: Patient, phone: Phone, now: datetime) -> RepeatRequest:
    return RepeatRequest.objects.create(
        clinic=sender.clinic,
        phone=phone,
        patient=willing_patient,
        reply=reply_of(sender, phone, now),
        asked_at=now,
        due_at=now + timedelta(hours=24),
    )


@pytest.fixture
def doubt(sender: Sender, phone: Phone, now: datetime) -> StopDoubt:
    return StopDoubt.objects.create(
        clinic=sender.clinic, phone=phone, reply=reply_of(sender, phone, now), since=now
    )


@pytest.fixture
def incident(
    sender: Sender, willing_patient: Patient, phone: Phone, now: datetime
) -> NumberIncident:
    factories.make_message(
        sender, willing_patient, status="READ", send_after=None, accepted_at=now, body="Geheim"
    )
    wrong_numbers.mark(phone, now=now)
    return NumberIncident.objects.get()


def act(client: Client, name: str, pk: int, **values: object) -> str:
    answer = client.post(reverse(f"admin:whatsapp_{name}", args=[pk]), values, follow=True)
    return answer.content.decode()


def test_a_repeat_prescription_is_taken_and_answered_in_the_window(
    reception: Client, sender: Sender, phone: Phone, repeat: RepeatRequest, now: datetime
) -> None:
    listed = reception.get(reverse("admin:whatsapp_repeatrequest_changelist")).content.decode()
    assert repeat.patient is not None
    assert repeat.patient.full_name in listed
    assert "You look after it." in act(reception, "repeatrequest_take", repeat.pk)

    closed = act(reception, "repeatrequest_answered", repeat.pk, words="Está lista.")
    assert "WhatsApp lets nobody answer" in closed
    Conversation.objects.create(sender=sender, phone=phone, last_inbound_at=now)
    done = act(reception, "repeatrequest_answered", repeat.pk, words="Está lista.")

    assert "your words are on their way" in done
    assert Message.objects.get().body == "Está lista."
    empty = reception.get(reverse("admin:whatsapp_repeatrequest_changelist")).content.decode()
    assert repeat.patient.full_name not in empty


def test_who_reads_a_doubt_decides_it(reception: Client, doubt: StopDoubt, phone: Phone) -> None:
    page = reception.get(reverse("admin:whatsapp_stopdoubt_change", args=[doubt.pk]))
    assert "stop the offers" in page.content.decode()

    assert "Campaigns go on." in act(reception, "stopdoubt_no_stop", doubt.pk)
    assert "Somebody has decided already" in act(reception, "stopdoubt_was_stop", doubt.pk)

    phone.refresh_from_db()
    assert phone.state == PhoneState.NEW


def test_a_doubt_that_was_a_stop_stops_everything(
    reception: Client, doubt: StopDoubt, phone: Phone
) -> None:
    assert "Nothing more is sent" in act(reception, "stopdoubt_was_stop", doubt.pk)

    assert consent.has_stopped(phone)


def test_an_incident_lists_what_had_gone_there_and_no_words(
    reception: Client, incident: NumberIncident, willing_patient: Patient
) -> None:
    page = reception.get(reverse("admin:whatsapp_numberincident_change", args=[incident.pk]))

    shown = page.content.decode()
    assert "1 message had been sent there" in shown
    assert "please_contact_us" in shown
    assert "Geheim" not in shown
    assert willing_patient.full_name in shown


def test_a_new_number_is_entered_with_what_they_allow(
    reception: Client, incident: NumberIncident, willing_patient: Patient, now: datetime
) -> None:
    contact = willing_patient.contacts.get()
    address = reverse("admin:whatsapp_numberincident_new_number", args=[incident.pk])
    asked_for = reception.get(address).content.decode()
    assert contact.name in asked_for
    values = {"contacts": [contact.pk], "purposes": ["APPOINTMENTS"], "how": "BY_PHONE"}

    wrong = act(reception, "numberincident_new_number", incident.pk, number="12", **values)
    assert "This is not a telephone number" in wrong or "No such telephone number" in wrong
    done = act(reception, "numberincident_new_number", incident.pk, number="11 5555-0199", **values)

    assert "They are reached on the new number" in done
    new = willing_patient.contacts.get().phone
    assert new is not None
    assert new.number == "+541155550199"
    later = timezone.now()
    assert consent.standing(willing_patient, new, Purpose.APPOINTMENTS, at=later) == "GRANTED"


@pytest.mark.parametrize(
    ("name", "said", "state"),
    [
        pytest.param("theirs", "Messages go to this number again", "NEW", id="theirs"),
        pytest.param("patient_told", "The number stays stopped", "WRONG_PERSON", id="told"),
    ],
)
def test_it_is_settled(
    reception: Client, incident: NumberIncident, phone: Phone, name: str, said: str, state: str
) -> None:
    assert said in act(reception, f"numberincident_{name}", incident.pk)
    assert "Nothing had to be changed" in act(reception, f"numberincident_{name}", incident.pk)

    phone.refresh_from_db()
    assert phone.state == state


def test_the_overview_names_what_waits_and_is_silent_otherwise(
    reception: Client, repeat: RepeatRequest, doubt: StopDoubt
) -> None:
    page = reception.get(reverse("overview")).content.decode()

    assert "repeat prescriptions to answer" in page
    assert "messages that may be a stop" in page
    assert "numbers to check" not in page.replace("Numbers to check", "")


def test_a_patients_page_says_that_they_asked_us_to_stop_and_the_way_back(
    reception: Client, willing_patient: Patient, phone: Phone, now: datetime
) -> None:
    page = reverse("patient", args=[willing_patient.pk])
    assert "asked us to stop on" not in reception.get(page).content.decode()
    consent.stop(phone, evidence=consent.Evidence(GivenHow.BY_MESSAGE), at=now)

    shown = reception.get(page).content.decode()

    assert "asked us to stop on" in shown
    assert reverse("admin:clinic_patient_permission", args=[willing_patient.pk]) in shown


def alarms_at(moment: datetime) -> list[Found]:
    at = Moment(moment, moment)
    return [*asked.repeats(at), *asked.doubts(at), *asked.incidents(at)]


def test_what_nobody_settles_becomes_an_alarm(
    repeat: RepeatRequest, doubt: StopDoubt, incident: NumberIncident, now: datetime
) -> None:
    assert alarms_at(now + timedelta(hours=23)) == []

    found = alarms_at(now + timedelta(days=4))

    assert [one.kind for one in found] == [
        Kind.REPEATS_LATE,
        Kind.STOPS_UNDECIDED,
        Kind.NUMBERS_UNCHECKED,
    ]
    for one in found:
        alarm = Alarm(kind=one.kind, subject=one.subject, facts=one.facts)
        assert "1" in words.headline(alarm)
        assert words.what_to_do(alarm)
        assert words.page_of(alarm).startswith("/")
