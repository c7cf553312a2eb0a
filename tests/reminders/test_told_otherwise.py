"""What a patient knows of a visit from elsewhere or by telephone, when it is moved or cancelled."""

from datetime import datetime, timedelta

import pytest

from healthmsg.clinic.models import Patient, StaffUser, VisitStatus
from reminders import booking, calling
from reminders.models import Outcome
from reminders.told import old_times
from tests import factories
from tests.reminders.desk import Desk, leaves, plan_of, reminder, tick, told_of_booking
from whatsapp.status import Status

WEEK, DAY, HOUR = timedelta(days=7), timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def lead(db: None) -> StaffUser:
    return factories.make_person("lead")


def test_cancelled_after_a_move_of_a_visit_told_elsewhere(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon, is_told_elsewhere=True)
    booking.move(visit, booking.Change(noon + WEEK + HOUR), by=None, now=noon + HOUR)

    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, now=noon + HOUR)

    assert plan_of(visit).get("appointment_cancelled") == "PLANNED"


def test_cancelled_after_a_call_told_of_it(
    desk: Desk, willing_patient: Patient, lead: StaffUser, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    calling.log(visit, Outcome.COMES, version=1, known=0, by=lead, now=noon)

    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, now=noon)

    assert plan_of(visit).get("appointment_cancelled") == "PLANNED"


def test_moved_back_after_a_call_told_of_the_new_time(
    desk: Desk, willing_patient: Patient, lead: StaffUser, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    told_of_booking(visit, now=noon)
    booking.move(visit, booking.Change(noon + WEEK + DAY), by=None, now=noon + HOUR)
    tick(noon + 2 * HOUR)
    leaves(reminder(visit, "appointment_moved").message, at=noon + 2 * HOUR, status=Status.FAILED)
    calling.log(visit, Outcome.COMES, version=2, known=0, by=lead, now=noon + 3 * HOUR)

    booking.move(visit, booking.Change(noon + WEEK), by=None, now=noon + 4 * HOUR)

    assert plan_of(visit).get("appointment_moved") == "PLANNED"
    # From when she heard by telephone, and not from the time of the first message.
    assert old_times([visit.pk]) == {visit.pk: noon + WEEK + DAY}


def test_a_cancellation_untells_what_was_told_by_telephone(
    desk: Desk, willing_patient: Patient, lead: StaffUser, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    told_of_booking(visit, now=noon)
    booking.move(visit, booking.Change(noon + WEEK + DAY), by=None, now=noon + HOUR)
    calling.log(visit, Outcome.COMES, version=2, known=0, by=lead, now=noon + HOUR)
    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, now=noon + 2 * HOUR)
    tick(noon + 3 * HOUR)
    leaves(reminder(visit, "appointment_cancelled").message, at=noon + 3 * HOUR)

    booking.undo_cancel(visit, now=noon + 4 * HOUR)

    assert plan_of(visit).get("appointment_confirmation") == "PLANNED"


@pytest.mark.parametrize("status", [Status.FAILED, Status.DELIVERED])
def test_who_heard_by_telephone_that_it_is_off_is_told_that_it_is_on_again(
    desk: Desk, willing_patient: Patient, lead: StaffUser, noon: datetime, status: Status
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    told_of_booking(visit, now=noon)
    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, now=noon + HOUR)
    tick(noon + 2 * HOUR)
    leaves(reminder(visit, "appointment_cancelled").message, at=noon + 2 * HOUR, status=status)
    calling.log(visit, Outcome.TOLD, version=1, known=0, by=lead, now=noon + 3 * HOUR)

    booking.undo_cancel(visit, now=noon + 4 * HOUR)

    visit.refresh_from_db()
    assert plan_of(visit).get("appointment_confirmation") == "PLANNED"
