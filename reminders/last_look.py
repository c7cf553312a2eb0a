"""Why a visit may not be spoken of: asked when planning, and again when a message is written."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from django.conf import settings

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Answer,
    Appointment,
    Change,
    Contact,
    Discretion,
    Mode,
    Patient,
    PatientState,
    Phone,
    PhoneState,
    Purpose,
    VisitStatus,
)
from reminders.timing import Anchor, local_day
from whatsapp.status import Reason

# What has to be true of a visit for each kind of rule.
SPOKEN_OF_WHEN = {
    Anchor.BOOKED: VisitStatus.BOOKED,
    Anchor.MOVED: VisitStatus.BOOKED,
    Anchor.STARTS: VisitStatus.BOOKED,
    Anchor.CANCELLED: VisitStatus.CANCELLED_BY_CLINIC,
    Anchor.SEEN: VisitStatus.SEEN,
    Anchor.MISSED: VisitStatus.MISSED,
}
CANCELLED = (VisitStatus.CANCELLED_BY_PATIENT, VisitStatus.CANCELLED_BY_CLINIC)
WANTS_SOMETHING_ELSE = (Answer.WANTS_ANOTHER_TIME, Answer.WANTS_TO_CANCEL)

_STRICTEST_FIRST = (
    Discretion.NEVER,
    Discretion.CONTACT_US,
    Discretion.NEUTRAL,
    Discretion.FULL,
)
_GONE = {
    PatientState.DECEASED: Reason.HAS_DIED,
    PatientState.GONE: Reason.NO_LONGER_OURS,
    PatientState.PAUSED: Reason.PAUSED,
}
_NOT_GRANTED = {
    "": Reason.NEVER_ASKED,
    Change.DECLINED: Reason.DECLINED,
    Change.WITHDRAWN: Reason.ASKED_US_TO_STOP,
    Change.EXPIRED: Reason.PERMISSION_RAN_OUT,
}


def blocker(visit: Appointment, anchor: Anchor, *, at: datetime) -> Reason | None:
    """Return why a message at that moment must not speak of the visit, or None."""
    return (
        of_visit(visit, anchor)
        or of_patient(visit.patient, at=at)
        or _of_contact(visit.contact, visit, at)
        or (Reason.NEVER_BY_MESSAGE if discretion(visit) == Discretion.NEVER else None)
    )


def of_visit(visit: Appointment, anchor: Anchor) -> Reason | None:
    """Return why the visit itself is nothing to speak of any more."""
    if visit.status != SPOKEN_OF_WHEN[anchor]:
        return Reason.VISIT_CANCELLED if visit.status in CANCELLED else Reason.VISIT_OVER
    if anchor == Anchor.STARTS and visit.answer in WANTS_SOMETHING_ELSE:
        return Reason.ANSWERED
    return None


def of_patient(patient: Patient, *, at: datetime) -> Reason | None:
    """Return why nothing may be said about the patient on that day; a pause ends by itself."""
    if patient.is_active_on(local_day(at, patient.clinic.zone)):
        return None
    return _GONE[PatientState(patient.state)]


def permission(patient: Patient, phone: Phone, purpose: Purpose, *, at: datetime) -> Reason | None:
    """Return why the number may not be written to; the sender asks the ledger again itself."""
    return permissions(patient, phone, [(purpose, at)])[0]


def permissions(
    patient: Patient, phone: Phone, asked: Sequence[tuple[Purpose, datetime]]
) -> list[Reason | None]:
    """Return the same for several purposes, each at its own moment; asks the ledger once."""
    if phone.state == PhoneState.WRONG_PERSON:
        return [Reason.WRONG_PERSON] * len(asked)
    found = consent.standings(patient, phone, asked)
    return [not_granted(one) for one in found]


def not_granted(standing: str) -> Reason | None:
    """Return why nothing goes out while a permission stands so; None where they said yes."""
    return None if standing == consent.GRANTED else _NOT_GRANTED[standing]


def discretion(visit: Appointment) -> Discretion:
    """The more discreet of what the kind of visit and the contact allow."""
    contact = visit.contact
    return _stricter(visit.kind.discretion, contact.may_be_told if contact else Discretion.FULL)


@cache
def _stricter(kind: str, told: str) -> Discretion:
    return next(level for level in _STRICTEST_FIRST if level in {kind, told})


def _of_contact(contact: Contact | None, visit: Appointment, at: datetime) -> Reason | None:
    if contact is None:
        return Reason.NO_CONTACT
    if contact.until is not None and contact.until < local_day(at, visit.clinic.zone):
        return Reason.CONTACT_ENDED
    return Reason.NO_NUMBER if contact.phone is None else None


def of_practice(visit: Appointment, phone: Phone) -> Reason | None:
    """Return why the sender will withhold it where the clinic practises; a sandbox gets all."""
    if visit.clinic.mode == Mode.LIVE or settings.USES_SANDBOX or phone.is_test:
        return None
    return Reason.PRACTICE
