"""The only writer of visits: books, moves, cancels them, and re-plans in the same transaction."""

from copy import copy
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from healthmsg.clinic.models import (
    Answer,
    Appointment,
    Clinician,
    Contact,
    Patient,
    Site,
    StaffUser,
    VisitKind,
    VisitStatus,
)
from reminders import freed, planning, refusals
from reminders.last_look import CANCELLED
from reminders.models import Reminder, ReminderStatus
from reminders.planning import Preview
from reminders.refusals import ElsewhereAtHome, NotLive
from reminders.timing import Anchor
from reminders.told import heard_that_it_is_off, told_of


@dataclass(frozen=True)
class Booking:
    """What reception asks for."""

    patient: Patient
    kind: VisitKind
    site: Site
    starts_at: datetime
    contact: Contact | None = None  # None: nobody is told
    clinician: Clinician | None = None
    ends_at: datetime | None = None  # None: the kind's usual length
    external_id: str = ""
    is_overbooked: bool = False
    is_told_elsewhere: bool = False  # the patient knows of it: no confirmation goes out


@dataclass(frozen=True)
class Change:
    """A new time for a visit; what is None stays as it is."""

    starts_at: datetime
    ends_at: datetime | None = None
    clinician: Clinician | None = None
    site: Site | None = None
    is_overbooked: bool | None = None


def preview(request: Booking, *, now: datetime) -> tuple[Preview, ...]:
    """Return what the patient would read if this were booked now; see `planning.preview`."""
    return planning.preview(_unsaved(request, None, now), now=now)


@transaction.atomic
def book(request: Booking, *, by: StaffUser | None, now: datetime) -> Appointment:
    """
    Book a visit and plan its reminders.

    :param by: None where a program books
    :raises NotBooked: nothing was changed
    """
    visit = _unsaved(request, by, now)
    refusals.require_future(visit.starts_at, now)
    refusals.require_permission(visit, by)
    with refusals.named(visit):
        visit.save(force_insert=True)
    refusals.require_not_being_chosen(visit, by, now)
    planning.plan_first(visit, now=now)
    return visit


@transaction.atomic
def move(
    appointment: Appointment, change: Change, *, by: StaffUser | None, now: datetime
) -> Appointment:
    """
    Give a visit another time, clinician or site; the row stays, its version rises.

    :returns: the visit as it stands now
    :raises NotBooked: nothing was changed
    """
    visit = locked(appointment)
    refusals.require_status(visit, VisitStatus.BOOKED)
    refusals.require_future(change.starts_at, now)
    _require_one_clinic(visit.clinic_id, change.site, change.clinician)
    before = copy(visit)
    if not _apply(visit, change):
        return visit
    refusals.require_permission(visit, by)
    freed.note(before, now=now)
    visit.version += 1
    visit.answer, visit.answered_at = Answer.NONE, None
    with refusals.named(visit):
        visit.save()
    refusals.require_not_being_chosen(visit, by, now)
    planning.replan(visit, now=now)
    return visit


def preview_move(appointment: Appointment, change: Change, *, now: datetime) -> tuple[Preview, ...]:
    """Return what the patient would read if the visit were moved now."""
    visit = visits_with_parts().get(pk=appointment.pk)
    if _apply(visit, change):
        visit.version, visit.answer = visit.version + 1, Answer.NONE
    return planning.preview(visit, now=now)


@transaction.atomic
def cancel(
    appointment: Appointment, *, status: VisitStatus, reason: str = "", now: datetime
) -> Appointment:
    """
    Cancel a visit; canceling it twice changes nothing.

    :param status: CANCELLED_BY_PATIENT or CANCELLED_BY_CLINIC
    """
    visit = locked(appointment)
    if visit.status in CANCELLED:
        return visit
    refusals.require_status(visit, VisitStatus.BOOKED, VisitStatus.ARRIVED)
    visit.cancel_reason = reason
    # The clinic cancels where it cannot see the patient: then it sees nobody else either.
    if status == VisitStatus.CANCELLED_BY_PATIENT:
        freed.note(visit, now=now)
    return _enter(visit, status, now)


@transaction.atomic
def undo_cancel(appointment: Appointment, *, now: datetime) -> Appointment:
    """
    Book a canceled visit again as it was.

    :raises SlotTaken: somebody else has the time by now
    :raises PastTime: the visit would have begun
    """
    visit = locked(appointment)
    if visit.status == VisitStatus.BOOKED:
        return visit
    refusals.require_status(visit, *CANCELLED)
    refusals.require_future(visit.starts_at, now)
    is_ours = visit.status == VisitStatus.CANCELLED_BY_CLINIC
    if is_ours and (visit.pk not in told_of([visit.pk]) or heard_that_it_is_off(visit)):
        # She may have read that it is off, so she must read that it is on: a fresh confirmation.
        visit.version += 1
    visit.cancel_reason = ""
    return _enter(visit, VisitStatus.BOOKED, now)


def arrive(appointment: Appointment, *, now: datetime) -> Appointment:
    return _mark(appointment, VisitStatus.ARRIVED, now, VisitStatus.BOOKED)


def see(appointment: Appointment, *, now: datetime) -> Appointment:
    return _mark(appointment, VisitStatus.SEEN, now, VisitStatus.BOOKED, VisitStatus.ARRIVED)


def leave(appointment: Appointment, *, now: datetime) -> Appointment:
    """The patient went without being seen."""
    return _mark(appointment, VisitStatus.LEFT, now, VisitStatus.BOOKED, VisitStatus.ARRIVED)


def miss(appointment: Appointment, *, now: datetime) -> Appointment:
    """
    A person says that the patient did not come; silence alone never does.

    :raises NotLive: also before the visit begins
    """
    return _mark(appointment, VisitStatus.MISSED, now, VisitStatus.BOOKED)


@transaction.atomic
def expect_again(appointment: Appointment, *, now: datetime) -> Appointment:
    """Take back arrived, seen, left or missed, which were marked by mistake."""
    visit = locked(appointment)
    if visit.status == VisitStatus.BOOKED:
        return visit
    refusals.require_status(
        visit, VisitStatus.ARRIVED, VisitStatus.SEEN, VisitStatus.LEFT, VisitStatus.MISSED
    )
    return _enter(visit, VisitStatus.BOOKED, now)


@transaction.atomic
def answer(appointment: Appointment, *, version: int, answer: Answer, now: datetime) -> bool:
    """
    Write down what the patient answered; the last valid answer counts.

    :returns: False where the visit has changed since, is over, or already has this answer
    """
    visit = locked(appointment)
    is_valid = visit.version == version and visit.status == VisitStatus.BOOKED
    if not is_valid or visit.starts_at <= now or visit.answer == answer:
        return False
    visit.answer, visit.answered_at = answer, now
    visit.save(update_fields=["answer", "answered_at"])
    planning.replan(visit, now=now)
    return True


@transaction.atomic
def send_now(appointment: Appointment, *, now: datetime) -> bool:
    """Send the news about a visit without the wait; False where nothing waits any more."""
    visit = locked(appointment)
    news = (Anchor.BOOKED, Anchor.MOVED, Anchor.CANCELLED)
    waiting = Reminder.objects.filter(
        appointment=visit, status=ReminderStatus.PLANNED, rule__anchor__in=news
    )
    return waiting.update(due_at=now, changed_at=now) > 0


def locked(appointment: Appointment) -> Appointment:
    """
    Return the visit as it stands, its row locked: the first lock of every change.

    FOR NO KEY UPDATE: a tick that queues a message of this visit takes a key share of it while it
    holds the reminder that we want next; FOR UPDATE would be a deadlock.
    """
    return visits_with_parts().select_for_update(of=("self",), no_key=True).get(pk=appointment.pk)


def visits_with_parts() -> QuerySet[Appointment]:
    return Appointment.objects.select_related(
        "clinic", "patient__clinic", "contact__phone", "site__clinic", "kind", "clinician"
    )


def _unsaved(request: Booking, by: StaffUser | None, now: datetime) -> Appointment:
    clinic = request.patient.clinic
    _require_one_clinic(clinic.pk, request.site, request.kind, request.clinician)
    if request.contact and request.contact.patient_id != request.patient.pk:
        raise ElsewhereAtHome
    return Appointment(
        clinic=clinic,
        patient=request.patient,
        contact=request.contact,
        clinician=request.clinician,
        site=request.site,
        kind=request.kind,
        starts_at=request.starts_at,
        ends_at=request.ends_at or request.starts_at + request.kind.length,
        status_changed_at=now,
        is_overbooked=request.is_overbooked,
        external_id=request.external_id,
        is_told_elsewhere=request.is_told_elsewhere,
        booked_by=by,
        booked_at=now,
    )


def _apply(visit: Appointment, change: Change) -> bool:
    """Change the row in memory; False where nothing is different."""
    before = (visit.starts_at, visit.ends_at, visit.clinician_id, visit.site_id)
    visit.ends_at = change.ends_at or change.starts_at + (visit.ends_at - visit.starts_at)
    visit.starts_at = change.starts_at
    visit.clinician = change.clinician or visit.clinician
    visit.site = change.site or visit.site
    if change.is_overbooked is not None:
        visit.is_overbooked = change.is_overbooked
    return before != (visit.starts_at, visit.ends_at, visit.clinician_id, visit.site_id)


@transaction.atomic
def _mark(
    appointment: Appointment, status: VisitStatus, now: datetime, *allowed: VisitStatus
) -> Appointment:
    visit = locked(appointment)
    if visit.status == status:
        return visit
    refusals.require_status(visit, *allowed)
    if status == VisitStatus.MISSED and visit.starts_at > now:
        raise NotLive(visit.status)
    return _enter(visit, status, now)


def _enter(visit: Appointment, status: VisitStatus, now: datetime) -> Appointment:
    visit.status, visit.status_changed_at = status, now
    with refusals.named(visit):
        visit.save(update_fields=["status", "status_changed_at", "cancel_reason", "version"])
    planning.replan(visit, now=now)
    return visit


def _require_one_clinic(clinic_id: int, *rows: Site | VisitKind | Clinician | None) -> None:
    if any(row is not None and row.clinic_id != clinic_id for row in rows):
        raise ElsewhereAtHome
