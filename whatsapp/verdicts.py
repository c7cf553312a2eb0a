"""What news about an account, number, template or preference changes in our rows."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from whatsapp import consequences, correspondents, errors
from whatsapp.errors import Action
from whatsapp.events import (
    AccountUpdated,
    Event,
    LimitChanged,
    NumberError,
    NumberQualityChanged,
    PreferenceChanged,
    TemplateCategoryChanged,
    TemplateName,
    TemplateQualityChanged,
    TemplateStatusChanged,
)
from whatsapp.models import Account, Portfolio, Sender, Template, TemplateStatus

logger = logging.getLogger(__name__)

# Source: WhatsApp Cloud API, message_template_status_update, read 2026-11. Other words are kept as
# they come, and such a template is not used.
_TEMPLATE_WORDS = {"REINSTATED": TemplateStatus.APPROVED.value}
# A warning about quality; the template goes on.
_ONLY_WARNS = "FLAGGED"
_NO_TEMPLATES = "RESTRICTED_BIZ_INITIATED_MESSAGING"
_GONE = {"ACCOUNT_DELETED", "ACCOUNT_OFFBOARDED"}
_BY_WHATSAPP = "WhatsApp: "
_RATE_UPGRADED = 1000
_NEW_LIMITS = {
    "TIER_50": 50,
    "TIER_250": 250,
    "TIER_1K": 1_000,
    "TIER_2K": 2_000,
    "TIER_10K": 10_000,
    "TIER_100K": 100_000,
}
_UNLIMITED = "TIER_UNLIMITED"


def follow(event: Event, *, now: datetime) -> None:
    """Act on one piece of news; twice is once."""
    act = _ACTS.get(type(event))
    if act is not None:
        act(event, now)


def _templates(waba_id: str, template: TemplateName) -> QuerySet[Template]:
    """Return the row meant by a notice: by Meta's id where it is known, else by its name."""
    by_name = Q(name=template.name, language=template.language)
    if template.meta_id:
        by_name = Q(meta_id=template.meta_id) | (by_name & Q(meta_id=""))
    return Template.objects.filter(by_name, account__waba_id=waba_id)


def _template_quality(event: TemplateQualityChanged, _now: datetime) -> None:
    _templates(event.origin.waba_id, event.template).update(quality=event.quality)


def _template_category(event: TemplateCategoryChanged, _now: datetime) -> None:
    if event.is_done:
        _templates(event.origin.waba_id, event.template).update(category=event.category)


def _template_status(event: TemplateStatusChanged, now: datetime) -> None:
    if event.status == _ONLY_WARNS:
        return
    at = event.origin.at or now
    # Notices overtake each other: the newest counts.
    newest = Q(status_changed_at=None) | Q(status_changed_at__lte=at)
    _templates(event.origin.waba_id, event.template).filter(newest).update(
        status=_TEMPLATE_WORDS.get(event.status, event.status),
        rejected_reason=event.reason,
        status_changed_at=at,
    )


def _account(event: AccountUpdated, now: datetime) -> None:
    account = Account.objects.filter(waba_id=event.origin.waba_id)
    reason = _stopping(event)
    if reason:
        account.filter(held_at=None).update(held_at=now, held_reason=(_BY_WHATSAPP + reason)[:200])
        logger.error("account stopped by WhatsApp", extra={"event": event.event})
    elif event.ban == "REINSTATE" or event.event == "ACCOUNT_RECONNECTED":
        # What a person stopped stays stopped.
        account.filter(held_reason__startswith=_BY_WHATSAPP).update(held_at=None, held_reason="")


def _stopping(event: AccountUpdated) -> str:
    if event.ban == "DISABLE":
        return event.ban
    if event.event in _GONE:
        return event.event
    return _NO_TEMPLATES if _NO_TEMPLATES in event.restrictions else ""


def _number(event: NumberQualityChanged, _now: datetime) -> None:
    if event.limit:
        _write_limit(event.origin.waba_id, event.limit)
    if event.event != "THROUGHPUT_UPGRADE":
        return
    for sender in Sender.objects.filter(account__waba_id=event.origin.waba_id):
        digits = "".join(d for d in sender.display_number if d.isdigit())
        if digits and digits == event.display_number:
            Sender.objects.filter(pk=sender.pk).update(rate_per_second=_RATE_UPGRADED)


def _limit(event: LimitChanged, _now: datetime) -> None:
    _write_limit(event.origin.waba_id, event.limit)


def _write_limit(waba_id: str, limit: str) -> None:
    """Documented as TIER_2K; Meta's own sample shows a bare 2000."""
    number = int(limit) if limit.isdecimal() and len(limit) < 10 else _NEW_LIMITS.get(limit)
    if number is not None or limit == _UNLIMITED:
        Portfolio.objects.filter(accounts__waba_id=waba_id).update(daily_limit=number)


def _number_error(event: NumberError, now: datetime) -> None:
    meaning = errors.meaning(event.code)
    sender = Sender.objects.filter(phone_number_id=event.origin.phone_number_id).first()
    if sender and meaning.action == Action.STOP_SENDER:
        consequences.hold(sender, reason=meaning.title, now=now)


def _preference(event: PreferenceChanged, now: datetime) -> None:
    """Somebody switched offers off in WhatsApp itself; switching them on grants nothing."""
    sender = Sender.objects.filter(phone_number_id=event.origin.phone_number_id).first()
    if sender is None or event.wish != "stop":
        return
    phone = correspondents.find(sender.clinic_id, number=event.wa_id, user_id=event.user_id)
    if phone is not None:
        also = consequences.sold_to(phone)
        consequences.withdraw_marketing(phone, now=event.at or now, also=also)


_ACTS: dict[type, Callable[[Any, datetime], None]] = {
    AccountUpdated: _account,
    LimitChanged: _limit,
    NumberError: _number_error,
    NumberQualityChanged: _number,
    PreferenceChanged: _preference,
    TemplateCategoryChanged: _template_category,
    TemplateQualityChanged: _template_quality,
    TemplateStatusChanged: _template_status,
}
