"""How a visit stands: what its patient knows of it, as reception has to take it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import F, TextChoices
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Answer, Appointment, Change, PatientState, PhoneState
from reminders.models import CallOutcome, Reminder, ReminderStatus
from reminders.timing import Anchor
from reminders.told import TELLING
from whatsapp.models import Message
from whatsapp.status import TOLD, Reason, Status

Reminders = Mapping[int, list[Reminder]]
# So long word of a cancellation may be on its way before somebody calls; with less time left, half.
MAY_ARRIVE_WITHIN = timedelta(minutes=30)
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
    NOT_COMING = "NOT_COMING", _("free this time")
    CANCELLED_BY_US = "CANCELLED_BY_US", _("does not know that we cancelled the visit")
    MOVED_BY_US = "MOVED_BY_US", _("does not know that we moved the visit")
    RESTORED_BY_US = "RESTORED_BY_US", _("does not know that the visit takes place after all")
    MISSED = "MISSED", _("missed the visit, and has no other")


# And why, where there is more to say.
Judgment = tuple[Standing, Reason | None]
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
    is_strangers: bool = False  # the number belongs to somebody else

    @property
    def urgent_at(self) -> datetime:
        """The moment until which somebody should have called."""
        starts_at = self.appointment.starts_at
        return min(self.old_starts_at or starts_at, starts_at)


class Facts(NamedTuple):
    """All that counts of a visit besides its reminders."""

    patient_state: str
    answer: str
    phone_state: str | None  # None: no number

    @property
    def is_strangers(self) -> bool:
        """True where what arrives on the number tells somebody else."""
        return self.phone_state == PhoneState.WRONG_PERSON


class Told(NamedTuple):
    """All that counts of a reminder and its message."""

    due_at: datetime
    status: str
    reason: str
    anchor: str
    message_status: str | None  # None: none was written
    message_reason: str


def reminders_of(visits: Iterable[Appointment]) -> Reminders:
    """The reminders of each visit's present version, latest due first."""
    found: dict[int, list[Reminder]] = defaultdict(list)
    rows = Reminder.objects.filter(
        appointment__in=[visit.pk for visit in visits],
        version=F("appointment__version"),
        rule__anchor__in=TELLING,
    ).select_related("rule", "message")
    rows = rows.defer(*(f"message__{name}" for name in Message.WORDS))
    for reminder in rows.order_by("-due_at", "-pk"):
        found[reminder.appointment_id].append(reminder)
    return found


def row_of(
    visit: Appointment, permission: str | None, reminders: Sequence[Reminder], now: datetime
) -> Row:
    phone = visit.contact.phone if visit.contact else None
    facts = Facts(visit.patient.state, visit.answer, phone.state if phone else None)
    told = [_told(reminder) for reminder in reminders]
    standing, reason = known(facts, told, now) or asked(facts, told, permission, now)
    return Row(visit, standing, reason, is_strangers=facts.is_strangers)


def known(facts: Facts, told: Sequence[Told], now: datetime) -> Judgment | None:
    """Return how a visit stands whatever its patient allows; None where that matters."""
    if reason := NOT_COMING.get(PatientState(facts.patient_state)):
        return Standing.NOT_COMING, reason
    if facts.answer in _WANTED:
        return _WANTED[Answer(facts.answer)], None
    has_arrived = not facts.is_strangers and _has_arrived(_counted(told, now))
    return (Standing.TOLD, None) if facts.answer == Answer.CONFIRMED or has_arrived else None


def asked(facts: Facts, told: Sequence[Told], permission: str | None, now: datetime) -> Judgment:
    """Return how a visit stands that is not `known`, by what its patient allows."""
    if permission in _ASKED_NOT:
        return Standing.ASKED_NOT, None
    if facts.phone_state is None or facts.is_strangers:
        return Standing.CANNOT_BE_REACHED, None
    counted = _counted(told, now)
    if not counted or _is_made_up_for(counted[0], told):
        return Standing.WAITING, None
    return _not_told(counted[0])


def of_cancelled(
    facts: Facts, starts_at: datetime, told: Sequence[Told] | None, now: datetime
) -> Judgment | None:
    """
    Return how a visit stands that the clinic cancelled; None where nobody is to be called.

    Whoever asked us not to write is called too: they would come in vain.

    :param told: what was to tell of the cancellation: nothing, where no rule does; None where the
        patient never knew of the visit, and nobody has to tell anything
    """
    if told is None:
        return None
    if not told:
        return Standing.CANCELLED_BY_US, None
    if not facts.is_strangers and any(one.message_status in TOLD for one in told):
        return None
    if any(not _has_ended(one) and now < _expected(one, starts_at) for one in told):
        return None
    reason = told[0].message_reason or told[0].reason
    return Standing.CANCELLED_BY_US, Reason(reason) if reason else None


def _has_ended(one: Told) -> bool:
    """True where it will not arrive any more."""
    if one.message_status is None:
        return one.status != ReminderStatus.PLANNED
    return one.message_status in (Status.FAILED, Status.WITHHELD)


def _expected(one: Told, starts_at: datetime) -> datetime:
    """Return until when it may still arrive."""
    return one.due_at + min(MAY_ARRIVE_WITHIN, max(starts_at - one.due_at, timedelta()) / 2)


def _told(reminder: Reminder) -> Told:
    message = reminder.message
    return Told(
        reminder.due_at,
        reminder.status,
        reminder.reason,
        reminder.rule.anchor,
        message.status if message else None,
        message.reason if message else "",
    )


def _counted(told: Sequence[Told], now: datetime) -> list[Told]:
    return [one for one in told if _counts(one, now) and not _never_meant(one)]


def _counts(one: Told, now: datetime) -> bool:
    """True where its time has come, or where it is known by now that it will not go."""
    return one.due_at <= now or one.reason == Reason.DAILY_LIMIT


def _is_made_up_for(latest: Told, told: Iterable[Told]) -> bool:
    """True where WhatsApp's daily limit left one out and a later one is still to come."""
    return latest.reason == Reason.DAILY_LIMIT and any(
        one.status == ReminderStatus.PLANNED and one.due_at > latest.due_at for one in told
    )


def _never_meant(one: Told) -> bool:
    """True where booking late or a rule switched off left a reminder out, and nothing failed."""
    return one.reason in _LEFT_OUT


def _has_arrived(counted: Sequence[Told]) -> bool:
    """
    True where the latest word arrived, or any reminder did.

    A confirmation of weeks ago does not make up for a reminder that failed today.
    """
    return any(
        one.message_status in TOLD and (place == 0 or one.anchor == Anchor.STARTS)
        for place, one in enumerate(counted)
    )


def _not_told(latest: Told) -> Judgment:
    status, reason = latest.message_status, latest.message_reason or latest.reason
    why = Reason(reason) if reason else None
    if status is None:
        is_planned = latest.status == ReminderStatus.PLANNED
        return (Standing.WAITING if is_planned else Standing.NOT_SENT), why
    if status == Status.FAILED:
        return Standing.FAILED, why
    if status == Status.WITHHELD:
        return Standing.NOT_SENT, why
    return (Standing.WAITING if status == Status.QUEUED else Standing.NOT_ARRIVED), why
