"""Taps whose notices come late: what was written last is what they want."""

from datetime import datetime, timedelta

import pytest

from healthmsg.clinic.models import Answer, Appointment, Patient, VisitStatus
from tests.reminders.desk import Desk, told_of_booking
from tests.whatsapp.hearing import tap
from whatsapp.buttons import Verb
from whatsapp.models import ReplyOutcome

WEEK, MINUTE = timedelta(days=7), timedelta(minutes=1)


@pytest.fixture
def visit(desk: Desk, willing_patient: Patient, noon: datetime) -> Appointment:
    return desk.book(willing_patient, noon + WEEK, now=noon)


@pytest.mark.parametrize(
    ("heard", "late", "answer"),
    [
        (Verb.CONFIRM, Verb.CANCEL, Answer.CONFIRMED),
        (Verb.ANOTHER_TIME, Verb.CONFIRM, Answer.WANTS_ANOTHER_TIME),
        (Verb.CONFIRM, Verb.ANOTHER_TIME, Answer.CONFIRMED),
    ],
)
def test_a_tap_from_before_the_last_one_changes_nothing(
    visit: Appointment, noon: datetime, heard: Verb, late: Verb, answer: Answer
) -> None:
    message = told_of_booking(visit, now=noon)
    tap(message, heard, now=noon + 3 * MINUTE)

    came_late = tap(message, late, now=noon + 9 * MINUTE, written_at=noon + 2 * MINUTE)

    visit.refresh_from_db()
    assert came_late.outcome == ReplyOutcome.OUT_OF_DATE
    assert (visit.status, visit.answer) == (VisitStatus.BOOKED, answer)


def test_the_last_one_counts_however_late_it_comes(visit: Appointment, noon: datetime) -> None:
    message = told_of_booking(visit, now=noon)
    tap(message, Verb.CONFIRM, now=noon + 3 * MINUTE)

    tap(message, Verb.CANCEL, now=noon + 90 * MINUTE, written_at=noon + 4 * MINUTE)

    visit.refresh_from_db()
    assert visit.status == VisitStatus.CANCELLED_BY_PATIENT
