"""What patients know of their visits from us."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from healthmsg.clinic.models import Appointment
from reminders.models import Reminder, ReminderStatus
from reminders.timing import Anchor
from whatsapp.models import Message
from whatsapp.status import LEFT_US

# Rules that announce that a visit exists, or its new time.
NEWS = (Anchor.BOOKED, Anchor.MOVED)
# Rules whose messages tell when and where a visit is.
TELLING = (*NEWS, Anchor.STARTS)
_COUNTS = (*TELLING, Anchor.CANCELLED)


@dataclass(frozen=True)
class Told:
    """The last time and place of a visit that left for the patient, as far as we know."""

    version: int
    starts_at: datetime
    site_id: int
    at: datetime


def told_of(visits: Sequence[int]) -> dict[int, Told]:
    """
    Return by visit what its patient was last told; a cancellation untells it.

    A message of which nobody knows whether it arrived counts: told twice is better than never.
    """
    rows = Reminder.objects.filter(
        appointment__in=visits,
        status=ReminderStatus.QUEUED,
        rule__anchor__in=_COUNTS,
        message__status__in=LEFT_US,
    ).order_by("version", "message__created_at")
    parts = ("version", "starts_at", "site_id", "message__created_at")
    told: dict[int, Told] = {}
    for visit, anchor, *words in rows.values_list("appointment_id", "rule__anchor", *parts):
        told.pop(visit, None)
        if anchor != Anchor.CANCELLED:
            told[visit] = Told(*words)
    return told


def told_by(reminders: Iterable[Reminder]) -> Told | None:
    """Return the same of one visit, from everything that was planned about it."""
    left = [
        (reminder.version, reminder.message.created_at, reminder)
        for reminder in reminders
        if reminder.status == ReminderStatus.QUEUED
        and reminder.rule.anchor in _COUNTS
        and reminder.message is not None
        and reminder.message.status in LEFT_US
    ]
    if not left:
        return None
    version, at, last = max(left, key=lambda one: one[:2])
    if last.rule.anchor == Anchor.CANCELLED:
        return None
    return Told(version, last.starts_at, last.site_id, at)


def by_an_answer(visit: Appointment, answer: Message, *, now: datetime) -> None:
    """
    Let our answer to a tap stand as the news of the visit: nothing else has to tell it.

    Where the answer is withheld or fails, it is as with any other news that did.
    """
    news = Reminder.objects.filter(
        appointment=visit, version=visit.version, status=ReminderStatus.PLANNED
    )
    news.filter(rule__anchor__in=NEWS).update(
        status=ReminderStatus.QUEUED, message=answer, changed_at=now
    )


def by_a_list(visit: Appointment, message: Message, *, now: datetime) -> None:
    """
    Let a message to everybody of a cancelled or moved list stand as the news of the visit.

    Where it is withheld or fails, it is as with any other news that did.
    """
    news = Reminder.objects.filter(
        appointment=visit, version=visit.version, status=ReminderStatus.PLANNED
    )
    news.filter(rule__anchor__in=(*NEWS, Anchor.CANCELLED)).update(
        status=ReminderStatus.QUEUED, message=message, changed_at=now
    )


def old_times(visits: Sequence[int]) -> dict[int, datetime]:
    """Return by visit the time that a "moved" message has to take back."""
    older = Reminder.objects.filter(
        appointment__in=visits,
        status=ReminderStatus.QUEUED,
        rule__anchor__in=TELLING,
        version__lt=F("appointment__version"),
    ).order_by("version", "message__created_at")
    # What has left counts before what failed; where all failed, it was still the older time.
    left = older.filter(message__status__in=LEFT_US)
    return dict(older.values_list("appointment_id", "starts_at")) | dict(
        left.values_list("appointment_id", "starts_at")
    )
