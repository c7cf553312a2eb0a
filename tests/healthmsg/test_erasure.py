"""Deleted on request: nothing names the patient anywhere, and nothing brings them back."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import LazySettings
from django.db import models

from healthmsg.clinic import consent, erasure, remembered
from healthmsg.clinic.models import (
    Contact,
    GivenHow,
    Patient,
    PatientState,
    Purpose,
    RememberedStop,
    VisitStatus,
)
from healthmsg.desk import timeline
from healthmsg.desk.backups import after, journal
from healthmsg.desk.privacy import erasing
from healthmsg.desk.privacy.models import Removal
from healthmsg.desk.register.models import Incident, IncidentLine, IncidentPatient
from tests import factories
from tests.healthmsg.standing_words import where_it_stands
from whatsapp.models import (
    AlsoAbout,
    Attempt,
    Conversation,
    Delivery,
    FileState,
    InboundFile,
    LineKind,
    Message,
    NumberIncident,
    Reply,
    Sender,
    Thread,
    ThreadLine,
)
from whatsapp.status import Reason, Status

pytestmark = pytest.mark.django_db(transaction=True)

CANARY, DIGITS, HOUR = "Canario", "5491155512345", timedelta(hours=1)
SAID = consent.Evidence(GivenHow.ON_PAPER, text=f"paper of {CANARY}")
KEY = "key-of-numbers-of-the-tests"


@pytest.fixture(autouse=True)
def _house(settings: LazySettings, tmp_path: Path) -> None:
    settings.STOP_JOURNAL_DIRECTORY = str(tmp_path / "stops")
    settings.INBOUND_FILES_DIRECTORY = str(tmp_path / "files")
    settings.NUMBERS_KEY = KEY


@pytest.fixture
def canary(sender: Sender, noon: datetime) -> Patient:
    """Somebody whose name and number stand in every place where a name or number can stand."""
    phone = factories.make_phone(
        sender.clinic, f"+{DIGITS}", wa_id=DIGITS, user_id=f"AR.{CANARY}", last_inbound_at=noon
    )
    patient = factories.make_patient(
        sender.clinic,
        phone=phone,
        consents=(),
        given_name=CANARY,
        family_name=f"{CANARY} Paz",
        external_id=f"{CANARY}-7",
        state_reason=f"{CANARY} is away",
    )
    consent.grant(patient, phone, [Purpose.APPOINTMENTS], evidence=SAID, at=noon - HOUR)
    visit = factories.make_visit(
        patient,
        starts_at=noon + 50 * HOUR,
        external_id=f"{CANARY}-visit",
        cancel_reason=f"{CANARY} said so",
    )
    told = factories.make_message(
        sender,
        patient,
        body=f"Hola {CANARY}",
        payload={"text": {"body": CANARY}},
        wamid=f"wamid.{DIGITS}",
        status=Status.READ,
        send_after=None,
        error_title=f"{CANARY}",
    )
    factories.make_message(
        sender, patient, body=f"Hola {CANARY}", appointment=visit, appointment_version=1
    )
    thread = Thread.objects.create(
        clinic=sender.clinic, sender=sender, phone=phone, last_written_at=noon, opened_at=noon
    )
    ThreadLine.objects.create(
        thread=thread, kind=LineKind.NOTE, text=f"{CANARY} rang", written_at=noon
    )
    reply = factories.make_reply(
        clinic=sender.clinic,
        sender=sender,
        phone=phone,
        wamid=f"wamid.reply.{DIGITS}",
        from_number=DIGITS,
        from_user_id=f"AR.{CANARY}",
        kind="image",
        text=f"soy {CANARY}",
        button=CANARY,
        context_wamid=f"wamid.{DIGITS}",
        content={"name": CANARY},
        answers=told,
        thread=thread,
        written_at=noon,
    )
    InboundFile.objects.create(
        reply=reply,
        media_id=DIGITS,
        said_name=f"{CANARY}.pdf",
        state=FileState.KEPT,
        fetch_after=None,
    )
    Conversation.objects.create(sender=sender, phone=phone, last_inbound_at=noon)
    NumberIncident.objects.create(
        clinic=sender.clinic, phone=phone, cause="CHANGED_NUMBER", at=noon, new_number=DIGITS
    )
    Attempt.objects.create(
        message=told,
        number=1,
        ended_at=noon,
        outcome="REFUSED",
        error_title=f"to {DIGITS} not possible",
        fbtrace_id=CANARY,
    )
    write_from_nowhere(thread, f"AR.{CANARY}", noon)
    enter(patient, noon)
    body = f'{{"from": "{DIGITS}", "text": "soy {CANARY}"}}'.encode()
    factories.keep_notice(body, digest_after=None)
    Delivery.objects.create(clear_body=body, digest_after=None)
    return patient


def write_from_nowhere(like: Thread, name: str, at: datetime) -> None:
    """As the same person writes whose number WhatsApp hides from then on."""
    of = {"clinic": like.clinic, "sender": like.sender}
    hidden = Thread.objects.create(**of, hidden_as=name, last_written_at=at, opened_at=at)
    ThreadLine.objects.create(
        thread=hidden, kind=LineKind.NOTE, text=f"it is {CANARY}", written_at=at
    )
    factories.make_reply(
        **of,
        wamid=f"wamid.hidden.{name}",
        from_user_id=name,
        kind="text",
        text=f"soy {CANARY}",
        thread=hidden,
        written_at=at,
    )


def enter(patient: Patient, at: datetime) -> None:
    """Write into the register what its forms ask not to: who it was."""
    entry = Incident.objects.create(
        clinic=patient.clinic,
        what="LOST",
        story=f"A paper of Sra. {CANARY} Paz (+54 9 11 5551-2345) lay on the bus for an hour.",
        consequences=f"Whoever found {CANARY}-7 may know.",
        known_at=at,
        entered_at=at,
    )
    IncidentPatient.objects.create(incident=entry, patient=patient)
    IncidentLine.objects.create(incident=entry, at=at, step="NOTED", text=f"{CANARY} was told")


def erase(patient: Patient, tmp_path: Path, now: datetime) -> Removal | None:
    return erasing.erase(
        patient, reason="asked by letter", by=None, key=KEY, files=tmp_path / "files", now=now
    )


def test_erasure_leaves_no_word_and_no_number_anywhere(
    canary: Patient, noon: datetime, tmp_path: Path
) -> None:
    file = InboundFile.objects.get()
    path = tmp_path / "files" / file.key.hex[:2] / file.key.hex
    path.parent.mkdir(parents=True)
    path.write_bytes(b"a picture")
    others = factories.keep_notice(b'{"from": "5491155559999"}', digest_after=None)
    assert len(list(where_it_stands(CANARY, DIGITS))) > 12

    erase(canary, tmp_path, noon)

    assert list(where_it_stands(CANARY, DIGITS)) == []
    assert Delivery.objects.get() == others
    assert not path.exists()
    kept = "".join(one.read_text() for one in (tmp_path / "stops").iterdir())
    assert CANARY not in kept
    assert DIGITS not in kept


def test_erasure_keeps_the_register_and_takes_the_name_out(
    canary: Patient, noon: datetime, tmp_path: Path
) -> None:
    erase(canary, tmp_path, noon)

    entry = Incident.objects.get()
    assert entry.story == "A paper of Sra. – – (–) lay on the bus for an hour."
    assert entry.consequences == "Whoever found –-– may know."
    assert entry.lines.get().text == "– was told"
    assert entry.concerned.get().patient == canary


def test_erasure_keeps_what_others_wrote_whose_numbers_are_hidden(
    canary: Patient, noon: datetime, tmp_path: Path
) -> None:
    write_from_nowhere(Thread.objects.exclude(phone=None).get(), "AR.somebody", noon)

    erase(canary, tmp_path, noon)

    kept = Thread.objects.get(hidden_as="AR.somebody")
    assert Reply.objects.get(thread=kept).text == f"soy {CANARY}"
    assert kept.lines.get().text == f"it is {CANARY}"


def test_erasure_keeps_what_happened(canary: Patient, noon: datetime, tmp_path: Path) -> None:
    messages, replies = Message.objects.count(), Reply.objects.count()

    certificate = erase(canary, tmp_path, noon)

    canary.refresh_from_db()
    assert (canary.state, canary.erased_at) == (PatientState.GONE, noon)
    assert (Message.objects.count(), Reply.objects.count()) == (messages, replies)
    assert Message.objects.filter(status=Status.READ).exists()
    assert canary.consent_records.exists()
    assert certificate is not None
    assert certificate.counts["messages"] == 2
    assert certificate.counts["withdrawn"] == 1
    assert certificate.reason == "asked by letter"
    words = [
        entry.said
        for entry in timeline.of_patient(canary, factories.sees_all()).entries
        if entry.kind == "message"
    ]
    assert all("removed by policy on" in one for one in words)


def test_erasure_takes_back_what_waits_and_cancels_visits(
    canary: Patient, sender: Sender, noon: datetime, tmp_path: Path
) -> None:
    factories.make_message(sender, canary)

    certificate = erase(canary, tmp_path, noon)

    assert certificate is not None
    assert not Message.objects.filter(send_after__isnull=False).exists()
    assert Message.objects.filter(reason=Reason.ERASED).exists()
    assert canary.appointments.get().status == VisitStatus.CANCELLED_BY_CLINIC


def test_erasure_twice_is_once(canary: Patient, noon: datetime, tmp_path: Path) -> None:
    assert erase(canary, tmp_path, noon) is not None
    assert erase(canary, tmp_path, noon + HOUR) is None
    assert Removal.objects.count() == 1


def test_erasure_is_refused_under_a_legal_hold(
    canary: Patient, noon: datetime, tmp_path: Path
) -> None:
    assert erasure.place_hold(canary, reason="a court asks", by=None, now=noon)
    assert not erasure.place_hold(canary, reason="again", by=None, now=noon)

    with pytest.raises(erasure.OnHold):
        erase(canary, tmp_path, noon)

    canary.refresh_from_db()
    assert canary.given_name == CANARY
    assert erasure.end_hold(canary, by=None, now=noon)
    assert erase(canary, tmp_path, noon) is not None


def test_erasure_leaves_others_on_the_number_as_they_were(
    sender: Sender, noon: datetime, tmp_path: Path
) -> None:
    mother = factories.make_patient(sender.clinic, given_name="Marta")
    phone = factories.phone_of(mother)
    child = factories.make_patient(sender.clinic, phone=phone, given_name=CANARY)
    hers = factories.make_message(sender, mother, body="Hola Marta")
    both = factories.make_message(sender, mother, body=f"Marta, {CANARY}", is_shared=True)
    AlsoAbout.objects.create(message=both, patient=child)
    said = {"clinic": sender.clinic, "sender": sender, "phone": phone, "written_at": noon}
    factories.make_reply(**said, wamid="wamid.1", kind="text", text="soy Marta")

    erase(child, tmp_path, noon)

    assert factories.phone_of(mother).number == phone.number
    hers.refresh_from_db()
    both.refresh_from_db()
    assert (hers.body, hers.status) == ("Hola Marta", Status.QUEUED)
    assert both.body == ""
    assert Reply.objects.get().text == "soy Marta"
    assert consent.standing(mother, phone, Purpose.APPOINTMENTS, at=noon) == "GRANTED"
    assert not consent.has_stopped(phone)


def test_after_an_erasure_a_new_registration_of_the_number_is_stopped(
    canary: Patient, noon: datetime, tmp_path: Path
) -> None:
    erase(canary, tmp_path, noon)

    again = factories.make_patient(
        canary.clinic, phone=factories.make_phone(canary.clinic, f"+{DIGITS}")
    )
    phone = factories.phone_of(again)
    assert remembered.apply([phone], key=KEY, now=noon + HOUR) == 1
    assert remembered.apply([phone], key=KEY, now=noon + HOUR) == 0

    assert consent.has_stopped(phone)
    assert consent.standing(again, phone, Purpose.APPOINTMENTS, at=noon + HOUR) == "WITHDRAWN"


def test_an_erasure_is_not_undone_by_a_restore(
    canary: Patient, noon: datetime, tmp_path: Path
) -> None:
    """A backup of before has the patient; the journal knows better."""
    erase(canary, tmp_path, noon)
    stops = tmp_path / "stops"
    assert "ERASED" in {stop.kind for stop in journal.read(stops)}
    phone = factories.make_phone(canary.clinic, f"+{DIGITS}")
    Patient.objects.filter(pk=canary.pk).update(
        given_name=CANARY, erased_at=None, state=PatientState.ACTIVE, created_at=noon - HOUR
    )
    Contact.objects.filter(patient=canary).update(name=CANARY, phone=phone)

    found = after.settle(
        stops, key=KEY, host="here", files=tmp_path / "files", copied_at=None, now=noon + HOUR
    )

    assert found["erased"] == 1
    assert list(where_it_stands(CANARY, DIGITS)) == []


def test_erasure_remembers_by_a_key_alone(canary: Patient, noon: datetime, tmp_path: Path) -> None:
    erase(canary, tmp_path, noon)

    assert remembered.stopped(canary.clinic_id, [f"+{DIGITS}"], key=KEY)
    assert not remembered.stopped(canary.clinic_id, [f"+{DIGITS}"], key="another")
    assert remembered.identifiers(canary.clinic_id, {f"{CANARY}-7"}, key=KEY) == {f"{CANARY}-7"}
    assert RememberedStop.objects.count() == 10


def test_an_erasure_looks_into_every_model_with_words_of_people() -> None:
    """A new field with words has to be thought of here: blanked, or known to name nobody."""
    found = {
        f"{model._meta.label_lower}.{field.name}"
        for label in ("clinic", "whatsapp", "reminders", "campaigns", "desk")
        for model in apps.get_app_config(label).get_models()
        for field in model._meta.concrete_fields
        if _may_hold_words(field)
    }

    assert found - _THOUGHT_OF == set()
    assert _THOUGHT_OF - found == set()


def _may_hold_words(field: Any) -> bool:
    """Any text, and a line of it that has room for a name and has no words of ours to choose."""
    if isinstance(field, models.TextField | models.JSONField):
        return True
    is_line = isinstance(field, models.CharField) and not field.choices
    return is_line and (field.max_length or _ROOM) >= _ROOM


# Names of people have this much.
_ROOM = 60


_BLANKED = {
    "clinic.consentevidence.text",
    "desk.patientmerge.filled",
    # Under the patient's own key, which is destroyed.
    *("clinic.auditline.after", "clinic.auditline.before"),
    *("clinic.auditnote.after", "clinic.auditnote.before"),
    "whatsapp.message.clear_body",
    "whatsapp.message.clear_payload",
    "whatsapp.reply.clear_content",
    "whatsapp.reply.clear_text",
    "whatsapp.numberincident.told",
    "whatsapp.threadline.text",
    # With a name or number taken out of it, as the rest has to be told.
    *("desk.incident.story", "desk.incident.consequences", "desk.incidentline.text"),
    *("clinic.appointment.cancel_reason", "clinic.appointment.external_id"),
    *("clinic.contact.name", "clinic.patient.given_name", "clinic.patient.family_name"),
    *("clinic.patient.external_id", "clinic.patient.state_reason"),
    *("clinic.phone.user_id", "clinic.phone.parent_user_id"),
    *("whatsapp.attempt.error_title", "whatsapp.message.error_title", "whatsapp.message.wamid"),
    *("whatsapp.inboundfile.said_name", "whatsapp.inboundfile.said_type"),
    *("whatsapp.reply.button", "whatsapp.reply.context_wamid", "whatsapp.reply.wamid"),
    *("whatsapp.reply.from_user_id", "whatsapp.reply.from_parent_user_id"),
    "whatsapp.thread.hidden_as",
}
_NAMES_NOBODY = {
    # What the clinic itself has written, for everybody.
    *("campaigns.schedule.note", "clinic.site.opening_hours", "clinic.wording.text"),
    *("clinic.workinghours.hours", "whatsapp.clinicwords.text", "whatsapp.savedanswer.text"),
    *("whatsapp.templatedraft.body", "whatsapp.templateversion.components"),
    # Counts, states and keys.
    *("desk.patientmerge.lines", "desk.patientmerge.moved"),
    *("campaigns.patientlist.by_vaccine", "campaigns.campaign.approved_parts"),
    *("clinic.reach.ends", "clinic.reach.standings"),
    *("desk.alarm.facts", "desk.import.applied_counts", "desk.import.counts"),
    *("desk.import.date_evidence", "desk.removal.counts", "desk.standstill.found"),
    *("whatsapp.portfolio.kept_by_day", "whatsapp.stream.counts", "whatsapp.suppression.before"),
    *("whatsapp.message.dedupe_key", "desk.import.content_hash", "whatsapp.notice.fingerprint"),
    *("clinic.rememberedstop.number_hash", "clinic.unkeptstop.number_hash"),
    *("clinic.auditline.model", "clinic.auditline.path", "clinic.auditline.row_id"),
    *("clinic.auditnote.model", "clinic.auditnote.path", "clinic.auditnote.row_id"),
    # Staff, and what is theirs.
    *("clinic.auditline.done_by", "clinic.auditnote.done_by", "clinic.clinician.name"),
    *("clinic.clinicmodechange.acknowledged_by", "clinic.leave.note", "clinic.recoverycode.digest"),
    *("clinic.staffuser.email", "clinic.staffuser.first_name", "clinic.staffuser.last_name"),
    *("clinic.staffuser.password", "clinic.staffuser.username"),
    *("clinic.telephone.key", "clinic.telephone.name", "desk.alarm.acknowledged_as"),
    *("desk.watcher.address", "desk.watcher.email", "desk.watcher.name", "desk.watcher.secret"),
    # Reasons that are asked whether they tell who: `healthmsg.desk.privacy.nameless`.
    *("clinic.legalhold.reason", "desk.removal.reason"),
    # The clinic itself: its places, kinds of visit, lists, campaigns, and days.
    *("clinic.clinic.name", "clinic.clinic.time_zone", "clinic.closingday.reason"),
    *("clinic.legalbasis.note", "clinic.offeredpermission.permission"),
    *("clinic.offeredpermission.role", "clinic.site.address", "clinic.site.directions"),
    *("clinic.site.name", "clinic.site.time_zone", "clinic.tag.name", "clinic.vaccine.name"),
    *("clinic.visitkind.join_link", "clinic.visitkind.name", "clinic.visitpreparation.text"),
    *("campaigns.audience.name", "campaigns.campaign.name", "campaigns.campaign.template_name"),
    *("campaigns.campaign.not_started_because", "campaigns.patientlist.name"),
    *("campaigns.run.status_reason", "campaigns.season.name", "desk.cancelledlist.reason"),
    "desk.cancelledlist.taken_back_because",
    *("campaigns.schedule.authority", "campaigns.schedule.edition", "campaigns.schedule.name"),
    *("campaigns.schedule.source", "campaigns.schedule.withdrawn_because"),
    *("reminders.reminderrule.confirmed_template_name", "reminders.reminderrule.name"),
    *("reminders.reminderrule.several_template_name", "reminders.reminderrule.template_name"),
    *("reminders.reminderrule.spare_template_name", "desk.incident.authority_reference"),
    # The words of our own list that were found, not the patient's.
    *("whatsapp.savedanswer.name", "whatsapp.thread.urgent_because", "whatsapp.urgentword.words"),
    # Numbers and templates of ours, and what WhatsApp tells of them.
    *("whatsapp.account.held_reason", "whatsapp.account.name", "whatsapp.account.warning"),
    *("whatsapp.binding.fill_in", "whatsapp.binding.template_name", "whatsapp.binding.variable"),
    *("whatsapp.draftbutton.text", "whatsapp.draftbutton.value", "whatsapp.headerfile.name"),
    *("whatsapp.notice.field", "whatsapp.portfolio.held_reason", "whatsapp.portfolio.name"),
    *("whatsapp.restriction.cause", "whatsapp.restriction.held_reason"),
    *("whatsapp.sender.broadcasts_held_reason", "whatsapp.sender.held_reason"),
    *("whatsapp.sender.slowed_reason", "whatsapp.sender.verified_name"),
    *("whatsapp.stream.held_reason", "whatsapp.stream.name", "whatsapp.switch.held_reason"),
    *("whatsapp.template.held_reason", "whatsapp.template.name"),
    *("whatsapp.template.rejected_reason", "whatsapp.templatedraft.footer"),
    *("whatsapp.templatedraft.header_text", "whatsapp.templatedraft.name"),
    *("whatsapp.templatedraft.refusal", "whatsapp.inboundfile.mime_type"),
    # What broke, in our words or as a code; of a code nobody knows no words are kept.
    *("desk.morningmail.problem", "desk.telling.problem", "whatsapp.delivery.problem"),
    *("whatsapp.sweep.broke_with", "whatsapp.unknowncode.title"),
    # Machines and files of the house.
    *("desk.folderfile.path", "desk.import.file_name", "desk.import.found_at"),
    *("desk.machine.host", "desk.standstill.host", "whatsapp.heartbeat.host"),
    # What WhatsApp tells of accounts and templates.
    "whatsapp.notice.clear_content",
    # Rows of a file go when the import is over; those of somebody deleted are refused.
    *("desk.importrow.cells", "desk.importrow.key"),
}
_THOUGHT_OF = _BLANKED | _NAMES_NOBODY
