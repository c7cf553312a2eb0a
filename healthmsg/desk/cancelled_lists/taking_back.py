"""Takes a list back: a transaction for each visit, as when it was decided; twice is once."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from healthmsg.clinic.models import Appointment, Purpose, StaffUser
from healthmsg.desk.cancelled_lists import back, telling_again
from healthmsg.desk.cancelled_lists.models import (
    AffectedVisit,
    Back,
    CancelledList,
    ListAct,
    VisitEnd,
)
from reminders import booking
from reminders.refusals import BeingChosen, NotBooked, PastTime, SlotTaken, TwiceAtOneTime
from whatsapp import outbox
from whatsapp.models import Message, Stream
from whatsapp.status import Reason

_TAKEN = (SlotTaken, BeingChosen, TwiceAtOneTime)


@transaction.atomic
def begin(begun: CancelledList, *, because: str, by: StaffUser, now: datetime) -> bool:
    """
    Write down that a list is taken back; nothing has happened to its visits yet.

    Its messages that have not left are held until each visit was looked at: those of visits that
    can be as they were are withdrawn, the others leave then.

    :returns: False where somebody else has taken it back, or it is still in hand
    """
    lists = CancelledList.objects.filter(pk=begun.pk, taken_back_at=None)
    at_rest = lists.filter(Q(ended_at__isnull=False) | Q(stopped_at__isnull=False))
    taken = at_rest.update(
        taken_back_at=now,
        taken_back_by=by,
        taken_back_because=because,
        # Of one that was stopped: the release before would else go on with it.
        ended_at=Coalesce("ended_at", Value(now)),
        stopped_at=None,
        stopped_by=None,
    )
    if not taken:
        return False
    visits = AffectedVisit.objects.filter(cancelled_list=begun)
    # Waits for one that somebody still has in hand; what was not begun stays as it is.
    visits.filter(done_at=None).update(done_at=now)
    visits.exclude(back.TOUCHED).update(back=Back.UNTOUCHED, back_at=now)
    Stream.objects.filter(pk=begun.stream_id).update(
        held_at=now, held_reason=_("The list is being taken back.")
    )
    notices = Message.objects.filter(stream=begun.stream_id, purpose=Purpose.TEAM)
    outbox.withdraw(notices, reason=Reason.CANCELLED_BY_STAFF, now=now)
    return True


@transaction.atomic
def work_on_one(begun: CancelledList, now: datetime) -> bool:
    """Take the next visit that nobody has in hand; False where none is left, or it is stopped."""
    running = CancelledList.objects.filter(
        pk=begun.pk, stopped_at=None, taken_back_at__isnull=False
    ).select_related("clinic", "taken_back_by")
    fresh = running.first()
    if fresh is None:
        return False
    waiting = AffectedVisit.objects.filter(cancelled_list=begun, back_at=None)
    # The other way round: who was moved last leaves the time of the one before.
    row = (
        waiting.select_for_update(skip_locked=is_side_by_side(fresh), of=("self",))
        .order_by("-pk")
        .first()
    )
    if row is None:
        return False
    row.back, row.must_be_told = _put_back(row, fresh, now)
    row.back_at = now
    row.save(update_fields=["back", "back_at", "must_be_told"])
    return True


def is_side_by_side(begun: CancelledList) -> bool:
    """True where two may work at once; moved by minutes, each waits for its neighbor."""
    return begun.act != ListAct.LATER


def let_messages_go(begun: CancelledList) -> None:
    """Let go what is left: visits that could not be as they were are still to be told of."""
    Stream.objects.filter(pk=begun.stream_id).update(held_at=None, held_reason="")


def _put_back(row: AffectedVisit, begun: CancelledList, now: datetime) -> tuple[str, bool]:
    visit = booking.locked(row.appointment)
    seen = back.rows_of(begun, now=now).get(pk=row.pk)
    if why := back.why_not(seen, begun, now=now):
        return why, False
    try:
        with transaction.atomic():
            return Back.BACK, _change(visit, seen, begun, now)
    except PastTime:
        return Back.PAST, False
    except _TAKEN:
        return Back.TAKEN, False
    except NotBooked:
        return Back.CHANGED, False


def _change(visit: Appointment, row: AffectedVisit, begun: CancelledList, now: datetime) -> bool:
    """Put one back, and return whether its patient has to be told of it."""
    # First, so that it is certain who may know: what is on its way by now counts as told.
    mine = Message.objects.filter(affected_visit=row)
    if outbox.withdraw(mine, reason=Reason.VISIT_CHANGED, now=now):
        row = back.rows_of(begun, now=now).get(pk=row.pk)
    must_be_told = bool(telling_again.who_know([row]))
    if row.ended == VisitEnd.CANCELLED:
        booking.undo_cancel(visit, now=now)
    else:
        change = booking.Change(
            starts_at=row.starts_at,
            clinician=begun.clinician if row.ended == VisitEnd.HANDED_OVER else None,
        )
        booking.move(visit, change, by=begun.taken_back_by, now=now)
    return must_be_told
