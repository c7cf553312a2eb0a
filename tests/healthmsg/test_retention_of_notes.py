"""What staff noted on a conversation goes by a rule as what the patient wrote in it does."""

from datetime import datetime

import pytest

from healthmsg.clinic import erasure
from healthmsg.clinic.models import Patient
from healthmsg.desk.privacy import retention
from healthmsg.desk.privacy.models import Kept, RunState
from tests import factories
from tests.healthmsg.test_retention import YEAR, begin
from whatsapp.models import LineKind, Sender, Thread, ThreadLine

pytestmark = pytest.mark.django_db


def test_notes_of_staff_go_once_their_conversation_is_over_and_nobody_is_held(
    sender: Sender, noon: datetime
) -> None:
    def note(patient: Patient, **fields: object) -> ThreadLine:
        thread = Thread.objects.create(
            clinic=sender.clinic,
            sender=sender,
            phone=factories.phone_of(patient),
            last_written_at=noon,
            **fields,
        )
        lines = [
            ThreadLine.objects.create(thread=thread, kind=kind, text=text, written_at=written_at)
            for kind, text, written_at in (
                (LineKind.NOTE, "is afraid of needles", noon - 2 * YEAR),
                (LineKind.NOTE, "rang twice", noon),
                (LineKind.TAKEN, "", noon - 2 * YEAR),
            )
        ]
        return lines[0]

    over, still_open, held = (factories.make_patient(sender.clinic) for _ in range(3))
    old, needed, kept = note(over), note(still_open, opened_at=noon), note(held)
    erasure.place_hold(held, reason="a court asks", by=None, now=noon)

    run = begin(sender.clinic, Kept.NOTES, noon)
    assert retention.go_on(now=noon, seconds=5) == 1

    for line in (old, needed, kept):
        line.refresh_from_db()
    run.refresh_from_db()
    assert (run.state, run.removed, run.expected) == (RunState.DONE, 1, 1)
    assert old.text not in (needed.text, "is afraid of needles")
    assert needed.text == kept.text == "is afraid of needles"
    assert ThreadLine.objects.filter(text="rang twice").count() == 3
    assert retention.check(sender.clinic, Kept.NOTES, before=noon - YEAR) == 0
