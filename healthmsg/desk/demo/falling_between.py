"""Finds the visits that no message told about and no list names, counted from the rows alone."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db.models import F

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
from healthmsg.desk.demo import called_off
from reminders import adding_up, call_list
from reminders.models import Reminder
from reminders.timing import Anchor
from whatsapp.status import Reason, Status

AHEAD = timedelta(days=9)
TOLD, TO_TELL, TO_CALL, ASKED_NOT = "told", "to tell", "to call", "asked not"
# Another message says it, the visit was booked too late for it, or its rule was switched off.
_NOT_MEANT = (Reason.BOOKED_LATE, Reason.SAID_ANYWAY, Reason.CANCELLED_BY_STAFF)
# Their visits are slots to free.
_NOT_COMING = (PatientState.DECEASED, PatientState.GONE)
_OVER = (Status.FAILED, Status.WITHHELD)


def of(clinic: Clinic, *, now: datetime) -> Iterator[str]:
    """
    Yield what is wrong with the lists that reception works from.

    What every visit is owed is read from reminders, receipts, answers and permissions here, and
    not from the code that makes the list: it cannot forget somebody twice in the same way.
    """
    visits = list(
        Appointment.objects.filter(
            clinic=clinic,
            status=VisitStatus.BOOKED,
            starts_at__gt=now,
            starts_at__lt=now + AHEAD,
        )
        .exclude(patient__state__in=_NOT_COMING)
        .select_related("contact__phone")
        .order_by("starts_at", "pk")
    )
    owed = {visit.pk: _owed(visit, _due(visit, now), now) for visit in visits}
    listed = {row.appointment.pk for row in call_list.to_call(clinic, now=now, within=AHEAD)}
    for visit in visits:
        if owed[visit.pk] == TO_CALL and visit.pk not in listed and not _may_wait(visit, now):
            yield f"visit {visit.pk} was not told and is on no list"
        if owed[visit.pk] != TO_CALL and visit.pk in listed:
            yield f"visit {visit.pk} is to be called about without need"
    yield from (f"visit {pk} is on the list, and nobody comes" for pk in listed - owed.keys())
    yield from called_off.of(clinic, now=now, within=AHEAD)
    yield from _tomorrow(clinic, visits, owed, now)


def _tomorrow(
    clinic: Clinic, visits: Sequence[Appointment], owed: dict[int, str], now: datetime
) -> Iterator[str]:
    day = now.astimezone(clinic.zone).date() + timedelta(days=1)
    mine = [v for v in visits if v.starts_at.astimezone(clinic.zone).date() == day]
    counts = Counter(
        TO_TELL if owed[visit.pk] == TO_CALL and _may_wait(visit, now) else owed[visit.pk]
        for visit in mine
    )
    shown = adding_up.tomorrow(clinic, day=day, now=now)
    ours = (len(mine), counts[TOLD], counts[TO_TELL], counts[TO_CALL], counts[ASKED_NOT])
    if ours != (shown.visits, shown.told, shown.to_tell, shown.to_call, shown.asked_not):
        yield f"tomorrow is shown otherwise than the receipts say: {ours}"


def _due(visit: Appointment, now: datetime) -> list[Reminder]:
    """Return what was to tell of the visit as it stands, latest first."""
    rows = Reminder.objects.filter(
        appointment=visit,
        version=F("appointment__version"),
        due_at__lte=now,
        rule__anchor__in=(Anchor.BOOKED, Anchor.MOVED, Anchor.STARTS),
    ).exclude(reason__in=_NOT_MEANT)
    return list(rows.select_related("rule", "message").order_by("-due_at", "-pk"))


def _owed(visit: Appointment, due: Sequence[Reminder], now: datetime) -> str:
    if visit.answer in (Answer.WANTS_ANOTHER_TIME, Answer.WANTS_TO_CANCEL):
        return TO_CALL
    phone_id = visit.contact.phone_id if visit.contact else None
    if visit.answer == Answer.CONFIRMED or (_has_arrived(due) and not _is_strangers(visit)):
        return TOLD
    if phone_id is None:
        return TO_CALL
    standing = consent.standing(visit.patient_id, phone_id, Purpose.APPOINTMENTS, at=now)
    return ASKED_NOT if standing in (Change.WITHDRAWN, Change.DECLINED) else TO_CALL


def _has_arrived(due: Sequence[Reminder]) -> bool:
    """By its receipts: the latest word did, or a reminder of the visit itself."""
    receipts = [
        (place == 0 or reminder.rule.anchor == Anchor.STARTS)
        for place, reminder in enumerate(due)
        if reminder.message and (reminder.message.delivered_at or reminder.message.read_at)
    ]
    return any(receipts)


def _is_strangers(visit: Appointment) -> bool:
    """True where the number has turned out to be somebody else's: what arrived told a stranger."""
    phone = visit.contact.phone if visit.contact else None
    return phone is not None and phone.state == PhoneState.WRONG_PERSON


def _may_wait(visit: Appointment, now: datetime) -> bool:
    """True where there is time, and a message is still to come or on its way."""
    if visit.starts_at - now <= visit.clinic.call_from or visit.answer != Answer.NONE:
        return False
    if visit.contact is None or visit.contact.phone is None or _is_strangers(visit):
        return False
    latest = next(iter(_due(visit, now)), None)
    if latest is None:
        return True
    if latest.message is None:
        return not latest.reason
    return latest.message.status not in _OVER
