"""Entries and their steps: what is written down, decided, told and closed."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic import consent
from healthmsg.clinic.models import Patient, StaffUser
from healthmsg.desk.register.models import (
    Incident,
    IncidentLine,
    IncidentPatient,
    Risk,
    Step,
    What,
)
from whatsapp.models import IncidentCause, IncidentEnd, NumberIncident

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

# Source: GDPR, article 33(1): not later than 72 hours after having become aware of it.
WITHIN = timedelta(hours=72)
_TOLD_ABOUT = {Risk.POSSIBLE, Risk.HIGH}
# Nobody is known to have read what could not be delivered.
_HARMLESS = (IncidentCause.NOT_REACHED,)
_NOBODY_ELSE = (IncidentEnd.IS_RIGHT, IncidentEnd.TAKEN_BACK, IncidentEnd.WORKS_AGAIN)
# A number that was settled before the next tick is an entry too.
_LATELY = timedelta(days=3)


class NotYet(Exception):
    """Something has to be done, or said, before this step."""

    def __init__(self, why: "_StrOrPromise") -> None:
        super().__init__("not yet")
        self.why = why


def must_tell_authority(incident: Incident) -> bool:
    """True as long as nobody has decided otherwise: the clock runs from knowing, not deciding."""
    return incident.risk == "" or incident.risk in _TOLD_ABOUT


def untold() -> "QuerySet[Incident]":
    """Return open entries of which nobody has noted that the authority knows, or need not."""
    must = Q(risk="") | Q(risk__in=_TOLD_ABOUT)
    return Incident.objects.filter(must, closed_at=None, authority_told_at=None)


def until(incident: Incident) -> datetime:
    """Return by when the authority is to be told, as the GDPR has it."""
    return incident.known_at + WITHIN


@transaction.atomic
def note(incident: Incident, text: str, *, by: StaffUser, now: datetime) -> bool:
    """Write down what was done or has become known; False where the entry is closed."""
    return _step(incident, Step.NOTED, text, {}, by=by, now=now)


@transaction.atomic
def decide(incident: Incident, risk: Risk, text: str, *, by: StaffUser, now: datetime) -> bool:
    words = f"{risk.label}. {text}".strip()
    return _step(incident, Step.DECIDED, words, {"risk": risk}, by=by, now=now)


@transaction.atomic
def concern(
    incident: Incident,
    patients: Collection[Patient],
    *,
    affected: int,
    by: StaffUser,
    now: datetime,
) -> bool:
    """Add patients to those an entry concerns, and say how many there are as far as known."""
    text = ", ".join(f"#{patient.pk}" for patient in patients)
    if not _step(incident, Step.PATIENTS, text, {"affected": affected}, by=by, now=now):
        return False
    _list(incident, patients)
    return True


@transaction.atomic
def tell_authority(
    incident: Incident, reference: str, text: str, *, at: datetime, by: StaffUser, now: datetime
) -> bool:
    """
    Write down that the authority was told.

    :raises NotYet: later than 72 hours, and nobody says why
    """
    if at > until(incident) and not text:
        raise NotYet(_("Later than 72 hours: say why, as it was said to the authority."))
    fields = {"authority_told_at": at, "authority_reference": reference}
    return _step(incident, Step.AUTHORITY, text, fields, by=by, now=now)


@transaction.atomic
def tell_patients(
    incident: Incident, text: str, *, at: datetime, by: StaffUser, now: datetime
) -> bool:
    return _step(incident, Step.TOLD, text, {"patients_told_at": at}, by=by, now=now)


@transaction.atomic
def close(incident: Incident, text: str, *, by: StaffUser, now: datetime) -> bool:
    """
    Close an entry; False where it is closed already.

    :raises NotYet: it is not decided, or somebody has not been told who is to be
    """
    locked = Incident.objects.select_for_update().get(pk=incident.pk)
    if locked.closed_at is None and (why := missing(locked)):
        raise NotYet(why)
    return _step(incident, Step.CLOSED, text, {"closed_at": now, "closed_by": by}, by=by, now=now)


@transaction.atomic
def open_again(incident: Incident, text: str, *, by: StaffUser, now: datetime) -> bool:
    closed = Incident.objects.filter(pk=incident.pk, closed_at__isnull=False)
    if not closed.update(closed_at=None, closed_by=None):
        return False
    _write(incident.pk, Step.REOPENED, text, by, now)
    return True


def missing(incident: Incident) -> "_StrOrPromise":
    """Return what stands in the way of closing an entry, "" for nothing."""
    if incident.risk == "":
        return _("Decide first how bad it is.")
    if incident.risk in _TOLD_ABOUT and incident.authority_told_at is None:
        return _("The authority has not been told.")
    if incident.risk == Risk.HIGH and incident.patients_told_at is None:
        return _("The patients have not been told.")
    return ""


def take_in(*, now: datetime) -> int:
    """Enter each number that messages had gone to and that may be somebody else's; once."""
    found = NumberIncident.objects.filter(entry=None, told_in_all__gt=0)
    found = found.filter(Q(settled_at=None) | Q(at__gt=now - _LATELY))
    fresh = found.exclude(cause__in=_HARMLESS).select_related("phone").order_by("pk")
    return sum(_enter(number, now) for number in fresh) + _close_harmless(now)


@transaction.atomic
def _enter(number: NumberIncident, now: datetime) -> bool:
    patients = consent.patients_on(number.phone)
    incident, is_new = Incident.objects.get_or_create(
        number=number,
        defaults={
            "clinic_id": number.clinic_id,
            "what": What.NUMBER,
            "known_at": number.at,
            "affected": len(patients) or None,
            "entered_at": now,
        },
    )
    if is_new:
        _list(incident, patients)
    return is_new


def _close_harmless(now: datetime) -> int:
    """Close what turned out to be nothing, where nobody has decided anything yet."""
    waiting = Incident.objects.filter(
        closed_at=None, risk="", number__settled_as__in=_NOBODY_ELSE
    ).select_related("number")
    return sum(_close_one(incident, now) for incident in waiting)


@transaction.atomic
def _close_one(incident: Incident, now: datetime) -> bool:
    still = Incident.objects.filter(pk=incident.pk, closed_at=None, risk="")
    by = incident.number.settled_by if incident.number else None
    if not still.update(risk=Risk.NONE, closed_at=now, closed_by=by):
        return False
    _write(incident.pk, Step.CLOSED, "", by, now)
    return True


def _list(incident: Incident, patients: Collection[Patient]) -> None:
    IncidentPatient.objects.bulk_create(
        (IncidentPatient(incident=incident, patient=patient) for patient in patients),
        ignore_conflicts=True,
    )


def _step(
    incident: Incident,
    step: Step,
    text: str,
    fields: dict[str, object],
    *,
    by: StaffUser,
    now: datetime,
) -> bool:
    still_open = Incident.objects.filter(pk=incident.pk, closed_at=None)
    if fields:
        if not still_open.update(**fields):
            return False
    elif not still_open.select_for_update().exists():
        return False
    _write(incident.pk, step, text, by, now)
    return True


def _write(incident_id: int, step: Step, text: str, by: StaffUser | None, now: datetime) -> None:
    IncidentLine.objects.create(incident_id=incident_id, at=now, by=by, step=step, text=text)
