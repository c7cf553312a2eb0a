"""Whether a patient comes: confirmed, cancelled, and back; by a tap, or on the visit's page."""

from collections.abc import Callable, Sequence
from datetime import datetime

from healthmsg.clinic.models import Answer, Appointment, Saying, VisitStatus
from reminders import booking, families
from reminders.refusals import NotBooked
from reminders.said import OUT_OF_DATE, Choice, Said
from whatsapp.buttons import Verb
from whatsapp.models import ReplyOutcome


def confirm(named: Sequence[Appointment], now: datetime) -> Said:
    """Confirm all of them; the caller holds the locks of their rows, here and below."""
    return answered(named, Answer.CONFIRMED, Said(ReplyOutcome.CONFIRMED, "confirmed"), now)


def answered(named: Sequence[Appointment], answer: Answer, said: Said, now: datetime) -> Said:
    """Give the answer to every visit that still takes one."""
    taken = [
        visit
        for visit in ahead(named, now)
        if booking.answer(visit, version=visit.version, answer=answer, now=now)
    ]
    if taken:
        return Said(said.outcome, said.phrase, tuple(taken))
    is_repeated = any(visit.answer == answer for visit in ahead(named, now))
    return _repeated(named) if is_repeated else OUT_OF_DATE


def cancel(named: Sequence[Appointment], now: datetime) -> Said:
    """Cancel the one visit that is meant, or leave it to a person where its kind wants it so."""
    visits = ahead(named, now)
    if len(visits) > 1:
        return families.which("which_visit", visits, Verb.CANCEL)
    if not visits:
        was_cancelled = any(v.status == VisitStatus.CANCELLED_BY_PATIENT for v in named)
        return _repeated(named) if was_cancelled else OUT_OF_DATE
    (visit,) = visits
    if visit.kind.cancel == Saying.ASKS_A_PERSON:
        said = Said(ReplyOutcome.WANTS_TO_CANCEL, "cancel_asks_a_person")
        return answered(visits, Answer.WANTS_TO_CANCEL, said, now)
    cancelled = booking.cancel(visit, status=VisitStatus.CANCELLED_BY_PATIENT, now=now)
    undo = Choice(Verb.UNDO, "button_undo", cancelled.pk)
    return Said(ReplyOutcome.CANCELLED, "cancelled_with_undo", (cancelled,), (undo,))


def undo(named: Sequence[Appointment], now: datetime) -> Said:
    """Book again what the patient has cancelled, while nobody else has the time."""
    cancelled = [v for v in named if v.status == VisitStatus.CANCELLED_BY_PATIENT]
    if len(cancelled) != 1 or cancelled[0].starts_at <= now:
        return OUT_OF_DATE
    try:
        visit = booking.undo_cancel(cancelled[0], now=now)
    except NotBooked:
        return Said(ReplyOutcome.OUT_OF_DATE, "slot_gone", tuple(cancelled))
    return Said(ReplyOutcome.UNDONE, "undone", (visit,))


def ahead(named: Sequence[Appointment], now: datetime) -> list[Appointment]:
    """Return those that are booked and have not begun."""
    return [v for v in named if v.status == VisitStatus.BOOKED and v.starts_at > now]


def _repeated(named: Sequence[Appointment]) -> Said:
    return Said(ReplyOutcome.OUT_OF_DATE, "already_answered", tuple(named))


VERBS: dict[Verb, Callable[[Sequence[Appointment], datetime], Said]] = {
    Verb.CONFIRM: confirm,
    Verb.CANCEL: cancel,
    Verb.UNDO: undo,
}
