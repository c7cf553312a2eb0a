"""What a patient's page shows at once; its parts that come later are elsewhere."""

from datetime import date, datetime
from typing import Any

from django.db.models import F
from django.http import HttpRequest

from healthmsg.clinic.admin.phones import phone_mark
from healthmsg.clinic.languages import in_words
from healthmsg.clinic.models import (
    Appointment,
    Contact,
    Immunisation,
    Need,
    Patient,
    PatientTag,
    VisitStatus,
)
from healthmsg.cockpit import owned
from healthmsg.cockpit.belonging import Person
from healthmsg.desk import standing
from healthmsg.desk.calling import needs as speaking
from healthmsg.desk.patients import signs
from reminders.timing import local_day

VISITS = 8
# Of so many visits the page says what will be told of them.
AHEAD = 2
DOSES = 30


def around(patient: Patient, request: HttpRequest, *, now: datetime) -> dict[str, Any]:
    """Return everything the page's template tells; for people who may see details."""
    user = request.user
    today = local_day(now, patient.clinic.zone)
    written = Contact.objects.filter(patient=patient).order_by("rank", "pk")
    contacts = list(standing.of_contacts(written, at=now))
    for contact in contacts:
        contact.speaks = in_words(contact.language)  # type: ignore[attr-defined]
    standings = standing.numbers_of(contacts)
    heads = standing.heads(patient.clinic_id)
    stands_out = signs.of_patient(patient, user)
    visits = _visits(patient, user, now)
    newest = sorted(visits, key=lambda visit: visit.starts_at, reverse=True)
    return {
        "patient": patient,
        "age": age_on(today, patient.birth_date),
        "needs": [str(Need(need).label) for need in patient.needs],
        "tags": _tags(patient),
        "may": _may(patient, user),
        "signs": stands_out,
        "purposes": heads,
        "standings": [
            (one, phone_mark(one.phone), list(zip(heads, one.marks, strict=True)))
            for one in standings
        ],
        "may_dial": not speaking.is_silent(patient),
        "without_number": [contact for contact in contacts if contact.phone is None],
        "ended_by_age": _ended_by_age(contacts, today),
        "stops": standing.stops_of(standings, stands_out.stops),
        "visits": newest[:VISITS],
        "visits_more": len(newest) > VISITS,
        "ahead": [visit for visit in newest[::-1] if _is_ahead(visit, now)][:AHEAD],
        "doses": _doses(patient),
    }


def age_on(day: date, born: date | None) -> int | None:
    """Return how many birthdays there have been; None where the birth date is not known."""
    if born is None or born > day:
        return None
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _may(patient: Patient, person: Person) -> dict[str, bool]:
    if patient.erased_at is not None:
        return {}
    acts = {
        "book": "clinic.add_appointment",
        "permit": "clinic.add_consentrecord",
        "change": "clinic.change_patient",
        "copy": "clinic.copy_patient",
        "prove": "clinic.prove_permission",
        "erase": "clinic.erase_patient",
    }
    return {act: person.has_perm(permission) for act, permission in acts.items()}


def _ended_by_age(contacts: list[Contact], today: date) -> list[Contact]:
    ended = [one for one in contacts if one.phone is not None and one.until_by_age]
    return [contact for contact in ended if contact.until and contact.until < today]


def _tags(patient: Patient) -> list[str]:
    theirs = PatientTag.objects.filter(patient=patient).order_by("tag__name")
    return list(theirs.values_list("tag__name", flat=True))


def _doses(patient: Patient) -> list[Immunisation]:
    known = Immunisation.objects.filter(patient=patient, entered_in_error_at=None)
    return list(
        known.select_related("vaccine").order_by(F("given_on").desc(nulls_last=True), "-pk")[:DOSES]
    )


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
