"""Ends runs whose time is over, paused or slow: nobody has to remember them."""

from datetime import datetime

from django.db import transaction

from campaigns.models import Recipient, Run, RunStatus
from whatsapp.status import Reason

CHUNK = 5000
_NOT_OVER = (RunStatus.PAUSED, RunStatus.POURING)


def end_what_is_over(*, now: datetime, chunk: int = CHUNK) -> int:
    """
    Say of everybody left in a run past its time that it was too late, and end the run.

    A run of which everybody is queued ends by pouring; queued messages end by their own time.

    :returns: how many people that was, at most `chunk` of each run
    """
    over = Run.objects.filter(status__in=_NOT_OVER, expires_at__lte=now)
    return sum(_end(run_id, chunk, now) for run_id in over.values_list("pk", flat=True))


@transaction.atomic
def _end(run_id: int, chunk: int, now: datetime) -> int:
    run = (
        Run.objects.select_for_update(skip_locked=True)
        .filter(pk=run_id, status__in=_NOT_OVER)
        .first()
    )
    if run is None:
        return 0
    left = Recipient.objects.filter(run=run, message=None, reason="")
    left = left.order_by("place", "pk")
    late = Recipient.objects.filter(pk__in=left.values("pk")[:chunk]).update(reason=Reason.TOO_LATE)
    if late < chunk:
        Run.objects.filter(pk=run_id).update(status=RunStatus.DONE, finished_at=now)
    return late
