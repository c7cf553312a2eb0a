"""What a tap on a reminder means for the visit, and what we answer."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.dispatch import receiver

from healthmsg.clinic.models import (
    Answer,
    Appointment,
    Clinic,
    PhoneState,
    Purpose,
)
from reminders import (
    another_time,
    booking,
    coming,
    families,
    patients,
    rounds,
    spoken,
    told,
    waiting_list,
)
from reminders.said import OUT_OF_DATE, Said
from whatsapp import answers, buttons, outbox, phrases
from whatsapp.buttons import EVERYBODY, Tap, Verb
from whatsapp.draft import Button, Draft, FreeText, Subject
from whatsapp.models import Message, Reply, ReplyOutcome
from whatsapp.signals import reply_received
from whatsapp.status import Lane

WINDOW = timedelta(hours=24)
# What was said of a visit, and holds until they say otherwise.
_ANSWERED = (
    *(ReplyOutcome.CONFIRMED, ReplyOutcome.WANTS_ANOTHER_TIME, ReplyOutcome.KEEPS_TIME),
    *(ReplyOutcome.CANCELLED, ReplyOutcome.WANTS_TO_CANCEL, ReplyOutcome.UNDONE),
)
# What changed nothing may have been said before: then they said it once more.
_MAY_HAVE_ANSWERED = (*_ANSWERED, ReplyOutcome.OUT_OF_DATE)
_END_A_STOP = frozenset({Verb.KEEP_APPOINTMENTS, Verb.STOP_ONE})


@receiver(reply_received)
def answer(*, reply: Reply, tap: Tap | None, now: datetime, **_kwargs: Any) -> ReplyOutcome | None:
    """Take and answer a tap on a message about visits; None where the tap is none of ours."""
    if tap is None or tap.verb not in _OURS or reply.phone is None:
        return None
    message = Message.objects.filter(callback=tap.callback, phone=reply.phone).first()
    named = _named(message, tap.about) if message else ()
    is_theirs = reply.phone.state != PhoneState.WRONG_PERSON
    counts = bool(named) and is_theirs and not _is_overtaken(reply, tap, message, named)
    said = _taken(tap, named, message, now) if counts else OUT_OF_DATE
    if said.outcome == ReplyOutcome.ASKED_WHICH and tap.verb == Verb.ANOTHER_TIME:
        answers.let_a_person_wait(reply, now=now)
    elif tap.about is not None:
        answers.asked_back_is_settled(reply)
    answer = _say(said, reply, message, now)
    if said.outcome == ReplyOutcome.OFFERED:
        rounds.go_on(said.visits[0], reply, now=now)
    if said.tells_the_time and answer is not None:
        told.by_an_answer(said.visits[0], answer, now=now)
    return said.outcome


@receiver(reply_received)
def plan_again(*, reply: Reply, tap: Tap | None, now: datetime, **_kwargs: Any) -> None:
    """Plan what a stop had held back, once the number keeps messages about appointments."""
    if tap is not None and tap.verb in _END_A_STOP and reply.phone is not None:
        patients.replan_number(reply.phone, now=now)


def _is_overtaken(
    reply: Reply, tap: Tap, message: Message | None, named: Sequence[Appointment]
) -> bool:
    """
    True where something else that they said of the visit was written later, and heard first.

    Notices come in any order, and hours late. Of a message about several visits nothing is known
    of which one a tap was meant for, unless it names one: there the last one heard counts.
    """
    if message is None or len(named) != 1 or (message.is_shared and tap.about != named[0].pk):
        return False
    (visit,) = named
    return _takes_back_an_earlier_one(reply, tap, message, visit) or any(
        _speaks_of(one, visit.pk) for one in _written_later(reply, visit)
    )


def _takes_back_an_earlier_one(
    reply: Reply, tap: Tap, message: Message, visit: Appointment
) -> bool:
    """True where the visit was cancelled once more since, by telephone or on its page."""
    at = visit.status_changed_at
    return tap.verb == Verb.UNDO and message.created_at < at and reply.written_at < at


def _written_later(reply: Reply, visit: Appointment) -> QuerySet[Reply]:
    of_one = Q(answers__appointment=visit, answers__appointment_version=visit.version)
    of_several = Q(
        answers__also_about__appointment=visit,
        answers__also_about__appointment_version=visit.version,
    )
    later = Reply.objects.filter(of_one | of_several, phone=reply.phone)
    later = later.filter(written_at__gt=reply.written_at, outcome__in=_MAY_HAVE_ANSWERED)
    parts = ("outcome", "button", "answers__is_shared")
    return later.select_related("answers").only(*parts).distinct()


def _speaks_of(later: Reply, visit: int) -> bool:
    """True where it said something of this visit, were it once more what was known already."""
    is_shared = later.answers is not None and later.answers.is_shared
    if later.outcome in _ANSWERED and not is_shared:
        return True
    tap = buttons.read(later.button) if later.button else None
    if tap is None or (is_shared and tap.about not in {visit, EVERYBODY}):
        return False
    return later.outcome in _ANSWERED or tap.verb in _TAKEN


def _named(message: Message, about: int | None) -> tuple[Appointment, ...]:
    """
    Lock and return the visits a message names and that have the version it spoke of.

    In the order of their ids, as everybody locks several visits.
    """
    versions = {message.appointment_id: message.appointment_version}
    if message.is_shared:
        also = message.also_about.values_list("appointment_id", "appointment_version")
        versions |= dict(also)
    ids = sorted(pk for pk in versions if pk is not None and about in {None, EVERYBODY, pk})
    visits = booking.visits_with_parts().filter(pk__in=ids).order_by("pk")
    locked = visits.select_for_update(of=("self",), no_key=True)
    return tuple(visit for visit in locked if visit.version == versions[visit.pk])


def _taken(tap: Tap, named: Sequence[Appointment], message: Message | None, now: datetime) -> Said:
    if several := families.to_ask_about(named, tap, now=now):
        return families.which("which_visits", several, tap.verb)
    if tap.verb == Verb.ANOTHER_TIME and tap.about == EVERYBODY:
        # Times are offered one visit at a time.
        return _leave_to_a_person(named, now)
    if tap.verb in _TAKEN:
        return _TAKEN[tap.verb](named, now)
    ahead = coming.ahead(named, now)
    if len(ahead) != 1:
        return OUT_OF_DATE
    if tap.verb in waiting_list.VERBS:
        return waiting_list.answer(ahead[0], tap, message, now=now)
    language = spoken.language_of(ahead[0])
    return another_time.answer(ahead[0], tap, now=now, language=language) or OUT_OF_DATE


def _another_time(named: Sequence[Appointment], now: datetime) -> Said:
    ahead = coming.ahead(named, now)
    if len(ahead) == 1:
        return another_time.offer(ahead[0], now=now, language=spoken.language_of(ahead[0]))
    if any(another_time.is_offered(visit, now=now) for visit in ahead):
        return families.which("which_visit", ahead, Verb.ANOTHER_TIME)
    return _leave_to_a_person(named, now)


def _leave_to_a_person(named: Sequence[Appointment], now: datetime) -> Said:
    said = Said(ReplyOutcome.WANTS_ANOTHER_TIME, "another_time_noted")
    return coming.answered(named, Answer.WANTS_ANOTHER_TIME, said, now)


_TAKEN: dict[Verb, Callable[[Sequence[Appointment], datetime], Said]] = {
    **coming.VERBS,
    Verb.ANOTHER_TIME: _another_time,
}
_OURS = frozenset({*_TAKEN, *another_time.VERBS, *waiting_list.VERBS})


def _say(said: Said, reply: Reply, message: Message | None, now: datetime) -> Message | None:
    if reply.phone is None:
        return None
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
    return outbox.queue(draft, _words(said, reply.clinic, language), now=now)


def _words(said: Said, clinic: Clinic, language: str) -> FreeText:
    choices = tuple(
        Button(one.verb, spoken.title(one, clinic, language), one.about, one.at, one.who)
        for one in said.choices
    )
    opener = phrases.say(language, "button_choose", clinic=clinic) if choices else ""
    return FreeText(spoken.words(said, clinic, language), choices, opener)


def _language(said: Said, reply: Reply, message: Message | None) -> str:
    contact = said.visits[0].contact if said.visits else None
    if contact is not None:
        return contact.language
    return (message.language if message else "") or str(reply.clinic.languages[0])
