"""A patient asks us to stop, and may keep the messages about appointments."""

from datetime import datetime

from healthmsg.clinic import consent, number_lines
from healthmsg.clinic.models import (
    Appointment,
    GivenHow,
    Patient,
    Phone,
    PhoneState,
    Purpose,
)
from whatsapp import answers, household, outbox, phrases, stop_doubts
from whatsapp.buttons import Tap, Verb
from whatsapp.draft import Button
from whatsapp.fill_ins import moment_in_words
from whatsapp.models import Message, Reply, ReplyOutcome
from whatsapp.signals import reply_received
from whatsapp.status import Reason

# With "only appointments" and "stop all" they make a list of ten rows.
_MOST_NAMED = 8


def stop(reply: Reply, phone: Phone, *, now: datetime) -> ReplyOutcome:
    """
    Stop every purpose for everybody on the number, take back what waits, and say so once.

    Messages are taken back before the phone changes, the order in which receipts lock them. What
    is queued in between is stopped by the claim, which asks the ledger.
    """
    stop_doubts.settle_by_stop(phone, now=now)
    if consent.has_stopped(phone):
        _say_again(reply, phone, now)
        return ReplyOutcome.STOPPED
    outbox.withdraw(
        Message.objects.filter(phone=phone).exclude(purpose=Purpose.REPLY),
        reason=Reason.ASKED_US_TO_STOP,
        now=now,
    )
    _acknowledge(reply, phone, now)
    consent.stop(phone, evidence=_evidence(reply), at=now)
    return ReplyOutcome.STOPPED


def keep(reply: Reply, phone: Phone, tap: Tap, *, now: datetime) -> ReplyOutcome:
    """
    A fresh permission for appointments alone, after a stop.

    The floors above hear of it first, so that visits and messages are locked before the phone.
    """
    if has_stopped_since(reply, phone):
        answers.send(reply, phone, "out_of_date", now=now)
        return ReplyOutcome.OUT_OF_DATE
    is_stopped = Purpose.APPOINTMENTS in number_lines.withdrawn(phone)
    if is_stopped and phone.state != PhoneState.WRONG_PERSON:
        reply_received.send(sender=Reply, reply=reply, tap=tap, now=now)
        consent.keep(phone, Purpose.APPOINTMENTS, evidence=_evidence(reply), at=now)
    tapped = reply.answers_id or reply.pk
    answers.send(reply, phone, "kept", now=now, once=f"kept:{phone.pk}:{tapped}")
    return ReplyOutcome.KEPT


def for_one(reply: Reply, phone: Phone, tap: Tap, *, now: datetime) -> ReplyOutcome:
    """
    The stop was meant for one patient alone: the others are written to as before it.

    The floors above hear of it first, as with `keep`.
    """
    patient = next((p for p in consent.patients_on(phone) if p.pk == tap.about), None)
    may_change = consent.has_stopped(phone) and phone.state != PhoneState.WRONG_PERSON
    if patient is None or not may_change or has_stopped_since(reply, phone):
        answers.send(reply, phone, "out_of_date", now=now)
        return ReplyOutcome.OUT_OF_DATE
    reply_received.send(sender=Reply, reply=reply, tap=tap, now=now)
    consent.stop_for_one(phone, patient, evidence=_evidence(reply), at=now)
    answers.send(reply, phone, "stopped_for_one", now=now, name=patient.given_name)
    return ReplyOutcome.STOPPED_FOR_ONE


def next_visit(phone: Phone, *, now: datetime) -> Appointment | None:
    """Return the next visit told to this number, unless a message may not speak of it."""
    return household.visits_ahead(phone, now=now).first()


def has_stopped_since(reply: Reply, phone: Phone) -> bool:
    """Notices come in any order, and hours late: what was written last is the last word."""
    later = Reply.objects.filter(
        phone__in=number_lines.rows_of(phone),
        outcome=ReplyOutcome.STOPPED,
        written_at__gt=reply.written_at,
    )
    return later.exists()


def _acknowledge(reply: Reply, phone: Phone, now: datetime) -> None:
    language = answers.language_of(reply, phone)
    buttons = (
        _button(reply, language, Verb.KEEP_APPOINTMENTS, "button_keep"),
        _button(reply, language, Verb.STOP_ALL, "button_stop_all"),
    )
    if phone.state == PhoneState.WRONG_PERSON:
        answers.send(reply, phone, "stopped_again", now=now)
        return
    family = household.named(phone, today=now.astimezone(reply.clinic.zone).date())
    if len(family) > 1:
        _ask_for_whom(reply, phone, family[:_MOST_NAMED], buttons, now)
        return
    visit = next_visit(phone, now=now)
    if visit is None:
        answers.send(reply, phone, "stopped", now=now, buttons=buttons)
        return
    when = moment_in_words(visit.starts_at, zone=visit.site.zone, language=language)
    answers.send(reply, phone, "stopped_with_visit", now=now, buttons=buttons, when=when)


def _ask_for_whom(
    reply: Reply,
    phone: Phone,
    family: list[Patient],
    buttons: tuple[Button, ...],
    now: datetime,
) -> None:
    """Everything is stopped already; whoever meant one of them only says so afterwards."""
    language = answers.language_of(reply, phone)
    ones = tuple(
        Button(
            Verb.STOP_ONE,
            phrases.say(language, "row_stop_one", clinic=reply.clinic, name=patient.given_name),
            about=patient.pk,
        )
        for patient in family
    )
    keep, stop_all = buttons
    everybody = Button(stop_all.verb, phrases.say(language, "row_everybody", clinic=reply.clinic))
    names = ", ".join(patient.given_name for patient in family)
    rows = (keep, everybody, *ones)
    answers.send(reply, phone, "stopped_family", now=now, buttons=rows, names=names)


def _button(reply: Reply, language: str, verb: Verb, key: str) -> Button:
    return Button(verb, phrases.say(language, key, clinic=reply.clinic))


def _say_again(reply: Reply, phone: Phone, now: datetime) -> None:
    """Say it once more after a second stop; a third is only written down."""
    since = phone.state_changed_at or now
    language = answers.language_of(reply, phone)
    answers.send(
        reply,
        phone,
        "stopped_again",
        now=now,
        buttons=()
        if phone.state == PhoneState.WRONG_PERSON
        else (_button(reply, language, Verb.KEEP_APPOINTMENTS, "button_keep"),),
        once=f"stopped-again:{phone.pk}:{since:%Y%m%dT%H%M%S%f}",
    )


def _evidence(reply: Reply) -> consent.Evidence:
    return consent.Evidence(
        GivenHow.BY_MESSAGE, given_by="contact", text=f"message from a patient #{reply.pk}"
    )
