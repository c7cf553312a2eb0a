"""Yes, no and numbers are the taps they stand for, where exactly one question is open."""

from datetime import datetime, timedelta

import pytest

from healthmsg.clinic.models import Answer, Appointment, Patient, Purpose, VisitStatus
from tests import factories
from tests.reminders.desk import Desk, leaves, reminder, tick
from tests.whatsapp.hearing import answers_to, choices, tap, write
from whatsapp.buttons import Verb
from whatsapp.models import Message, Reply, ReplyOutcome, StopDoubt
from whatsapp.status import Status

WEEK, DAY, HOUR = timedelta(days=7), timedelta(days=1), timedelta(hours=1)


def asked(desk: Desk, patient: Patient, noon: datetime, *, at: datetime) -> Message:
    """A visit whose reminder of three days before, with its buttons, has arrived."""
    visit = desk.book(patient, at, now=noon)
    tick(noon + 4 * DAY)
    for message in Message.objects.all():
        leaves(message, at=noon + 4 * DAY)
    return leaves(reminder(visit, "appointment_reminder_days").message, at=noon)


def visit_of(message: Message) -> Appointment:
    assert message.appointment_id is not None
    return Appointment.objects.get(pk=message.appointment_id)


@pytest.fixture
def later(noon: datetime) -> datetime:
    return noon + 4 * DAY + HOUR


@pytest.fixture
def question(desk: Desk, willing_patient: Patient, noon: datetime) -> Message:
    return asked(desk, willing_patient, noon, at=noon + WEEK)


@pytest.mark.parametrize("text", ["Sí", "ok", "1", "👍🏽", "YES"])
def test_a_yes_to_the_one_open_question_confirms(
    desk: Desk, question: Message, later: datetime, text: str
) -> None:
    reply = write(desk.sender, question.phone, text, now=later)

    assert (reply.outcome, reply.answers) == (ReplyOutcome.CONFIRMED, question)
    assert reply.needs_person_at is None
    assert visit_of(question).answer == Answer.CONFIRMED


def test_a_thumb_on_the_message_confirms_and_on_another_one_does_nothing(
    desk: Desk, question: Message, later: datetime
) -> None:
    other = Message.objects.exclude(pk=question.pk).earliest("pk")

    astray = write(
        desk.sender, question.phone, "👍", now=later, kind="reaction", context_wamid=other.wamid
    )
    assert astray.outcome != ReplyOutcome.CONFIRMED
    assert visit_of(question).answer == Answer.NONE
    meant = write(
        desk.sender, question.phone, "👍", now=later, kind="reaction", context_wamid=question.wamid
    )

    assert meant.outcome == ReplyOutcome.CONFIRMED


def test_a_number_is_the_button_in_that_place(
    desk: Desk, question: Message, later: datetime
) -> None:
    reply = write(desk.sender, question.phone, "3", now=later)

    assert reply.outcome == ReplyOutcome.CANCELLED
    assert visit_of(question).status == VisitStatus.CANCELLED_BY_PATIENT


def test_no_asks_whether_to_cancel_or_to_move(
    desk: Desk, question: Message, later: datetime
) -> None:
    write(desk.sender, question.phone, "No", now=later)

    assert visit_of(question).status == VisitStatus.BOOKED
    [asking] = answers_to(question.phone)
    assert [tap.verb for _title, tap in choices(asking)] == [Verb.ANOTHER_TIME, Verb.CANCEL]
    reply = write(desk.sender, question.phone, "2", now=later + timedelta(minutes=1))
    assert reply.outcome == ReplyOutcome.CANCELLED
    assert visit_of(question).status == VisitStatus.CANCELLED_BY_PATIENT


def test_with_two_open_questions_yes_asks_back_and_names_each(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    # A row of a list has 24 characters, and a long name is cut.
    willing_patient.given_name = "Ana"
    willing_patient.save()
    first = desk.book(willing_patient, noon + WEEK, now=noon)
    second = desk.book(willing_patient, noon + WEEK + DAY, now=noon)
    tick(noon + 5 * DAY)
    for message in Message.objects.all():
        leaves(message, at=noon + 5 * DAY)
    phone, later = factories.phone_of(willing_patient), noon + 5 * DAY + HOUR

    reply = write(desk.sender, phone, "ok", now=later)

    assert reply.outcome == ReplyOutcome.ASKED_WHICH
    assert set(Appointment.objects.values_list("answer", flat=True)) == {Answer.NONE}
    [asking] = answers_to(phone)
    titles = [title for title, _tap in choices(asking)]
    assert all(willing_patient.given_name in title for title in titles)
    assert len(set(titles)) == 2
    write(desk.sender, phone, "2", now=later + timedelta(minutes=1))
    first.refresh_from_db()
    second.refresh_from_db()
    # Newest first: the second row is the older question.
    assert sorted([first.answer, second.answer]) == [Answer.CONFIRMED, Answer.NONE]


def test_an_answered_question_and_a_visit_gone_by_take_no_yes(
    desk: Desk, question: Message, later: datetime
) -> None:
    write(desk.sender, question.phone, "sí", now=later)

    again = write(desk.sender, question.phone, "sí", now=later + HOUR)
    too_late = write(desk.sender, question.phone, "sí", now=later + WEEK)

    assert again.outcome == too_late.outcome == ReplyOutcome.FOR_A_PERSON


def test_a_shared_message_asks_for_whom_and_a_number_chooses(desk: Desk, noon: datetime) -> None:
    family = desk.family(2)
    visits = [
        desk.book(patient, noon + WEEK + n * timedelta(minutes=20), now=noon)
        for n, patient in enumerate(family)
    ]
    tick(noon + 4 * DAY)
    for message in Message.objects.all():
        leaves(message, at=noon + 4 * DAY)
    phone, later = factories.phone_of(family[0]), noon + 4 * DAY + HOUR

    asked_back = write(desk.sender, phone, "sí", now=later)
    assert asked_back.outcome == ReplyOutcome.ASKED_WHICH
    answers_to(phone)
    chosen = write(desk.sender, phone, "3", now=later + timedelta(minutes=1))

    assert chosen.outcome == ReplyOutcome.CONFIRMED
    for visit in visits:
        visit.refresh_from_db()
    assert [visit.answer for visit in visits] == [Answer.NONE, Answer.CONFIRMED]


def test_a_stop_among_other_words_waits_for_a_person_and_changes_no_visit(
    desk: Desk, question: Message, later: datetime
) -> None:
    reply = write(desk.sender, question.phone, "Please stop sending me offers", now=later)

    assert (reply.outcome, reply.needs_person_at) == (ReplyOutcome.FOR_A_PERSON, later)
    doubt = StopDoubt.objects.get()
    assert (doubt.phone, doubt.reply, doubt.since) == (question.phone, reply, later)
    assert visit_of(question).status == VisitStatus.BOOKED
    assert Message.objects.filter(purpose=Purpose.REPLY, status=Status.WITHHELD).count() == 0


def test_ok_to_what_was_only_offered_in_case_undoes_nothing(
    desk: Desk, question: Message, later: datetime
) -> None:
    tap(question, Verb.CANCEL, now=later)
    answers_to(question.phone)

    reply = write(desk.sender, question.phone, "ok", now=later + HOUR)

    assert reply.outcome == ReplyOutcome.FOR_A_PERSON
    assert visit_of(question).status == VisitStatus.CANCELLED_BY_PATIENT
    assert Reply.objects.count() == 2
