"""A patient asks us to stop, and may keep the messages about appointments."""

from datetime import datetime

from django.db.models import Q

from healthmsg.clinic import consent, number_lines
from healthmsg.clinic.models import (
    Appointment,
    Discretion,
    GivenHow,
    PatientState,
    Phone,
    PhoneState,
    Purpose,
    VisitStatus,
)
from whatsapp import answers, outbox, phrases
from whatsapp.buttons import Tap, Verb
from whatsapp.draft import Button
from whatsapp.fill_ins import moment_in_words
from whatsapp.models import Message, Reply, ReplyOutcome
from whatsapp.signals import reply_received
from whatsapp.status import Reason

_SILENT = (Discretion.CONTACT_US, Discretion.NEVER)


def stop(reply: Reply, phone: Phone, *, now: datetime) -> ReplyOutcome:
    """
    Stop every purpose for everybody on the number, take back what waits, and say so once.

    Messages are taken back before the phone changes, the order in which receipts lock them. What
    is queued in between is stopped by the claim, which asks the ledger.
    """
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
    is_stopped = Purpose.APPOINTMENTS in number_lines.withdrawn(phone)
    if is_stopped and phone.state != PhoneState.WRONG_PERSON:
        reply_received.send(sender=Reply, reply=reply, tap=tap, now=now)
        consent.keep(phone, Purpose.APPOINTMENTS, evidence=_evidence(reply), at=now)
    tapped = reply.answers_id or reply.pk
    answers.send(reply, phone, "kept", now=now, once=f"kept:{phone.pk}:{tapped}")
    return ReplyOutcome.KEPT


def next_visit(phone: Phone, *, now: datetime) -> Appointment | None:
    """Return the next visit told to this number, unless a message may not speak of it."""
    told_here = Q(contact__phone=phone) | Q(contact=None, patient__contacts__phone=phone)
    return (
        Appointment.objects.filter(
            told_here,
            clinic_id=phone.clinic_id,
            status=VisitStatus.BOOKED,
            starts_at__gt=now,
            patient__state=PatientState.ACTIVE,
        )
        .exclude(kind__discretion__in=_SILENT)
        .exclude(contact__may_be_told__in=_SILENT)
        .select_related("site__clinic")
        .order_by("starts_at", "pk")
        .first()
    )


def _acknowledge(reply: Reply, phone: Phone, now: datetime) -> None:
    language = answers.language_of(reply, phone)
    buttons = (
        _button(reply, language, Verb.KEEP_APPOINTMENTS, "button_keep"),
        _button(reply, language, Verb.STOP_ALL, "button_stop_all"),
    )
    visit = next_visit(phone, now=now)
    if visit is None:
        answers.send(reply, phone, "stopped", now=now, buttons=buttons)
        return
    when = moment_in_words(visit.starts_at, zone=visit.site.zone, language=language)
    answers.send(reply, phone, "stopped_with_visit", now=now, buttons=buttons, when=when)


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
        buttons=(_button(reply, language, Verb.KEEP_APPOINTMENTS, "button_keep"),),
        once=f"stopped-again:{phone.pk}:{since:%Y%m%dT%H%M%S%f}",
    )


def _evidence(reply: Reply) -> consent.Evidence:
    return consent.Evidence(
        GivenHow.BY_MESSAGE, given_by="contact", text=f"message from a patient #{reply.pk}"
    )
