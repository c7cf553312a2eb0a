"""Begins a cancelled list and works through it: a transaction for each visit, twice is once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from healthmsg.clinic.models import Appointment, StaffUser, VisitStatus
from healthmsg.clinic.sending_hours import SendingHours, wall_clock
from healthmsg.desk.cancelled_lists import looking, taking_back, telling
from healthmsg.desk.cancelled_lists.looking import Affected, Wanted
from healthmsg.desk.cancelled_lists.models import (
    AffectedVisit,
    CancelledList,
    ListAct,
    VisitEnd,
)
from healthmsg.desk.team import notices
from reminders import booking, told
from reminders.refusals import NotBooked
from whatsapp import outbox
from whatsapp.models import Message, Stream
from whatsapp.serving import OPENS_EARLY
from whatsapp.status import Status


@transaction.atomic
def begin(
    wanted: Wanted,
    found: Sequence[Affected],
    *,
    key: UUID,
    reason: str,
    by: StaffUser,
    now: datetime,
) -> CancelledList:
    """
    Write down the decision and every visit it is about; nothing has happened to them yet.

    Sent twice with one key, it is the first one.
    """
    known = CancelledList.objects.filter(key=key, clinic=wanted.clinic).first()
    if known is not None:
        return known
    stream = Stream.objects.create(
        clinic=wanted.clinic, name=_("Cancelled list"), opens_early=True, goes_first=True
    )
    begun = CancelledList.objects.create(
        key=key,
        clinic=wanted.clinic,
        clinician=wanted.clinician,
        site=wanted.site,
        begins_at=wanted.begins_at,
        ends_at=wanted.ends_at,
        act=wanted.act,
        to_clinician=wanted.to_clinician,
        reason=reason,
        stream=stream,
        created_by=by,
        created_at=now,
    )
    AffectedVisit.objects.bulk_create(_row(begun, one) for one in _in_working_order(found, wanted))
    _tell_clinicians(begun, [one.visit for one in found if not one.problem], now)
    return begun


def go_on_all(*, now: datetime, seconds: float) -> int:
    """Go on with every list that is not through; return how many visits were worked on."""
    is_open = Q(ended_at=None) | Q(taken_back_at__isnull=False, back_ended_at=None)
    lists = CancelledList.objects.filter(is_open, stopped_at=None).order_by("created_at")
    return sum(go_on(one, now=now, seconds=seconds) for one in lists)


def go_on(begun: CancelledList, *, now: datetime, seconds: float) -> int:
    """Work on what is left, in order, or take it back; two processes at once share it."""
    is_back = CancelledList.objects.filter(pk=begun.pk, taken_back_at__isnull=False).exists()
    step = taking_back.work_on_one if is_back else _work_on_one
    ends_at, done = monotonic() + seconds, 0
    while monotonic() < ends_at and step(begun, now):
        done += 1
    _end(begun, is_back=is_back, now=now)
    return done


@transaction.atomic
def stop(begun: CancelledList, *, by: StaffUser, now: datetime) -> bool:
    """Touch no more visits, and hold messages that have not left; what was done stays done."""
    stopped = CancelledList.objects.filter(pk=begun.pk, stopped_at=None)
    if not stopped.update(stopped_at=now, stopped_by=by):
        return False
    held = Stream.objects.filter(pk=begun.stream_id)
    return bool(held.update(held_at=now, held_reason=_("The list was stopped.")))


@transaction.atomic
def let_go_on(begun: CancelledList, *, by: StaffUser, now: datetime) -> bool:
    """Go on with a list that was stopped."""
    stopped = CancelledList.objects.filter(pk=begun.pk, stopped_at__isnull=False)
    if not stopped.update(stopped_at=None, stopped_by=None, let_go_on_at=now, let_go_on_by=by):
        return False
    if CancelledList.objects.filter(pk=begun.pk, taken_back_at=None).exists():
        taking_back.let_messages_go(begun)
    return True


def leaves_at(visit: Appointment, now: datetime) -> datetime:
    """Return when a message about it may leave: at once, at night from six in the morning on."""
    hours = SendingHours.of(visit.clinic)
    local = now.astimezone(hours.zone)
    if local.time() < OPENS_EARLY:
        return wall_clock(local, OPENS_EARLY)
    if local.time() < hours.closes:
        return now
    return wall_clock(local + timedelta(days=1), OPENS_EARLY)


@transaction.atomic
def _end(begun: CancelledList, *, is_back: bool, now: datetime) -> None:
    """End it where nothing is left, and let go what is still to be told."""
    to_do, end = ("back_at", "back_ended_at") if is_back else ("done_at", "ended_at")
    if AffectedVisit.objects.filter(cancelled_list=begun, **{to_do: None}).exists():
        return
    open_lists = CancelledList.objects.filter(pk=begun.pk, **{end: None})
    if open_lists.update(**{end: now}) and is_back:
        taking_back.let_messages_go(begun)


def _tell_clinicians(begun: CancelledList, visits: Sequence[Appointment], now: datetime) -> None:
    leaves = leaves_at(visits[0], now) if visits else now
    if begun.to_clinician is not None:
        to = begun.to_clinician
        notices.list_handed_over(begun.stream, to, visits, send_after=leaves, now=now)
        return
    is_cancelled = begun.act == ListAct.CANCEL
    what = notices.LIST_CANCELLED if is_cancelled else notices.LIST_MOVED
    notices.list_changed(begun.stream, what, visits, send_after=leaves, now=now)


def _in_working_order(found: Sequence[Affected], wanted: Wanted) -> Sequence[Affected]:
    """Whoever moves later leaves their time to the one before: the last one goes first."""
    is_later = wanted.act == ListAct.LATER and wanted.by > timedelta()
    return tuple(reversed(found)) if is_later else found


def _row(begun: CancelledList, one: Affected) -> AffectedVisit:
    return AffectedVisit(
        cancelled_list=begun,
        appointment=one.visit,
        version=one.visit.version,
        starts_at=one.visit.starts_at,
        new_starts_at=one.new_starts_at,
        done_at=begun.created_at if one.problem else None,
        ended=VisitEnd.NOT_POSSIBLE if one.problem else "",
    )


@transaction.atomic
def _work_on_one(begun: CancelledList, now: datetime) -> bool:
    """Take the next visit that nobody has in hand; False where none is left, or it is stopped."""
    running = CancelledList.objects.filter(pk=begun.pk, stopped_at=None, taken_back_at=None)
    if not running.exists():
        return False
    waiting = AffectedVisit.objects.filter(cancelled_list=begun, done_at=None)
    row = (
        waiting.select_for_update(skip_locked=taking_back.is_side_by_side(begun), of=("self",))
        .order_by("pk")
        .first()
    )
    if row is None:
        return False
    row.done_at, row.ended = now, _work(row, begun, now)
    row.save(update_fields=["done_at", "ended", "message"])
    return True


def _work(row: AffectedVisit, begun: CancelledList, now: datetime) -> VisitEnd:
    visit = booking.locked(row.appointment)
    if visit.version != row.version or visit.status != VisitStatus.BOOKED:
        return VisitEnd.CHANGED
    try:
        with transaction.atomic():
            visit = _change(visit, row, begun, now)
    except NotBooked:
        return VisitEnd.NOT_POSSIBLE
    end = telling.end_of(ListAct(begun.act))
    if end != VisitEnd.HANDED_OVER:
        row.message = _tell(visit, row, begun, end, now)
    return end


def _change(
    visit: Appointment, row: AffectedVisit, begun: CancelledList, now: datetime
) -> Appointment:
    if begun.act == ListAct.CANCEL:
        by_us = VisitStatus.CANCELLED_BY_CLINIC
        return booking.cancel(visit, status=by_us, reason=begun.reason, now=now)
    change = booking.Change(
        starts_at=row.new_starts_at or visit.starts_at, clinician=begun.to_clinician
    )
    return booking.move(visit, change, by=begun.created_by, now=now)


def _tell(
    visit: Appointment, row: AffectedVisit, begun: CancelledList, end: VisitEnd, now: datetime
) -> Message | None:
    """Queue the message, as news of the visit; None where nobody may be told by message."""
    visit = booking.visits_with_parts().get(pk=visit.pk)
    if looking.why_not_told(visit, ListAct(begun.act), now=now) is not None:
        return None
    pair = telling.draft(
        visit,
        end,
        was_at=row.starts_at,
        dedupe_key=f"list:{begun.pk}:visit:{visit.pk}",
        send_after=leaves_at(visit, now),
        stream=begun.stream,
    )
    if pair is None:
        return None
    message = outbox.queue(*pair, now=now)
    if message.status == Status.QUEUED:
        told.by_a_list(visit, message, now=now)
    return message
