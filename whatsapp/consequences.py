"""What a code asks for beyond its message: a number, a template or a phone is stopped."""

import logging
from collections.abc import Callable
from datetime import datetime

from healthmsg.clinic import consent
from healthmsg.clinic.models import GivenHow, Phone, PhoneState, Purpose
from whatsapp import errors
from whatsapp.errors import Action
from whatsapp.models import Category, Message, Sender, Template, TemplateStatus

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
    """Write down that somebody stopped offers in WhatsApp itself; appointments go on."""
    evidence = consent.Evidence(GivenHow.META_PREFERENCE)
    for patient in (None, *consent.patients_on(phone)):
        purposes = [
            p
            for p in (Purpose.MARKETING, *also)
            if patient is None or consent.standing(patient, phone, p, at=now) != "WITHDRAWN"
        ]
        consent.withdraw(patient, phone, purposes, evidence=evidence, at=now)


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
