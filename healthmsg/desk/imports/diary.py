"""What rows of a file of appointments name: patients, kinds, sites, clinicians, times."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from healthmsg.clinic.models import Appointment, Clinician, Contact, Patient, Site, VisitKind
from healthmsg.desk.imports import cells
from healthmsg.desk.imports.lines import VisitLine
from healthmsg.desk.imports.reasons import Reason, Unreadable
from healthmsg.desk.imports.verdicts import Batch, Verdict
from reminders import booking

R = TypeVar("R", VisitKind, Site, Clinician)


@dataclass
class Places:
    """What rows may name; a blank cell means the only one there is."""

    kinds: dict[str, VisitKind]
    sites: dict[str, Site]
    clinicians: dict[str, Clinician]


@dataclass
class Diary:
    """What is known around some rows."""

    places: Places
    patients: dict[str, Patient]
    visits: dict[str, Appointment]
    # By patient: who is told.
    contacts: dict[int, Contact]


@dataclass
class Wanted:
    """A row's visit, with everything it names found."""

    patient: Patient
    kind: VisitKind | None
    site: Site | None
    clinician: Clinician | None
    starts_at: datetime
    ends_at: datetime | None


def around(lines: list[VisitLine], batch: Batch) -> Diary:
    """Look up what these rows name; the booking code looks again, with each visit locked."""
    identifiers = {line.patient for line in lines if line.patient}
    padded = {one for identifier in identifiers for one in batch.with_zeros(identifier)}
    patients = Patient.objects.filter(clinic=batch.clinic, external_id__in=identifiers | padded)
    patients = patients.exclude(external_id="")
    named = {line.identifier for line in lines if line.identifier}
    short = {one for identifier in named for one in batch.visits_with_zeros(identifier)}
    # Of empty identifiers the index knows nothing: it is used where they are ruled out.
    visits = booking.visits_with_parts().filter(clinic=batch.clinic, external_id__in=named | short)
    visits = visits.exclude(external_id="")
    known = {patient.external_id: patient for patient in patients.select_related("clinic")}
    contacts: dict[int, Contact] = {}
    rows = Contact.objects.filter(patient__in=known.values()).order_by("rank", "pk")
    for contact in rows.select_related("phone"):
        contacts.setdefault(contact.patient_id, contact)
    return Diary(_places(batch), known, {visit.external_id: visit for visit in visits}, contacts)


def wanted(
    line: VisitLine, visit: Appointment | None, diary: Diary, batch: Batch, verdict: Verdict
) -> Wanted | None:
    """Return what a row asks for; what it names and nobody knows is refused by its column."""
    patient = diary.patients.get(line.patient or "")
    if patient is None:
        is_short = any(one in diary.patients for one in batch.with_zeros(line.patient or ""))
        verdict.refuse("patient", Reason.LOST_ZEROS if is_short else Reason.UNKNOWN_PATIENT)
    kind = _named("kind", line.kind, diary.places.kinds, Reason.UNKNOWN_KIND, verdict)
    site = _named("site", line.site, diary.places.sites, Reason.UNKNOWN_SITE, verdict)
    clinician = _named(
        "clinician", line.clinician, diary.places.clinicians, Reason.UNKNOWN_CLINICIAN, verdict
    )
    kind = kind or (visit.kind if visit else _only(diary.places.kinds))
    site = site or (visit.site if visit else _only(diary.places.sites))
    for column, found in (("kind", kind), ("site", site)):
        if found is None:
            verdict.refuse(column, Reason.MISSING)
    try:
        starts_at = _starts_at(line, site, batch)
    except Unreadable as refused:
        verdict.refuse(refused.column, refused.reason)
        return None
    verdict.day = starts_at.astimezone(site.zone if site else batch.zone).date()
    if patient is None:
        return None
    ends_at = starts_at + timedelta(minutes=line.minutes) if line.minutes else None
    return Wanted(patient, kind, site, clinician, starts_at, ends_at)


def _places(batch: Batch) -> Places:
    kinds = VisitKind.objects.filter(clinic=batch.clinic, is_active=True).select_related("clinic")
    sites = Site.objects.filter(clinic=batch.clinic).select_related("clinic")
    clinicians = Clinician.objects.filter(clinic=batch.clinic, is_active=True)
    return Places(
        {cells.bare(kind.name): kind for kind in kinds},
        {cells.bare(site.name): site for site in sites},
        {cells.bare(one.name): one for one in clinicians},
    )


def _named(
    column: str, name: str | None, known: dict[str, R], reason: Reason, verdict: Verdict
) -> R | None:
    found = known.get(cells.bare(name or ""))
    if name and found is None:
        verdict.refuse(column, reason)
    return found


def _only(known: dict[str, R]) -> R | None:
    return next(iter(known.values())) if len(known) == 1 else None


def _starts_at(line: VisitLine, site: Site | None, batch: Batch) -> datetime:
    """
    Return when it starts; a cell without an offset is by the site's clocks.

    :raises Unreadable: no such hour that night, or nothing stands there
    """
    column = "starts" if line.starts else "time"
    if line.starts is None and line.day is None:
        raise Unreadable(Reason.MISSING, "starts")
    if line.starts is None and line.time is None:
        raise Unreadable(Reason.MISSING, "time")
    local = line.starts or datetime.combine(line.day, line.time)  # type: ignore[arg-type]
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    zone = site.zone if site else batch.zone
    at = local.replace(tzinfo=zone).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) != local:
        raise Unreadable(Reason.NO_SUCH_HOUR, column)
    return at
