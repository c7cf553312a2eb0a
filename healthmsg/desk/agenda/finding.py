"""Who comes: patients found while somebody types, with enough to tell two of them apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from healthmsg import clock
from healthmsg.clinic.admin.search import nearest_like
from healthmsg.clinic.models import Appointment, Patient, VisitStatus
from healthmsg.cockpit import countries_of, owned, recording
from healthmsg.desk.agenda.sheets import place_of, sheet
from healthmsg.desk.frame import desk_page

AT_MOST = 12
# Fewer letters would find half of everybody.
FEWEST = 2


@dataclass(frozen=True)
class Found:
    """One patient, with what tells her from another of her name."""

    patient: Patient
    numbers: tuple[str, ...]  # the last digits
    next_visit: datetime | None


@desk_page("clinic.add_appointment", "clinic.view_patient_details")
def find(request: HttpRequest) -> HttpResponse:
    """Find the patient; what is typed travels in the body, as addresses end up in logs."""
    now = clock.now()
    place = place_of(request, now=now)
    typed = request.POST.get("typed", "").strip()
    found, are_more = None, False
    if len(typed) >= FEWEST:
        found, are_more = search(request, typed, now=now)
        recording.shows(request, [one.patient for one in found], is_list=True)
    return sheet(
        request,
        "agenda/find.html",
        title=_("Walk-in: who is here?") if place.is_walk_in else _("Book a visit: who comes?"),
        place=place,
        typed=typed,
        found=found,
        are_more=are_more,
        may_register=request.user.has_perm("clinic.add_patient"),
    )


def search(request: HttpRequest, typed: str, *, now: datetime) -> tuple[list[Found], bool]:
    """Return the first patients that fit, and whether there are more."""
    mine = owned(Patient.objects.all(), request.user)
    like = nearest_like(mine, typed, countries=countries_of(request.user))
    found = described(like[: AT_MOST + 1], now=now)
    return found[:AT_MOST], len(found) > AT_MOST


def described(patients: QuerySet[Patient], *, now: datetime) -> list[Found]:
    """Return the patients with what tells them apart; asks three times."""
    rows: Sequence[Patient] = list(patients.prefetch_related("contacts__phone"))
    ahead = Appointment.objects.filter(
        patient__in=[one.pk for one in rows], status=VisitStatus.BOOKED, starts_at__gt=now
    )
    first = dict(ahead.order_by().values_list("patient").annotate(first=Min("starts_at")))
    return [
        Found(
            patient,
            tuple(c.phone.number[-4:] for c in patient.contacts.all() if c.phone),
            first.get(patient.pk),
        )
        for patient in rows
    ]
