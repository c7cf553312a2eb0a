"""Queueing twice is once, looking changes nothing, taking back says how far it reached."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from healthmsg.clinic.models import Clinic, Patient, Purpose
from tests import factories
from whatsapp import outbox
from whatsapp.catalog import Catalogs
from whatsapp.draft import Draft, FreeText, FromTemplate, Subject
from whatsapp.models import AlsoAbout, Binding, Conversation, Message, Sender, Template
from whatsapp.signals import message_queued
from whatsapp.status import Reason, Status

pytestmark = pytest.mark.django_db

WORDS = FromTemplate(names=("hello",))


@pytest.fixture
def hello(sender: Sender) -> Template:
    return factories.make_template(
        sender.account, name="hello", body="Hola {{contact_name}}, le saluda {{clinic_name}}."
    )


def draft_to(patient: Patient, now: datetime, **fields: Any) -> Draft:
    contact = patient.contacts.get()
    defaults = Draft(
        dedupe_key=f"test:{patient.pk}",
        clinic=patient.clinic,
        phone=factories.phone_of(patient),
        lane=1,
        purpose=Purpose.APPOINTMENTS,
        expires_at=now + timedelta(hours=4),
        subjects=(Subject(patient, contact),),
        language=contact.language,
    )
    return replace(defaults, **fields)


def test_a_queued_message_is_due_and_says_what_will_be_read(
    willing_patient: Patient, hello: Template, noon: datetime
) -> None:
    message = outbox.queue(draft_to(willing_patient, noon), WORDS, now=noon)

    assert message.status == Status.QUEUED
    assert message.send_after == noon
    assert message.body == f"Hola {willing_patient.given_name}, le saluda Sunrise."
    assert message.template_version == hello.current
    assert message.language == "es"


def test_what_goes_to_whatsapp_names_no_number(
    willing_patient: Patient, hello: Template, noon: datetime
) -> None:
    message = outbox.queue(draft_to(willing_patient, noon), WORDS, now=noon)

    assert factories.phone_of(willing_patient).number not in str(message.payload)


def test_twice_is_once_and_the_first_words_stand(
    willing_patient: Patient, hello: Template, noon: datetime
) -> None:
    first = outbox.queue(draft_to(willing_patient, noon), WORDS, now=noon)

    second = outbox.queue(
        draft_to(willing_patient, noon, expires_at=noon + timedelta(days=3)),
        FreeText("Something else."),
        now=noon + timedelta(hours=1),
    )

    assert second.pk == first.pk
    assert second.body == first.body
    assert Message.objects.count() == 1


def test_a_batch_comes_back_in_the_order_given(
    sunrise_clinic: Clinic, hello: Template, noon: datetime
) -> None:
    patients = [factories.make_patient(sunrise_clinic) for _ in range(4)]
    outbox.queue(draft_to(patients[2], noon), WORDS, now=noon)

    messages = outbox.queue_many([(draft_to(p, noon), WORDS) for p in reversed(patients)], now=noon)

    assert [m.patient for m in messages] == list(reversed(patients))
    assert Message.objects.count() == 4


def test_a_look_is_what_would_be_queued_and_changes_nothing(
    willing_patient: Patient, hello: Template, noon: datetime
) -> None:
    draft = draft_to(willing_patient, noon)

    seen = outbox.preview(draft, WORDS, now=noon)

    assert not Message.objects.exists()
    message = outbox.queue(draft, WORDS, now=noon)
    assert (message.body, message.payload) == (seen.body, seen.payload)


def without_number(hello: Template) -> None:
    Sender.objects.all().delete()


def without_approval(hello: Template) -> None:
    Template.objects.update(status="PAUSED")


def in_another_language(hello: Template) -> None:
    Template.objects.update(language="fr")


def unbound(hello: Template) -> None:
    Binding.objects.filter(variable="contact_name").delete()


def bound_to_what_is_not_there(hello: Template) -> None:
    Binding.objects.filter(variable="contact_name").update(fill_in="directions")


@pytest.mark.parametrize(
    ("lacking", "reason"),
    [
        pytest.param(without_number, Reason.NO_SENDER, id="number"),
        pytest.param(without_approval, Reason.TEMPLATE_NOT_APPROVED, id="approval"),
        pytest.param(in_another_language, Reason.TEMPLATE_MISSING, id="language"),
        pytest.param(unbound, Reason.TEMPLATE_UNBOUND, id="binding"),
        pytest.param(bound_to_what_is_not_there, Reason.VALUE_MISSING, id="value"),
    ],
)
def test_what_cannot_be_written_is_a_row_with_its_reason(
    lacking: Any, reason: Reason, willing_patient: Patient, hello: Template, noon: datetime
) -> None:
    draft = draft_to(willing_patient, noon)
    lacking(hello)

    message = outbox.queue(draft, WORDS, now=noon)

    assert (message.status, message.reason) == (Status.WITHHELD, reason)
    assert (message.send_after, message.withheld_at) == (None, noon)
    assert outbox.preview(draft, WORDS, now=noon).reason == reason


@pytest.mark.parametrize(
    ("spoken", "known", "written"),
    [
        pytest.param("en", ["en", "es"], "en", id="her-own"),
        pytest.param("es_AR", ["es", "en"], "es", id="a-relative"),
        pytest.param("pt", ["pt_BR", "es"], "pt_BR", id="a-relative-from-abroad"),
        pytest.param("hi", ["es", "en"], "es", id="the-clinics-first"),
    ],
)
def test_everybody_gets_a_language_they_may_read(
    spoken: str, known: list[str], written: str, sender: Sender, noon: datetime
) -> None:
    for language in known:
        factories.make_template(
            sender.account, name="hello", language=language, body="{{clinic_name}}"
        )
    patient = factories.make_patient(sender.clinic, language=spoken)

    assert outbox.queue(draft_to(patient, noon), WORDS, now=noon).language == written


def test_a_spare_template_serves_where_the_first_cannot(
    willing_patient: Patient, hello: Template, noon: datetime
) -> None:
    words = FromTemplate(names=("not_there", "hello"))

    message = outbox.queue(draft_to(willing_patient, noon), words, now=noon)

    assert message.template_version == hello.current


def test_the_number_she_wrote_to_answers_her(
    willing_patient: Patient, sender: Sender, noon: datetime
) -> None:
    second = Sender.objects.create(
        clinic=sender.clinic, account=sender.account, phone_number_id="100000000000002"
    )
    phone = factories.phone_of(willing_patient)
    words = FreeText("We will call you.")
    before = outbox.queue(draft_to(willing_patient, noon), words, now=noon)

    Conversation.objects.create(sender=second, phone=phone, last_inbound_at=noon)
    after = outbox.queue(draft_to(willing_patient, noon, dedupe_key="test:b"), words, now=noon)
    later = noon + timedelta(milliseconds=1)
    Conversation.objects.create(sender=sender, phone=phone, last_inbound_at=later)
    again = outbox.queue(draft_to(willing_patient, noon, dedupe_key="test:c"), words, now=noon)

    assert (before.sender, after.sender, again.sender) == (sender, second, sender)


def test_a_number_of_another_clinic_answers_nobody_here(
    willing_patient: Patient, sender: Sender, noon: datetime
) -> None:
    elsewhere = factories.make_sender(factories.make_clinic(), phone_number_id="100000000000003")
    phone = factories.phone_of(willing_patient)
    Conversation.objects.create(sender=elsewhere, phone=phone, last_inbound_at=noon)

    message = outbox.queue(draft_to(willing_patient, noon), FreeText("Hola"), now=noon)

    assert message.sender == sender


def test_numbers_and_what_they_were_written_to_are_asked_for_together(
    sunrise_clinic: Clinic, sender: Sender, noon: datetime
) -> None:
    other = factories.make_sender(factories.make_clinic(), phone_number_id="100000000000003")
    wrote, silent = (factories.make_phone(sunrise_clinic) for _ in range(2))
    stranger = factories.make_phone(other.clinic)
    Conversation.objects.create(sender=sender, phone=wrote, last_inbound_at=noon)
    catalogs = Catalogs()

    with CaptureQueriesContext(connection) as asked:
        for _ in range(2):
            catalogs.look_up({sunrise_clinic.pk: [wrote.pk, silent.pk]})
        of_clinic = catalogs.first_sender(sunrise_clinic.pk)
    assert catalogs.first_sender(other.clinic_id) == other
    catalogs.look_up({other.clinic_id: [stranger.pk]})

    assert len(asked) == 1
    assert of_clinic == catalogs.written_to(wrote.pk) == sender
    assert catalogs.written_to(silent.pk) is catalogs.written_to(stranger.pk) is None
    assert catalogs.first_sender(other.clinic_id) == other


def test_a_shared_message_names_everybody(
    sunrise_clinic: Clinic, hello: Template, noon: datetime
) -> None:
    mother, child = (factories.make_patient(sunrise_clinic) for _ in range(2))
    visit = factories.make_visit(child, starts_at=noon + timedelta(days=1))
    subjects = (Subject(mother), Subject(child, appointment=visit))
    draft = draft_to(mother, noon, subjects=(draft_to(mother, noon).subjects[0], *subjects[1:]))

    for _ in range(2):
        message = outbox.queue(draft, WORDS, now=noon)

    assert message.is_shared
    also = AlsoAbout.objects.get()
    assert (also.patient, also.appointment, also.appointment_version) == (child, visit, 1)


def test_the_sender_is_rung_for_what_can_leave_alone(
    willing_patient: Patient, hello: Template, noon: datetime
) -> None:
    rung: list[object] = []

    def hear(**_kwargs: Any) -> None:
        rung.append(1)

    message_queued.connect(hear)
    try:
        outbox.queue(draft_to(willing_patient, noon), FromTemplate(names=("no",)), now=noon)
        assert rung == []
        outbox.queue(draft_to(willing_patient, noon, dedupe_key="test:b"), WORDS, now=noon)
        outbox.queue(draft_to(willing_patient, noon, dedupe_key="test:b"), WORDS, now=noon)
        assert rung == [1]
    finally:
        message_queued.disconnect(hear)


def test_taking_back_reaches_what_waits_and_nothing_else(
    sunrise_clinic: Clinic, hello: Template, noon: datetime
) -> None:
    waiting, leaving = (
        outbox.queue(draft_to(factories.make_patient(sunrise_clinic), noon), WORDS, now=noon)
        for _ in range(2)
    )
    Message.objects.filter(pk=leaving.pk).update(status=Status.SENDING, send_after=None)

    taken = outbox.withdraw(Message.objects.all(), reason=Reason.CANCELLED_BY_STAFF, now=noon)
    again = outbox.withdraw(Message.objects.all(), reason=Reason.REPLACED, now=noon)

    assert (taken, again) == ({waiting.pk}, set())
    waiting.refresh_from_db()
    leaving.refresh_from_db()
    assert (waiting.status, waiting.reason) == (Status.WITHHELD, Reason.CANCELLED_BY_STAFF)
    assert (waiting.withheld_at, leaving.withheld_at) == (noon, None)
    assert leaving.status == Status.SENDING
