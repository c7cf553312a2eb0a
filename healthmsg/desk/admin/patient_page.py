"""What the patient's page shows beside the form: permissions, visits, why and why not, the past."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import HttpRequest

from campaigns.models import DeclinedTopic
from healthmsg.clinic.models import (
    Appointment,
    ConsentRecord,
    Patient,
    PatientState,
    Phone,
    VisitStatus,
)
from healthmsg.cockpit import sees_details
from healthmsg.desk import standing, timeline, why
from reminders import booking

VISITS = 8
LEDGER_LINES = 30


def page_of(patient: Patient, request: HttpRequest, *, now: datetime) -> dict[str, Any]:
    """Return everything the page's own template tells, as much as the person may see."""
    details = sees_details(request.user)
    if not details:
        return {"title": str(patient), "subtitle": None}
    user = request.user
    return {
        "title": patient.full_name,
        "subtitle": None,
        "patient": patient,
        "patient_may": {
            "book": user.has_perm("clinic.add_appointment"),
            "permit": user.has_perm("clinic.add_consentrecord"),
            "change": user.has_perm("clinic.change_patient"),
        },
        "patient_is_active": patient.state == PatientState.ACTIVE,
        "purposes": standing.purposes(),
        "standings": standing.of_patient(patient, at=now),
        "ledger": _ledger(patient),
        "declined": _declined(patient),
        "visits": _visits(patient),
        "reasons": [(visit, why.of_visit(visit, now=now)) for visit in _ahead(patient, now)],
        "entries": timeline.of_patient(patient),
    }


def _ledger(patient: Patient) -> list[ConsentRecord]:
    numbers = Phone.objects.filter(contacts__patient=patient)
    theirs = Q(patient=patient) | Q(patient=None, phone__in=numbers)
    lines = ConsentRecord.objects.filter(theirs).order_by("-given_at", "-pk")
    shown = list(lines.select_related("recorded_by", "wording", "phone", "evidence")[:LEDGER_LINES])
    corrected = {line.corrects_id for line in shown}
    for line in shown:
        line.is_corrected = line.pk in corrected  # type: ignore[attr-defined]
    return shown


def _declined(patient: Patient) -> list[DeclinedTopic]:
    """Return what they want no more invitations about, the permission for all else aside."""
    topics = DeclinedTopic.objects.filter(patient=patient, lifted_at=None).order_by("-declined_at")
    return list(topics.select_related("vaccine", "visit_kind", "campaign")[:VISITS])


def _visits(patient: Patient) -> list[Appointment]:
    visits = Appointment.objects.filter(patient=patient).order_by("-starts_at")
    return list(visits.select_related("kind", "site__clinic", "clinician")[:VISITS])


def _ahead(patient: Patient, now: datetime) -> list[Appointment]:
    visits = booking.visits_with_parts().filter(patient=patient, starts_at__gt=now)
    return list(visits.filter(status=VisitStatus.BOOKED).order_by("starts_at")[:2])
