"""What came of a call: written down once, taken effect at once, undone."""

from datetime import datetime, timedelta

import pytest

from healthmsg.clinic.models import (
    Answer,
    Appointment,
    Patient,
    PhoneState,
    StaffUser,
    VisitStatus,
)
from reminders import adding_up, booking, call_list, calling
from reminders.calling import CalledAlready, Changed, NotUndone
from reminders.models import CallOutcome, Outcome
from reminders.standing import Standing
from tests import factories
from tests.reminders.desk import Desk

WEEK, DAY, HOUR = timedelta(days=7), timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def ana(db: None) -> StaffUser:
    return factories.make_person("ana")


@pytest.fixture
def visit(desk: Desk, willing_patient: Patient, noon: datetime) -> Appointment:
    return desk.book(willing_patient, noon + WEEK, now=noon)


def said(visit: Appointment, outcome: Outcome, by: StaffUser, now: datetime) -> CallOutcome:
    visit.refresh_from_db()
    known = CallOutcome.objects.filter(appointment=visit).count()
    return calling.log(visit, outcome, version=visit.version, known=known, by=by, now=now)


def standing(desk: Desk, now: datetime) -> list[tuple[Standing, int]]:
    rows = call_list.standings(desk.clinic, after=now, before=now + 2 * DAY, now=now)
    return [(row.standing, len(row.calls)) for row in rows]


def test_who_comes_is_told_and_confirmed(
    desk: Desk, visit: Appointment, ana: StaffUser, noon: datetime
) -> None:
    now = noon + WEEK - 12 * HOUR
    call = said(visit, Outcome.COMES, ana, now)

    visit.refresh_from_db()
    assert (visit.answer, call.called_by, call.called_at) == (Answer.CONFIRMED, ana, now)
    assert standing(desk, now) == [(Standing.TOLD, 1)]
    assert adding_up.tomorrow(desk.clinic, day=(noon + WEEK).date(), now=now).told == 1


def test_whoever_wants_another_time_stays_on_the_list_until_the_visit_is_moved(
    desk: Desk, visit: Appointment, ana: StaffUser, noon: datetime
) -> None:
    now = noon + WEEK - 12 * HOUR
    said(visit, Outcome.ANOTHER_TIME, ana, now)
    assert standing(desk, now) == [(Standing.WANTS_ANOTHER_TIME, 1)]

    booking.move(visit, booking.Change(noon + WEEK + HOUR), by=None, now=now)

    assert standing(desk, now) == [(Standing.WAITING, 0)]


def test_whoever_cancels_frees_the_time_and_it_can_be_undone(
    visit: Appointment, ana: StaffUser, noon: datetime
) -> None:
    call = said(visit, Outcome.CANCELS, ana, noon)
    visit.refresh_from_db()
    assert visit.status == VisitStatus.CANCELLED_BY_PATIENT

    assert calling.undo(call, by=ana, now=noon + HOUR)
    assert not calling.undo(call, by=ana, now=noon + HOUR)

    visit.refresh_from_db()
    call.refresh_from_db()
    assert (visit.status, call.undone_by) == (VisitStatus.BOOKED, ana)


def test_a_wrong_number_is_written_to_no_more_and_undone_it_is(
    desk: Desk, visit: Appointment, ana: StaffUser, noon: datetime
) -> None:
    phone = factories.phone_of(visit.patient)
    now = noon + WEEK - 12 * HOUR
    call = said(visit, Outcome.WRONG_NUMBER, ana, now)
    phone.refresh_from_db()
    assert (phone.state, call.phone) == (PhoneState.WRONG_PERSON, phone)
    assert standing(desk, now) == [(Standing.CANNOT_BE_REACHED, 1)]

    calling.undo(call, by=ana, now=now)

    phone.refresh_from_db()
    assert phone.state == PhoneState.NEW


def test_nobody_answered_is_counted_and_comes_back_in_two_hours(
    desk: Desk, visit: Appointment, ana: StaffUser, noon: datetime
) -> None:
    now = noon + WEEK - 12 * HOUR
    first = said(visit, Outcome.NO_ANSWER, ana, now)
    second = said(visit, Outcome.NO_ANSWER, ana, now + 2 * HOUR)

    assert (first.again_at, second.again_at) == (now + 2 * HOUR, now + 4 * HOUR)
    assert standing(desk, now) == [(Standing.WAITING, 2)]
    assert adding_up.tomorrow(desk.clinic, day=(noon + WEEK).date(), now=now).to_call == 1


def test_shortly_before_the_visit_half_of_the_time_left_is_waited(
    visit: Appointment, ana: StaffUser, noon: datetime
) -> None:
    now = noon + WEEK - HOUR

    assert said(visit, Outcome.NO_ANSWER, ana, now).again_at == now + HOUR / 2


def test_a_message_left_with_somebody_tells_and_a_voicemail_does_not(
    desk: Desk, visit: Appointment, ana: StaffUser, noon: datetime
) -> None:
    now = noon + WEEK - 12 * HOUR
    voicemail = said(visit, Outcome.VOICEMAIL, ana, now)
    assert standing(desk, now) == [(Standing.WAITING, 1)]
    assert voicemail.again_at == now + 4 * HOUR

    said(visit, Outcome.LEFT_MESSAGE, ana, now)

    assert standing(desk, now) == [(Standing.TOLD, 2)]


def test_of_two_people_the_second_is_told_of_the_first(
    visit: Appointment, ana: StaffUser, noon: datetime
) -> None:
    first = said(visit, Outcome.COMES, ana, noon)
    bea = factories.make_person("bea")

    with pytest.raises(CalledAlready) as refused:
        calling.log(visit, Outcome.CANCELS, version=1, known=0, by=bea, now=noon)

    visit.refresh_from_db()
    assert refused.value.call == first
    assert (visit.status, CallOutcome.objects.count()) == (VisitStatus.BOOKED, 1)


def test_a_visit_moved_or_cancelled_meanwhile_is_not_called_about(
    visit: Appointment, ana: StaffUser, noon: datetime
) -> None:
    with pytest.raises(Changed):
        calling.log(visit, Outcome.COMES, version=2, known=0, by=ana, now=noon)
    with pytest.raises(Changed):
        calling.log(visit, Outcome.NOT_WANTED, version=1, known=0, by=ana, now=noon)
    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, now=noon)

    with pytest.raises(Changed):
        calling.log(visit, Outcome.COMES, version=1, known=0, by=ana, now=noon)


def test_only_the_newest_call_is_undone(visit: Appointment, ana: StaffUser, noon: datetime) -> None:
    first, second = (said(visit, o, ana, noon) for o in (Outcome.NO_ANSWER, Outcome.COMES))
    with pytest.raises(NotUndone):
        calling.undo(first, by=ana, now=noon)

    calling.undo(second, by=ana, now=noon)

    visit.refresh_from_db()
    assert visit.answer == Answer.NONE
    # Numbers are not given out twice: who saw the undone one knows of it.
    assert said(visit, Outcome.COMES, ana, noon).number == 3
    booking.move(visit, booking.Change(noon + WEEK + HOUR), by=None, now=noon)
    with pytest.raises(NotUndone):
        calling.undo(CallOutcome.objects.get(number=3), by=ana, now=noon)


@pytest.mark.parametrize("known", [0, 1], ids=["shown-anew", "an-older-page"])
def test_after_a_call_was_undone_another_is_written_down(
    visit: Appointment, ana: StaffUser, noon: datetime, known: int
) -> None:
    """The list shows no call that was undone, and sends none as known."""
    calling.undo(said(visit, Outcome.COMES, ana, noon), by=ana, now=noon)

    call = calling.log(visit, Outcome.NO_ANSWER, version=1, known=known, by=ana, now=noon)

    assert call.number == 2
    with pytest.raises(CalledAlready):
        calling.log(visit, Outcome.COMES, version=1, known=1, by=ana, now=noon)


def test_a_moved_visit_is_called_about_anew(
    visit: Appointment, ana: StaffUser, noon: datetime
) -> None:
    said(visit, Outcome.NO_ANSWER, ana, noon)
    booking.move(visit, booking.Change(noon + WEEK + HOUR), by=None, now=noon)

    call = calling.log(visit, Outcome.COMES, version=2, known=0, by=ana, now=noon)

    visit.refresh_from_db()
    assert (call.number, visit.answer) == (2, Answer.CONFIRMED)


def test_a_missed_visit_is_called_about_until_another_is_booked_or_not_wanted(
    desk: Desk, ana: StaffUser, noon: datetime
) -> None:
    visits = [desk.book(factories.make_patient(desk.clinic), noon + HOUR, now=noon) for _ in "123"]
    now = noon + 3 * HOUR
    for visit in visits:
        booking.miss(visit, now=now)
    assert {row.appointment for row in call_list.missed(desk.clinic, now=now)} == set(visits)

    desk.book(visits[0].patient, noon + WEEK, now=now)
    said(visits[1], Outcome.NOT_WANTED, ana, now)
    call = said(visits[2], Outcome.NO_ANSWER, ana, now)

    (row,) = call_list.missed(desk.clinic, now=now)
    assert (row.appointment, row.calls) == (visits[2], (call,))
    assert call_list.missed(desk.clinic, now=now + 15 * DAY) == []
