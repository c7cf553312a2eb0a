"""Visits of who was deleted: those ahead are cancelled, and of the others the day stays."""

from datetime import datetime

from django.db import transaction

from healthmsg.clinic.models import Appointment, Patient, VisitStatus
from reminders import booking, patients
from reminders.models import EarlierEnd, EarlierWish


@transaction.atomic
def forget(patient: Patient, *, now: datetime) -> int:
    """
    Take back what waits, cancel what is booked, and blank what was noted of each visit.

    :returns: how many visits there were
    """
    patients.let_go(patient, now=now)
    ahead = Appointment.objects.filter(patient=patient, status=VisitStatus.BOOKED)
    for visit in ahead.filter(starts_at__gt=now).order_by("pk"):
        booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, now=now)
    EarlierWish.objects.filter(patient=patient, ended_at=None).update(
        ended_at=now, ended=EarlierEnd.BY_STAFF
    )
    return Appointment.objects.filter(patient=patient).update(cancel_reason="", external_id="")
