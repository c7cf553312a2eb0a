"""Ends runs that pour no more, in chunks: those past their time, and cancelled ones."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from campaigns.models import Recipient, Run, RunStatus
from whatsapp import outbox
from whatsapp.models import Message
from whatsapp.status import Reason

CHUNK = 5000
_NOT_OVER = (RunStatus.PAUSED, RunStatus.POURING)


def end_what_is_over(*, now: datetime, chunk: int = CHUNK) -> int:
    """
    Say of everybody left in a run past its time that it was too late, in a cancelled one that staff
    took it back, and end the run.

    A run of which everybody is queued ends by pouring; queued messages end by their own time.

    :returns: how many people that was, at most `chunk` of each run
    """
    _withdraw_what_came_back(now)
    over = Run.objects.filter(_is_over(now)).order_by("pk")
    return sum(_end(run_id, chunk, now) for run_id in over.values_list("pk", flat=True))


def _withdraw_what_came_back(now: datetime) -> None:
    """A sender had it in hand when its run was cancelled, and WhatsApp did not take it."""
    cancelled = Run.objects.filter(status=RunStatus.CANCELLED, expires_at__gt=now)
    back = Message.objects.filter(
        send_after__isnull=False, stream__in=list(cancelled.values_list("stream", flat=True))
    )
    if ids := list(back.values_list("pk", flat=True)[:CHUNK]):
        outbox.withdraw(
            Message.objects.filter(pk__in=ids), reason=Reason.CANCELLED_BY_STAFF, now=now
        )


def _is_over(now: datetime) -> Q:
    return Q(status__in=_NOT_OVER, expires_at__lte=now) | Q(
        status=RunStatus.CANCELLED, finished_at=None
    )


@transaction.atomic
def _end(run_id: int, chunk: int, now: datetime) -> int:
    runs = Run.objects.select_for_update(skip_locked=True).filter(_is_over(now), pk=run_id)
    run = runs.first()
    if run is None:
        return 0
    is_cancelled = run.status == RunStatus.CANCELLED
    why = Reason.CANCELLED_BY_STAFF if is_cancelled else Reason.TOO_LATE
    left = Recipient.objects.filter(run=run, message=None, reason="").order_by("place", "pk")
    ended = Recipient.objects.filter(pk__in=left.values("pk")[:chunk]).update(reason=why)
    if ended < chunk:
        run.status = RunStatus.CANCELLED if is_cancelled else RunStatus.DONE
        run.finished_at = now
        run.save(update_fields=["status", "finished_at"])
    return ended
