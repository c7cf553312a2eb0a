"""Visits from before this system kept the book: kept as they ended, planned for by nobody."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from healthmsg.clinic.models import Appointment, Clinician, Patient, Site, VisitKind, VisitStatus


@dataclass(frozen=True)
class PastVisit:
    """A visit that is over."""

    patient: Patient
    kind: VisitKind
    site: Site
    clinician: Clinician | None
    starts_at: datetime
    status: VisitStatus


def record(visits: Iterable[PastVisit], *, now: datetime) -> int:
    """
    Keep visits that are over; those already kept, or in each other's way, are left out.

    :returns: how many were new
    """
    rows = [
        Appointment(
            clinic_id=v.patient.clinic_id,
            patient=v.patient,
            kind=v.kind,
            site=v.site,
            clinician=v.clinician,
            starts_at=v.starts_at,
            ends_at=v.starts_at + v.kind.length,
            status=v.status,
            status_changed_at=v.starts_at,
            booked_at=v.starts_at,
        )
        for v in visits
        if v.starts_at < now
    ]
    before = Appointment.objects.count()
    Appointment.objects.bulk_create(rows, ignore_conflicts=True)
    return Appointment.objects.count() - before
