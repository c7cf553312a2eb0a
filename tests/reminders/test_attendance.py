"""Who often misses: a rule that anybody can check by hand."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from healthmsg.clinic.models import Patient, VisitStatus
from reminders import attendance
from reminders.attendance import Record
from tests import factories

DAY = timedelta(days=1)
SEEN, MISSED, CANCELLED = (
    VisitStatus.SEEN,
    VisitStatus.MISSED,
    VisitStatus.CANCELLED_BY_PATIENT,
)


def record(patient: Patient, noon: datetime, *past: VisitStatus) -> Record:
    """Of a patient with these visits behind them, the newest first."""
    for n, status in enumerate(past, start=1):
        factories.make_visit(patient, starts_at=noon - n * DAY, status=status)
    visit = factories.make_visit(patient, starts_at=noon + DAY, booked_at=noon - DAY)
    return attendance.records([visit])[visit.pk]


@pytest.mark.parametrize(
    ("past", "missed", "may_be_missed"),
    [
        ((), 0, True),
        ((SEEN,), 0, False),
        ((SEEN, MISSED), 1, False),
        ((SEEN, MISSED, SEEN, SEEN, MISSED), 2, True),
        ((SEEN, MISSED, SEEN, SEEN, SEEN, MISSED), 1, False),
        ((CANCELLED, MISSED, CANCELLED, SEEN), 1, False),
    ],
    ids=["first", "came", "once", "twice", "long ago", "cancelled in time"],
)
def test_two_of_the_last_five_or_the_first(
    willing_patient: Patient,
    noon: datetime,
    past: tuple[VisitStatus, ...],
    missed: int,
    may_be_missed: bool,
) -> None:
    found = record(willing_patient, noon, *past)

    assert (found.missed, found.may_be_missed) == (missed, may_be_missed)


@pytest.mark.parametrize(("days", "is_long"), [(59, False), (60, False), (61, True)])
def test_booked_long_ago(
    willing_patient: Patient, noon: datetime, days: int, is_long: bool
) -> None:
    visit = factories.make_visit(willing_patient, starts_at=noon, booked_at=noon - days * DAY)

    found = attendance.records([visit])[visit.pk]

    assert (found.is_booked_long_ago, found.booked_before) == (is_long, days * DAY)


def test_many_are_asked_about_at_once(willing_patient: Patient, noon: datetime) -> None:
    visits = [factories.make_visit(willing_patient, starts_at=noon + n * DAY) for n in range(9)]

    with CaptureQueriesContext(connection) as asked:
        attendance.records(visits)

    assert len(asked) == 1
