"""Taps whose notices come late: what was written last is what they want."""

from datetime import datetime, timedelta

import pytest

from healthmsg.clinic.models import Answer, Appointment, Patient, VisitStatus
from reminders import booking
from tests.reminders.desk import Desk, told_of_booking
from tests.reminders.test_replies import family_asked
from tests.whatsapp.hearing import answers_to, tap
from whatsapp.buttons import Verb
from whatsapp.models import Message, ReplyOutcome

WEEK, DAY, MINUTE = timedelta(days=7), timedelta(days=1), timedelta(minutes=1)


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


def cancelled(message: Message, *, now: datetime) -> Message:
    """Return our answer, which offers to take the cancellation back."""
    tap(message, Verb.CANCEL, now=now)
    return answers_to(message.phone)[-1]


@pytest.mark.parametrize(
    ("again_at", "undone_at", "status"),
    [
        pytest.param(7, 6, VisitStatus.CANCELLED_BY_PATIENT, id="cancelled-after-it"),
        pytest.param(5, 6, VisitStatus.BOOKED, id="cancelled-before-it"),
    ],
)
def test_of_an_undo_and_a_second_cancel_the_one_written_last_counts(
    visit: Appointment, noon: datetime, again_at: int, undone_at: int, status: VisitStatus
) -> None:
    message = told_of_booking(visit, now=noon)
    answer = cancelled(message, now=noon + 3 * MINUTE)
    tap(message, Verb.CANCEL, now=noon + again_at * MINUTE)

    tap(
        answer,
        Verb.UNDO,
        about=visit.pk,
        now=noon + 30 * MINUTE,
        written_at=noon + undone_at * MINUTE,
    )

    visit.refresh_from_db()
    assert visit.status == status


def test_a_confirmation_said_again_outlives_a_late_cancel(
    visit: Appointment, noon: datetime
) -> None:
    message = told_of_booking(visit, now=noon)
    tap(message, Verb.CONFIRM, now=noon + 3 * MINUTE)
    tap(message, Verb.CONFIRM, now=noon + 5 * MINUTE)

    tap(message, Verb.CANCEL, now=noon + 9 * MINUTE, written_at=noon + 4 * MINUTE)

    visit.refresh_from_db()
    assert (visit.status, visit.answer) == (VisitStatus.BOOKED, Answer.CONFIRMED)


@pytest.mark.parametrize(
    ("written", "status"),
    [
        pytest.param(8, VisitStatus.CANCELLED_BY_PATIENT, id="late"),
        pytest.param(12, VisitStatus.BOOKED, id="their-last-word"),
    ],
)
def test_a_late_undo_takes_back_no_cancellation_told_to_a_person_since(
    visit: Appointment, noon: datetime, written: int, status: VisitStatus
) -> None:
    answer = cancelled(told_of_booking(visit, now=noon), now=noon + 3 * MINUTE)
    booking.undo_cancel(visit, now=noon + 6 * MINUTE)
    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_PATIENT, now=noon + 10 * MINUTE)

    tap(
        answer,
        Verb.UNDO,
        about=visit.pk,
        now=noon + 20 * MINUTE,
        written_at=noon + written * MINUTE,
    )

    visit.refresh_from_db()
    assert visit.status == status


def test_of_several_visits_a_late_undo_leaves_the_second_cancel_of_the_same_visit(
    desk: Desk, noon: datetime
) -> None:
    asked, (first, second) = family_asked(desk, noon)
    then = noon + 4 * DAY
    tap(asked, Verb.CANCEL, about=first.pk, now=then)
    answer = answers_to(asked.phone)[-1]
    tap(asked, Verb.CANCEL, about=first.pk, now=then + 4 * MINUTE)
    tap(asked, Verb.CONFIRM, about=second.pk, now=then + 5 * MINUTE)

    tap(
        answer,
        Verb.UNDO,
        about=first.pk,
        now=then + 9 * MINUTE,
        written_at=then + 3 * MINUTE,
    )

    assert [Appointment.objects.get(pk=one.pk).status for one in (first, second)] == [
        VisitStatus.CANCELLED_BY_PATIENT,
        VisitStatus.BOOKED,
    ]


def test_what_was_said_of_another_visit_of_the_family_makes_no_tap_late(
    desk: Desk, noon: datetime
) -> None:
    asked, (first, second) = family_asked(desk, noon)
    then = noon + 4 * DAY
    tap(asked, Verb.CONFIRM, about=second.pk, now=then + 5 * MINUTE)

    tap(asked, Verb.CANCEL, about=first.pk, now=then + 9 * MINUTE, written_at=then + 3 * MINUTE)

    first.refresh_from_db()
    assert first.status == VisitStatus.CANCELLED_BY_PATIENT
