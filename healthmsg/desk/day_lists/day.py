"""One day of one site, as it is printed: times, names, numbers, needs, and who was told."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from healthmsg.clinic.models import Appointment, Need, Site, VisitStatus
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
    came: str  # "" while nobody has written it down


def visits(site: Site, day: date, *, now: datetime) -> list[Printed]:
    """
    Return a day's visits by the site's clocks, in the active language; cancelled ones are none.

    Who has been here stays: paper that is read at noon still tells the whole morning.
    """
    begins = wall_clock(datetime.combine(day, time(), site.zone), time())
    ends = wall_clock(datetime.combine(day + timedelta(days=1), time(), site.zone), time())
    rows = call_list.of_day(site, after=begins, before=ends, now=now)
    return [_printed(row, site) for row in rows]


def _printed(row: Row, site: Site) -> Printed:
    visit = row.appointment
    contact, patient = visit.contact, visit.patient
    is_other = contact is not None and contact.relationship != "SELF"
    return Printed(
        visit=visit,
        at=timezone.localtime(visit.starts_at, site.zone).strftime("%H:%M"),
        who=f"{patient.family_name}, {patient.given_name}",
        born=patient.birth_date,
        told=f"{contact.name} ({contact.get_relationship_display()})"
        if contact and is_other
        else "",
        number=_number(row),
        came=_came(visit),
        needs=", ".join(str(Need(need).label) for need in patient.needs),
        kind=visit.kind.name,
        clinician=visit.clinician.name if visit.clinician else "–",
        stands=str(row.standing.label) if visit.status == VisitStatus.BOOKED else "",
    )


def _number(row: Row) -> str:
    """A number that turned out to be somebody else's is nobody's to dial."""
    contact = row.appointment.contact
    if contact is None or contact.phone is None:
        return _("no number")
    if row.is_strangers:
        return _("wrong number: somebody else's")
    return spoken(contact.phone.number)


def _came(visit: Appointment) -> str:
    if visit.status == VisitStatus.ARRIVED:
        since = timezone.localtime(visit.status_changed_at, visit.site.zone)
        return _("here since %s") % f"{since:%H:%M}"
    return "" if visit.status == VisitStatus.BOOKED else str(visit.get_status_display())
