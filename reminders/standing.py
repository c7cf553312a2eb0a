"""How a visit stands: what its patient knows of it, as reception has to take it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Answer, Appointment, Change, PatientState, PhoneState
from reminders.models import CallOutcome, Reminder, ReminderStatus
from reminders.timing import Anchor
from reminders.told import TELLING
from whatsapp.models import Message
from whatsapp.status import TOLD, Reason, Status

Reminders = Mapping[int, list[Reminder]]
# All that `row_of` asks of a reminder and its message.
_COUNTED = (
    *("appointment", "due_at", "status", "reason", "rule__anchor"),
    *("message__status", "message__reason"),
)
_ASKED_NOT = (Change.WITHDRAWN, Change.DECLINED)
NOT_COMING = {
    PatientState.DECEASED: Reason.HAS_DIED,
    PatientState.GONE: Reason.NO_LONGER_OURS,
}
# A reminder is skipped as taken back by staff where its rule was switched off.
_LEFT_OUT = (Reason.BOOKED_LATE, Reason.SAID_ANYWAY, Reason.CANCELLED_BY_STAFF)


class Standing(TextChoices):
    """What a patient knows of a visit, as reception has to take it."""

    TOLD = "TOLD", _("told")
    ASKED_NOT = "ASKED_NOT", _("asked us not to write")
    WANTS_ANOTHER_TIME = "WANTS_ANOTHER_TIME", _("wants another time")
    WANTS_TO_CANCEL = "WANTS_TO_CANCEL", _("wants to cancel")
    CANNOT_BE_REACHED = "CANNOT_BE_REACHED", _("cannot be reached by message")
    FAILED = "FAILED", _("could not be delivered")
    NOT_SENT = "NOT_SENT", _("not sent")
    NOT_ARRIVED = "NOT_ARRIVED", _("WhatsApp has not told us whether it arrived")
    WAITING = "WAITING", _("not sent yet")
    NOT_COMING = "NOT_COMING", _("free this slot")
    CANCELLED_BY_US = "CANCELLED_BY_US", _("does not know that we cancelled the visit")
    MOVED_BY_US = "MOVED_BY_US", _("does not know that we moved the visit")
    MISSED = "MISSED", _("missed the visit, and has no other")


_WANTED = {
    Answer.WANTS_ANOTHER_TIME: Standing.WANTS_ANOTHER_TIME,
    Answer.WANTS_TO_CANCEL: Standing.WANTS_TO_CANCEL,
}


@dataclass(frozen=True)
class Row:
    """A visit, how it stands, why a message did not go, and what came of calls about it."""

    appointment: Appointment
    standing: Standing
    reason: Reason | None = None
    permission: str = ""  # a value of Change for messages about visits; "" where nobody asked
    reminders: tuple[Reminder, ...] = ()  # that tell of the visit as it stands, latest due first
    calls: tuple[CallOutcome, ...] = ()  # about the visit as it stands, in their order
    old_starts_at: datetime | None = None  # when the patient would come

    @property
    def urgent_at(self) -> datetime:
        """The moment until which somebody should have called."""
        return self.old_starts_at or self.appointment.starts_at


def reminders_of(visits: Iterable[Appointment]) -> Reminders:
    """The reminders of each visit's present version, latest due first."""
    return _by_visit(_telling(visits).defer(*(f"message__{name}" for name in Message.WORDS)))


def counted_of(visits: Iterable[Appointment]) -> Reminders:
    """Return the same with what `row_of` asks alone."""
    return _by_visit(_telling(visits).only(*_COUNTED))


def _telling(visits: Iterable[Appointment]) -> QuerySet[Reminder]:
    return Reminder.objects.filter(
        appointment__in=[visit.pk for visit in visits],
        version=F("appointment__version"),
        rule__anchor__in=TELLING,
    ).select_related("rule", "message")


def _by_visit(rows: QuerySet[Reminder]) -> Reminders:
    found: dict[int, list[Reminder]] = defaultdict(list)
    for reminder in rows.order_by("-due_at", "-pk"):
        found[reminder.appointment_id].append(reminder)
    return found


def row_of(
    visit: Appointment, permission: str | None, reminders: Sequence[Reminder], now: datetime
) -> Row:
    if known := _known_of(visit):
        return known
    counted = [r for r in reminders if _counts(r, now) and not _never_meant(r)]
    phone = visit.contact.phone if visit.contact else None
    # What has arrived on such a number told somebody else.
    is_strangers = phone is not None and phone.state == PhoneState.WRONG_PERSON
    if _has_arrived(counted) and not is_strangers:
        return Row(visit, Standing.TOLD)
    if permission in _ASKED_NOT:
        return Row(visit, Standing.ASKED_NOT)
    if phone is None or is_strangers:
        return Row(visit, Standing.CANNOT_BE_REACHED)
    if not counted or _is_made_up_for(counted[0], reminders):
        return Row(visit, Standing.WAITING)
    return _not_told(visit, counted[0])


def _known_of(visit: Appointment) -> Row | None:
    """How a visit stands whatever became of its reminders."""
    state = PatientState(visit.patient.state)
    if state in NOT_COMING:
        return Row(visit, Standing.NOT_COMING, NOT_COMING[state])
    if visit.answer in _WANTED:
        return Row(visit, _WANTED[Answer(visit.answer)])
    return Row(visit, Standing.TOLD) if visit.answer == Answer.CONFIRMED else None


def _counts(reminder: Reminder, now: datetime) -> bool:
    """True where its time has come, or where it is known by now that it will not go."""
    return reminder.due_at <= now or reminder.reason == Reason.DAILY_LIMIT


def _is_made_up_for(latest: Reminder, reminders: Iterable[Reminder]) -> bool:
    """True where WhatsApp's daily limit left one out and a later one is still to come."""
    return latest.reason == Reason.DAILY_LIMIT and any(
        r.status == ReminderStatus.PLANNED and r.due_at > latest.due_at for r in reminders
    )


def _never_meant(reminder: Reminder) -> bool:
    """True where booking late or a rule switched off left a reminder out, and nothing failed."""
    return reminder.reason in _LEFT_OUT


def _has_arrived(counted: Sequence[Reminder]) -> bool:
    """
    True where the latest word arrived, or any reminder did.

    A confirmation of weeks ago does not make up for a reminder that failed today.
    """
    arrived = [r for r in counted if r.message is not None and r.message.status in TOLD]
    return any(r.rule.anchor == Anchor.STARTS or r == counted[0] for r in arrived)


def _not_told(visit: Appointment, latest: Reminder) -> Row:
    message = latest.message
    reason = (message.reason if message else "") or latest.reason
    why = Reason(reason) if reason else None
    if message is None:
        is_planned = latest.status == ReminderStatus.PLANNED
        return Row(visit, Standing.WAITING if is_planned else Standing.NOT_SENT, why)
    if message.status == Status.FAILED:
        return Row(visit, Standing.FAILED, why)
    if message.status == Status.WITHHELD:
        return Row(visit, Standing.NOT_SENT, why)
    is_queued = message.status == Status.QUEUED
    return Row(visit, Standing.WAITING if is_queued else Standing.NOT_ARRIVED, why)
