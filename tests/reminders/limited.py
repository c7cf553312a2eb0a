"""A desk whose portfolio has a daily limit, and people with visits ahead."""

from datetime import datetime, timedelta

from healthmsg.clinic.models import Appointment, Patient
from reminders import day_plan
from tests import factories
from tests.reminders.desk import Desk, leaves, tick
from whatsapp.models import Message, Portfolio
from whatsapp.status import Status

MINUTE = timedelta(minutes=1)


def limit(desk: Desk, people: int) -> Portfolio:
    Portfolio.objects.update(daily_limit=people)
    return desk.sender.account.portfolio


def plan(now: datetime) -> int:
    return day_plan.make(now=now, uses_sandbox=True)


def people(desk: Desk, count: int) -> list[Patient]:
    return [factories.make_patient(desk.clinic) for _ in range(count)]


def booked(
    desk: Desk, patients: list[Patient], starts_at: datetime, now: datetime
) -> list[Appointment]:
    """Visits twenty minutes apart whose patients were told of the booking long ago."""
    visits = [
        desk.book(patient, starts_at + n * 20 * MINUTE, now=now)
        for n, patient in enumerate(patients)
    ]
    tick(now + 2 * MINUTE)
    for message in Message.objects.filter(status=Status.QUEUED):
        leaves(message, at=now)
    return visits
