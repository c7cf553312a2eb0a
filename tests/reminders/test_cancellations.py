"""Whoever does not know that we cancelled is called, before they come in vain."""

from datetime import datetime, timedelta

import pytest

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Appointment,
    GivenHow,
    Patient,
    Phone,
    PhoneState,
    Purpose,
    StaffUser,
    VisitStatus,
)
from healthmsg.desk.calling import lists
from reminders import booking, calling
from reminders.models import Outcome, ReminderRule
from reminders.standing import Standing
from reminders.timing import Anchor
from tests import factories
from tests.reminders.desk import Desk, leaves, reminder, tick, told_of_booking
from whatsapp.status import Status

WEEK, DAY, HOUR = timedelta(days=7), timedelta(days=1), timedelta(hours=1)


def cancelled(desk: Desk, patient: Patient, noon: datetime) -> Appointment:
    """Told of at noon, cancelled by the clinic an hour later."""
    visit = desk.book(patient, noon + WEEK, now=noon)
    told_of_booking(visit, now=noon)
    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, now=noon + HOUR)
    return visit


def untold(desk: Desk, now: datetime) -> list[int]:
    shown = lists.make(lists.Asked(desk.clinic, within=2 * WEEK), now=now)
    listed = [one.row for one in (*shown.ahead, *shown.later)]
    assert {row.standing for row in listed} <= {Standing.CANCELLED_BY_US}
    return [row.appointment.pk for row in listed]


def test_who_was_not_told_that_we_cancelled_is_called(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    told_of_booking(visit, now=noon)
    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, now=noon + HOUR)
    tick(noon + 2 * HOUR)
    leaves(
        reminder(visit, "appointment_cancelled").message, at=noon + 2 * HOUR, status=Status.FAILED
    )

    now = noon + WEEK - DAY
    shown = lists.make(lists.Asked(desk.clinic, within=2 * DAY), now=now)
    assert visit.pk in {row.appointment.pk for row in shown.rows}


@pytest.mark.parametrize(
    ("status", "minutes", "is_called"),
    [
        (Status.FAILED, 1, True),
        (Status.SENT, 10, False),
        (Status.SENT, 40, True),
        (Status.DELIVERED, 40, False),
        (Status.READ, 40, False),
    ],
)
def test_it_waits_for_what_may_still_arrive(
    desk: Desk,
    willing_patient: Patient,
    noon: datetime,
    status: Status,
    minutes: int,
    is_called: bool,
) -> None:
    visit = cancelled(desk, willing_patient, noon)
    due_at = reminder(visit, "appointment_cancelled").due_at
    tick(due_at)
    leaves(reminder(visit, "appointment_cancelled").message, at=due_at, status=status)

    listed = untold(desk, due_at + timedelta(minutes=minutes))

    assert listed == ([visit.pk] if is_called else [])


def test_who_asked_us_not_to_write_is_called_too_and_once(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    told_of_booking(visit, now=noon)
    phone = factories.phone_of(willing_patient)
    evidence = consent.Evidence(GivenHow.AT_DESK)
    consent.withdraw(
        willing_patient, phone, [Purpose.APPOINTMENTS], evidence=evidence, at=noon + HOUR / 2
    )
    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, now=noon + HOUR)
    tick(noon + HOUR)
    lead: StaffUser = factories.make_person("lead")

    assert untold(desk, noon + 2 * HOUR) == [visit.pk]
    calling.log(visit, Outcome.NO_ANSWER, version=1, known=0, by=lead, now=noon + 2 * HOUR)
    assert untold(desk, noon + 2 * HOUR) == [visit.pk]
    calling.log(visit, Outcome.TOLD, version=1, known=1, by=lead, now=noon + 5 * HOUR)
    assert untold(desk, noon + 6 * HOUR) == []


def test_of_whom_nobody_ever_knew_nobody_is_called(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)

    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, now=noon)

    assert untold(desk, noon + HOUR) == []


def test_booked_again_it_is_no_cancellation(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = cancelled(desk, willing_patient, noon)
    booking.undo_cancel(visit, now=noon + HOUR)

    assert untold(desk, noon + 3 * HOUR) == []


def test_a_call_from_before_the_cancellation_settles_nothing(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    told_of_booking(visit, now=noon)
    lead = factories.make_person("lead")
    calling.log(visit, Outcome.COMES, version=1, known=0, by=lead, now=noon + HOUR)
    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, now=noon + 2 * HOUR)
    tick(noon + 3 * HOUR)
    message = reminder(visit, "appointment_cancelled").message
    leaves(message, at=noon + 3 * HOUR, status=Status.FAILED)

    assert untold(desk, noon + 4 * HOUR) == [visit.pk]


def test_what_arrived_on_a_strangers_phone_told_nobody(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = cancelled(desk, willing_patient, noon)
    tick(noon + 2 * HOUR)
    message = reminder(visit, "appointment_cancelled").message
    leaves(message, at=noon + 2 * HOUR, status=Status.DELIVERED)
    Phone.objects.update(state=PhoneState.WRONG_PERSON)

    assert untold(desk, noon + 3 * HOUR) == [visit.pk]


def test_without_a_rule_for_cancellations_whoever_was_told_is_called(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    ReminderRule.objects.filter(anchor=Anchor.CANCELLED).update(is_active=False)
    visit = cancelled(desk, willing_patient, noon)
    lead = factories.make_person("lead")

    assert untold(desk, noon + HOUR) == [visit.pk]
    calling.log(visit, Outcome.TOLD, version=1, known=0, by=lead, now=noon + 2 * HOUR)
    assert untold(desk, noon + 3 * HOUR) == []


@pytest.mark.parametrize("known_by", ["telephone", "elsewhere", "nothing"])
def test_without_a_rule_it_counts_how_else_they_knew(
    desk: Desk, willing_patient: Patient, noon: datetime, known_by: str
) -> None:
    ReminderRule.objects.filter(anchor=Anchor.CANCELLED).update(is_active=False)
    visit = desk.book(
        willing_patient, noon + WEEK, now=noon, is_told_elsewhere=known_by == "elsewhere"
    )
    if known_by == "telephone":
        lead = factories.make_person("lead")
        calling.log(visit, Outcome.COMES, version=1, known=0, by=lead, now=noon)
    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, now=noon + HOUR / 60)

    assert untold(desk, noon + HOUR) == ([] if known_by == "nothing" else [visit.pk])


def test_without_any_rule_they_were_told_when_it_was_booked(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    ReminderRule.objects.update(is_active=False)
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, now=noon + HOUR)

    assert untold(desk, noon + 2 * HOUR) == [visit.pk]


def test_who_knows_that_it_is_off_is_not_called_when_it_was_on_again_for_a_moment(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = cancelled(desk, willing_patient, noon)
    tick(noon + 2 * HOUR)
    leaves(reminder(visit, "appointment_cancelled").message, at=noon + 2 * HOUR)
    booking.undo_cancel(visit, now=noon + 3 * HOUR)
    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, now=noon + 3 * HOUR)

    assert untold(desk, noon + 4 * HOUR) == []
