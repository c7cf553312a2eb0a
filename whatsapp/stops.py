"""A patient asks us to stop, and may keep the messages about appointments."""

from datetime import datetime

from django.db.models import Q

from healthmsg.clinic import consent
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
from whatsapp.buttons import Verb
from whatsapp.draft import Button
from whatsapp.fill_ins import moment_in_words
from whatsapp.models import Message, Reply, ReplyOutcome
from whatsapp.status import Reason

_SILENT = (Discretion.CONTACT_US, Discretion.NEVER)


def stop(reply: Reply, phone: Phone, *, now: datetime) -> ReplyOutcome:
    """
    Stop every purpose for everybody on the number, take back what waits, and say so once.

    Messages are taken back before the phone changes, the order in which receipts lock them. What
    is queued in between is stopped by the claim, which asks the ledger.
    """
    if phone.state == PhoneState.STOPPED:
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


def keep(reply: Reply, phone: Phone, *, now: datetime) -> ReplyOutcome:
    """A fresh permission for appointments alone, after a stop."""
    if phone.state == PhoneState.STOPPED:
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
    answers.send(
        reply,
        phone,
        "stopped_again",
        now=now,
        once=f"stopped-again:{phone.pk}:{since:%Y%m%dT%H%M%S%f}",
    )


def _evidence(reply: Reply) -> consent.Evidence:
    return consent.Evidence(
        GivenHow.BY_MESSAGE, given_by="contact", text=f"message from a patient #{reply.pk}"
    )
