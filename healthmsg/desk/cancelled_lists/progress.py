"""How a cancelled list goes: who was told, who has seen it, whom to call, who has no new visit."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from django.db.models import Exists, OuterRef, Q, QuerySet

from healthmsg.clinic.models import LIVE_VISIT, Answer, Appointment, Clinic, VisitStatus
from healthmsg.desk.cancelled_lists import restored
from healthmsg.desk.cancelled_lists.models import AffectedVisit, Back, CancelledList, VisitEnd
from healthmsg.desk.cancelled_lists.stands import ON_ITS_WAY, Stands, has_told, time_to_arrive
from reminders import call_list
from reminders.call_list import Calls
from reminders.models import CallOutcome
from reminders.standing import Row, Standing
from whatsapp.models import Message
from whatsapp.status import TOLD

# Whom nobody has reached by then is not called about it any more.
CALLED_FOR = timedelta(days=2)
_WRITTEN_TO = (VisitEnd.CANCELLED, VisitEnd.MOVED)
_NOT_DONE = (VisitEnd.NOT_POSSIBLE, VisitEnd.CHANGED)
_TO_CALL = (Stands.TO_CALL, Stands.BACK_TO_CALL)
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
    rows = list(with_parts(visits.filter(appointment__site__in=sites) if sites else visits))
    judged = _judged(rows, now)
    return [Line(row, judged[row.pk], bool(getattr(row, "is_rebooked", False))) for row in rows]


def counts(shown: Iterable[Line]) -> Counter[Stands]:
    return Counter(line.stands for line in shown)


def stamp(begun: CancelledList, shown: Iterable[Line]) -> str:
    """Changes with what is shown: the page asks for lines only where there are others."""
    told = [
        (
            *(line.row.pk, line.row.ended, line.row.back, line.stands, line.is_rebooked),
            line.row.appointment.status,
            line.row.message and (line.row.message.status, line.row.message.reason),
        )
        for line in shown
    ]
    acts = (begun.stopped_at, begun.ended_at, begun.taken_back_at, begun.back_ended_at)
    return sha256(repr((acts, told)).encode()).hexdigest()[:16]


def stands(row: AffectedVisit, calls: tuple[CallOutcome, ...], *, now: datetime) -> Stands:
    """Return how one visit of a list stands; of one that is as it was `restored` says it."""
    if row.back == Back.UNTOUCHED:
        return _BY_END[row.ended] if row.ended in _NOT_DONE else Stands.UNTOUCHED
    if row.ended not in _WRITTEN_TO:
        return _BY_END[row.ended]
    if row.seen_at is not None or _has_answered(row):
        return Stands.SEEN
    if row.message is not None and row.message.status in TOLD:
        return Stands.TOLD
    if any(has_told(call, row.done_at) for call in calls):
        return Stands.CALLED
    is_under_way = row.message is not None and row.message.status in ON_ITS_WAY
    return Stands.ON_ITS_WAY if is_under_way and not _is_late(row, now) else Stands.TO_CALL


def reaches_beyond(begun: CancelledList, sites: Collection[int]) -> bool:
    """True where a list has visits at other sites than these; no sites mean all of them."""
    visits = AffectedVisit.objects.filter(cancelled_list=begun)
    return bool(sites) and visits.exclude(appointment__site__in=sites).exists()


def untold(clinic: Clinic, *, now: datetime) -> list[Row]:
    """Return the visits of lists that somebody has to call about, as the call list has them."""
    is_recent = Q(cancelled_list__created_at__gt=now - call_list.MISSED_WITHIN)
    is_recent |= Q(cancelled_list__taken_back_at__gt=now - call_list.MISSED_WITHIN)
    recent = AffectedVisit.objects.filter(
        is_recent | Q(starts_at__gt=now),
        cancelled_list__clinic=clinic,
        ended__in=_WRITTEN_TO,
        starts_at__gt=now - CALLED_FOR,
    )
    is_unseen = Q(seen_at=None) & (~Q(message__status__in=TOLD) | Q(message=None))
    is_back = Q(back=Back.BACK)
    rows = list(
        with_parts(recent.filter((is_unseen & ~is_back) | (is_back & Q(must_be_told=True))))
    )
    # Without a list nothing more is asked.
    if not rows:
        return []
    calls = call_list.calls_about([row.appointment for row in rows])
    judged = _judged(rows, now, calls)
    found = []
    for row in rows:
        if judged[row.pk] in _TO_CALL and (restored.is_back(row) or _still_stands(row)):
            line = Row(row.appointment, _standing(row), calls=calls.get(row.appointment_id, ()))
            found.append(replace(line, old_starts_at=_would_come(row)))
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


def with_parts(rows: QuerySet[AffectedVisit]) -> QuerySet[AffectedVisit]:
    """
    Return lines of lists, earliest first, with their visits and whether each was rebooked.

    A visit that was booked before and is moved afterwards is no new one: it would have come anyway.
    """
    since = OuterRef("done_at")
    # A cancellation that was taken back leaves the day of booking as it was.
    is_new = Q(booked_at__gte=since) | Q(status=VisitStatus.BOOKED, status_changed_at__gte=since)
    new_visits = Appointment.objects.filter(
        is_new, patient=OuterRef("appointment__patient"), status__in=LIVE_VISIT
    )
    # Another one of the list itself that stands again is none either.
    new_visits = new_visits.exclude(cancelled_lists__cancelled_list=OuterRef("cancelled_list"))
    rows = rows.select_related(
        "message",
        "appointment__patient",
        "appointment__contact__phone",
        "appointment__kind",
        "appointment__clinician",
        "appointment__site__clinic",
    ).defer(*(f"message__{name}" for name in Message.WORDS))
    return rows.annotate(is_rebooked=Exists(new_visits)).order_by("starts_at", "pk")


def _judged(
    rows: Sequence[AffectedVisit], now: datetime, calls: Calls | None = None
) -> dict[int, Stands]:
    """Return how each stands, by the keys of the lines."""
    if calls is None:
        calls = call_list.calls_about([row.appointment for row in rows])
    news = restored.news_of(rows)
    return {
        row.pk: restored.stands(row, news.get(row.appointment_id, ()), about, now=now)
        if restored.is_back(row)
        else stands(row, about, now=now)
        for row in rows
        for about in [calls.get(row.appointment_id, ())]
    }


def _standing(row: AffectedVisit) -> Standing:
    if restored.is_back(row):
        return Standing.RESTORED_BY_US
    is_off = row.ended == VisitEnd.CANCELLED
    return Standing.CANCELLED_BY_US if is_off else Standing.MOVED_BY_US


def _would_come(row: AffectedVisit) -> datetime | None:
    """Return when they would come, as far as they know; None where they would not come at all."""
    if not restored.is_back(row):
        return row.starts_at
    return row.new_starts_at


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
    wait = time_to_arrive(row.starts_at - row.done_at)
    # A message written at night waits for the morning.
    return now >= max(row.done_at, row.message.send_after or row.done_at) + wait
