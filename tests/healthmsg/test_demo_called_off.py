"""The demo's sum at the end looks at visits that the clinic cancelled, too."""

from datetime import datetime, timedelta

import pytest

from healthmsg.clinic.models import Appointment, Clinic, Patient, Phone, PhoneState, VisitStatus
from healthmsg.desk.demo import called_off, falling_between
from reminders import booking, calling
from reminders.models import Outcome, ReminderRule
from reminders.timing import Anchor
from tests import factories
from tests.reminders.desk import Desk, leaves, reminder, tick, told_of_booking
from whatsapp.models import Message, Sender
from whatsapp.status import Status

pytestmark = pytest.mark.django_db
WEEK, HOUR = timedelta(days=7), timedelta(hours=1)
OFF = "visit {} is off, its patient does not know, and it is on no list"


@pytest.fixture
def desk(sunrise_clinic: Clinic, sender: Sender) -> Desk:
    return Desk(sunrise_clinic, sender)


@pytest.fixture
def told(desk: Desk, willing_patient: Patient, noon: datetime) -> Appointment:
    visit = desk.book(willing_patient, noon + WEEK, now=noon)
    arrives(told_of_booking(visit, now=noon), noon)
    return visit


def arrives(message: Message, at: datetime) -> None:
    Message.objects.filter(pk=message.pk).update(delivered_at=at)


def cancel(visit: Appointment, noon: datetime) -> None:
    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, now=noon + HOUR)


def found(desk: Desk, now: datetime) -> list[str]:
    return list(falling_between.of(desk.clinic, now=now))


def found_without_the_list(desk: Desk, now: datetime) -> list[str]:
    """What it finds where reception's list has forgotten everybody."""
    return list(called_off.held_against((), desk.clinic, now=now, within=falling_between.AHEAD))


def has_left(visit: Appointment, noon: datetime, status: Status) -> Message:
    tick(noon + 2 * HOUR)
    message = reminder(visit, "appointment_cancelled").message
    return leaves(message, at=noon + 2 * HOUR, status=status)


def test_who_was_told_and_has_read_that_it_is_off_is_no_fault(
    desk: Desk, told: Appointment, noon: datetime
) -> None:
    cancel(told, noon)
    arrives(has_left(told, noon, Status.DELIVERED), noon + 2 * HOUR)

    assert found(desk, noon + 4 * HOUR) == []


def test_who_is_on_no_list_is_found(desk: Desk, told: Appointment, noon: datetime) -> None:
    cancel(told, noon)
    has_left(told, noon, Status.FAILED)

    assert found(desk, noon + 4 * HOUR) == []
    assert found_without_the_list(desk, noon + 4 * HOUR) == [OFF.format(told.pk)]


def test_without_a_rule_who_was_told_has_to_be_called(
    desk: Desk, told: Appointment, noon: datetime
) -> None:
    ReminderRule.objects.filter(anchor=Anchor.CANCELLED).update(is_active=False)
    cancel(told, noon)

    assert found(desk, noon + HOUR) == []
    assert found_without_the_list(desk, noon + HOUR) == [OFF.format(told.pk)]
    lead = factories.make_person("lead")
    calling.log(told, Outcome.TOLD, version=1, known=0, by=lead, now=noon + 2 * HOUR)
    assert found_without_the_list(desk, noon + 3 * HOUR) == []


def test_what_may_still_arrive_and_whom_nobody_told_are_no_faults(
    desk: Desk, told: Appointment, noon: datetime
) -> None:
    cancel(told, noon)
    due_at = reminder(told, "appointment_cancelled").due_at
    tick(due_at)
    leaves(reminder(told, "appointment_cancelled").message, at=due_at, status=Status.SENT)
    unknown = desk.book(factories.make_patient(desk.clinic), noon + WEEK + HOUR, now=noon)
    cancel(unknown, noon)

    assert found_without_the_list(desk, due_at + HOUR / 6) == []
    assert found_without_the_list(desk, due_at + HOUR) == [OFF.format(told.pk)]


def test_what_a_stranger_read_told_nobody(desk: Desk, told: Appointment, noon: datetime) -> None:
    cancel(told, noon)
    arrives(has_left(told, noon, Status.DELIVERED), noon + 2 * HOUR)
    Phone.objects.update(state=PhoneState.WRONG_PERSON)

    assert found(desk, noon + 4 * HOUR) == []
    assert found_without_the_list(desk, noon + 4 * HOUR) == [OFF.format(told.pk)]


def test_a_call_that_nobody_needs_is_found(desk: Desk, told: Appointment, noon: datetime) -> None:
    cancel(told, noon)
    # It arrived, and we think that it did not.
    arrives(has_left(told, noon, Status.FAILED), noon + 2 * HOUR)

    assert found(desk, noon + 4 * HOUR) == [
        f"visit {told.pk} is off, and to be called about without need"
    ]
