"""How a cancelled list goes: who was told, who has seen it, whom to call, who has no new visit."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from django.db.models import Exists, OuterRef, Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import LIVE_VISIT, Answer, Appointment, Clinic, VisitStatus
from healthmsg.desk.cancelled_lists.models import AffectedVisit, CancelledList, VisitEnd
from reminders import call_list
from reminders.models import CallOutcome, Outcome
from reminders.standing import Row, Standing
from whatsapp.models import Message
from whatsapp.status import TOLD, WAITING, Status

# So long a message may be on its way before somebody calls; with less time left, half of it.
MAY_ARRIVE_WITHIN = timedelta(minutes=30)
# Whom nobody has reached by then is not called about it any more.
CALLED_FOR = timedelta(days=2)
_WRITTEN_TO = (VisitEnd.CANCELLED, VisitEnd.MOVED)
_ON_ITS_WAY = (*WAITING, Status.ACCEPTED, Status.SENT)


class Stands(TextChoices):
    """How one visit of a list stands."""

    SEEN = "SEEN", _("has seen it")
    TOLD = "TOLD", _("told: it has arrived")
    CALLED = "CALLED", _("told by telephone")
    ON_ITS_WAY = "ON_ITS_WAY", _("on its way")
    TO_CALL = "TO_CALL", _("to call")
    NOT_TO_TELL = "NOT_TO_TELL", _("same time and place: nobody is written to")
    NOT_POSSIBLE = "NOT_POSSIBLE", _("not possible: stands as it was")
    CHANGED = "CHANGED", _("somebody changed it meanwhile")
    WAITS = "WAITS", _("not worked on yet")


_BY_END = {
    "": Stands.WAITS,
    VisitEnd.NOT_POSSIBLE: Stands.NOT_POSSIBLE,
    VisitEnd.CHANGED: Stands.CHANGED,
    VisitEnd.HANDED_OVER: Stands.NOT_TO_TELL,
}


@dataclass(frozen=True)
class Line:
    """One visit of a list, and how it stands."""

    row: AffectedVisit
    stands: Stands
    is_rebooked: bool


def lines(begun: CancelledList, *, now: datetime, sites: Collection[int] = ()) -> list[Line]:
    """
    Return every visit of a list, in the order of the old times.

    With sites, given by their keys, only those that are there.
    """
    visits = AffectedVisit.objects.filter(cancelled_list=begun)
    rows = list(_rows(visits.filter(appointment__site__in=sites) if sites else visits))
    calls = call_list.calls_about([row.appointment for row in rows])
    return [
        Line(
            row,
            stands(row, calls[row.appointment_id], now=now),
            bool(getattr(row, "is_rebooked", False)),
        )
        for row in rows
    ]


def counts(shown: Iterable[Line]) -> Counter[Stands]:
    return Counter(line.stands for line in shown)


def stamp(begun: CancelledList, shown: Iterable[Line]) -> str:
    """Changes with what is shown: the page asks for lines only where there are others."""
    told = [
        (
            *(line.row.pk, line.row.ended, line.stands, line.is_rebooked),
            line.row.appointment.status,
            line.row.message and (line.row.message.status, line.row.message.reason),
        )
        for line in shown
    ]
    return sha256(repr((begun.stopped_at, begun.ended_at, told)).encode()).hexdigest()[:16]


def stands(row: AffectedVisit, calls: tuple[CallOutcome, ...], *, now: datetime) -> Stands:
    """Return how one visit of a list stands."""
    if row.ended not in _WRITTEN_TO:
        return _BY_END[row.ended]
    if row.seen_at is not None or _has_answered(row):
        return Stands.SEEN
    if row.message is not None and row.message.status in TOLD:
        return Stands.TOLD
    if any(_has_told(call, row) for call in calls):
        return Stands.CALLED
    is_under_way = row.message is not None and row.message.status in _ON_ITS_WAY
    return Stands.ON_ITS_WAY if is_under_way and not _is_late(row, now) else Stands.TO_CALL


def _has_told(call: CallOutcome, row: AffectedVisit) -> bool:
    """True of a call after the list was worked on: one from before knew nothing of it."""
    is_since = row.done_at is None or call.called_at >= row.done_at
    return is_since and call.again_at is None and call.outcome != Outcome.WRONG_NUMBER


def reaches_beyond(begun: CancelledList, sites: Collection[int]) -> bool:
    """True where a list has visits at other sites than these; no sites mean all of them."""
    visits = AffectedVisit.objects.filter(cancelled_list=begun)
    return bool(sites) and visits.exclude(appointment__site__in=sites).exists()


def untold(clinic: Clinic, *, now: datetime) -> list[Row]:
    """Return the visits of lists that somebody has to call about, as the call list has them."""
    is_recent = Q(cancelled_list__created_at__gt=now - call_list.MISSED_WITHIN)
    recent = AffectedVisit.objects.filter(
        is_recent | Q(starts_at__gt=now),
        cancelled_list__clinic=clinic,
        ended__in=_WRITTEN_TO,
        starts_at__gt=now - CALLED_FOR,
        seen_at=None,
    )
    rows = list(_rows(recent.filter(~Q(message__status__in=TOLD) | Q(message=None))))
    # Without a list nothing more is asked.
    calls = call_list.calls_about([row.appointment for row in rows]) if rows else {}
    found = []
    for row in rows:
        about = calls.get(row.appointment_id, ())
        if _still_stands(row) and stands(row, about, now=now) == Stands.TO_CALL:
            is_off = row.ended == VisitEnd.CANCELLED
            standing = Standing.CANCELLED_BY_US if is_off else Standing.MOVED_BY_US
            line = Row(row.appointment, standing, calls=about)
            found.append(replace(line, old_starts_at=row.starts_at))
    return found


def of_a_list() -> Exists:
    """Ask of an appointment whether it was a list that cancelled it."""
    rows = AffectedVisit.objects.filter(
        appointment=OuterRef("pk"),
        ended=VisitEnd.CANCELLED,
        done_at__gte=OuterRef("status_changed_at"),
    )
    return Exists(rows)


def not_rebooked(shown: Iterable[Line]) -> list[Line]:
    """Return the lines of whom we cancelled and who was given no visit since, at whatever time."""
    return [
        line
        for line in shown
        if line.row.ended == VisitEnd.CANCELLED
        and not line.is_rebooked
        and line.row.appointment.status == VisitStatus.CANCELLED_BY_CLINIC
    ]


def _rows(rows: QuerySet[AffectedVisit]) -> QuerySet[AffectedVisit]:
    since = OuterRef("done_at")
    # A cancellation that was taken back leaves the day of booking as it was.
    is_new = Q(booked_at__gte=since) | Q(status=VisitStatus.BOOKED, status_changed_at__gte=since)
    new_visits = Appointment.objects.filter(
        is_new, patient=OuterRef("appointment__patient"), status__in=LIVE_VISIT
    )
    rows = rows.select_related(
        "message",
        "appointment__patient",
        "appointment__contact__phone",
        "appointment__kind",
        "appointment__clinician",
        "appointment__site__clinic",
    ).defer(*(f"message__{name}" for name in Message.WORDS))
    return rows.annotate(is_rebooked=Exists(new_visits)).order_by("starts_at", "pk")


def _still_stands(row: AffectedVisit) -> bool:
    """True until somebody booked it again, moved or cancelled it after the list."""
    visit = row.appointment
    if row.ended == VisitEnd.CANCELLED:
        return visit.status == VisitStatus.CANCELLED_BY_CLINIC
    return visit.status == VisitStatus.BOOKED and visit.starts_at == row.new_starts_at


def _has_answered(row: AffectedVisit) -> bool:
    visit = row.appointment
    return row.ended == VisitEnd.MOVED and visit.answer != Answer.NONE


def _is_late(row: AffectedVisit, now: datetime) -> bool:
    """True where a message should have arrived by now, or the visit comes close."""
    if row.done_at is None or row.message is None:
        return False
    wait = min(MAY_ARRIVE_WITHIN, (row.starts_at - row.done_at) / 2)
    # A message written at night waits for the morning.
    return now >= max(row.done_at, row.message.send_after or row.done_at) + wait
