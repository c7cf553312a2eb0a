"""What a code asks for beyond its message: a number, a template or a phone is stopped."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection

from whatsapp import circuit, deadlocks, errors, holds, suppressing, throttle
from whatsapp.errors import Action
from whatsapp.holds import Closing, Lifted
from whatsapp.models import Kind, Message, Sender, Template, TemplateStatus
from whatsapp.models import SuppressionKind as What
from whatsapp.status import Reason

logger = logging.getLogger(__name__)

# WhatsApp's own states: its notices and each fetch of the templates change them. Whatever else
# stops a template is ours to lift, as WhatsApp goes on approving of it.
_STATES = {
    132001: TemplateStatus.PAUSED,
    132015: TemplateStatus.PAUSED,
    132016: TemplateStatus.DISABLED,
}
_NO_OFFERS = 131063
_WRONG_CATEGORIES = 131064
# Lifts itself at Meta, which does not say when.
_TRIED_DAILY = timedelta(days=1)
# Source: WhatsApp Cloud API, per-user marketing limits, read 2026-11.
_OFFERS_WAIT = timedelta(hours=24)


def follow(message: Message, code: int | None, *, now: datetime) -> None:
    """
    Do what Meta's code asks for beyond this message; twice is once.

    :param message: with sender, phone, clinic and the template's version at hand
    """
    if connection.in_atomic_block:
        _follow(message, code, now)
    else:
        # Receipts take phones first and then us; here we come first.
        deadlocks.again(lambda: _follow(message, code, now))


def follow_receipt(message: Message, code: int | None, *, now: datetime) -> None:
    """Do what a code asks for that a receipt told: nobody has counted it, nor slowed down."""
    follow(message, code, now=now)
    if message.sender_id is None:
        return
    if not errors.meaning(code).is_known:
        circuit.count_failure(message.sender_id, code=code, now=now)
    elif code is not None:
        throttle.slow_down(message.sender_id, code)


def miss(message: Message, code: int, *, now: datetime) -> None:
    """Mark a number that was not reached on several days, unless too many are at once."""
    suppressing.suppress(message, What.FAILING, code=code, now=now)


def close_kinds(sender: Sender, code: int, *, has_template: bool, now: datetime) -> None:
    """Let those kinds of messages of an account wait that a code has closed; the rest goes on."""
    closing = Closing(
        cause=str(code),
        reason=errors.meaning(code).title,
        told_at=now,
        code=code,
        until=now + _TRIED_DAILY if code == _WRONG_CATEGORIES else None,
    )
    holds.close_kinds(sender.account_id, _kinds(code, has_template), closing, now=now)
    logger.error("kind of message stopped", extra={"sender_id": sender.pk, "code": code})


def lift_expired(*, now: datetime) -> Lifted:
    """Lift what WhatsApp closed until now, and try what has to be tried again; twice is once."""
    return holds.lift_expired(now=now)


def _follow(message: Message, code: int | None, now: datetime) -> None:
    meaning = errors.meaning(code)
    if code is None or not meaning.is_known:
        _tell(message, code, now)
        return
    act = _ACTS.get(meaning.action)
    if act is not None:
        act(message, code, now)


def _tell(message: Message, code: int | None, now: datetime) -> None:
    logger.error("unknown code from WhatsApp", extra={"code": code, "message_id": message.pk})
    if message.sender_id is not None:
        circuit.remember(message.sender_id, code, now=now)


def _stop_sender(message: Message, code: int, now: datetime) -> None:
    if message.sender_id is None:
        return
    reason = errors.meaning(code).title
    if holds.stop_number(message.sender_id, reason=reason, now=now, code=code):
        logger.error("number stopped", extra={"sender_id": message.sender_id, "code": code})


def _stop_kind(message: Message, code: int, now: datetime) -> None:
    if message.sender is not None:
        has_template = message.template_version_id is not None
        close_kinds(message.sender, code, has_template=has_template, now=now)


def _kinds(code: int, has_template: bool) -> tuple[Kind, ...]:  # noqa: FBT001 - passed on
    if code == _NO_OFFERS:
        return (Kind.MARKETING,)
    if code == _WRONG_CATEGORIES:
        return (Kind.UTILITY,)
    # All that costs money. Answers do so only when a month's free ones are used up: then it is one
    # of them that is refused.
    return holds.TEMPLATES if has_template else (*holds.TEMPLATES, Kind.REPLIES)


def _stop_template(message: Message, code: int, now: datetime) -> None:
    if message.template_version is None:
        return
    template_id, reason = message.template_version.template_id, errors.meaning(code).title
    status = _STATES.get(code)
    if status is not None:
        Template.objects.filter(pk=template_id, status=TemplateStatus.APPROVED).update(
            status=status, rejected_reason=reason, status_changed_at=now
        )
    elif holds.stop_template(template_id, reason=reason, code=code, now=now):
        logger.error("template stopped", extra={"template_id": template_id, "code": code})


def _stop_phone(message: Message, code: int, now: datetime) -> None:
    # Never the patient's own withdrawal: a person looks at the number.
    suppressing.suppress(message, What.PHONE, code=code, now=now)


def _stop_marketing(message: Message, code: int, now: datetime) -> None:
    suppressing.suppress(message, What.MARKETING, code=code, now=now)


def _fail(message: Message, code: int, now: datetime) -> None:
    """The message is given up; a few of these codes say more than that."""
    meaning = errors.meaning(code)
    if meaning.strikes:
        holds.strike_template(
            message, code=code, allowed=meaning.strikes, reason=meaning.title, now=now
        )
    if meaning.ends_a_country and holds.close_country(message, now=now):
        logger.error("country closed", extra={"sender_id": message.sender_id, "code": code})
    if meaning.reason == Reason.META_LIMIT:
        holds.leave_alone(message, until=now + _OFFERS_WAIT)


_ACTS: dict[Action, Callable[[Message, int, datetime], None]] = {
    Action.STOP_SENDER: _stop_sender,
    Action.STOP_KIND: _stop_kind,
    Action.STOP_TEMPLATE: _stop_template,
    Action.STOP_PHONE: _stop_phone,
    Action.STOP_MARKETING: _stop_marketing,
    Action.FAIL: _fail,
}
