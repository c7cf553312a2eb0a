"""What the patient's page shows beside the form: permissions, visits, why and why not, the past."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import HttpRequest

from campaigns.models import DeclinedTopic
from healthmsg.clinic import proof
from healthmsg.clinic.models import (
    Appointment,
    Change,
    ConsentRecord,
    Contact,
    Patient,
    PatientState,
    Phone,
    VisitStatus,
)
from healthmsg.cockpit import owned, sees_details
from healthmsg.cockpit.belonging import Person
from healthmsg.desk import standing, timeline, why
from healthmsg.desk.standing import NumberStanding
from reminders import booking
from reminders.timing import local_day
from whatsapp.models import NumberIncident, StopDoubt, Thread

VISITS = 8
LEDGER_LINES = 30


def page_of(patient: Patient, request: HttpRequest, *, now: datetime) -> dict[str, Any]:
    """Return everything the page's own template tells, as much as the person may see."""
    details = sees_details(request.user)
    if not details:
        return {"title": str(patient), "subtitle": None}
    user = request.user
    standings = standing.of_patient(patient, at=now)
    ledger = _ledger(patient)
    return {
        "title": patient.full_name or str(patient),
        "subtitle": None,
        "patient": patient,
        "patient_may": patient.erased_at is None
        and {
            "book": user.has_perm("clinic.add_appointment"),
            "permit": user.has_perm("clinic.add_consentrecord"),
            "change": user.has_perm("clinic.change_patient"),
            "copy": user.has_perm("clinic.copy_patient"),
            "prove": user.has_perm("clinic.prove_permission"),
            "erase": user.has_perm("clinic.erase_patient"),
        },
        "patient_threads": _threads(patient) if user.has_perm("whatsapp.view_thread") else [],
        "patient_hold": patient.legal_holds.filter(ended_at=None).first(),
        "patient_is_active": patient.state == PatientState.ACTIVE,
        "purposes": standing.heads(patient.clinic_id),
        "standings": standings,
        "patient_ended_by_age": _ended_by_age(standings, patient, now),
        "patient_stops": standing.stops_of(patient, standings),
        "patient_incidents": _open(NumberIncident, patient, settled_at=None),
        "patient_doubts": _open(StopDoubt, patient, decided_at=None),
        "ledger": ledger,
        "last_receipt": next((line.pk for line in ledger if _has_receipt(line)), None),
        "declined": _declined(patient),
        "visits": _visits(patient, request.user),
        "reasons": [(visit, why.of_visit(visit, now=now)) for visit in _ahead(patient, now)],
        "entries": timeline.of_patient(patient),
    }


def _open(
    model: type[NumberIncident] | type[StopDoubt], patient: Patient, **still: None
) -> list[Any]:
    """Return what a person has yet to settle about the patient's numbers."""
    rows = model._default_manager.filter(phone__contacts__patient=patient, **still)
    return list(rows.select_related("phone").distinct().order_by("pk")[:VISITS])


def _ledger(patient: Patient) -> list[ConsentRecord]:
    numbers = Phone.objects.filter(contacts__patient=patient)
    theirs = Q(patient=patient) | Q(patient=None, phone__in=numbers)
    lines = ConsentRecord.objects.filter(theirs).order_by("-given_at", "-pk")
    shown = list(lines.select_related("recorded_by", "wording", "phone", "evidence")[:LEDGER_LINES])
    corrected, words = {line.corrects_id for line in shown}, proof.read(shown)
    for line in shown:
        line.words_behind = words.get(line.pk, "")  # type: ignore[attr-defined]
        line.is_corrected = line.pk in corrected  # type: ignore[attr-defined]
    return shown


def _ended_by_age(
    standings: list[NumberStanding], patient: Patient, now: datetime
) -> list[Contact]:
    today = local_day(now, patient.clinic.zone)
    contacts = [one.contact for one in standings if one.contact.until_by_age]
    return [contact for contact in contacts if contact.until and contact.until < today]


def _has_receipt(line: ConsentRecord) -> bool:
    is_yes = line.patient_id is not None and line.change == Change.GRANTED
    return is_yes and not line.is_corrected  # type: ignore[attr-defined]


def _threads(patient: Patient) -> list[Thread]:
    """Return the conversations of the numbers on which the patient is reached."""
    theirs = Thread.objects.filter(phone__contacts__patient=patient)
    return list(theirs.order_by("-last_written_at", "-pk")[:VISITS])


def _declined(patient: Patient) -> list[DeclinedTopic]:
    """Return what they want no more invitations about, the permission for all else aside."""
    topics = DeclinedTopic.objects.filter(patient=patient, lifted_at=None).order_by("-declined_at")
    return list(topics.select_related("vaccine", "visit_kind", "campaign")[:VISITS])


def _visits(patient: Patient, person: Person) -> list[Appointment]:
    mine = owned(Appointment.objects.filter(patient=patient), person)
    visits = mine.order_by("-starts_at")
    return list(visits.select_related("kind", "site__clinic", "clinician")[:VISITS])


def _ahead(patient: Patient, now: datetime) -> list[Appointment]:
    visits = booking.visits_with_parts().filter(patient=patient, starts_at__gt=now)
    return list(visits.filter(status=VisitStatus.BOOKED).order_by("starts_at")[:2])
