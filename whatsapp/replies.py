"""Replies of patients: stored once, each understood in a transaction of its own."""

import logging
import traceback
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Q

from healthmsg.clinic.models import Phone
from whatsapp import answers, buttons, correspondents, deadlocks, stop_words, stops
from whatsapp.buttons import Tap, Verb
from whatsapp.events import MessageReceived
from whatsapp.models import Conversation, Message, Reply, ReplyOutcome, Sender
from whatsapp.signals import reply_received

logger = logging.getLogger(__name__)

PORTION = 200
# After so many tries that broke off, a person gets the reply.
FAILURES_ALLOWED = 5
ACKNOWLEDGED_FOR = timedelta(hours=12)
_FOR_PEOPLE = frozenset(
    {
        ReplyOutcome.FOR_A_PERSON,
        ReplyOutcome.WANTS_ANOTHER_TIME,
        ReplyOutcome.WANTS_TO_CANCEL,
        ReplyOutcome.INTERESTED,
    }
)
_WORDS = frozenset({"text", "button", "interactive"})


def store(received: Iterable[MessageReceived], *, now: datetime) -> tuple[MessageReceived, ...]:
    """
    Keep replies once, however often they come.

    :returns: those that were written to a number that is not one of ours
    """
    received = list(received)
    ids = {r.origin.phone_number_id for r in received}
    ours = {s.phone_number_id: s for s in Sender.objects.filter(phone_number_id__in=ids)}
    kept = {r.wamid: r for r in received if r.origin.phone_number_id in ours}
    # Sorted, so that two digests of one batch wait for each other instead of locking up.
    Reply.objects.bulk_create(
        [_row(r, ours[r.origin.phone_number_id], now) for _, r in sorted(kept.items())],
        ignore_conflicts=True,
    )
    return tuple(r for r in received if r.origin.phone_number_id not in ours)


def take_in_hand(*, now: datetime, broken_off: set[int]) -> int:
    """
    Understand and answer what is stored and not handled, oldest first; return how many it was.

    What breaks off is rolled back and added to `broken_off`, which is left out; what a phone wrote
    after it waits, so that its order stays.
    """
    waiting = Reply.objects.filter(handled_at=None).exclude(pk__in=broken_off)
    waiting = waiting.order_by("written_at", "pk")
    rows = list(waiting.values_list("pk", "sender_id", "from_number", "from_user_id")[:PORTION])
    busy: set[tuple[object, ...]] = set()
    done = 0
    for pk, *hand in rows:
        if tuple(hand) in busy:
            continue
        if _take(pk, now=now):
            done += 1
        else:
            busy.add(tuple(hand))
            broken_off.add(pk)
    return done


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
    phone = correspondents.find_or_add(reply)
    tap = buttons.read(reply.button) if reply.button else None
    reply.phone = phone
    reply.answers = _answered(reply, tap)
    if phone is None:
        outcome = ReplyOutcome.FOR_A_PERSON
    else:
        correspondents.note_conversation(reply, phone)
        outcome = _understand(reply, phone, tap, now=now)
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


def _understand(reply: Reply, phone: Phone, tap: Tap | None, *, now: datetime) -> ReplyOutcome:
    if tap is not None and (reply.answers is None or reply.answers.phone_id != phone.pk):
        answers.send(reply, phone, "not_yours", now=now)
        return ReplyOutcome.FOREIGN
    if _asks_to_stop(reply, tap):
        return stops.stop(reply, phone, now=now)
    if tap is not None and tap.verb == Verb.KEEP_APPOINTMENTS:
        return stops.keep(reply, phone, tap, now=now)
    if reply.kind in _WORDS:
        told = reply_received.send(sender=Reply, reply=reply, tap=tap, now=now)
        outcomes = [said for _, said in told if isinstance(said, ReplyOutcome)]
        if outcomes:
            return outcomes[0]
    _leave_to_a_person(reply, phone, now)
    return ReplyOutcome.FOR_A_PERSON


def _asks_to_stop(reply: Reply, tap: Tap | None) -> bool:
    if tap is not None:
        return tap.verb == Verb.STOP_ALL
    # Somebody who mends "Stp" means it.
    return reply.kind in _WORDS | {"edit"} and stop_words.is_stop(
        reply.text, reply.clinic.languages
    )


def _leave_to_a_person(reply: Reply, phone: Phone, now: datetime) -> None:
    """Say, at most once in twelve hours, that nobody reads this at once and whom to call."""
    if reply.kind in correspondents.NOT_WRITTEN:
        return
    quiet = Q(last_acknowledged_at=None) | Q(last_acknowledged_at__lte=now - ACKNOWLEDGED_FOR)
    conversation = Conversation.objects.filter(quiet, sender_id=reply.sender_id, phone=phone)
    if conversation.update(last_acknowledged_at=now):
        answers.send(reply, phone, "not_read_at_once", now=now)


def _close(reply: Reply, outcome: ReplyOutcome, now: datetime) -> None:
    reply.outcome = outcome
    reply.handled_at = now
    if outcome in _FOR_PEOPLE and reply.needs_person_at is None:
        reply.needs_person_at = now
    reply.save(update_fields=["phone", "answers", "outcome", "handled_at", "needs_person_at"])


def _row(received: MessageReceived, sender: Sender, now: datetime) -> Reply:
    return Reply(
        clinic_id=sender.clinic_id,
        sender=sender,
        wamid=received.wamid,
        from_number=received.from_number,
        from_user_id=received.from_user_id,
        from_parent_user_id=received.from_parent_user_id,
        kind=received.kind,
        text=received.text,
        button=received.button,
        context_wamid=received.context_wamid,
        content=received.content or {},
        written_at=received.at or now,
    )
