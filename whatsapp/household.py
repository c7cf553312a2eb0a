"""What a number may hear of whom: the patients on it, and their visits, as reminders name them."""

from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from healthmsg.clinic.models import (
    Appointment,
    Contact,
    Discretion,
    Patient,
    PatientState,
    Phone,
    VisitStatus,
)

# Whoever may only be asked to call, or never told anything, is named to nobody.
SILENT = (Discretion.CONTACT_US, Discretion.NEVER)


def named(phone: Phone, *, today: date) -> list[Patient]:
    """Return the active patients on the number whose names a message may say, oldest first."""
    told = Contact.objects.filter(Q(until=None) | Q(until__gte=today), phone=phone)
    ids = told.exclude(may_be_told__in=SILENT).values("patient_id")
    return list(Patient.objects.filter(pk__in=ids, state=PatientState.ACTIVE).order_by("pk"))


def visits_ahead(phone: Phone, *, now: datetime) -> QuerySet[Appointment]:
    """Return the visits told to this number that a message may speak of, earliest first."""
    on_it = Contact.objects.filter(patient=OuterRef("patient"), phone=phone)
    told_here = Q(contact__phone=phone) | (Q(contact=None) & Exists(on_it))
    return (
        Appointment.objects.filter(
            told_here,
            clinic_id=phone.clinic_id,
            status=VisitStatus.BOOKED,
            starts_at__gt=now,
            patient__state=PatientState.ACTIVE,
        )
        .exclude(kind__discretion__in=SILENT)
        .exclude(contact__may_be_told__in=SILENT)
        .select_related("site__clinic", "patient", "contact", "kind")
        .order_by("starts_at", "pk")
    )
