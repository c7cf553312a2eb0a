"""Who has to be called before a visit, and the sum that must add up."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import F, TextChoices, Value
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Answer,
    Appointment,
    Change,
    Clinic,
    PatientState,
    PhoneState,
    Purpose,
    VisitStatus,
)
from healthmsg.clinic.sending_hours import wall_clock
from reminders.models import Reminder, ReminderStatus
from reminders.timing import Anchor
from reminders.told import TELLING
from whatsapp.status import TOLD, Reason, Status

_ASKED_NOT = (Change.WITHDRAWN, Change.DECLINED)


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


# Not to be called yet while there is time.
_MAY_STILL_ARRIVE = (Standing.NOT_ARRIVED, Standing.WAITING)
_NOT_TO_CALL = (Standing.TOLD, Standing.ASKED_NOT, Standing.NOT_COMING)
_WANTED = {
    Answer.WANTS_ANOTHER_TIME: Standing.WANTS_ANOTHER_TIME,
    Answer.WANTS_TO_CANCEL: Standing.WANTS_TO_CANCEL,
}

_NOT_COMING = {
    PatientState.DECEASED: Reason.HAS_DIED,
    PatientState.GONE: Reason.NO_LONGER_OURS,
}
# A reminder is skipped as taken back by staff where its rule was switched off.
_LEFT_OUT = (Reason.BOOKED_LATE, Reason.SAID_ANYWAY, Reason.CANCELLED_BY_STAFF)


@dataclass(frozen=True)
class Row:
    """A visit, how it stands, and why a message did not go."""

    appointment: Appointment
    standing: Standing
    reason: Reason | None = None


@dataclass(frozen=True)
class Tally:
    """`visits` is always told + to_call + asked_not; who does not come has no visit."""

    visits: int
    told: int
    to_call: int
    asked_not: int
    not_coming: int = 0  # slots to free


def to_call(clinic: Clinic, *, now: datetime, within: timedelta) -> list[Row]:
    """Return the visits ahead that somebody has to call about, soonest first."""
    return [
        row
        for row in standings(clinic, after=now, before=now + within, now=now)
        if row.standing not in _NOT_TO_CALL and not _may_wait(row, clinic, now)
    ]


def asked_not(clinic: Clinic, *, now: datetime, within: timedelta) -> list[Row]:
    """Return the visits ahead of patients who asked us not to write, soonest first."""
    rows = standings(clinic, after=now, before=now + within, now=now)
    return [row for row in rows if row.standing == Standing.ASKED_NOT]


def not_coming(clinic: Clinic, *, now: datetime, within: timedelta) -> list[Row]:
    """Return the visits of who has died or is no longer ours: slots to free, nobody to call."""
    rows = standings(clinic, after=now, before=now + within, now=now)
    return [row for row in rows if row.standing == Standing.NOT_COMING]


def tomorrow(clinic: Clinic, *, day: date, now: datetime) -> Tally:
    """Count one day of the clinic's; what is not known to have arrived is to be called."""
    begins = wall_clock(datetime.combine(day, time(), clinic.zone), time())
    ends = wall_clock(datetime.combine(day + timedelta(days=1), time(), clinic.zone), time())
    rows = standings(clinic, after=begins, before=ends, now=now)
    counts = Counter(row.standing for row in rows)
    not_coming = counts[Standing.NOT_COMING]
    told, not_asked = counts[Standing.TOLD], counts[Standing.ASKED_NOT]
    visits = len(rows) - not_coming
    return Tally(visits, told, visits - told - not_asked, not_asked, not_coming)


def standings(clinic: Clinic, *, after: datetime, before: datetime, now: datetime) -> list[Row]:
    """Return how every booked visit that starts in [after, before) stands, soonest first."""
    visits = list(
        Appointment.objects.filter(
            clinic=clinic, status=VisitStatus.BOOKED, starts_at__gte=after, starts_at__lt=before
        )
        .select_related("patient", "contact__phone", "kind", "clinician", "site")
        .annotate(
            permission=consent.standing_expression(
                patient=F("patient_id"),
                phone=F("contact__phone_id"),
                purpose=Value(Purpose.APPOINTMENTS),
                at=now,
            )
        )
        .order_by("starts_at", "pk")
    )
    reminders = _reminders_of(visits)
    return [_row(visit, visit.permission, reminders[visit.pk], now) for visit in visits]


def _may_wait(row: Row, clinic: Clinic, now: datetime) -> bool:
    """What is still on its way is called about only late: before, WhatsApp may yet deliver it."""
    is_early = row.appointment.starts_at - now > clinic.call_from
    return is_early and row.standing in _MAY_STILL_ARRIVE


def _reminders_of(visits: Iterable[Appointment]) -> dict[int, list[Reminder]]:
    """The reminders of each visit's present version, latest due first."""
    found: dict[int, list[Reminder]] = defaultdict(list)
    rows = Reminder.objects.filter(
        appointment__in=[visit.pk for visit in visits],
        version=F("appointment__version"),
        rule__anchor__in=TELLING,
    )
    rows = rows.select_related("rule", "message").defer("message__payload", "message__body")
    for reminder in rows.order_by("-due_at", "-pk"):
        found[reminder.appointment_id].append(reminder)
    return found


def _row(
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
    if state in _NOT_COMING:
        return Row(visit, Standing.NOT_COMING, _NOT_COMING[state])
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
