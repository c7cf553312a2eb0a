"""What patients know of their visits from us."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from healthmsg.clinic.models import Appointment, VisitStatus
from reminders.models import CallOutcome, Outcome, Reminder, ReminderStatus
from reminders.timing import Anchor
from whatsapp.models import Message
from whatsapp.status import LEFT_US

# Rules that announce that a visit exists, or its new time.
NEWS = (Anchor.BOOKED, Anchor.MOVED)
# Rules whose messages tell when and where a visit is.
TELLING = (*NEWS, Anchor.STARTS)
# Calls after which somebody knows of a visit, and those after which they know that it is off.
_HEARD = (Outcome.COMES, Outcome.ANOTHER_TIME, Outcome.LEFT_MESSAGE)
_IT_IS_OFF = (Outcome.TOLD, Outcome.NOT_WANTED)
_SPOKEN = (*_HEARD, *_IT_IS_OFF)
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


def _off_by_lists(
    visit: Appointment, planned: Sequence[Reminder]
) -> list[tuple[int, datetime, Told | None]]:
    """Return what untold a visit where no rule stands for it: a message to all of a list."""
    if any(one.rule.anchor == Anchor.CANCELLED for one in planned):
        return []
    words = _words_of_lists(visit).filter(appointment_version__isnull=False)
    found = words.values_list("appointment_version", "created_at")
    return [(version or 0, at, None) for version, at in found]


def was_spoken_of(visit: Appointment) -> bool:
    """True where somebody heard of the visit by telephone, as it stands or as it stood."""
    calls = CallOutcome.objects.filter(appointment=visit, undone_at=None, outcome__in=_HEARD)
    return calls.exists()


def last_told(visit: Appointment, planned: Iterable[Reminder]) -> Told | None:
    """
    Return what was last told of a visit, by message or, of an earlier time, by telephone.

    :param planned: everything that was planned about it
    """
    planned = list(planned)
    told = _left(planned)
    # Only a visit that was moved, or booked again, can have been told otherwise by telephone.
    if visit.version > 1:
        told += _by_telephone(visit, planned)
        told += _off_by_lists(visit, planned)
    return max(told, key=lambda one: one[:2], default=(0, None, None))[2]


def _left(planned: Iterable[Reminder]) -> list[tuple[int, datetime, Told | None]]:
    """Return version, moment and words of what left for the patient; a cancellation untells."""
    return [
        (
            reminder.version,
            reminder.message.created_at,
            None
            if reminder.rule.anchor == Anchor.CANCELLED
            else Told(
                reminder.version,
                reminder.starts_at,
                reminder.site_id,
                reminder.message.created_at,
            ),
        )
        for reminder in planned
        if reminder.status == ReminderStatus.QUEUED
        and reminder.rule.anchor in _COUNTS
        and reminder.message is not None
        and reminder.message.status in LEFT_US
    ]


def _by_telephone(
    visit: Appointment, planned: Sequence[Reminder]
) -> list[tuple[int, datetime, Told | None]]:
    """
    Return the same of calls about earlier times of the visit: when that was, its reminders say.

    A call after the visit was cancelled told that, and nothing else.
    """
    calls = CallOutcome.objects.filter(
        appointment=visit, undone_at=None, version__lt=visit.version, outcome__in=_SPOKEN
    )
    told: list[tuple[int, datetime, Told | None]] = []
    for call in calls:
        then = [one for one in planned if one.version == call.version]
        off = [one.planned_at for one in then if one.rule.anchor == Anchor.CANCELLED]
        is_off = call.outcome in _IT_IS_OFF or (off and call.called_at >= min(off))
        if is_off:
            told.append((call.version, call.called_at, None))
        elif then:
            words = Told(call.version, then[-1].starts_at, then[-1].site_id, call.called_at)
            told.append((call.version, call.called_at, words))
    return told


def unknown_to_patients() -> Q:
    """
    Ask of cancelled visits whether they were so before the first word of them left.

    The same as `planning` asks of one. Where no word was ever to leave, they were told when it was
    booked, by whoever booked it.
    """
    mine = Reminder.objects.filter(appointment=OuterRef("pk"))
    taken_back = mine.filter(
        version=OuterRef("version"), status=ReminderStatus.WITHDRAWN, rule__anchor__in=NEWS
    )
    left = Reminder.objects.filter(status=ReminderStatus.QUEUED, message__status__in=LEFT_US)
    off = left.filter(
        appointment=OuterRef("appointment"),
        version__gte=OuterRef("version"),
        rule__anchor=Anchor.CANCELLED,
    )
    told = left.filter(~Exists(off), appointment=OuterRef("pk"), rule__anchor__in=TELLING)
    spoken = CallOutcome.objects.filter(
        appointment=OuterRef("pk"), undone_at=None, outcome__in=_HEARD
    )
    is_known = Q(is_told_elsewhere=True) | Exists(told) | Exists(spoken)
    return Exists(taken_back) & ~is_known


def heard_that_it_is_off(visit: Appointment) -> bool:
    """True where somebody was told that the visit, as it stands, was cancelled, by any way."""
    calls = CallOutcome.objects.filter(
        appointment=visit, undone_at=None, version=visit.version, outcome__in=_SPOKEN
    )
    if calls.filter(called_at__gte=visit.status_changed_at).exists():
        return True
    return _words_of_lists(visit).filter(appointment_version=visit.version).exists()


def _words_of_lists(visit: Appointment) -> QuerySet[Message]:
    """Ask for what left about its being cancelled, also where no rule of the clinic tells of it."""
    off = VisitStatus.CANCELLED_BY_CLINIC
    return Message.objects.filter(appointment=visit, appointment_status=off, status__in=LEFT_US)


def told_off(visits: Sequence[int]) -> set[int]:
    """Return those visits, as they stand, of which word left that they are cancelled."""
    rows = Reminder.objects.filter(
        appointment__in=visits,
        version=F("appointment__version"),
        status=ReminderStatus.QUEUED,
        rule__anchor=Anchor.CANCELLED,
        message__status__in=LEFT_US,
    )
    return set(rows.values_list("appointment", flat=True))


def heard_since(visits: Mapping[int, datetime]) -> set[int]:
    """Return those visits that somebody spoke of by telephone, as they stand, since then."""
    calls = CallOutcome.objects.filter(
        appointment__in=visits,
        undone_at=None,
        version=F("appointment__version"),
        outcome__in=_SPOKEN,
    ).values_list("appointment", "called_at")
    return {visit for visit, called_at in calls if called_at >= visits[visit]}


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
    times = dict(older.values_list("appointment_id", "starts_at")) | dict(
        left.values_list("appointment_id", "starts_at")
    )
    return times | _heard_times(visits)


def _heard_times(visits: Sequence[int]) -> dict[int, datetime]:
    """Return the times of those few who were called about an earlier one since."""
    calls = CallOutcome.objects.filter(
        appointment__in=visits, undone_at=None, version__lt=F("appointment__version")
    )
    times = {}
    for visit in Appointment.objects.filter(pk__in=calls.values("appointment")):
        planned = Reminder.objects.filter(appointment=visit).select_related("rule", "message")
        told = last_told(visit, planned.defer(*(f"message__{name}" for name in Message.WORDS)))
        if told is not None and told.version < visit.version:
            times[visit.pk] = told.starts_at
    return times
