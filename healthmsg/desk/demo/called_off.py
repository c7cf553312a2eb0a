"""Finds visits that the clinic cancelled and whose patients, told of them, would come in vain."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from healthmsg.clinic.models import Appointment, Clinic, PatientState, PhoneState, VisitStatus
from healthmsg.desk.calling import lists
from healthmsg.desk.cancelled_lists.models import AffectedVisit, VisitEnd
from reminders.models import CallOutcome, Outcome, Reminder
from reminders.standing import Standing
from reminders.timing import Anchor
from whatsapp.status import Status

# So long word of it may be on its way.
_MAY_TAKE = timedelta(minutes=30)
_NOT_COMING = (PatientState.DECEASED, PatientState.GONE)
_TELLING = (Anchor.BOOKED, Anchor.MOVED, Anchor.STARTS)
_OVER = (Status.FAILED, Status.WITHHELD)
_ARRIVED = Q(message__delivered_at__isnull=False) | Q(message__read_at__isnull=False)


def of(clinic: Clinic, *, now: datetime, within: timedelta) -> Iterator[str]:
    """
    Yield what is wrong with whom reception calls about visits that are off.

    Who had been told is read from receipts and calls here, and not from the code of the list.
    """
    shown = lists.make(lists.Asked(clinic, within=within, is_whole=True), now=now)
    judged = (*shown.ahead, *shown.later)
    listed = {
        one.row.appointment.pk for one in judged if one.row.standing == Standing.CANCELLED_BY_US
    }
    yield from held_against(listed, clinic, now=now, within=within)


def held_against(
    listed: Collection[int], clinic: Clinic, *, now: datetime, within: timedelta
) -> Iterator[str]:
    """Yield what is wrong with a list that names these visits as off."""
    visits = Appointment.objects.filter(
        clinic=clinic,
        status=VisitStatus.CANCELLED_BY_CLINIC,
        starts_at__gt=now,
        starts_at__lt=now + within,
    ).exclude(patient__state__in=_NOT_COMING)
    for visit in visits.select_related("contact__phone").order_by("starts_at", "pk"):
        if _knows(visit):
            if visit.pk in listed:
                yield f"visit {visit.pk} is off, and to be called about without need"
        elif visit.pk not in listed and _was_told(visit) and not _is_on_its_way(visit, now):
            yield f"visit {visit.pk} is off, its patient does not know, and it is on no list"


def _reminders(visit: Appointment, *anchors: Anchor) -> QuerySet[Reminder]:
    return Reminder.objects.filter(appointment=visit, rule__anchor__in=anchors)


def _was_told(visit: Appointment) -> bool:
    """True where word of the visit arrived after any word, to them, that it was off."""
    anchors = _TELLING if _is_strangers(visit) else (*_TELLING, Anchor.CANCELLED)
    arrived = _reminders(visit, *anchors).filter(_ARRIVED)
    last = arrived.order_by("version", "message__created_at").values_list("rule__anchor").last()
    return last is not None and last[0] != Anchor.CANCELLED


def _knows(visit: Appointment) -> bool:
    if _has_heard(visit):
        return True
    if _is_strangers(visit):
        return False
    word = _reminders(visit, Anchor.CANCELLED).filter(_ARRIVED, version=visit.version)
    return word.exists() or _list(visit).filter(_ARRIVED | Q(seen_at__isnull=False)).exists()


def _is_strangers(visit: Appointment) -> bool:
    phone = visit.contact.phone if visit.contact else None
    return phone is not None and phone.state == PhoneState.WRONG_PERSON


def _has_heard(visit: Appointment) -> bool:
    calls = CallOutcome.objects.filter(
        appointment=visit, undone_at=None, again_at=None, called_at__gte=visit.status_changed_at
    )
    return calls.exclude(outcome=Outcome.WRONG_NUMBER).exists()


def _list(visit: Appointment) -> QuerySet[AffectedVisit]:
    """Return the visit's lines of lists that cancelled it."""
    return AffectedVisit.objects.filter(
        appointment=visit, ended=VisitEnd.CANCELLED, done_at__gte=visit.status_changed_at
    )


def _is_on_its_way(visit: Appointment, now: datetime) -> bool:
    if visit.contact is None or visit.contact.phone is None or _is_strangers(visit):
        return False
    under_way = ~Q(message__status__in=_OVER) | Q(message=None, reason="")
    words = _reminders(visit, Anchor.CANCELLED).filter(
        under_way, version=visit.version, due_at__gt=now - _MAY_TAKE
    )
    of_lists = _list(visit).filter(message__isnull=False, done_at__gt=now - _MAY_TAKE)
    return words.exists() or of_lists.exclude(message__status__in=_OVER).exists()
