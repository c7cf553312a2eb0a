"""What a tap on a reminder means for the visit, and what we answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.dispatch import receiver

from healthmsg.clinic.models import (
    Answer,
    Appointment,
    PhoneState,
    Purpose,
    Saying,
    VisitStatus,
)
from reminders import booking, patients
from reminders.refusals import NotBooked
from reminders.wording import hour_and_name
from whatsapp import outbox, phrases
from whatsapp.buttons import Tap, Verb
from whatsapp.draft import Button, Draft, FreeText, Subject
from whatsapp.fill_ins import day_in_words, moment_in_words
from whatsapp.models import Message, Reply, ReplyOutcome
from whatsapp.signals import reply_received
from whatsapp.status import Lane

WINDOW = timedelta(hours=24)


@dataclass(frozen=True)
class Said:
    """How a tap was taken: the outcome, and the phrase about these visits."""

    outcome: ReplyOutcome
    phrase: str
    visits: tuple[Appointment, ...] = ()


OUT_OF_DATE = Said(ReplyOutcome.OUT_OF_DATE, "out_of_date")


@receiver(reply_received)
def answer(*, reply: Reply, tap: Tap | None, now: datetime, **_kwargs: Any) -> ReplyOutcome | None:
    """Take and answer a tap on a message about visits; None where the tap is none of ours."""
    take = _TAKEN.get(tap.verb) if tap else None
    if tap is None or take is None or reply.phone is None:
        return None
    message = Message.objects.filter(callback=tap.callback, phone=reply.phone).first()
    named = _named(message, tap.about) if message else ()
    is_theirs = reply.phone.state != PhoneState.WRONG_PERSON
    said = take(named, now) if named and is_theirs else OUT_OF_DATE
    _say(said, reply, message, now)
    return said.outcome


@receiver(reply_received)
def plan_again(*, reply: Reply, tap: Tap | None, now: datetime, **_kwargs: Any) -> None:
    """Plan what a stop had held back, once the number keeps messages about appointments."""
    if tap is not None and tap.verb == Verb.KEEP_APPOINTMENTS and reply.phone is not None:
        patients.replan_number(reply.phone, now=now)


def _named(message: Message, about: int | None) -> tuple[Appointment, ...]:
    """
    Lock and return the visits a message names and that have the version it spoke of.

    In the order of their ids, as everybody locks several visits.
    """
    versions = {message.appointment_id: message.appointment_version}
    if message.is_shared:
        also = message.also_about.values_list("appointment_id", "appointment_version")
        versions |= dict(also)
    ids = sorted(pk for pk in versions if pk is not None and about in {None, pk})
    visits = booking.visits_with_parts().filter(pk__in=ids).order_by("pk")
    locked = visits.select_for_update(of=("self",), no_key=True)
    return tuple(visit for visit in locked if visit.version == versions[visit.pk])


def _confirm(named: Sequence[Appointment], now: datetime) -> Said:
    return _answered(named, Answer.CONFIRMED, Said(ReplyOutcome.CONFIRMED, "confirmed"), now)


def _another_time(named: Sequence[Appointment], now: datetime) -> Said:
    said = Said(ReplyOutcome.WANTS_ANOTHER_TIME, "another_time_noted")
    return _answered(named, Answer.WANTS_ANOTHER_TIME, said, now)


def _answered(named: Sequence[Appointment], answer: Answer, said: Said, now: datetime) -> Said:
    """Give the answer to every visit that still takes one."""
    taken = [
        visit
        for visit in _ahead(named, now)
        if booking.answer(visit, version=visit.version, answer=answer, now=now)
    ]
    if taken:
        return Said(said.outcome, said.phrase, tuple(taken))
    is_repeated = any(visit.answer == answer for visit in _ahead(named, now))
    return _repeated(named) if is_repeated else OUT_OF_DATE


def _cancel(named: Sequence[Appointment], now: datetime) -> Said:
    ahead = _ahead(named, now)
    if len(ahead) > 1:
        return Said(ReplyOutcome.ASKED_WHICH, "which_visit", tuple(ahead))
    if not ahead:
        was_cancelled = any(v.status == VisitStatus.CANCELLED_BY_PATIENT for v in named)
        return _repeated(named) if was_cancelled else OUT_OF_DATE
    (visit,) = ahead
    if visit.kind.cancel == Saying.ASKS_A_PERSON:
        said = Said(ReplyOutcome.WANTS_TO_CANCEL, "cancel_asks_a_person")
        return _answered(ahead, Answer.WANTS_TO_CANCEL, said, now)
    cancelled = booking.cancel(visit, status=VisitStatus.CANCELLED_BY_PATIENT, now=now)
    return Said(ReplyOutcome.CANCELLED, "cancelled_with_undo", (cancelled,))


def _undo(named: Sequence[Appointment], now: datetime) -> Said:
    cancelled = [v for v in named if v.status == VisitStatus.CANCELLED_BY_PATIENT]
    if len(cancelled) != 1 or cancelled[0].starts_at <= now:
        return OUT_OF_DATE
    try:
        visit = booking.undo_cancel(cancelled[0], now=now)
    except NotBooked:
        return Said(ReplyOutcome.OUT_OF_DATE, "slot_gone", tuple(cancelled))
    return Said(ReplyOutcome.UNDONE, "undone", (visit,))


def _ahead(named: Sequence[Appointment], now: datetime) -> list[Appointment]:
    return [v for v in named if v.status == VisitStatus.BOOKED and v.starts_at > now]


def _repeated(named: Sequence[Appointment]) -> Said:
    return Said(ReplyOutcome.OUT_OF_DATE, "already_answered", tuple(named))


_TAKEN: dict[Verb, Callable[[Sequence[Appointment], datetime], Said]] = {
    Verb.CONFIRM: _confirm,
    Verb.ANOTHER_TIME: _another_time,
    Verb.CANCEL: _cancel,
    Verb.UNDO: _undo,
}


def _say(said: Said, reply: Reply, message: Message | None, now: datetime) -> None:
    if reply.phone is None:
        return
    language = _language(said, reply, message)
    draft = Draft(
        dedupe_key=f"reply:{reply.pk}:answer",
        clinic=reply.clinic,
        phone=reply.phone,
        lane=int(Lane.REPLY),
        purpose=Purpose.REPLY,
        expires_at=reply.written_at + WINDOW,
        subjects=tuple(Subject(v.patient, v.contact, v) for v in said.visits),
        language=language,
        sender=reply.sender,
    )
    outbox.queue(draft, _words(said, reply, language), now=now)


def _words(said: Said, reply: Reply, language: str) -> FreeText:
    values = {}
    if said.visits:
        values["when"] = _when(said.visits, language)
        values["site_name"] = said.visits[0].site.name
    body = phrases.say(language, said.phrase, clinic=reply.clinic, **values)
    if said.outcome == ReplyOutcome.ASKED_WHICH:
        opener = phrases.say(language, "button_choose", clinic=reply.clinic)
        return _which(body, said.visits, language, opener)
    if said.outcome != ReplyOutcome.CANCELLED:
        return FreeText(body)
    undo = phrases.say(language, "button_undo", clinic=reply.clinic)
    return FreeText(body, (Button(Verb.UNDO, undo, about=said.visits[0].pk),))


def _which(body: str, visits: Sequence[Appointment], language: str, opener: str) -> FreeText:
    """Ask which visit, a button or a row of a list each."""
    choices = [
        Button(Verb.CANCEL, hour_and_name(visit, language), about=visit.pk) for visit in visits
    ]
    return FreeText(body, tuple(choices), opener)


def _when(visits: Sequence[Appointment], language: str) -> str:
    first = visits[0]
    if len(visits) == 1:
        return moment_in_words(first.starts_at, zone=first.site.zone, language=language)
    day = day_in_words(first.starts_at, zone=first.site.zone, language=language)
    return ", ".join([day, *(hour_and_name(visit, language) for visit in visits)])


def _language(said: Said, reply: Reply, message: Message | None) -> str:
    contact = said.visits[0].contact if said.visits else None
    if contact is not None:
        return contact.language
    return (message.language if message else "") or str(reply.clinic.languages[0])
