"""The rows of the menu that speak of visits: the next ones, and changing one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from healthmsg.clinic.models import Answer, Appointment, Phone, PhoneState, VisitStatus
from reminders import questions
from whatsapp import answers, household, phrases
from whatsapp.buttons import Tap, Verb
from whatsapp.draft import Button, Subject
from whatsapp.fill_ins import moment_in_words
from whatsapp.models import Reply, ReplyOutcome
from whatsapp.reading import MOST_ROWS
from whatsapp.signals import reply_received

_TOLD = 5
_CHANGES = (
    (Verb.CONFIRM, "button_confirm"),
    (Verb.ANOTHER_TIME, "button_another_time"),
    (Verb.CANCEL, "button_cancel"),
)


@receiver(reply_received)
def answer(*, reply: Reply, tap: Tap | None, now: datetime, **_kwargs: Any) -> ReplyOutcome | None:
    """Answer a row about visits; None where it is none of ours, or the number a stranger's."""
    phone = reply.phone
    if tap is None or phone is None or phone.state == PhoneState.WRONG_PERSON:
        return None
    if tap.verb == Verb.MY_VISIT:
        return _next_visits(reply, phone, now)
    if tap.verb == Verb.CHANGE_VISIT:
        return _change(reply, phone, tap, now)
    return None


def _next_visits(reply: Reply, phone: Phone, now: datetime) -> ReplyOutcome:
    visits = list(household.visits_ahead(phone, now=now)[:_TOLD])
    if not visits:
        answers.send(reply, phone, "no_visits", now=now)
        return ReplyOutcome.TOLD
    language = answers.language_of(reply, phone)
    names = len({visit.patient_id for visit in visits} | _others(phone, visits, now)) > 1
    lines = "\n".join(_line(visit, language, name=names) for visit in visits)
    answers.send(reply, phone, "next_visits", now=now, visits=lines)
    return ReplyOutcome.TOLD


def _others(phone: Phone, visits: Sequence[Appointment], now: datetime) -> set[int]:
    """Whoever else is on the number makes a line without a name ambiguous."""
    today = now.astimezone(visits[0].site.zone).date()
    return {patient.pk for patient in household.named(phone, today=today)}


def _line(visit: Appointment, language: str, *, name: bool) -> str:
    when = moment_in_words(visit.starts_at, zone=visit.site.zone, language=language)
    told = f"{when}, {visit.site.name}"
    return f"{told}: {visit.patient.given_name}" if name else told


def _change(reply: Reply, phone: Phone, tap: Tap, now: datetime) -> ReplyOutcome:
    """Show the buttons of the visit that is meant, or ask which."""
    ahead = {visit.pk: visit for visit in household.visits_ahead(phone, now=now)}
    meant = list(ahead.values())
    if tap.about is not None:
        meant = [ahead[tap.about]] if tap.about in ahead else []
    told_no = reply.answers is not None and reply.answers.appointment_id is not None
    if reply.answers is not None and told_no and tap.about is None:
        named = {visit.pk for visit in questions.visits_of(reply.answers)}
        meant = [visit for visit in meant if visit.pk in named]
    if not meant:
        answers.send(reply, phone, "no_visits", now=now)
        return ReplyOutcome.TOLD
    if len(meant) > 1:
        _ask_which(reply, phone, meant, now)
        return ReplyOutcome.ASKED_WHICH
    _show(reply, phone, meant[0], "not_coming" if told_no else "change_visit", now)
    return ReplyOutcome.TOLD


def _ask_which(reply: Reply, phone: Phone, visits: Sequence[Appointment], now: datetime) -> None:
    language = answers.language_of(reply, phone)
    rows = tuple(
        Button(Verb.CHANGE_VISIT, questions.named(visit, language), about=visit.pk)
        for visit in visits[:MOST_ROWS]
    )
    answers.send(reply, phone, "change_which", now=now, buttons=rows)


def _show(reply: Reply, phone: Phone, visit: Appointment, key: str, now: datetime) -> None:
    language = answers.language_of(reply, phone)
    is_open = visit.status == VisitStatus.BOOKED and visit.answer != Answer.CONFIRMED
    may_confirm = is_open and key != "not_coming"
    shown = tuple(
        Button(verb, phrases.say(language, title, clinic=reply.clinic))
        for verb, title in _CHANGES
        if verb != Verb.CONFIRM or may_confirm
    )
    answers.send(
        reply,
        phone,
        key,
        now=now,
        buttons=shown,
        subjects=(Subject(visit.patient, visit.contact, visit),),
        when=moment_in_words(visit.starts_at, zone=visit.site.zone, language=language),
        site_name=visit.site.name,
    )
