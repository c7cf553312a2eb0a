"""Replies of patients: stored once, each understood in a transaction of its own."""

import logging
import traceback
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef

from healthmsg.clinic.models import Phone
from whatsapp import (
    arriving,
    buttons,
    correspondents,
    deadlocks,
    flood,
    storing,
    together,
    understanding,
)
from whatsapp.buttons import Tap
from whatsapp.events import MessageReceived
from whatsapp.models import Message, Reply, ReplyOutcome, Sender

logger = logging.getLogger(__name__)

PORTION = 200
PORTION_OF_A_FLOOD = 20
# So many times a portion is looked at for one: what other processes have in hand is passed over.
_WIDER = 3
# After so many tries that broke off, a person gets the reply.
FAILURES_ALLOWED = 5


def store(received: Iterable[MessageReceived], *, now: datetime) -> tuple[MessageReceived, ...]:
    """
    Keep replies once, however often they come.

    :returns: those that were written to a number that is not one of ours
    """
    received = list(received)
    ids = {r.origin.phone_number_id for r in received}
    known = Sender.objects.filter(phone_number_id__in=ids).select_related("clinic")
    ours = {s.phone_number_id: s for s in known}
    kept = {r.wamid: r for r in received if r.origin.phone_number_id in ours}
    # Sorted, so that two digests of one batch wait for each other instead of locking up.
    rows = [_row(r, ours[r.origin.phone_number_id], now) for _, r in sorted(kept.items())]
    flood.mark(rows)
    storing.store(rows)
    return tuple(r for r in received if r.origin.phone_number_id not in ours)


def take_in_hand(*, now: datetime, broken_off: set[int], portion: int = PORTION) -> int:
    """
    Understand and answer what is stored and not handled, oldest first; return how many it was.

    What breaks off is rolled back and added to `broken_off`, which is left out; what a phone wrote
    after it waits, so that its order stays. So does what waits for a key that is missing.
    """
    # What else they wrote comes with a later portion, so that its order stays.
    rows = _waiting(broken_off, _WIDER * portion)
    first: dict[tuple[object, ...], int] = {}
    for pk, *hand in rows:
        first.setdefault(tuple(hand), pk)
    keys = list(first.values())
    handled = together.handle(keys, _understand_together, now=now, most=portion)
    if handled.unreadable:
        _leave_unread(handled.unreadable, broken_off)
    elif not handled.done and not handled.alone:
        # Others have all of these in hand.
        broken_off.update(keys)
    alone = [row for row in rows if row[0] in handled.alone]
    return len(handled.done) + _one_by_one(alone, now=now, broken_off=broken_off)


def take_from_floods(*, now: datetime, broken_off: set[int]) -> int:
    """Do the same with a few of those that somebody wrote among very many."""
    rows = _waiting(broken_off, PORTION_OF_A_FLOOD, is_flood=True)
    return _one_by_one(rows, now=now, broken_off=broken_off)


def _leave_unread(keys: Collection[int], broken_off: set[int]) -> None:
    """Let them wait for their key, and count no failure: an alarm says so meanwhile."""
    logger.error(
        "messages from patients cannot be read: a key is missing in AUDIT_KEYS",
        extra={"count": len(keys)},
    )
    broken_off.update(keys)


def _waiting(
    broken_off: set[int], most: int, *, is_flood: bool = False
) -> list[tuple[int, int, str, str]]:
    """Return primary keys, the oldest first, and whose each is."""
    waiting = Reply.objects.filter(handled_at=None, is_flood=is_flood)
    if broken_off:
        same = {name: OuterRef(name) for name in ("sender", "from_number", "from_user_id")}
        waiting = waiting.exclude(Exists(Reply.objects.filter(pk__in=broken_off, **same)))
    hands = waiting.order_by("written_at", "pk")
    return list(hands.values_list("pk", "sender_id", "from_number", "from_user_id")[:most])


def _one_by_one(
    rows: Sequence[tuple[int, int, str, str]], *, now: datetime, broken_off: set[int]
) -> int:
    done = 0
    busy = set()
    for pk, *hand in rows:
        if tuple(hand) in busy:
            continue
        if _take(pk, now=now):
            done += 1
        else:
            busy.add(tuple(hand))
            broken_off.add(pk)
    return done


def _understand_together(reply: Reply, phone: Phone, tap: None, now: datetime) -> ReplyOutcome:
    return understanding.understand(reply, phone, tap, now=now)


def _take(pk: int, *, now: datetime) -> bool:
    """Handle one reply; False where it broke off or another process has this phone in hand."""
    try:
        return deadlocks.again(lambda: _handle(pk, now=now))
    except Exception as error:  # noqa: BLE001 - one reply must not hold up all others
        # Frames only: the texts of errors may repeat what the patient wrote.
        logger.error(  # noqa: TRY400
            "a message from a patient could not be handled\n%s",
            "".join(traceback.format_tb(error.__traceback__)),
            extra={"reply_id": pk, "error": type(error).__name__},
        )
        _count_failure(pk, now=now)
        return False


def _count_failure(pk: int, *, now: datetime) -> None:
    replies = Reply.objects.filter(pk=pk, handled_at=None)
    replies.update(failures=F("failures") + 1)
    replies.filter(failures__gte=FAILURES_ALLOWED).update(
        handled_at=now, outcome=ReplyOutcome.FOR_A_PERSON, needs_person_at=now
    )


@transaction.atomic
def _handle(pk: int, *, now: datetime) -> bool:
    reply = Reply.objects.select_related("clinic", "sender__account").get(pk=pk)
    if not _is_ours_to_handle(reply):
        return False
    reply = Reply.objects.select_related("clinic", "sender__account").get(pk=pk)
    if reply.handled_at is not None:
        return True
    if not reply.is_readable:
        return False
    phone = correspondents.find_or_add(reply)
    tap = buttons.read(reply.button) if reply.button else None
    reply.phone = phone
    reply.answers = _answered(reply, tap)
    if phone is None:
        outcome = ReplyOutcome.FOR_A_PERSON
    else:
        correspondents.note_conversation(reply, phone)
        outcome = understanding.understand(reply, phone, tap, now=now)
        correspondents.note_phone(reply, phone)
    _close(reply, outcome, now)
    return True


def _is_ours_to_handle(reply: Reply) -> bool:
    """Take the phone in hand until the transaction ends, so that its replies stay in order."""
    key = f"reply:{reply.sender_id}:{reply.from_number}:{reply.from_user_id}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [key])
        row = cursor.fetchone()
    return bool(row and row[0])


def _answered(reply: Reply, tap: Tap | None) -> Message | None:
    """Return the message of this clinic that was tapped or quoted."""
    messages = Message.objects.filter(clinic_id=reply.clinic_id)
    if tap is not None:
        return messages.filter(callback=tap.callback).first()
    if reply.context_wamid:
        return messages.filter(wamid=reply.context_wamid).order_by("pk").first()
    return None


def _close(reply: Reply, outcome: ReplyOutcome, now: datetime) -> None:
    reply.outcome = outcome
    reply.handled_at = now
    if outcome in together.FOR_PEOPLE and reply.needs_person_at is None:
        reply.needs_person_at = now
    arriving.take_in([reply], now=now)
    reply.save(
        update_fields=["phone", "answers", "outcome", "handled_at", "needs_person_at", "thread"]
    )


def _row(received: MessageReceived, sender: Sender, now: datetime) -> Reply:
    return Reply(
        clinic=sender.clinic,
        sender=sender,
        wamid=received.wamid,
        from_number=received.from_number,
        from_user_id=received.from_user_id,
        from_parent_user_id=received.from_parent_user_id,
        kind=received.kind,
        clear_text=received.text,
        button=received.button,
        clear_content=received.content or {},
        context_wamid=received.context_wamid,
        written_at=received.at or now,
    )
