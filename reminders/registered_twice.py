"""Visits of a patient who was registered twice: they become the other record's."""

from datetime import datetime

from django.db import transaction

from healthmsg.clinic.models import Appointment, Contact, Patient
from reminders import booking, planning, refusals
from reminders.refusals import ElsewhereAtHome


@transaction.atomic
def give_to(
    appointment: Appointment, patient: Patient, contact: Contact | None, *, now: datetime
) -> Appointment:
    """
    Make it another patient's visit; what is ahead is planned anew.

    :raises TwiceAtOneTime: they have this very visit already
    """
    visit = booking.locked(appointment)
    if patient.clinic_id != visit.clinic_id:
        raise ElsewhereAtHome
    visit.patient, visit.contact = patient, contact
    with refusals.named(visit):
        visit.save(update_fields=["patient", "contact"])
    if visit.starts_at > now:
        planning.replan(booking.locked(visit), now=now)
    return visit
