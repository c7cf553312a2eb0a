"""Looks after everything that waits: leases that ran out, unknown outcomes, what came too late."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from whatsapp.models import Delivery, LineBeat, Message
from whatsapp.pump import LEASE_SECONDS
from whatsapp.settling import UNCERTAIN_SECONDS
from whatsapp.status import Lane, Reason, Status

CHUNK = 1000
SECONDS_A_PART = 5.0
# The receiver's sign of life is renewed every two seconds.
BEAT_IS_FRESH = timedelta(seconds=15)


@dataclass(frozen=True)
class Found:
    """What one sweep did, each a number of messages."""

    leases_over: int
    sent_again: int
    left_unknown: int
    too_late: int


def sweep(*, now: datetime) -> Found:
    """Look at every waiting state; each part may run twice or die anywhere."""
    return Found(
        leases_over=_while_full(lambda: _leases_over(now=now)),
        sent_again=_while_full(lambda: _send_again(now=now)),
        left_unknown=_while_full(lambda: _leave_unknown(now=now)),
        too_late=_while_full(lambda: _too_late(now=now)),
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


def _leases_over(*, now: datetime) -> int:
    """A process died between claim and settle: whether its calls left is not known."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH over AS (
              SELECT id, leased_until FROM whatsapp_message
               WHERE leased_until < clock_timestamp() AND status = 'SENDING'
               ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED),
            changed AS (
              UPDATE whatsapp_message message
                 SET status = 'UNCERTAIN',
                     leased_until = clock_timestamp() + make_interval(secs => %s)
                FROM over WHERE message.id = over.id
              RETURNING message.id, message.attempt, over.leased_until)
            INSERT INTO whatsapp_attempt
                   (message_id, number, outcome, error_title, fbtrace_id, ended_at, began_at)
            SELECT id, attempt, 'UNCERTAIN', 'the sending process ended', '',
                   %s - (clock_timestamp() - leased_until + make_interval(secs => %s)),
                   leased_until - make_interval(secs => %s) FROM changed
            """,
            [CHUNK, UNCERTAIN_SECONDS, now, LEASE_SECONDS, LEASE_SECONDS],
        )
        return int(cursor.rowcount)


@transaction.atomic
def _send_again(*, now: datetime) -> int:
    """
    Put reminders and answers back whose receipt would have come by now, had they left.

    Silence counts only if the line is talking: nothing undigested is older, the receiver has stood
    without a gap since the try, and receipts of later tries of the same number have come.
    """
    since = _line_talks_since()
    if since is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH silent AS (
              SELECT message.id FROM whatsapp_message message
               WHERE message.leased_until < clock_timestamp() AND message.status = 'UNCERTAIN'
                 AND message.lane <> %(broadcast)s AND message.expires_at > %(now)s
                 AND EXISTS (
                   SELECT 1 FROM whatsapp_attempt try
                    WHERE try.message_id = message.id AND try.number = message.attempt
                      AND try.began_at > %(since)s
                      AND EXISTS (SELECT 1 FROM whatsapp_message later
                           WHERE later.sender_id = message.sender_id
                             AND later.accepted_at > try.ended_at
                             AND (later.sent_at IS NOT NULL OR later.delivered_at IS NOT NULL))
                      AND NOT EXISTS (SELECT 1 FROM whatsapp_delivery waiting
                           WHERE waiting.digest_after IS NOT NULL
                             AND waiting.received_at < clock_timestamp() - interval '5 seconds'))
               ORDER BY message.id LIMIT %(chunk)s FOR NO KEY UPDATE OF message SKIP LOCKED)
            UPDATE whatsapp_message message
               SET status = 'QUEUED', send_after = %(now)s, leased_until = NULL
              FROM silent WHERE message.id = silent.id
            """,
            {"broadcast": int(Lane.BROADCAST), "now": now, "since": since, "chunk": CHUNK},
        )
        return int(cursor.rowcount)


def _line_talks_since() -> datetime | None:
    """Return since when the receiver has stood without a gap, None while it is not standing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT since FROM whatsapp_linebeat WHERE name = 'door'"
            " AND seen_at > clock_timestamp() - make_interval(secs => %s)",
            [BEAT_IS_FRESH.total_seconds()],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _leave_unknown(*, now: datetime) -> int:
    """
    Give up asking about broadcasts, and about reminders past their time.

    They stay "WhatsApp has not told us whether it arrived"; a receipt may still settle them, and
    the call list shows the visit.
    """
    waiting = Message.objects.filter(leased_until__isnull=False, status=Status.UNCERTAIN)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        real_now = cursor.fetchone()[0]
    over = waiting.filter(leased_until__lt=real_now)
    broadcasts = over.filter(lane=int(Lane.BROADCAST))
    late = over.exclude(lane=int(Lane.BROADCAST)).filter(expires_at__lte=now)
    count = 0
    for messages in (broadcasts, late):
        ids = list(messages.order_by("pk").values_list("pk", flat=True)[: CHUNK // 2])
        count += Message.objects.filter(pk__in=ids, status=Status.UNCERTAIN).update(
            reason=Reason.UNKNOWN_OUTCOME, leased_until=None
        )
    return count


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
        status=Status.WITHHELD, reason=Reason.TOO_LATE, send_after=None
    )


def undigested() -> int:
    """Return how many notices wait to be read."""
    return Delivery.objects.filter(digest_after__isnull=False).count()


def beat() -> LineBeat | None:
    """Return the receiver's sign of life."""
    return LineBeat.objects.filter(name="door").first()
