"""What a code asks for beyond its message: a number, a template or a phone is stopped."""

import logging
from collections.abc import Callable
from datetime import datetime

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Change,
    ConsentRecord,
    GivenHow,
    Patient,
    Phone,
    PhoneState,
    Purpose,
)
from whatsapp import errors
from whatsapp.errors import Action
from whatsapp.models import Category, Message, Sender, Template, TemplateStatus
from whatsapp.status import Status

logger = logging.getLogger(__name__)

# Of these a patient is told by marketing templates only, where Meta says so.
_MAY_BE_MARKETING = (Purpose.PREVENTION, Purpose.INFORMATION)
_DISABLED = 132016


def follow(message: Message, code: int, *, now: datetime) -> None:
    """
    Do what Meta's code asks for beyond this message; twice is once.

    :param message: with sender, phone and the template's version at hand
    """
    meaning = errors.meaning(code)
    if not meaning.is_known:
        logger.error("unknown code from WhatsApp", extra={"code": code, "message_id": message.pk})
    act = _ACTS.get(meaning.action)
    if act is not None:
        act(message, code, now)


def hold(sender: Sender, *, reason: str, now: datetime) -> bool:
    """Stop one of our numbers until somebody lifts it. True where it was not stopped before."""
    return bool(
        Sender.objects.filter(pk=sender.pk, held_at=None).update(held_at=now, held_reason=reason)
    )


def release(sender: Sender) -> bool:
    """Let a number send again. True where it was stopped."""
    return bool(
        Sender.objects.filter(pk=sender.pk, held_at__isnull=False).update(
            held_at=None, held_reason=""
        )
    )


def _stop_sender(message: Message, code: int, now: datetime) -> None:
    if message.sender and hold(message.sender, reason=errors.meaning(code).title, now=now):
        logger.error("number stopped", extra={"sender_id": message.sender_id, "code": code})


def _stop_template(message: Message, code: int, now: datetime) -> None:
    if message.template_version is None:
        return
    status = TemplateStatus.DISABLED if code == _DISABLED else TemplateStatus.PAUSED
    Template.objects.filter(
        pk=message.template_version.template_id, status=TemplateStatus.APPROVED
    ).update(status=status, rejected_reason=errors.meaning(code).title, status_changed_at=now)


def _stop_phone(message: Message, _code: int, now: datetime) -> None:
    # Never the patient's own withdrawal: a person looks at the number.
    Phone.objects.filter(pk=message.phone_id).exclude(state=PhoneState.WRONG_PERSON).update(
        state=PhoneState.WRONG_PERSON, state_changed_at=now
    )


def _stop_marketing(message: Message, _code: int, now: datetime) -> None:
    withdraw_marketing(message.phone, now=now, also=_marketing_purposes(message))


def withdraw_marketing(phone: Phone, *, now: datetime, also: tuple[Purpose, ...] = ()) -> None:
    """
    Write down that somebody stopped offers in WhatsApp itself; appointments go on.

    Twice is once: what is withdrawn already gets no further line.
    """
    evidence = consent.Evidence(GivenHow.META_PREFERENCE)
    purposes = (Purpose.MARKETING, *also)
    # The patients' own lines first: once the number's line stands, it answers for all of them.
    for patient in consent.patients_on(phone):
        open_ones = [p for p in purposes if not _is_withdrawn(patient, phone, p)]
        consent.withdraw(patient, phone, open_ones, evidence=evidence, at=now)
    open_ones = [p for p in purposes if not _is_withdrawn(None, phone, p)]
    consent.withdraw(None, phone, open_ones, evidence=evidence, at=now)


def sold_to(phone: Phone) -> tuple[Purpose, ...]:
    """Return the purposes of which the phone was last told by a marketing template."""
    return tuple(p for p in _MAY_BE_MARKETING if _last_was_marketing(phone, p))


def _last_was_marketing(phone: Phone, purpose: Purpose) -> bool:
    told = Message.objects.filter(phone=phone, purpose=purpose, template_version__isnull=False)
    last = (
        told.exclude(status__in=(Status.QUEUED, Status.WITHHELD))
        .order_by("-created_at", "-pk")
        .values_list("template_version__template__category", flat=True)
    )
    return last.first() == Category.MARKETING


def _is_withdrawn(patient: Patient | None, phone: Phone, purpose: Purpose) -> bool:
    """True where the newest line that counts, of a patient or of the number itself, is a stop."""
    lines = ConsentRecord.objects.filter(patient=patient, phone=phone, purpose=purpose)
    newest = (
        lines.exclude(change=Change.ENTERED_IN_ERROR)
        .filter(consentrecord=None)  # no other line says that it was entered by mistake
        .order_by("-given_at", "-pk")
        .first()
    )
    return newest is not None and newest.change == Change.WITHDRAWN


def _marketing_purposes(message: Message) -> tuple[Purpose, ...]:
    version = message.template_version
    if version is None or version.template.category != Category.MARKETING:
        return ()
    return tuple(p for p in _MAY_BE_MARKETING if p == message.purpose)


_ACTS: dict[Action, Callable[[Message, int, datetime], None]] = {
    Action.STOP_SENDER: _stop_sender,
    Action.STOP_TEMPLATE: _stop_template,
    Action.STOP_PHONE: _stop_phone,
    Action.STOP_MARKETING: _stop_marketing,
}
