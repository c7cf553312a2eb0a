"""What a reply means: the first of a fixed row of readings that takes it."""

import uuid
from datetime import datetime

from healthmsg.clinic.models import Phone, PhoneState
from whatsapp import (
    acknowledging,
    answers,
    correspondents,
    menu,
    reading,
    stop_doubts,
    stop_words,
    stops,
    telling_words,
    wrong_numbers,
)
from whatsapp.buttons import Tap, Verb
from whatsapp.models import IncidentCause, Reply, ReplyOutcome
from whatsapp.signals import reply_received

_WORDS = frozenset({"text", "button", "interactive"})
# As if a row had been tapped, on no message of ours.
NOWHERE = uuid.UUID(int=0)
_STOPS = {Verb.KEEP_APPOINTMENTS: stops.keep, Verb.STOP_ONE: stops.for_one}


def understand(reply: Reply, phone: Phone, tap: Tap | None, *, now: datetime) -> ReplyOutcome:
    """Answer a reply as far as a machine may, and return how it was taken."""
    if tap is not None and (reply.answers is None or reply.answers.phone_id != phone.pk):
        answers.send(reply, phone, "not_yours", now=now)
        return ReplyOutcome.FOREIGN
    if reply.kind not in correspondents.NOT_WRITTEN and phone.state == PhoneState.FAILING:
        wrong_numbers.hear_again(phone, now=now)
        phone.refresh_from_db(fields=["state"])
    if tap is None:
        found = _in_words(reply, phone, now)
        if isinstance(found, ReplyOutcome):
            return found
        tap = found
    return (
        _tapped(reply, phone, tap, now)
        or _above(reply, tap, now)
        or _not_understood(reply, phone, tap, now)
    )


def _in_words(reply: Reply, phone: Phone, now: datetime) -> Tap | ReplyOutcome | None:
    """Read what was not tapped: a stop, a stranger's word, a short answer."""
    languages = reply.clinic.languages
    # Somebody who mends "Stp" means it.
    if reply.kind in _WORDS | {"edit"} and stop_words.is_stop(reply.text, languages):
        return stops.stop(reply, phone, now=now)
    if phone.state == PhoneState.WRONG_PERSON:
        return None
    if reply.kind in _WORDS and telling_words.is_of_a_stranger(reply.text, languages):
        reply.needs_person_at = now
        return _of_a_stranger(reply, phone, IncidentCause.SAID_IN_WORDS, now)
    return reading.stands_for(reply, phone, now=now)


def _tapped(reply: Reply, phone: Phone, tap: Tap | None, now: datetime) -> ReplyOutcome | None:
    """Take what this floor answers by itself."""
    if tap is None:
        return None
    if tap.verb == Verb.STOP_ALL:
        return stops.stop(reply, phone, now=now)
    if tap.verb == Verb.WRONG_PERSON:
        return _of_a_stranger(reply, phone, IncidentCause.SAID_BY_BUTTON, now)
    if tap.verb in _STOPS:
        return _STOPS[tap.verb](reply, phone, tap, now=now)
    if phone.state == PhoneState.WRONG_PERSON:
        return None
    return menu.answer(reply, phone, tap, now=now)


def _above(reply: Reply, tap: Tap | None, now: datetime) -> ReplyOutcome | None:
    """Ask the floors above, whose visits and invitations they are."""
    if tap is None and reply.kind not in _WORDS:
        return None
    told = reply_received.send(sender=Reply, reply=reply, tap=tap, now=now)
    outcomes = [said for _, said in told if isinstance(said, ReplyOutcome)]
    return outcomes[0] if outcomes else None


def _not_understood(reply: Reply, phone: Phone, tap: Tap | None, now: datetime) -> ReplyOutcome:
    if tap is None and reply.kind in _WORDS:
        if _may_be_a_stop(reply, phone):
            stop_doubts.note(reply, phone, now=now)
        elif menu.hears_a_wish(reply, phone, now=now) and (
            led := _above(reply, Tap(Verb.NEW_VISIT, NOWHERE), now)
        ):
            return led
        elif offered := menu.offer(reply, phone, now=now):
            return offered
    _leave_to_a_person(reply, phone, now)
    return ReplyOutcome.FOR_A_PERSON


def _may_be_a_stop(reply: Reply, phone: Phone) -> bool:
    if phone.state in {PhoneState.STOPPED, PhoneState.WRONG_PERSON}:
        return False
    return stop_words.holds_stop(reply.text, reply.clinic.languages)


def _of_a_stranger(reply: Reply, phone: Phone, cause: IncidentCause, now: datetime) -> ReplyOutcome:
    """
    Nothing more goes there, and reception finds out whose number it is.

    It is nobody's withdrawal. The word of thanks is written afterwards: what waits is taken back.
    """
    wrong_numbers.mark(phone, now=now, cause=cause, reply=reply)
    answers.send(reply, phone, "wrong_person_noted", now=now)
    return ReplyOutcome.WRONG_PERSON


def _leave_to_a_person(reply: Reply, phone: Phone, now: datetime) -> None:
    """Say, at most once in twelve hours, that nobody reads this at once and whom to call."""
    if reply.kind in correspondents.NOT_WRITTEN:
        return
    if acknowledging.is_due(reply, phone, now=now):
        answers.send(reply, phone, "not_read_at_once", now=now)
