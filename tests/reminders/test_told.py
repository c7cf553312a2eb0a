"""What a patient knows of a visit, and that a look at what will be said asks each thing once."""

from datetime import datetime, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from healthmsg.clinic.models import Appointment, Patient, VisitStatus
from reminders import booking, planning
from reminders.told import Told, last_told, told_of
from tests.reminders.desk import Desk, leaves, tick
from whatsapp.models import Message

HALF, HOUR, DAY = timedelta(minutes=30), timedelta(hours=1), timedelta(days=1)


def test_what_was_told_reads_the_same_from_the_rows_at_hand(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + 7 * DAY, now=noon)
    seen = [_told(visit)]
    for hour, change in enumerate([None, _move_by_two_days, _cancel]):
        if change:
            change(visit, noon + hour * HOUR)
        tick(noon + hour * HOUR + HALF)
        for message in Message.objects.filter(status="QUEUED"):
            leaves(message, at=noon + hour * HOUR + HALF)
        seen.append(_told(visit))

    assert [one and one.starts_at - noon for one in seen] == [None, 7 * DAY, 9 * DAY, None]


def _told(visit: Appointment) -> Told | None:
    told = last_told(visit, planning.planned_about(visit))
    assert told == told_of([visit.pk]).get(visit.pk)
    return told


def _move_by_two_days(visit: Appointment, now: datetime) -> None:
    booking.move(visit, booking.Change(visit.starts_at + 2 * DAY), by=None, now=now)


def _cancel(visit: Appointment, now: datetime) -> None:
    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, reason="", now=now)


def test_a_preview_asks_each_thing_once_however_many_rules_there_are(
    desk: Desk, willing_patient: Patient, noon: datetime
) -> None:
    visit = desk.book(willing_patient, noon + 7 * DAY, now=noon)

    with CaptureQueriesContext(connection) as asked:
        shown = planning.preview(visit, now=noon)

    assert len(shown) == 3
    # Plan, rules, number, templates with what they are bound to, permissions.
    assert len(asked) == 5
