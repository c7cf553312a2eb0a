"""Conversations as people work through them: taken, handed over, answered, finished."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, DateTimeField, F, Max, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from healthmsg.clinic.models import StaffUser
from whatsapp.models import Answer, LineKind, Reply, Thread, ThreadLine
from whatsapp.status import TOLD, Status

ARRIVES_WITHIN = timedelta(hours=24)
_WITH_WHATSAPP = (Status.ACCEPTED, Status.SENT)


def take(thread: Thread, *, by: StaffUser, now: datetime) -> bool:
    """Take an open conversation that nobody has; False where somebody was faster, or it is done."""
    free = Thread.objects.filter(pk=thread.pk, opened_at__isnull=False, taken_by=None)
    with transaction.atomic():
        if not free.update(taken_by=by, taken_at=now, urgent_seen_at=_seen(now)):
            return False
        _write_down(thread, LineKind.TAKEN, by=by, now=now)
    return True


def see(thread: Thread, *, by: StaffUser, now: datetime) -> bool:
    """Whoever has it has seen that it needs haste now; the alarm is over."""
    theirs = Thread.objects.filter(pk=thread.pk, taken_by=by, urgent_seen_at=None)
    return bool(theirs.filter(urgent_since__isnull=False).update(urgent_seen_at=now))


def hand(thread: Thread, *, to: StaffUser | None, by: StaffUser, now: datetime) -> bool:
    """
    Give an open conversation to somebody, or back to everybody.

    :returns: False where it is no longer whose it was when `thread` was read, or done
    """
    same = Thread.objects.filter(pk=thread.pk, opened_at__isnull=False, taken_by=thread.taken_by_id)
    with transaction.atomic():
        # Given back, nobody looks at it: what needs haste is an alarm again.
        unseen = {} if to else {"urgent_seen_at": None}
        if not same.update(taken_by=to, taken_at=now if to else None, **unseen):
            return False
        kind = LineKind.HANDED if to else LineKind.GIVEN_BACK
        _write_down(thread, kind, by=by, to=to, now=now)
    return True


@transaction.atomic
def finish(thread: Thread, *, by: StaffUser, seen: int, now: datetime) -> bool:
    """
    Be done with a conversation until the patient writes again.

    :param seen: the newest message that the person had before them; 0 for none
    :returns: False where another one came meanwhile, or it was done already
    """
    # The lock makes a message that is coming in wait, or us for it: none is closed unseen.
    locked = Thread.objects.select_for_update(no_key=True).filter(pk=thread.pk)
    row = locked.exclude(opened_at=None).first()
    waiting = Reply.objects.filter(thread=thread.pk, needs_person_at__isnull=False)
    if row is None or waiting.filter(pk__gt=seen).exists():
        return False
    _mark_read(waiting, by=by, now=now)
    _close(Thread.objects.filter(pk=row.pk), by=by, now=now)
    _write_down(row, LineKind.DONE, by=by, now=now)
    return True


@transaction.atomic
def read(replies: QuerySet[Reply], *, by: StaffUser, now: datetime) -> int:
    """Note who read them; a conversation in which nothing waits then is done."""
    keys = set(replies.exclude(thread=None).values_list("thread_id", flat=True))
    touched = Thread.objects.filter(pk__in=keys, opened_at__isnull=False)
    held = list(touched.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    waiting = Reply.objects.filter(pk__in=replies.values("pk"), needs_person_at__isnull=False)
    count = _mark_read(waiting, by=by, now=now)
    still = Reply.objects.filter(thread__in=held, needs_person_at__isnull=False)
    over = Thread.objects.filter(pk__in=held).exclude(pk__in=still.values("thread_id"))
    _close(over, by=by, now=now)
    return count


def note(thread: Thread, *, text: str, by: StaffUser, now: datetime) -> ThreadLine:
    """Write down something among staff."""
    return _write_down(thread, LineKind.NOTE, by=by, text=text, now=now)


def answered(thread: Thread, *, by: StaffUser, now: datetime) -> None:
    """
    Somebody has answered: nobody waits until the patient writes again, and nobody else takes it.

    In the transaction that queues the answer.
    """
    open_ones = Thread.objects.filter(pk=thread.pk, opened_at__isnull=False)
    open_ones.update(waits_since=None, urgent_seen_at=_seen(now))
    mine = open_ones.filter(taken_by=None).update(taken_by=by, taken_at=now)
    if mine:
        _write_down(thread, LineKind.TAKEN, by=by, now=now)


@transaction.atomic
def settle_answers(*, now: datetime, limit: int) -> int:
    """
    Look at what people have answered: what did not arrive opens its conversation again.

    :returns: how many answers are known to have arrived or not
    """
    over = Q(message__status__in=(*TOLD, Status.FAILED, Status.WITHHELD))
    # A phone that is off may stay so: WhatsApp has it.
    over |= Q(unsettled_since__lte=now - ARRIVES_WITHIN, message__status__in=_WITH_WHATSAPP)
    answers = Answer.objects.filter(over, unsettled_since__isnull=False).order_by("pk")
    rows = list(answers.select_for_update(skip_locked=True, of=("self",))[:limit])
    settled = Answer.objects.filter(pk__in=[row.pk for row in rows])
    lost = settled.filter(message__status__in=(Status.FAILED, Status.WITHHELD))
    reopen(set(lost.values_list("thread_id", flat=True)), now=now)
    return settled.update(unsettled_since=None)


def reopen(thread_ids: Iterable[int], *, now: datetime) -> int:
    """Something that was said did not arrive: somebody has to look again."""
    return Thread.objects.filter(pk__in=list(thread_ids)).update(
        opened_at=_or("opened_at", now),
        waits_since=_or("waits_since", now),
        done_at=None,
        done_by=None,
    )


def alarming() -> QuerySet[Thread]:
    """Return what needs haste and nobody has looked at, the oldest first."""
    unseen = Thread.objects.filter(urgent_since__isnull=False, urgent_seen_at=None)
    return unseen.order_by("urgent_since", "pk")


def last_seen(thread: Thread) -> int:
    """Return the newest message of a conversation, 0 for none."""
    newest = Reply.objects.filter(thread=thread).aggregate(newest=Max("pk"))["newest"]
    return newest or 0


def whose(thread: Thread) -> str:
    """Say who was faster."""
    row = Thread.objects.select_related("taken_by").get(pk=thread.pk)
    if row.opened_at is None:
        return _("It is done already.")
    name = row.taken_by and (row.taken_by.get_full_name() or row.taken_by.get_username())
    return _("%(name)s has taken it.") % {"name": name} if name else _("Nobody has it now.")


def _mark_read(waiting: QuerySet[Reply], *, by: StaffUser, now: datetime) -> int:
    return waiting.update(needs_person_at=None, read_by=by, read_at=now)


def _close(open_ones: QuerySet[Thread], *, by: StaffUser, now: datetime) -> None:
    open_ones.update(
        opened_at=None,
        waits_since=None,
        urgent_since=None,
        urgent_until=None,
        urgent_because="",
        urgent_seen_at=None,
        taken_by=None,
        taken_at=None,
        done_by=by,
        done_at=now,
    )


def _write_down(
    thread: Thread,
    kind: LineKind,
    *,
    by: StaffUser,
    now: datetime,
    to: StaffUser | None = None,
    text: str = "",
) -> ThreadLine:
    return ThreadLine.objects.create(
        thread=thread, kind=kind, written_by=by, handed_to=to, text=text, written_at=now
    )


def _seen(now: datetime) -> Case:
    """When somebody first looked at what needs haste; what needs none has no such time."""
    first = _or("urgent_seen_at", now)
    return Case(When(urgent_since__isnull=True, then=None), default=first)


def _or(field: str, now: datetime) -> Coalesce:
    return Coalesce(F(field), Value(now), output_field=DateTimeField())
