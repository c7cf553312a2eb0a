"""
What came of a call about a visit: written down once, taken effect at once, undone if need be.

NotWrittenDown: nothing was changed
├── CalledAlready   somebody wrote down a call that the caller did not know of
├── Changed         the visit is not as the caller saw it
└── NotUndone       something has happened since
"""

from datetime import datetime, timedelta

from django.db import transaction

from healthmsg.clinic.models import Answer, Appointment, Phone, StaffUser, VisitStatus
from reminders import booking, patients
from reminders.models import CallOutcome, Outcome
from whatsapp import wrong_numbers
from whatsapp.models import IncidentCause

# After nobody answered, and after a voicemail, of which nobody knows who hears it when.
AGAIN_AFTER = {Outcome.NO_ANSWER: timedelta(hours=2), Outcome.VOICEMAIL: timedelta(hours=4)}
_ANSWERS = {
    Outcome.COMES: Answer.CONFIRMED,
    Outcome.ANOTHER_TIME: Answer.WANTS_ANOTHER_TIME,
}
_ABOUT_BOOKED = (
    *(Outcome.COMES, Outcome.ANOTHER_TIME, Outcome.CANCELS, Outcome.NO_ANSWER),
    *(Outcome.LEFT_MESSAGE, Outcome.VOICEMAIL, Outcome.WRONG_NUMBER),
)
_ABOUT_MISSED = (
    *(Outcome.NOT_WANTED, Outcome.NO_ANSWER, Outcome.LEFT_MESSAGE, Outcome.VOICEMAIL),
    Outcome.WRONG_NUMBER,
)
_ABOUT_CANCELLED = (
    *(Outcome.TOLD, Outcome.NOT_WANTED, Outcome.NO_ANSWER, Outcome.LEFT_MESSAGE),
    *(Outcome.VOICEMAIL, Outcome.WRONG_NUMBER),
)
_ABOUT = {
    VisitStatus.BOOKED: _ABOUT_BOOKED,
    VisitStatus.MISSED: _ABOUT_MISSED,
    VisitStatus.CANCELLED_BY_CLINIC: _ABOUT_CANCELLED,
}


class NotWrittenDown(Exception):
    pass


class CalledAlready(NotWrittenDown):
    def __init__(self, call: CallOutcome) -> None:
        super().__init__("somebody has called already")
        self.call = call


class Changed(NotWrittenDown):
    def __init__(self) -> None:
        super().__init__("the visit has changed meanwhile")


class NotUndone(NotWrittenDown):
    def __init__(self) -> None:
        super().__init__("something has happened since")


def outcomes(visit: Appointment) -> tuple[Outcome, ...]:
    """Return what may come of a call about the visit as it stands."""
    return _ABOUT.get(VisitStatus(visit.status), ())


@transaction.atomic
def log(
    appointment: Appointment,
    outcome: Outcome,
    *,
    version: int,
    known: int,
    by: StaffUser,
    now: datetime,
) -> CallOutcome:
    """
    Write down what came of a call, and change the visit as it says.

    :param version: of the visit, as the caller saw it
    :param known: the number of the last call that the caller saw, 0 for none
    :raises CalledAlready: another one was written down first; nothing was changed
    :raises Changed: the visit is another one by now
    """
    visit = booking.locked(appointment)
    require_first(visit, known=known)
    calls = CallOutcome.objects.filter(appointment=visit).order_by("-number")
    if visit.version != version or not _may_be_called_about(visit, outcome):
        raise Changed
    phone = visit.contact.phone if visit.contact else None
    call = CallOutcome.objects.create(
        clinic=visit.clinic,
        appointment=visit,
        version=visit.version,
        number=1 + (calls.values_list("number", flat=True).first() or 0),
        outcome=outcome,
        phone=phone,
        called_at=now,
        called_by=by,
        again_at=_again_at(visit, outcome, now),
        answer_before=visit.answer,
    )
    _take_effect(visit, outcome, phone, now)
    return call


def require_first(visit: Appointment, *, known: int) -> None:
    """
    Look whether somebody else was faster; the caller holds the lock of the visit's row.

    :raises CalledAlready: another call was written down
    """
    # Those that count, as the list shows them: undone ones, and those about a time that the visit
    # had before, stand in nobody's way.
    calls = CallOutcome.objects.filter(appointment=visit, version=visit.version, undone_at=None)
    last = calls.order_by("-number").first()
    if last is not None and last.number > known:
        raise CalledAlready(last)


@transaction.atomic
def undo(call: CallOutcome, *, by: StaffUser, now: datetime) -> bool:
    """
    Take back what was written down by mistake; False where it was.

    :raises NotUndone: a later call was written down, or the visit was moved
    :raises NotBooked: a canceled visit's time is somebody else's by now
    """
    visit = booking.locked(call.appointment)
    call = CallOutcome.objects.select_related("phone").get(pk=call.pk)
    if call.undone_at is not None:
        return False
    later = CallOutcome.objects.filter(appointment=visit, number__gt=call.number, undone_at=None)
    if later.exists() or visit.version != call.version:
        raise NotUndone
    _take_back(visit, call, by, now)
    call.undone_at, call.undone_by = now, by
    call.save(update_fields=["undone_at", "undone_by"])
    return True


def _may_be_called_about(visit: Appointment, outcome: Outcome) -> bool:
    return outcome in outcomes(visit) and (outcome != Outcome.WRONG_NUMBER or _has_number(visit))


def _has_number(visit: Appointment) -> bool:
    return visit.contact is not None and visit.contact.phone is not None


def _again_at(visit: Appointment, outcome: Outcome, now: datetime) -> datetime | None:
    """Return when to try again: while there is time, after half of it."""
    if outcome not in AGAIN_AFTER:
        return None
    wait = AGAIN_AFTER[outcome]
    left = visit.starts_at - now
    return now + (min(wait, left / 2) if left > timedelta() else wait)


def _take_effect(visit: Appointment, outcome: Outcome, phone: Phone | None, now: datetime) -> None:
    if outcome in _ANSWERS:
        booking.answer(visit, version=visit.version, answer=_ANSWERS[outcome], now=now)
    elif outcome == Outcome.CANCELS:
        booking.cancel(visit, status=VisitStatus.CANCELLED_BY_PATIENT, now=now)
    elif outcome == Outcome.WRONG_NUMBER and phone is not None:
        wrong_numbers.mark(phone, now=now, cause=IncidentCause.SAID_AT_DESK)


def _take_back(visit: Appointment, call: CallOutcome, by: StaffUser, now: datetime) -> None:
    outcome = Outcome(call.outcome)
    if outcome in _ANSWERS:
        booking.answer(visit, version=call.version, answer=Answer(call.answer_before), now=now)
    elif outcome == Outcome.CANCELS:
        if visit.status != VisitStatus.CANCELLED_BY_PATIENT:
            raise NotUndone
        booking.undo_cancel(visit, now=now)
    elif outcome == Outcome.WRONG_NUMBER and call.phone is not None:
        wrong_numbers.clear(call.phone, now=now, by=by)
        patients.replan_number(call.phone, now=now)
