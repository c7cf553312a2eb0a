"""One day of one site, as it is printed: times, names, numbers, needs, and who was told."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from healthmsg.clinic.models import Appointment, Need, Site
from healthmsg.clinic.phone import spoken
from healthmsg.clinic.sending_hours import wall_clock
from reminders import call_list
from reminders.standing import Row


@dataclass(frozen=True)
class Printed:
    """One visit on paper."""

    visit: Appointment
    at: str
    who: str
    born: date | None
    told: str
    number: str
    needs: str
    kind: str
    clinician: str
    stands: str


def visits(site: Site, day: date, *, now: datetime) -> list[Printed]:
    """Return the booked visits of a day by the site's clocks, in the active language."""
    begins = wall_clock(datetime.combine(day, time(), site.zone), time())
    ends = wall_clock(datetime.combine(day + timedelta(days=1), time(), site.zone), time())
    rows = call_list.standings(site.clinic, after=begins, before=ends, now=now, sites=[site.pk])
    return [_printed(row, site) for row in rows]


def _printed(row: Row, site: Site) -> Printed:
    visit = row.appointment
    contact, patient = visit.contact, visit.patient
    phone = contact.phone if contact else None
    is_other = contact is not None and contact.relationship != "SELF"
    return Printed(
        visit=visit,
        at=timezone.localtime(visit.starts_at, site.zone).strftime("%H:%M"),
        who=f"{patient.family_name}, {patient.given_name}",
        born=patient.birth_date,
        told=f"{contact.name} ({contact.get_relationship_display()})"
        if contact and is_other
        else "",
        number=spoken(phone.number) if phone else _("no number"),
        needs=", ".join(str(Need(need).label) for need in patient.needs),
        kind=visit.kind.name,
        clinician=visit.clinician.name if visit.clinician else "–",
        stands=str(row.standing.label),
    )
