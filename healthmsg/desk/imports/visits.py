"""Appointments of another system: matched by identifier, booked, moved and cancelled as by hand."""

from collections.abc import Callable
from dataclasses import replace

from healthmsg.clinic.models import (
    Appointment,
    VisitStatus,
)
from healthmsg.desk.imports import diary as diary_of
from healthmsg.desk.imports import vocabulary
from healthmsg.desk.imports.diary import Diary, Wanted
from healthmsg.desk.imports.lines import VisitLine
from healthmsg.desk.imports.models import ImportRow, Outcome
from healthmsg.desk.imports.reasons import Reason
from healthmsg.desk.imports.verdicts import Batch, Verdict
from reminders import booking
from reminders.booking import Booking, Change
from reminders.refusals import NotBooked, NotLive, PastTime, SlotTaken, TwiceAtOneTime

# Written where a file cancels: when it has the visit again, so have we.
BY_FILE = "Cancelled in a file that was brought in"
_CANCELLED = (VisitStatus.CANCELLED_BY_PATIENT, VisitStatus.CANCELLED_BY_CLINIC)
_REFUSED = {
    PastTime: ("starts", Reason.PAST),
    TwiceAtOneTime: ("starts", Reason.SAME_TIME),
    NotLive: ("identifier", Reason.NOT_BOOKED),
}
Act = Callable[[], object]


def look(lines: list[VisitLine], batch: Batch) -> list[Verdict]:
    """Say what becomes of each row; nothing is written."""
    diary = diary_of.around(lines, batch)
    return [_one(line, diary, batch)[0] for line in lines]


def write(line: VisitLine, diary: Diary, batch: Batch) -> Verdict:
    """Take one row over, through the booking code; within a transaction of its own."""
    verdict, act = _one(line, diary, batch)
    if act is None:
        return verdict
    try:
        act()
    except NotBooked as refusal:
        verdict.refuse(*_REFUSED.get(type(refusal), ("identifier", Reason.REFUSED)))
    return verdict


def cancel_missing(row: ImportRow, batch: Batch) -> bool:
    """Cancel a visit that a complete file lacks; False where it has changed meanwhile."""
    visits = Appointment.objects.filter(clinic=batch.clinic, status=VisitStatus.BOOKED)
    ahead = visits.filter(pk=row.visit_id or 0, starts_at__gt=batch.now)
    visit = ahead.filter(version=row.visit_version or 0).first()
    if visit is None:
        return False
    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, reason=BY_FILE, now=batch.now)
    return True


def _one(line: VisitLine, diary: Diary, batch: Batch) -> tuple[Verdict, Act | None]:
    verdict = Verdict(line)
    visit = diary.visits.get(line.identifier or "")
    if visit is None and _is_short(line, diary, batch):
        verdict.refuse("identifier", Reason.LOST_ZEROS)
    if visit is not None and line.status in (vocabulary.CANCELLED, vocabulary.BY_PATIENT):
        return verdict, _cancel(visit, line, batch, verdict)
    wanted = diary_of.wanted(line, visit, diary, batch, verdict)
    if wanted is None or verdict.errors:
        return verdict, None
    if visit is None:
        return verdict, _book(line, wanted, diary, batch, verdict)
    if visit.patient_id != wanted.patient.pk:
        verdict.refuse("patient", Reason.OTHER_PATIENT)
        return verdict, None
    if visit.status in _CANCELLED:
        return verdict, _again(visit, wanted, batch, verdict)
    return verdict, _move(visit, wanted, batch, verdict)


def _is_short(line: VisitLine, diary: Diary, batch: Batch) -> bool:
    """True where a visit is known by the same identifier with zeros before it."""
    return any(one in diary.visits for one in batch.visits_with_zeros(line.identifier or ""))


def _book(
    line: VisitLine, wanted: Wanted, diary: Diary, batch: Batch, verdict: Verdict
) -> Act | None:
    is_called_off = line.status in (vocabulary.CANCELLED, vocabulary.BY_PATIENT)
    if is_called_off or line.status == vocabulary.OVER or wanted.starts_at <= batch.now:
        verdict.outcome = Outcome.LEFT_OUT
        return None
    verdict.outcome = Outcome.NEW
    if wanted.kind is None or wanted.site is None:
        return None
    request = Booking(
        patient=wanted.patient,
        kind=wanted.kind,
        site=wanted.site,
        starts_at=wanted.starts_at,
        ends_at=wanted.ends_at,
        clinician=wanted.clinician,
        contact=diary.contacts.get(wanted.patient.pk),
        external_id=line.identifier or "",
        is_told_elsewhere=batch.source.is_first,
    )

    def book(*, beside: bool = False) -> object:
        return booking.book(replace(request, is_overbooked=beside), by=None, now=batch.now)

    return lambda: _or_beside(book, verdict)


def _move(visit: Appointment, wanted: Wanted, batch: Batch, verdict: Verdict) -> Act | None:
    ends_at = wanted.ends_at or wanted.starts_at + (visit.ends_at - visit.starts_at)
    differs = {
        "starts": visit.starts_at != wanted.starts_at,
        "minutes": ends_at - wanted.starts_at != visit.ends_at - visit.starts_at,
        "site": wanted.site is not None and wanted.site.pk != visit.site_id,
        "clinician": wanted.clinician is not None and wanted.clinician.pk != visit.clinician_id,
    }
    if wanted.kind is not None and wanted.kind.pk != visit.kind_id:
        verdict.notes["kind"] = Reason.OTHER_KIND
    if not any(differs.values()):
        return None
    if wanted.starts_at <= batch.now or visit.status != VisitStatus.BOOKED:
        # What is over is over: the file tells how it was, not what will be.
        verdict.outcome = Outcome.LEFT_OUT
        verdict.notes["identifier"] = (
            Reason.NOT_BOOKED if visit.starts_at > batch.now else Reason.PAST
        )
        return None
    verdict.outcome = Outcome.MOVED
    verdict.changes = [column for column, is_other in differs.items() if is_other]

    def move(*, beside: bool = False) -> object:
        change = Change(
            wanted.starts_at,
            ends_at=ends_at,
            clinician=wanted.clinician,
            site=wanted.site,
            is_overbooked=True if beside else None,
        )
        return booking.move(visit, change, by=None, now=batch.now)

    return lambda: _or_beside(move, verdict)


def _cancel(visit: Appointment, line: VisitLine, batch: Batch, verdict: Verdict) -> Act | None:
    if visit.status in _CANCELLED:
        return None
    if visit.status != VisitStatus.BOOKED or visit.starts_at <= batch.now:
        verdict.outcome = Outcome.LEFT_OUT
        return None
    verdict.outcome = Outcome.CANCELLED
    by_patient = line.status == vocabulary.BY_PATIENT
    status = VisitStatus.CANCELLED_BY_PATIENT if by_patient else VisitStatus.CANCELLED_BY_CLINIC
    return lambda: booking.cancel(visit, status=status, reason=BY_FILE, now=batch.now)


def _again(visit: Appointment, wanted: Wanted, batch: Batch, verdict: Verdict) -> Act | None:
    """A file that cancelled it and has it again; what was cancelled here stays so."""
    if visit.starts_at <= batch.now or wanted.starts_at <= batch.now:
        verdict.outcome = Outcome.LEFT_OUT
        return None
    if visit.cancel_reason != BY_FILE:
        verdict.outcome = Outcome.LEFT_OUT
        verdict.notes["identifier"] = Reason.CANCELLED_HERE
        return None
    verdict.outcome = Outcome.NEW

    def again() -> object:
        booked = booking.undo_cancel(visit, now=batch.now)
        moved = _move(booked, wanted, batch, Verdict(verdict.line))
        return moved() if moved else booked

    return again


def _or_beside(act: Callable[..., object], verdict: Verdict) -> object:
    """
    Let the file have its way where the clinician sees somebody else: two of its rows may swap.

    Else the visit would stay here at a time at which nobody is expected any more.
    """
    try:
        return act()
    except SlotTaken:
        verdict.notes["clinician"] = Reason.BESIDE
        return act(beside=True)
