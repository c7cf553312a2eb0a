"""Digests what the door has put on disk: receipts in bulk, replies once, news kept and followed."""

import logging
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction

from whatsapp import (
    deadlocks,
    deliveries,
    news,
    plain,
    plain_receipts,
    receipts,
    replies,
    webhook,
)
from whatsapp.deliveries import Claimed
from whatsapp.events import Event, MessageReceived, StatusReported
from whatsapp.models import Reply, Sender

logger = logging.getLogger(__name__)

# Notices; larger portions are no faster, and hold their messages for longer.
PORTION = 1000
TURN = timedelta(seconds=5)
# The send's own commit may come after its receipt; nothing is later than this.
UNKNOWN_UNTIL_SECONDS = 600.0
_SOONEST_SECONDS = 2.0


def digest(*, now: datetime, limit: int = PORTION, turn: timedelta = TURN) -> int:
    """
    Digest what waits until nothing does or the turn is over; two digests share the work.

    :returns: how many notices were looked at
    """
    ends = time.monotonic() + turn.total_seconds()
    looked_at = 0
    while time.monotonic() < ends:
        fresh = deliveries.claim_fresh(limit)
        tried = deliveries.claim_tried()
        if fresh:
            _digest(fresh, now=now)
        for delivery in tried:
            _digest_alone(delivery, now=now)
        if not fresh and not tried:
            break
        looked_at += len(fresh) + len(tried)
    return looked_at


def heard() -> list[tuple[Sender, int]]:
    """Return each number with how many replies to it wait to be handled."""
    waiting = Reply.objects.filter(handled_at=None, is_flood=False)
    counts = Counter(waiting.values_list("sender_id", flat=True))
    return [(sender, counts[sender.pk]) for sender in Sender.objects.filter(pk__in=counts)]


def handle_replies(*, now: datetime, turn: timedelta = TURN, portion: int = replies.PORTION) -> int:
    """
    Understand and answer the replies that are stored, each in its own transaction.

    :returns: how many were handled
    """
    ends = time.monotonic() + turn.total_seconds()
    handled = 0
    broken_off: set[int] = set()
    while time.monotonic() < ends:
        before = len(broken_off)
        taken = replies.take_in_hand(now=now, broken_off=broken_off, portion=portion)
        handled += taken
        # Where other processes have all of these in hand, the next ones are ours.
        if not taken and len(broken_off) == before:
            # Somebody's thousand messages delay nobody else's one.
            handled += replies.take_from_floods(now=now, broken_off=broken_off)
            break
    return handled


@dataclass(frozen=True)
class _Read:
    """A notice and what it says."""

    delivery: Claimed
    events: Sequence[Event]


def _digest(batch: Sequence[Claimed], *, now: datetime) -> None:
    """Digest a batch together; where it breaks off, one by one, so that one spoils no other."""
    try:
        rest = deadlocks.again(lambda: _apply_plain(batch, now=now))
        read = [_Read(d, webhook.parse(d.body)) for d in rest]
        if read:
            deadlocks.again(lambda: _apply(read, now=now))
    except (OperationalError, InterfaceError):
        raise  # the database is gone: the leases run out and everything is tried again
    except Exception:  # noqa: BLE001 - the loop below finds the one that is at fault
        for delivery in batch:
            _digest_alone(delivery, now=now)


def _digest_alone(delivery: Claimed, *, now: datetime) -> None:
    if delivery.tries > deliveries.TRIES_ALLOWED:
        deliveries.set_aside(delivery, problem="its reading never came to an end")
        return
    try:
        read = _Read(delivery, webhook.parse(delivery.body))
        deadlocks.again(lambda: _apply([read], now=now))
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - one notice must not hold up all others
        _give_back(delivery, error)


def _give_back(delivery: Claimed, error: Exception) -> None:
    """Leave the notice to the end of its lease, or set it aside after the last try."""
    # Frames only: the texts of errors may repeat what stands in the notice.
    logger.error(
        "a notice from WhatsApp could not be digested\n%s",
        "".join(traceback.format_tb(error.__traceback__)),
        extra={"delivery_id": delivery.id, "error": type(error).__name__},
    )
    if delivery.tries >= deliveries.TRIES_ALLOWED:
        deliveries.set_aside(delivery, problem=type(error).__name__)


@transaction.atomic
def _apply_plain(batch: Sequence[Claimed], *, now: datetime) -> list[Claimed]:
    """
    Apply the notices that hold ordinary receipts alone, and be done with them.

    :returns: all others, and those that were only in part what they seemed: twice is once
    """
    told: dict[str, plain.Told] = {}
    clear, rest = [], []
    for delivery in batch:
        found = plain.read(delivery.body)
        if found is not None and plain.fold(found, told):
            clear.append((delivery, found))
        else:
            rest.append(delivery)
    left = plain_receipts.apply(told, now=now)
    if left:
        rest += [delivery for delivery, found in clear if any(r[0] in left for r in found)]
        clear = [one for one in clear if one[0] not in rest]
    deliveries.finish(delivery.id for delivery, _ in clear)
    return rest


@transaction.atomic
def _apply(batch: Sequence[_Read], *, now: datetime) -> None:
    events = [event for read in batch for event in read.events]
    reported = [e for e in events if isinstance(e, StatusReported)]
    received = [e for e in events if isinstance(e, MessageReceived)]
    strangers = replies.store(received, now=now) if received else ()
    unknown = receipts.apply(reported, now=now).unknown if reported else ()
    late = _put_off(batch, unknown)
    told: list[Event] = [e for e in events if not isinstance(e, StatusReported | MessageReceived)]
    told += [news.unaddressed(message) for message in strangers]
    told += [news.homeless(receipt) for receipt in late]
    if told:
        news.publish(told, now=now)


def _put_off(batch: Sequence[_Read], unknown: Iterable[StatusReported]) -> list[StatusReported]:
    """
    Be done with the batch but for notices whose messages are not there yet.

    :returns: receipts that have waited too long and are only kept
    """
    missing = {id(receipt) for receipt in unknown}
    late: list[StatusReported] = []
    finished = []
    for read in batch:
        homeless = [e for e in read.events if isinstance(e, StatusReported) and id(e) in missing]
        age = read.delivery.age_seconds
        if homeless and age < UNKNOWN_UNTIL_SECONDS:
            deliveries.put_off([read.delivery.id], seconds=max(_SOONEST_SECONDS, age / 2))
            continue
        late += homeless
        finished.append(read.delivery.id)
    deliveries.finish(finished)
    return late
