"""What of a list can be as it was, and what cannot; changes nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    LIVE_VISIT,
    Answer,
    Appointment,
    Leave,
    PatientState,
    Purpose,
    VisitStatus,
)
from healthmsg.desk.cancelled_lists import progress, telling_again
from healthmsg.desk.cancelled_lists.models import (
    AffectedVisit,
    Back,
    CancelledList,
    ListAct,
    VisitEnd,
)
from whatsapp.status import Reason, Status

# What a list has changed about a visit.
_TOUCHED = (VisitEnd.CANCELLED, VisitEnd.MOVED, VisitEnd.HANDED_OVER)
TOUCHED = Q(ended__in=_TOUCHED)
_NOT_COMING = (PatientState.DECEASED, PatientState.GONE)


@dataclass(frozen=True)
class Found:
    """One visit of a list, and what would become of it."""

    row: AffectedVisit
    why_not: str  # a value of Back; "" where it can be as it was
    must_be_told: bool = False
    reason: Reason | None = None  # why they cannot be told by message

    @property
    def visit(self) -> Appointment:
        return self.row.appointment

    @property
    def is_unsent(self) -> bool:
        """True where the list's message has not left, and never will."""
        message = self.row.message
        return not self.why_not and message is not None and message.status == Status.QUEUED


def look(begun: CancelledList, *, now: datetime) -> list[Found]:
    """Return every visit of a list, in the order of the old times."""
    rows = list(rows_of(begun, now=now))
    whys = _beside_those_that_stay(begun, {row: why_not(row, begun, now=now) for row in rows})
    possible = [row for row in rows if not whys[row]]
    knowing = telling_again.who_know(possible)
    known = [row for row in possible if row.pk in knowing]
    reasons = telling_again.obstacles(known, begun, now=now)
    return [Found(row, whys[row], row.pk in knowing, reasons.get(row.pk)) for row in rows]


def stamp(found: Iterable[Found]) -> str:
    """Return a word that differs where anything of the preview does."""
    rows = [(one.row.pk, one.why_not, one.must_be_told, one.reason, one.is_unsent) for one in found]
    return sha256(repr(rows).encode()).hexdigest()[:24]


def may_be(begun: CancelledList) -> bool:
    """True where it is known how each visit stood: of a site's list not who would have seen it."""
    return begun.act != ListAct.HAND_OVER or begun.clinician_id is not None


def is_in_hand(begun: CancelledList) -> bool:
    """True while visits are still cancelled or moved: first that ends, or somebody stops it."""
    return begun.ended_at is None and begun.stopped_at is None


def rows_of(begun: CancelledList, *, now: datetime) -> QuerySet[AffectedVisit]:
    """Return a list's visits with all that is asked of each: see `why_not`."""
    length = OuterRef("appointment__ends_at") - OuterRef("appointment__starts_at")
    clinician = (
        Value(begun.clinician_id)
        if begun.act == ListAct.HAND_OVER
        else OuterRef("appointment__clinician")
    )
    others = Appointment.objects.filter(
        clinician=clinician,
        status__in=LIVE_VISIT,
        is_overbooked=False,
        starts_at__lt=OuterRef("starts_at") + length,
        ends_at__gt=OuterRef("starts_at"),
    ).exclude(pk=OuterRef("appointment"))
    # Those of the list itself leave the time again: of them only who stays is in the way.
    others = others.exclude(cancelled_lists__cancelled_list=begun)
    permission = consent.standing_expression(
        patient=F("appointment__patient_id"),
        phone=F("appointment__contact__phone_id"),
        purpose=Value(Purpose.APPOINTMENTS),
        at=now,
    )
    rows = progress.with_parts(AffectedVisit.objects.filter(cancelled_list=begun))
    return rows.annotate(is_taken=Exists(others), permission=permission)


def why_not(row: AffectedVisit, begun: CancelledList, *, now: datetime) -> str:
    """Return why a visit, one of `rows_of`, cannot be as it was; "" where it can."""
    visit, facts = row.appointment, _facts(row)
    if row.ended not in _TOUCHED or not _differs(row):
        return Back.UNTOUCHED
    if not _is_as_left(row, begun):
        return Back.CHANGED
    reasons = {
        Back.GONE: visit.patient.state in _NOT_COMING or visit.patient.erased_at is not None,
        Back.PAST: row.starts_at <= now,
        Back.REBOOKED: row.ended == VisitEnd.CANCELLED and facts["is_rebooked"],
        Back.ANSWERED: row.ended == VisitEnd.MOVED and visit.answer != Answer.NONE,
        Back.TAKEN: facts["is_taken"] and not visit.is_overbooked,
    }
    return next((why for why, holds in reasons.items() if holds), "")


def away(found: Iterable[Found], begun: CancelledList) -> int:
    """Return how many of them are on a day on which their clinician is entered as away."""
    days = [
        (
            begun.clinician_id if begun.act == ListAct.HAND_OVER else one.visit.clinician_id,
            _old_day(one),
        )
        for one in found
        if not one.why_not
    ]
    leaves = Leave.objects.filter(clinician__in={who for who, _day in days if who})
    spans = list(leaves.values_list("clinician", "first_day", "last_day")) if days else []
    return sum(
        any(who == whose and first <= day <= last for whose, first, last in spans)
        for who, day in days
    )


def _old_day(one: Found) -> Any:
    return one.row.starts_at.astimezone(one.visit.site.zone).date()


def _facts(row: AffectedVisit) -> Mapping[str, bool]:
    return {name: bool(getattr(row, name)) for name in ("is_rebooked", "is_taken")}


def _differs(row: AffectedVisit) -> bool:
    """False of one that whoever takes over had anyway: moving it changed nothing."""
    return row.ended == VisitEnd.CANCELLED or row.appointment.version > row.version


def _is_as_left(row: AffectedVisit, begun: CancelledList) -> bool:
    visit = row.appointment
    if row.ended == VisitEnd.CANCELLED:
        is_ours = visit.status == VisitStatus.CANCELLED_BY_CLINIC
        return is_ours and (visit.version, visit.status_changed_at) == (row.version, row.done_at)
    stands = (visit.status, visit.version)
    if stands != (VisitStatus.BOOKED, row.version + 1):
        return False
    if row.ended == VisitEnd.HANDED_OVER:
        return visit.clinician_id == begun.to_clinician_id
    return visit.starts_at == row.new_starts_at


def _beside_those_that_stay(
    begun: CancelledList, whys: dict[AffectedVisit, str]
) -> dict[AffectedVisit, str]:
    """Moved by some minutes, one that stays where it is keeps its neighbor from its old time."""
    if begun.act != ListAct.LATER:
        return whys
    while True:
        stay = [row.appointment for row, why in whys.items() if why and _is_live(row)]
        blocked = [row for row, why in whys.items() if not why and _is_blocked(row, stay)]
        if not blocked:
            return whys
        whys |= dict.fromkeys(blocked, str(Back.TAKEN))


def _is_live(row: AffectedVisit) -> bool:
    visit = row.appointment
    return visit.status in LIVE_VISIT and not visit.is_overbooked


def _is_blocked(row: AffectedVisit, stay: Iterable[Appointment]) -> bool:
    visit = row.appointment
    ends_at = row.starts_at + (visit.ends_at - visit.starts_at)
    return not visit.is_overbooked and any(
        one.clinician_id == visit.clinician_id is not None
        and one.starts_at < ends_at
        and row.starts_at < one.ends_at
        for one in stay
    )
