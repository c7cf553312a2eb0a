"""What the patient's page shows beside the form; its parts that come later are elsewhere."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from healthmsg.clinic.models import Appointment, Contact, Patient, VisitStatus
from healthmsg.cockpit import naming, owned, sees_details
from healthmsg.cockpit.belonging import Person
from healthmsg.desk import patient_signs, standing
from healthmsg.desk.standing import NumberStanding
from reminders.timing import local_day

VISITS = 8
# Of so many visits the page says what will be told of them.
AHEAD = 2


def page_of(
    patient: Patient, contacts: Sequence[Contact], request: HttpRequest, *, now: datetime
) -> dict[str, Any]:
    """
    Return everything the page's own template tells; for people who may see details.

    :param contacts: as `standing.of_contacts` reads them
    """
    user = request.user
    standings = standing.numbers_of(contacts)
    heads = standing.heads(patient.clinic_id)
    signs = patient_signs.of_patient(patient, user)
    visits = _visits(patient, user, now)
    newest = sorted(visits, key=lambda visit: visit.starts_at, reverse=True)
    return {
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
        "signs": signs,
        "purposes": heads,
        "standings": [(one, list(zip(heads, one.marks, strict=True))) for one in standings],
        "patient_ended_by_age": _ended_by_age(standings, patient, now),
        "patient_stops": standing.stops_of(standings, signs.stops),
        "visits": newest[:VISITS],
        "visits_more": len(newest) > VISITS,
        "ahead": [visit for visit in newest[::-1] if _is_ahead(visit, now)][:AHEAD],
    }


def title_of(patient: Patient, person: Person) -> dict[str, Any]:
    return {"title": naming.of(patient, details=sees_details(person)), "subtitle": None}


def _ended_by_age(
    standings: list[NumberStanding], patient: Patient, now: datetime
) -> list[Contact]:
    today = local_day(now, patient.clinic.zone)
    contacts = [one.contact for one in standings if one.contact.until_by_age]
    return [contact for contact in contacts if contact.until and contact.until < today]


def _visits(patient: Patient, person: Person, now: datetime) -> list[Appointment]:
    """Return the newest visits and one more, and the next ones that others hide; asks once."""
    mine = owned(Appointment.objects.filter(patient=patient), person)
    mine = mine.select_related("kind", "site__clinic", "clinician")
    ahead = mine.filter(status=VisitStatus.BOOKED, starts_at__gt=now)
    newest = mine.order_by("-starts_at")[: VISITS + 1]
    found = newest.union(ahead.order_by("starts_at")[:AHEAD], all=True)
    return list({visit.pk: visit for visit in found}.values())


def _is_ahead(visit: Appointment, now: datetime) -> bool:
    return visit.status == VisitStatus.BOOKED and visit.starts_at > now
