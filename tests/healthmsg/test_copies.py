"""A copy of what is known of a patient: all of it, and nothing of anybody else."""

import json
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

from django.apps import apps

from campaigns.models import ListEntry, PatientList
from healthmsg.clinic import consent, erasure
from healthmsg.clinic.models import GivenHow, Patient, Purpose, StaffUser
from healthmsg.desk.privacy import copying
from reminders.models import CallOutcome, Outcome
from tests import factories
from whatsapp import kept_files
from whatsapp.models import (
    AlsoAbout,
    FileState,
    InboundFile,
    LineKind,
    Reply,
    Sender,
    Thread,
    ThreadLine,
)

HOUR = timedelta(hours=1)


def test_a_copy_tells_nothing_of_others_on_the_number(sender: Sender, noon: datetime) -> None:
    mother = factories.make_patient(sender.clinic, given_name="Marta", family_name="Gil")
    phone = factories.phone_of(mother)
    child = factories.make_patient(sender.clinic, phone=phone, given_name="Bruno")
    factories.make_message(sender, mother, body="Hola Marta")
    both = factories.make_message(sender, mother, body="Marta, Bruno", is_shared=True)
    AlsoAbout.objects.create(message=both, patient=child)
    alone = factories.make_message(sender, child, body="Hola Bruno")
    said = {"clinic": sender.clinic, "sender": sender, "phone": phone, "written_at": noon}
    factories.make_reply(**said, wamid="wamid.1", kind="text", text="soy Marta")
    factories.make_reply(**said, wamid="wamid.2", kind="text", text="va Bruno", answers=alone)

    copies = copying.as_json(child, now=noon), copying.as_page(child, now=noon)

    for copy in copies:
        assert "Hola Bruno" in copy
        assert "va Bruno" in copy
        assert "Marta" not in copy
        assert "Gil" not in copy
        assert "speaks of other people too" in copy


def test_a_copy_as_a_file_has_everything_by_name(sender: Sender, noon: datetime) -> None:
    patient = factories.make_patient(sender.clinic, external_id="A-17")
    phone = factories.phone_of(patient)
    paper = consent.Evidence(GivenHow.ON_PAPER, text="Form 12")
    consent.grant(patient, phone, [Purpose.FEEDBACK], evidence=paper, at=noon)
    factories.make_visit(patient, starts_at=noon + HOUR)
    factories.make_message(sender, patient, body="Hola")

    copy = json.loads(copying.as_json(patient, now=noon))

    assert copy["person"][0]["identifier"] == "A-17"
    assert copy["contacts"][0]["number"] == phone.number
    assert copy["permissions"][-1]["evidence"] == "Form 12"
    assert copy["visits"][0]["starts"] == (noon + HOUR).isoformat()
    assert copy["messages"][0]["words"] == "Hola"


def test_a_copy_has_what_staff_did_and_wrote(sender: Sender, noon: datetime) -> None:
    staff_user = StaffUser.objects.create(username="ada")
    patient = factories.make_patient(sender.clinic)
    phone = factories.phone_of(patient)
    visit = factories.make_visit(patient, starts_at=noon + HOUR)
    thread = Thread.objects.create(
        clinic=sender.clinic, sender=sender, phone=phone, last_written_at=noon, opened_at=noon
    )
    ThreadLine.objects.create(thread=thread, kind=LineKind.NOTE, text="rang twice", written_at=noon)
    CallOutcome.objects.create(
        clinic=sender.clinic,
        appointment=visit,
        version=1,
        number=1,
        outcome=Outcome.NO_ANSWER,
        phone=phone,
        called_at=noon,
        called_by=staff_user,
    )
    named = PatientList.objects.create(clinic=sender.clinic, name="Asthma")
    ListEntry.objects.create(patient_list=named, patient=patient)
    erasure.place_hold(patient, reason="Gil against Paz", by=staff_user, now=noon)

    copy = copying.as_json(patient, now=noon)

    parts = json.loads(copy)
    note = {"written": noon.isoformat(), "words": "rang twice", "words_removed": None}
    assert parts["staff_notes"] == [note]
    assert parts["calls"][0]["outcome"] == str(Outcome.NO_ANSWER.label)
    assert parts["on_lists"][0]["list"] == "Asthma"
    assert parts["handled"][0]["when"] == noon.isoformat()
    assert "Gil against Paz" not in copy


def test_a_note_on_a_number_of_several_is_in_nobodys_copy(sender: Sender, noon: datetime) -> None:
    mother = factories.make_patient(sender.clinic)
    phone = factories.phone_of(mother)
    child = factories.make_patient(sender.clinic, phone=phone)
    thread = Thread.objects.create(
        clinic=sender.clinic, sender=sender, phone=phone, last_written_at=noon, opened_at=noon
    )
    ThreadLine.objects.create(thread=thread, kind=LineKind.NOTE, text="rang twice", written_at=noon)

    for one in (mother, child):
        assert "rang twice" not in copying.as_json(one, now=noon)


def test_an_archive_has_the_copy_and_the_files(
    sender: Sender, noon: datetime, tmp_path: Path
) -> None:
    patient = factories.make_patient(sender.clinic, family_name="Paz")
    said = {"clinic": sender.clinic, "sender": sender, "phone": factories.phone_of(patient)}
    reply = Reply.objects.create(**said, wamid="wamid.1", kind="image", written_at=noon)
    kept = {"reply": reply, "state": FileState.KEPT, "fetch_after": None}
    picture = InboundFile.objects.create(
        **kept, media_id="1", mime_type="image/png", said_name="../../etc/passwd"
    )
    path = kept_files.path_of(picture, tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"a picture")
    other = Reply.objects.create(**said, wamid="wamid.2", kind="image", written_at=noon)
    InboundFile.objects.create(**kept | {"reply": other}, media_id="2", mime_type="image/png")

    with copying.as_archive(patient, files=tmp_path, now=noon) as archive:
        parts = zipfile.ZipFile(archive)
        assert parts.namelist() == ["copy.html", "copy.json", "files/001.png"]
        assert parts.read("files/001.png") == b"a picture"
        assert "Paz" in parts.read("copy.html").decode()


def test_a_copy_has_every_kind_of_thing_that_names_a_patient() -> None:
    """A new table with patients in it is copied too, or is known to say nothing more of them."""
    found = {
        f"{model._meta.label}.{field.name}"
        for label in ("clinic", "whatsapp", "reminders", "campaigns", "desk")
        for model in apps.get_app_config(label).get_models()
        for field in model._meta.concrete_fields
        if field.related_model is Patient
    }

    assert found == _COPIED | _SAYS_NO_MORE


_COPIED = {
    *("clinic.Contact.patient", "clinic.Appointment.patient", "clinic.ConsentRecord.patient"),
    *("clinic.Immunisation.patient", "clinic.PatientTag.patient", "clinic.LegalHold.patient"),
    *("whatsapp.Message.patient", "whatsapp.AlsoAbout.patient", "whatsapp.RepeatRequest.patient"),
    *("campaigns.ListEntry.patient", "campaigns.Recipient.patient"),
    *("campaigns.DeclinedTopic.patient", "reminders.EarlierWish.patient"),
    *("desk.AskLater.patient", "desk.UnreachedOutcome.patient", "desk.IncidentPatient.patient"),
    # A record that was joined to another: all of it is found with the one that is kept.
    *("desk.PatientMerge.kept", "desk.PatientMerge.merged"),
}
_SAYS_NO_MORE = {
    # Derived from the permissions; a time kept for minutes; codes that have run out.
    *("clinic.Reach.patient", "clinic.SlotHold.patient", "desk.PermissionCode.patient"),
    # What a program suspects of two people says something of the other one as well.
    *("desk.SuspectedDuplicate.one", "desk.SuspectedDuplicate.other"),
}


def test_a_copy_takes_no_mark_up_from_what_people_wrote(sender: Sender, noon: datetime) -> None:
    patient = factories.make_patient(sender.clinic)
    said = {"clinic": sender.clinic, "sender": sender, "phone": factories.phone_of(patient)}
    words = "<script>alert(1)</script>"
    factories.make_reply(**said, wamid="wamid.1", kind="text", text=words, written_at=noon)

    assert "<script>" not in copying.as_page(patient, now=noon)
