"""Writes the messages of reminders that are due, after a last look at each visit."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import IntEnum

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce

from reminders import keeping, last_look, merging, rationing
from reminders.locking import locked_with_visits
from reminders.merging import Telling
from reminders.models import Reminder, ReminderStatus
from reminders.timing import Anchor
from reminders.told import old_times
from reminders.wording import Speech, Wording
from whatsapp import outbox
from whatsapp.status import Reason, Status
from whatsapp.turns import little_garbage_collected

# One transaction's worth: short enough that a booking of one of its visits hardly waits.
CHUNK = 1000
# A moved message waits for the older one this long: WhatsApp keeps no order of its own.
SETTLES_WITHIN = timedelta(minutes=10)
_LOOK_AGAIN = timedelta(seconds=30)


class Half(IntEnum):
    """Reminders by whose number they go to: odd and even ones."""

    EVEN = 0
    ODD = 1


# Nobody is told that a portion is written, and a message and what became of its reminder reach the
# disk together or not at all; a claim, which waits for the disk, brings all before it along.
_LATER_ON_DISK = "SET LOCAL synchronous_commit = off"
DUE = "reminder.status = 'PLANNED' AND reminder.due_at <= %(now)s"
# A CASE, which PostgreSQL takes for half of the rows; of a comparison it expects next to none, and
# reads a million reminders for a thousand.
_DUE_OF_HALF = f"""{DUE}
    AND CASE coalesce(contact.phone_id, 0) %% 2 WHEN %(half)s THEN TRUE ELSE FALSE END
"""
_BROTHERS_AND_SISTERS = f"""
    {DUE} AND reminder.rule_id = ANY(%(rules)s) AND contact.phone_id = ANY(%(phones)s)
    AND reminder.id <> ALL(%(taken)s)
"""


def queue_due(*, now: datetime, limit: int, half: Half | None = None) -> int:
    """
    Write what is due, oldest first; return how many reminders were written or skipped.

    A second tick at the same time takes what this one has not locked.

    :param half: two processes that take one half each never part a family, as it is by its number
    """
    done, wording = 0, Wording()
    # Thousands of objects come at once, and none of them is garbage before the portion is written.
    with little_garbage_collected():
        while done < limit:
            taken = _queue_some(now, min(CHUNK, limit - done), half, wording)
            done += taken
            if not taken:
                break
    return done


@transaction.atomic
def _queue_some(now: datetime, limit: int, half: Half | None, wording: Wording) -> int:
    which = DUE if half is None else _DUE_OF_HALF
    reminders = locked_with_visits(
        which, {"now": now, "half": half}, order="reminder.due_at, reminder.id", limit=limit
    )
    if not reminders:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_LATER_ON_DISK)
    reminders += _on_the_same_numbers(reminders, now)
    ready = _waiting_put_off([r for r in reminders if not _is_skipped(r, now)], now)
    ready = _within_the_limit(ready, now)
    sorted_ = merging.sort(_tellings(ready), wording)
    for telling in sorted_.too_many:
        skip(telling.reminder, Reason.TOO_MANY_ON_NUMBER, now)
    _queue(sorted_.together, wording, now)
    keeping.keep(reminders)
    return len(reminders)


def _on_the_same_numbers(reminders: Sequence[Reminder], now: datetime) -> list[Reminder]:
    """Brothers and sisters beyond the edge of this portion, who should share a message with it."""
    shareable = [r for r in reminders if r.rule.several_template_name]
    contacts = [contact for r in shareable if (contact := r.appointment.contact)]
    if not contacts:
        return []
    values = {
        "now": now,
        "rules": list({r.rule_id for r in shareable}),
        "phones": list({contact.phone_id for contact in contacts if contact.phone_id}),
        "taken": [r.pk for r in reminders],
    }
    return locked_with_visits(_BROTHERS_AND_SISTERS, values, order="reminder.id")


def _is_skipped(reminder: Reminder, now: datetime) -> bool:
    reason = why_not(reminder, now)
    if reason is not None:
        skip(reminder, reason, now)
    return reason is not None


def why_not(reminder: Reminder, now: datetime) -> Reason | None:
    """Return why the reminder's visit is no longer, or not now, to be spoken of."""
    visit = reminder.appointment
    if not reminder.rule.is_active:
        return Reason.CANCELLED_BY_STAFF
    if visit.version != reminder.version:
        return Reason.VISIT_CHANGED
    blocked = last_look.blocker(visit, Anchor(reminder.rule.anchor), at=now)
    if blocked is None and now >= reminder.useful_until:
        return Reason.TOO_LATE
    return blocked


def skip(reminder: Reminder, reason: Reason, now: datetime) -> None:
    reminder.status, reminder.reason = ReminderStatus.SKIPPED, reason
    reminder.changed_at = now


def _within_the_limit(reminders: Sequence[Reminder], now: datetime) -> list[Reminder]:
    beyond = rationing.beyond_the_limit(reminders, now=now)
    for reminder in reminders:
        if reminder.pk in beyond:
            skip(reminder, Reason.DAILY_LIMIT, now)
    return [r for r in reminders if r.pk not in beyond]


def _waiting_put_off(reminders: Sequence[Reminder], now: datetime) -> list[Reminder]:
    """Return the reminders that go now; a moved message waits until the older one settles."""
    moved = [r for r in reminders if r.rule.anchor == Anchor.MOVED]
    unsettled = _unsettled([r.appointment_id for r in moved], now) if moved else set()
    for reminder in moved:
        if reminder.appointment_id in unsettled:
            reminder.due_at = min(now + _LOOK_AGAIN, reminder.useful_until)
    return [r for r in reminders if r not in moved or r.appointment_id not in unsettled]


def _unsettled(visits: Iterable[int], now: datetime) -> set[int]:
    """
    Return the visits of which an older message may still arrive.

    What is being sent right now ends with its lease. Of what became uncertain nobody knows when it
    left: it counts from when it was taken, else written.
    """
    older = Reminder.objects.filter(appointment__in=visits, status=ReminderStatus.QUEUED)
    since = Coalesce("message__accepted_at", "message__created_at")
    still = Q(message__status=Status.SENDING) | Q(
        message__status__in=[Status.UNCERTAIN, Status.ACCEPTED, Status.SENT],
        since__gt=now - SETTLES_WITHIN,
    )
    found = older.annotate(since=since).filter(still)
    return set(found.values_list("appointment_id", flat=True))


def _tellings(reminders: Sequence[Reminder]) -> list[Telling]:
    moved = [r.appointment_id for r in reminders if r.rule.anchor == Anchor.MOVED]
    old = old_times(moved) if moved else {}
    return [Telling(r, _speech(r, old)) for r in reminders]


def _speech(reminder: Reminder, old: Mapping[int, datetime]) -> Speech:
    is_move = reminder.rule.anchor == Anchor.MOVED
    return Speech(
        visit=reminder.appointment,
        rule=reminder.rule,
        useful_until=reminder.useful_until,
        edition=reminder.edition,
        old_starts_at=old.get(reminder.appointment_id) if is_move else None,
    )


def _queue(groups: Sequence[Sequence[Telling]], wording: Wording, now: datetime) -> None:
    pairs = [
        wording.several([t.speech for t in group])
        if len(group) > 1
        else wording.single(group[0].speech)
        for group in groups
    ]
    for group, message_id in zip(groups, outbox.queue_keys(pairs, now=now), strict=True):
        for telling in group:
            reminder = telling.reminder
            reminder.status, reminder.reason = ReminderStatus.QUEUED, ""
            reminder.message_id, reminder.is_shared = message_id, len(group) > 1
            reminder.changed_at = now
