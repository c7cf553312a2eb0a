"""The fixed list offered for what no question was open for, and what its rows answer."""

from collections.abc import Callable
from datetime import datetime, timedelta

from healthmsg.clinic.models import Phone, PhoneState, Site
from whatsapp import (
    acknowledging,
    answers,
    arriving,
    haste,
    lately,
    opening_words,
    phrases,
    repeats,
    short_answers,
    telling_words,
)
from whatsapp.buttons import Tap, Verb
from whatsapp.draft import Button
from whatsapp.models import Menu, MenuRow, Reply, ReplyOutcome

_VERBS = {
    MenuRow.MY_VISIT: Verb.MY_VISIT,
    MenuRow.ADDRESS: Verb.ADDRESS,
    MenuRow.CHANGE_VISIT: Verb.CHANGE_VISIT,
    MenuRow.NEW_VISIT: Verb.NEW_VISIT,
    MenuRow.REPEAT: Verb.REPEAT,
    MenuRow.TALK: Verb.TALK,
}
_SITES = 8


def offer(reply: Reply, phone: Phone, *, now: datetime) -> ReplyOutcome | None:
    """
    Offer the list where it may be; a person reads the words all the same, a bare greeting aside.

    :returns: None where nothing was offered
    """
    menu = _of(reply)
    if menu is None or not _may_answer(reply, phone, now) or _was_offered(reply, phone, menu, now):
        return None
    language = answers.language_of(reply, phone)
    rows = tuple(
        Button(_VERBS[row], phrases.say(language, f"row_{row.lower()}", clinic=reply.clinic))
        for row in map(MenuRow, menu.rows)
    )
    answers.send(reply, phone, "menu", now=now, buttons=rows, once=f"{lately.MENU}{reply.pk}")
    acknowledging.note(reply, phone, now=now)
    if telling_words.is_greeting(reply.text, reply.clinic.languages):
        return ReplyOutcome.OFFERED_MENU
    return ReplyOutcome.FOR_A_PERSON


def hears_a_wish(reply: Reply, phone: Phone, *, now: datetime) -> bool:
    """
    True where somebody writes what a row of the menu stands for: that they would like to come.

    Unless they wrote nothing else, a person reads the words all the same.
    """
    menu, languages = _of(reply), reply.clinic.languages
    if menu is None or MenuRow.NEW_VISIT not in menu.rows:
        return False
    if not telling_words.wants_a_visit(reply.text, languages):
        return False
    if not _may_answer(reply, phone, now):
        return False
    if not telling_words.is_only_a_wish(reply.text, languages):
        reply.needs_person_at = now
    return True


def answer(reply: Reply, phone: Phone, tap: Tap, *, now: datetime) -> ReplyOutcome | None:
    """Answer a row that needs nothing of the floors above; None where it is none of these."""
    take = _TAKEN.get(tap.verb)
    return take(reply, phone, tap, now) if take else None


def _of(reply: Reply) -> Menu | None:
    # By the clinic's row, which remembers it: many replies are handled with one.
    menu: Menu | None = getattr(reply.clinic, "menu", None)
    return menu if menu is not None and menu.is_on and menu.rows else None


def _was_offered(reply: Reply, phone: Phone, menu: Menu, now: datetime) -> bool:
    at = lately.around(reply, now=now).offered_at.get(phone.pk)
    return at is not None and at > now - timedelta(hours=menu.quiet_hours)


def _may_answer(reply: Reply, phone: Phone, now: datetime) -> bool:
    """False for what asks for nothing, what cannot wait, and where people talk already."""
    if reply.kind != "text" or phone.state in {PhoneState.STOPPED, PhoneState.WRONG_PERSON}:
        return False
    languages = reply.clinic.languages
    if telling_words.is_courtesy(reply.text) or short_answers.read(reply.text, languages):
        return False
    look = lately.around(reply, now=now)
    since = reply.written_at - lately.PEOPLE_TALK_FOR
    others = [text for at, text in look.words.get(phone.pk, ()) if at > since]
    urgent = arriving.urgent_words(reply.clinic)
    for one in (reply.text, *others):
        if telling_words.needs_haste(one, languages) or haste.find(one, urgent):
            return False
    return phone.pk not in look.with_people


def _address(reply: Reply, phone: Phone, _tap: Tap, now: datetime) -> ReplyOutcome:
    language = answers.language_of(reply, phone)
    sites = Site.objects.filter(clinic=reply.clinic_id).order_by("name")[:_SITES]
    told = "\n\n".join(opening_words.of_site(site, language) for site in sites)
    answers.send(reply, phone, "address_and_hours", now=now, sites=told)
    return ReplyOutcome.TOLD


def _talk(reply: Reply, phone: Phone, _tap: Tap, now: datetime) -> ReplyOutcome:
    answers.send(reply, phone, "talk_noted", now=now)
    return ReplyOutcome.FOR_A_PERSON


_TAKEN: dict[Verb, Callable[[Reply, Phone, Tap, datetime], ReplyOutcome]] = {
    Verb.ADDRESS: _address,
    Verb.REPEAT: lambda reply, phone, tap, now: repeats.ask(reply, phone, tap, now=now),
    Verb.TALK: _talk,
}
