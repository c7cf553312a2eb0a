"""What staff noted on a conversation goes by a rule as what the patient wrote in it does."""

from datetime import datetime
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import formats

from healthmsg.clinic import erasure
from healthmsg.clinic.models import Patient
from healthmsg.desk.privacy import overdue, retention
from healthmsg.desk.privacy.models import Kept, RetentionRule, RunState
from tests import factories
from tests.healthmsg.test_erasure import erase
from tests.healthmsg.test_retention import YEAR, begin
from tests.healthmsg.test_waiting import person
from whatsapp.forgetting import REMOVED
from whatsapp.models import LineKind, Sender, Thread, ThreadLine

pytestmark = pytest.mark.django_db


def note(sender: Sender, patient: Patient, now: datetime, **fields: object) -> ThreadLine:
    """An old note, on a conversation with a young one and an old step that says nothing."""
    thread = Thread.objects.create(
        clinic=sender.clinic,
        sender=sender,
        phone=factories.phone_of(patient),
        last_written_at=now,
        **fields,
    )
    lines = [
        ThreadLine.objects.create(thread=thread, kind=kind, text=text, written_at=written_at)
        for kind, text, written_at in (
            (LineKind.NOTE, "is afraid of needles", now - 2 * YEAR),
            (LineKind.NOTE, "rang twice", now),
            (LineKind.TAKEN, "", now - 2 * YEAR),
        )
    ]
    return lines[0]


def test_notes_of_staff_go_once_their_conversation_is_over_and_nobody_is_held(
    sender: Sender, noon: datetime
) -> None:
    over, still_open, held = (factories.make_patient(sender.clinic) for _ in range(3))
    old, kept = (note(sender, patient, noon) for patient in (over, held))
    needed = note(sender, still_open, noon, opened_at=noon)
    erasure.place_hold(held, reason="a court asks", by=None, now=noon)

    run = begin(sender.clinic, Kept.NOTES, noon)
    assert retention.go_on(now=noon, seconds=5, piece=2) == 1

    for line in (old, needed, kept):
        line.refresh_from_db()
    run.refresh_from_db()
    assert (run.state, run.removed, run.expected) == (RunState.DONE, 1, 1)
    assert (old.text, old.words_removed_at) == (REMOVED, noon)
    assert needed.words_removed_at is kept.words_removed_at is None
    assert needed.text == kept.text == "is afraid of needles"
    assert ThreadLine.objects.filter(text="rang twice").count() == 3
    assert ThreadLine.objects.filter(kind=LineKind.TAKEN, text="").count() == 3
    assert retention.check(sender.clinic, Kept.NOTES, before=noon - YEAR) == 0


def test_the_conversation_says_of_all_words_that_went_when_that_was(
    client: Client, sender: Sender, noon: datetime
) -> None:
    patient = factories.make_patient(sender.clinic)
    thread = note(sender, patient, noon).thread
    factories.make_reply(
        clinic=sender.clinic,
        sender=sender,
        phone=thread.phone,
        wamid="wamid.old",
        kind="text",
        text="call me",
        written_at=noon - 2 * YEAR,
        handled_at=noon - 2 * YEAR,
    )
    for kind in (Kept.NOTES, Kept.REPLIES):
        begin(sender.clinic, kind, noon)
    retention.go_on(now=noon, seconds=5)
    client.force_login(person(sender.clinic, "Reception"))

    page = client.get(reverse("admin:whatsapp_thread_change", args=[thread.pk])).text

    day = formats.date_format(noon, "DATE_FORMAT")
    assert page.count(f"(removed by policy on {day})") == 2
    assert "rang twice" in page


def test_a_note_that_went_before_somebody_is_forgotten_keeps_its_day(
    sender: Sender, noon: datetime, tmp_path: Path
) -> None:
    patient = factories.make_patient(sender.clinic)
    old = note(sender, patient, noon)
    begin(sender.clinic, Kept.NOTES, noon)
    retention.go_on(now=noon, seconds=5)

    erase(patient, tmp_path, noon + YEAR)

    gone = set(ThreadLine.objects.filter(thread=old.thread_id, kind=LineKind.NOTE))
    assert {line.text for line in gone} == {REMOVED}
    assert {line.words_removed_at for line in gone} == {noon, noon + YEAR}


def test_a_clinic_that_never_said_how_long_hears_of_notes_that_are_too_old(
    sender: Sender, noon: datetime
) -> None:
    note(sender, factories.make_patient(sender.clinic), noon)
    assert not RetentionRule.objects.exists()

    assert overdue.look(now=noon) == 1
    assert overdue.of_clinics() == {sender.clinic_id: [Kept.NOTES]}

    begin(sender.clinic, Kept.NOTES, noon)
    retention.go_on(now=noon, seconds=5)
    assert overdue.look(now=noon) == 0


def test_another_clinics_notes_stay(sender: Sender, noon: datetime) -> None:
    elsewhere = factories.make_clinic(name="Elsewhere")
    theirs = factories.make_sender(elsewhere, phone_number_id="900000000000001")
    note(theirs, factories.make_patient(elsewhere), noon)

    assert retention.check(sender.clinic, Kept.NOTES, before=noon - YEAR) == 0
