from datetime import datetime, timedelta

import pytest

from healthmsg.clinic.models import (
    Answer,
    Appointment,
    Patient,
    PhoneState,
    Saying,
    VisitStatus,
)
from reminders import booking
from reminders.booking import Change
from tests import factories
from tests.reminders.desk import Desk, leaves, plan_of, reminder, tap, tick
from whatsapp import buttons, phrases
from whatsapp.buttons import EVERYBODY, Verb
from whatsapp.models import Message, Reply, ReplyOutcome
from whatsapp.status import Status

WEEK, DAY, HOUR = timedelta(days=7), timedelta(days=1), timedelta(hours=1)
THREE_DAYS = "appointment_reminder_days"


def asked(desk: Desk, patient: Patient, noon: datetime, **fields: object) -> Message:
    """A visit in a week; returns the message of three days before, with its buttons."""
    visit = desk.book(patient, noon + WEEK, now=noon, **fields)
    tick(noon + 4 * DAY)
    for message in Message.objects.all():
        leaves(message, at=noon + 4 * DAY)
    return leaves(reminder(visit, THREE_DAYS).message, at=noon)


def family_asked(desk: Desk, noon: datetime, size: int = 2) -> tuple[Message, list[Appointment]]:
    visits = [
        desk.book(patient, noon + WEEK + n * timedelta(minutes=20), now=noon)
        for n, patient in enumerate(desk.family(size))
    ]
    tick(noon + 4 * DAY)
    for message in Message.objects.all():
        leaves(message, at=noon + 4 * DAY)
    return Message.objects.get(is_shared=True), visits


def visit_of(message: Message) -> Appointment:
    assert message.appointment_id is not None
    return Appointment.objects.get(pk=message.appointment_id)


def test_confirm_is_written_down_and_answered(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    message = asked(desk, willing_patient, noon)
    now = noon + 4 * DAY

    outcome, answer = tap(message, Verb.CONFIRM, now=now)

    assert outcome == ReplyOutcome.CONFIRMED
    assert visit_of(message).answer == Answer.CONFIRMED
    assert answer is not None
    assert (answer.lane, answer.purpose, answer.status) == (0, "REPLY", Status.QUEUED)
    assert answer.expires_at == now + DAY
    assert "17 de marzo" in answer.body
    assert desk.site.name in answer.body


def test_another_time_silences_the_reminders(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    message = asked(desk, willing_patient, noon)

    outcome, _ = tap(message, Verb.ANOTHER_TIME, now=noon + 4 * DAY)

    assert outcome == ReplyOutcome.WANTS_ANOTHER_TIME
    visit = visit_of(message)
    assert (visit.status, visit.answer) == (VisitStatus.BOOKED, Answer.WANTS_ANOTHER_TIME)
    assert plan_of(visit)["appointment_reminder_tomorrow"] == "ANSWERED"


def test_cancel_takes_effect_at_once_and_offers_undo(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    message = asked(desk, willing_patient, noon)
    now = noon + 4 * DAY

    outcome, answer = tap(message, Verb.CANCEL, now=now)

    assert outcome == ReplyOutcome.CANCELLED
    assert visit_of(message).status == VisitStatus.CANCELLED_BY_PATIENT
    assert plan_of(visit_of(message))["appointment_reminder_tomorrow"] == "VISIT_CANCELLED"
    assert answer is not None
    (button,) = answer.payload["interactive"]["action"]["buttons"]
    signed = buttons.read(button["reply"]["id"])
    assert signed == buttons.Tap(Verb.UNDO, answer.callback, message.appointment_id)


def test_undo_books_again_while_the_slot_is_free(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    message = asked(desk, willing_patient, noon)
    now = noon + 4 * DAY
    _, answer = tap(message, Verb.CANCEL, now=now)
    assert answer is not None

    outcome, undone = tap(answer, Verb.UNDO, now=now, about=message.appointment_id)
    again, _ = tap(answer, Verb.UNDO, now=now, about=message.appointment_id)

    assert (outcome, again) == (ReplyOutcome.UNDONE, ReplyOutcome.OUT_OF_DATE)
    assert visit_of(message).status == VisitStatus.BOOKED
    assert plan_of(visit_of(message))["appointment_reminder_tomorrow"] == "PLANNED"
    assert undone is not None
    assert desk.site.name in undone.body


def test_undo_says_so_when_the_slot_is_gone(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    doctor = factories.make_clinician(desk.clinic)
    message = asked(desk, willing_patient, noon, clinician=doctor)
    now = noon + 4 * DAY
    _, answer = tap(message, Verb.CANCEL, now=now)
    desk.book(factories.make_patient(desk.clinic), noon + WEEK, now=now, clinician=doctor)
    assert answer is not None

    outcome, said = tap(answer, Verb.UNDO, now=now, about=message.appointment_id)

    assert outcome == ReplyOutcome.OUT_OF_DATE
    assert visit_of(message).status == VisitStatus.CANCELLED_BY_PATIENT
    assert said is not None
    assert "17 de marzo" in said.body


def test_a_kind_that_asks_a_person_is_not_cancelled_by_a_tap(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    desk.kind.cancel = Saying.ASKS_A_PERSON
    desk.kind.save()
    message = asked(desk, willing_patient, noon)

    outcome, _ = tap(message, Verb.CANCEL, now=noon + 4 * DAY)

    visit = visit_of(message)
    assert outcome == ReplyOutcome.WANTS_TO_CANCEL
    assert (visit.status, visit.answer) == (VisitStatus.BOOKED, Answer.WANTS_TO_CANCEL)


def test_the_last_valid_tap_counts(desk: Desk, willing_patient: Patient, noon: datetime) -> None:
    message = asked(desk, willing_patient, noon)
    now = noon + 4 * DAY

    taken = [tap(message, verb, now=now)[0] for verb in (Verb.ANOTHER_TIME, Verb.CONFIRM)]
    cancelled = tap(message, Verb.CANCEL, now=now)[0]
    too_late = tap(message, Verb.CONFIRM, now=now)[0]

    assert taken == [ReplyOutcome.WANTS_ANOTHER_TIME, ReplyOutcome.CONFIRMED]
    assert (cancelled, too_late) == (ReplyOutcome.CANCELLED, ReplyOutcome.OUT_OF_DATE)
    assert visit_of(message).status == VisitStatus.CANCELLED_BY_PATIENT


@pytest.mark.parametrize("verb", [Verb.CONFIRM, Verb.ANOTHER_TIME, Verb.CANCEL])
@pytest.mark.parametrize("what", ["moved", "over", "foreign", "wrong person", "marked missed"])
def test_an_old_or_foreign_tap_changes_nothing_and_is_answered(
    desk: Desk, willing_patient: Patient, noon: datetime, verb: Verb, what: str
) -> None:
    message = asked(desk, willing_patient, noon)
    now = noon + 4 * DAY
    visit = visit_of(message)
    if what == "moved":
        booking.move(visit, Change(noon + 2 * WEEK), by=None, now=now)
    elif what == "over":
        now = noon + WEEK
    elif what == "foreign":
        message.phone = factories.make_phone(desk.clinic)
    elif what == "wrong person":
        type(message.phone).objects.update(state=PhoneState.WRONG_PERSON)
        message.phone.refresh_from_db()
    else:
        booking.miss(visit, now=noon + WEEK)
        now = noon + WEEK
    before = Appointment.objects.values().get()

    outcome, answer = tap(message, verb, now=now)

    assert outcome == ReplyOutcome.OUT_OF_DATE
    assert answer is not None
    assert Appointment.objects.values().get() == before


@pytest.mark.parametrize(
    "verb", [Verb.CONFIRM, Verb.ANOTHER_TIME, Verb.CANCEL], ids=["confirm", "other", "cancel"]
)
def test_a_repeated_tap_is_told_that_we_know(
    desk: Desk, willing_patient: Patient, noon: datetime, verb: Verb
) -> None:
    message = asked(desk, willing_patient, noon)
    now = noon + 4 * DAY
    tap(message, verb, now=now)
    before = Appointment.objects.values().get()

    outcome, answer = tap(message, verb, now=now + HOUR)

    assert outcome == ReplyOutcome.OUT_OF_DATE
    assert Appointment.objects.values().get() == before
    assert answer is not None
    assert answer.body == phrases.say("es", "already_answered", clinic=desk.clinic)


def test_other_buttons_are_left_to_others(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    message = asked(desk, willing_patient, noon)

    assert tap(message, Verb.STOP_ALL, now=noon + 4 * DAY) == (None, None)


@pytest.mark.parametrize(
    ("verb", "answer"),
    [
        pytest.param(Verb.CONFIRM, Answer.CONFIRMED, id="confirm"),
        pytest.param(Verb.ANOTHER_TIME, Answer.WANTS_ANOTHER_TIME, id="another-time"),
    ],
)
def test_an_answer_of_a_family_asks_for_whom_and_may_be_for_all(
    desk: Desk, noon: datetime, verb: Verb, answer: Answer
) -> None:
    message, visits = family_asked(desk, noon)

    taken, asking = tap(message, verb, now=noon + 4 * DAY)

    assert taken == ReplyOutcome.ASKED_WHICH
    assert set(Appointment.objects.values_list("answer", flat=True)) == {Answer.NONE}
    assert asking is not None
    choices = [b["reply"] for b in asking.payload["interactive"]["action"]["buttons"]]
    assert [c["title"] for c in choices] == [
        "Para todos",
        *(f"12:{n}0 {v.patient.given_name}" for n, v in zip("02", visits, strict=True)),
    ]
    everybody = buttons.read(choices[0]["id"])
    assert everybody == buttons.Tap(verb, asking.callback, EVERYBODY)

    _, said = tap(asking, verb, now=noon + 4 * DAY, about=EVERYBODY)

    assert set(Appointment.objects.values_list("answer", flat=True)) == {answer}
    assert said is not None


def test_an_answer_for_one_of_a_family_leaves_the_others(desk: Desk, noon: datetime) -> None:
    message, (first, second) = family_asked(desk, noon)
    _, asking = tap(message, Verb.ANOTHER_TIME, now=noon + 4 * DAY)
    assert asking is not None
    assert Reply.objects.get().needs_person_at == noon + 4 * DAY
    Reply.objects.update(outcome=ReplyOutcome.ASKED_WHICH)

    tap(asking, Verb.ANOTHER_TIME, now=noon + 4 * DAY, about=first.pk)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.answer, second.answer) == (Answer.WANTS_ANOTHER_TIME, Answer.NONE)
    # Whoever never says for whom is on a person's list; who did is not on it twice.
    assert Reply.objects.earliest("pk").needs_person_at is None


def test_confirm_leaves_out_the_visit_that_was_moved_since(desk: Desk, noon: datetime) -> None:
    message, (first, second) = family_asked(desk, noon)
    booking.move(first, Change(noon + 2 * WEEK), by=None, now=noon + 4 * DAY)

    outcome, _ = tap(message, Verb.CONFIRM, now=noon + 4 * DAY)

    assert outcome == ReplyOutcome.CONFIRMED
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.answer, second.answer) == (Answer.NONE, Answer.CONFIRMED)


def test_cancel_asks_the_family_which_visit(desk: Desk, noon: datetime) -> None:
    message, (first, second) = family_asked(desk, noon)
    now = noon + 4 * DAY

    taken, asking = tap(message, Verb.CANCEL, now=now)
    assert taken == ReplyOutcome.ASKED_WHICH
    assert set(Appointment.objects.values_list("status", flat=True)) == {VisitStatus.BOOKED}
    assert asking is not None
    titles = [b["reply"]["title"] for b in asking.payload["interactive"]["action"]["buttons"]]
    outcome, _ = tap(asking, Verb.CANCEL, now=now, about=second.pk)

    assert titles == [f"12:00 {first.patient.given_name}", f"12:20 {second.patient.given_name}"]
    assert outcome == ReplyOutcome.CANCELLED
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == (
        VisitStatus.BOOKED,
        VisitStatus.CANCELLED_BY_PATIENT,
    )


def test_more_visits_than_buttons_are_asked_about_in_a_list(desk: Desk, noon: datetime) -> None:
    message, visits = family_asked(desk, noon, size=4)

    taken, asking = tap(message, Verb.CANCEL, now=noon + 4 * DAY)

    assert taken == ReplyOutcome.ASKED_WHICH
    assert asking is not None
    question = asking.payload["interactive"]
    (section,) = question["action"]["sections"]
    assert question["type"] == "list"
    assert 0 < len(question["action"]["button"]) <= 20
    assert len(section["rows"]) == 4
    outcome, _ = tap(asking, Verb.CANCEL, now=noon + 4 * DAY, about=visits[3].pk)
    assert outcome == ReplyOutcome.CANCELLED


def test_a_button_cannot_name_a_visit_its_message_did_not(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    message, _ = family_asked(desk, noon)
    stranger = desk.book(willing_patient, noon + WEEK, now=noon)

    outcome, _ = tap(message, Verb.CANCEL, now=noon + 4 * DAY, about=stranger.pk)

    assert outcome == ReplyOutcome.OUT_OF_DATE
    stranger.refresh_from_db()
    assert stranger.status == VisitStatus.BOOKED
