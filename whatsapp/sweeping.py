"""Looks after everything that waits: leases that ran out, unknown outcomes, what came too late."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from whatsapp import arriving, consequences, doubts, histograms, threads, trimming, watching
from whatsapp.models import Message
from whatsapp.status import Lane, Reason, Status

CHUNK = 1000
SECONDS_A_PART = 5.0
# Clocks of computers that ask for the time differ by less.
CLOCKS_AGREE = timedelta(minutes=1)

# The parts, as their rows are called.
LEASES_OVER, LEFT_UNKNOWN, SENT_AGAIN = "leases_over", "left_unknown", "sent_again"
TOO_LATE, HOLDS_OVER, AHEAD = "too_late", "holds_over", "ahead"
GATHERED, ANSWERS = "gathered", "answers"
SEATS, TALLIES, MARKS, HOSTS = "seats", "tallies", "marks", "hosts"
PARTS = (
    *(LEASES_OVER, LEFT_UNKNOWN, SENT_AGAIN, TOO_LATE, HOLDS_OVER, AHEAD, GATHERED, ANSWERS),
    *(SEATS, TALLIES, MARKS, HOSTS),
)


def sweep(*, now: datetime) -> dict[str, int]:
    """
    Look at every waiting state; each part may run twice or die anywhere.

    :returns: what each part found; one that broke is left out, and says so in its row
    """
    return watching.make_round(
        {
            LEASES_OVER: lambda: _while_full(lambda: doubts.leases_over(now=now)),
            # First, so that what is given up is not sent again.
            LEFT_UNKNOWN: lambda: _while_full(lambda: doubts.leave_unknown(now=now)),
            SENT_AGAIN: lambda: _while_full(lambda: doubts.send_again(now=now)),
            TOO_LATE: lambda: _while_full(lambda: _too_late(now=now)),
            HOLDS_OVER: lambda: consequences.lift_expired(now=now).total,
            AHEAD: lambda: _written_ahead(now=now),
            GATHERED: lambda: _while_full(lambda: arriving.gather(now=now, limit=CHUNK)),
            ANSWERS: lambda: _while_full(lambda: threads.settle_answers(now=now, limit=CHUNK)),
            SEATS: lambda: _while_full(lambda: trimming.seats(now=now)),
            TALLIES: lambda: _while_full(trimming.tallies),
            MARKS: histograms.take_marks,
            HOSTS: trimming.hosts,
        }
    )


def _while_full(part: Callable[[], int]) -> int:
    """Go on, chunk by chunk, for as long as a tick may take; the next one takes the rest."""
    ends = time.monotonic() + SECONDS_A_PART
    total = 0
    while True:
        done = part()
        total += done
        if done < CHUNK or time.monotonic() > ends:
            return total


@transaction.atomic
def _too_late(*, now: datetime) -> int:
    """Withhold what waited past its time, held or not."""
    ids = list(
        Message.objects.filter(send_after__isnull=False, expires_at__lte=now)
        # By the index that serves it; skipping what is locked, it waits for nobody.
        .order_by("expires_at")
        .select_for_update(no_key=True, skip_locked=True)
        .values_list("pk", flat=True)[:CHUNK]
    )
    return Message.objects.filter(pk__in=ids).update(
        status=Status.WITHHELD, reason=Reason.TOO_LATE, send_after=None, withheld_at=now
    )


def _written_ahead(*, now: datetime) -> int:
    """
    Let answers go that a process wrote while its clock was ahead: they were due at once.

    Unseen they would wait until its time comes, when the 24 hours to answer in may be over. Seen
    with a clock that is behind, the answers are due a little sooner still.
    """
    ahead = Message.objects.filter(
        lane=int(Lane.REPLY), send_after__gt=now + CLOCKS_AGREE, send_after=F("created_at")
    )
    return ahead.update(send_after=now)
