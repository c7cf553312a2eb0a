"""What news about an account, number, template or preference changes in our rows."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from whatsapp import (
    circuit,
    consequences,
    correspondents,
    errors,
    holds,
    limits,
    loose,
    offers,
    throttle,
    wrong_numbers,
)
from whatsapp.errors import Action
from whatsapp.events import (
    AccountUpdated,
    AccountWarned,
    Event,
    LimitChanged,
    NumberChanged,
    NumberError,
    NumberNameDecided,
    NumberQualityChanged,
    PreferenceChanged,
    Restricted,
    TemplateCategoryChanged,
    TemplateName,
    TemplateQualityChanged,
    TemplateStatusChanged,
)
from whatsapp.lifting import BY_WHATSAPP
from whatsapp.models import (
    Account,
    IncidentCause,
    Kind,
    Portfolio,
    Sender,
    Template,
    TemplateStatus,
)

logger = logging.getLogger(__name__)

# Source: WhatsApp Cloud API, message_template_status_update, read 2026-11. Other words are kept as
# they come, and such a template is not used.
_TEMPLATE_WORDS = {"REINSTATED": TemplateStatus.APPROVED.value}
# A warning about quality; the template goes on.
_ONLY_WARNS = "FLAGGED"
# Source: WhatsApp Cloud API, account_update, read 2026-11. The others concern what is set up at
# Meta: new templates, new numbers, calls.
_CLOSED_BY = {
    "RESTRICTED_BIZ_INITIATED_MESSAGING": holds.TEMPLATES,
    "RESTRICTED_CUSTOMER_INITIATED_MESSAGING": (Kind.REPLIES,),
}
_GONE = {"ACCOUNT_DELETED", "ACCOUNT_OFFBOARDED"}
_BACK = "ACCOUNT_RECONNECTED"
_RATE_UPGRADED = 1000
_NAME_NOT_APPROVED = 131037


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


# Notices overtake each other: the newest counts.
def _newest(told_at: str, at: datetime) -> Q:
    return Q(**{told_at: None}) | Q(**{f"{told_at}__lte": at})


def _template_quality(event: TemplateQualityChanged, now: datetime) -> None:
    at = event.origin.at or now
    rows = _templates(event.origin.waba_id, event.template)
    rows.filter(_newest("quality_told_at", at)).update(quality=event.quality, quality_told_at=at)


def _template_category(event: TemplateCategoryChanged, now: datetime) -> None:
    at = event.origin.at or now
    rows = _templates(event.origin.waba_id, event.template)
    rows = rows.filter(_newest("category_told_at", at))
    if event.is_done:
        rows.update(category=event.category, category_coming="", category_told_at=at)
    else:
        rows.update(category_coming=event.category)


def _template_status(event: TemplateStatusChanged, now: datetime) -> None:
    if event.status == _ONLY_WARNS:
        return
    at = event.origin.at or now
    rows = _templates(event.origin.waba_id, event.template)
    rows.filter(_newest("status_changed_at", at)).update(
        status=_TEMPLATE_WORDS.get(event.status, event.status),
        rejected_reason=event.reason,
        status_changed_at=at,
    )


def _account(event: AccountUpdated, now: datetime) -> None:
    account = Account.objects.filter(waba_id=event.origin.waba_id).first()
    if account is None:
        return
    at = event.origin.at or now
    for restricted in event.restrictions:
        _restrict(account, restricted, at, now)
    if event.violation:
        words = f"WhatsApp reports a violation of its rules: {event.violation}"
        holds.warn(account.pk, words, at=at)
        logger.error("account warned by WhatsApp", extra={"event": event.event})
    if event.ban or event.event in {*_GONE, _BACK}:
        _ban(account, event, at, now)


def _restrict(account: Account, restricted: Restricted, at: datetime, now: datetime) -> None:
    kinds = _CLOSED_BY.get(restricted.kind, ())
    if restricted.until is not None and restricted.until <= now:
        return
    if not kinds:
        holds.warn(account.pk, f"WhatsApp restricts the account: {restricted.kind}", at=at)
        return
    closing = holds.Closing(
        cause=restricted.kind,
        reason=BY_WHATSAPP + restricted.kind,
        told_at=at,
        until=restricted.until,
    )
    holds.close_kinds(account.pk, kinds, closing, now=now)
    logger.error("account restricted by WhatsApp", extra={"restriction": restricted.kind})


def _ban(account: Account, event: AccountUpdated, at: datetime, now: datetime) -> None:
    rows = Account.objects.filter(pk=account.pk).filter(_newest("told_at", at))
    if not rows.update(told_at=at):
        return
    if event.ban == "DISABLE" or event.event in _GONE:
        if holds.stop_account(account.pk, reason=event.ban or event.event, now=now):
            logger.error("account stopped by WhatsApp", extra={"event": event.event})
    elif event.ban == "REINSTATE" or event.event == _BACK:
        # What a person stopped stays stopped.
        holds.start_account(account.pk)
        Account.objects.filter(pk=account.pk, warned_at__lte=at).update(warning="", warned_at=None)
    elif event.ban:
        day = event.ban_on.isoformat() if event.ban_on else "soon"
        holds.warn(account.pk, f"WhatsApp will switch the account off: {day}", at=at)
        logger.error("account will be stopped by WhatsApp", extra={"event": event.event})


def _warned(event: AccountWarned, now: datetime) -> None:
    account = Account.objects.filter(waba_id=event.origin.waba_id).first()
    if account is not None:
        words = f"WhatsApp warns: {event.warning}"
        holds.warn(account.pk, words, at=event.origin.at or now)
        logger.warning("account warned by WhatsApp", extra={"field": event.origin.field})


def _number(event: NumberQualityChanged, now: datetime) -> None:
    if event.limit:
        _write_limit(event, event.limit, now)
    if event.event == "THROUGHPUT_UPGRADE":
        for sender in _numbered(event.origin.waba_id, event.display_number):
            Sender.objects.filter(pk=sender.pk).update(rate_per_second=_RATE_UPGRADED)


def _number_name(event: NumberNameDecided, now: datetime) -> None:
    at = event.origin.at or now
    for sender in _numbered(event.origin.waba_id, event.display_number):
        if event.decision == "REJECTED":
            words = f"the name of a number was not approved: {event.reason or 'no reason given'}"
            holds.warn(sender.account_id, words, at=at)
        elif event.decision == "APPROVED" and sender.held_code == _NAME_NOT_APPROVED:
            holds.start_number(sender.pk)


def _numbered(waba_id: str, digits: str) -> list[Sender]:
    senders = Sender.objects.filter(account__waba_id=waba_id)
    return [s for s in senders if digits and loose.digits(s.display_number) == digits]


def _limit(event: LimitChanged, now: datetime) -> None:
    _write_limit(event, event.limit, now)


def _write_limit(event: LimitChanged | NumberQualityChanged, limit: str, now: datetime) -> None:
    portfolios = Portfolio.objects.filter(accounts__waba_id=event.origin.waba_id)
    known = Portfolio.objects.filter(pk__in=portfolios.values("pk"))
    limits.write_down(known, limit, told_at=event.origin.at or now)


def _number_error(event: NumberError, now: datetime) -> None:
    meaning = errors.meaning(event.code)
    sender = Sender.objects.filter(phone_number_id=event.origin.phone_number_id).first()
    if sender is None:
        return
    if not meaning.is_known:
        circuit.remember(sender.pk, event.code, now=now)
    elif meaning.action == Action.STOP_SENDER:
        holds.stop_number(sender.pk, reason=meaning.title, now=now, code=event.code)
    elif meaning.action == Action.STOP_KIND:
        consequences.close_kinds(sender, event.code, has_template=True, now=now)
    elif meaning.action == Action.SLOW_DOWN:
        throttle.slow_down(sender.pk, event.code)


def _preference(event: PreferenceChanged, now: datetime) -> None:
    """Somebody switched offers off in WhatsApp itself; switching them on grants nothing."""
    sender = Sender.objects.filter(phone_number_id=event.origin.phone_number_id).first()
    if sender is None or event.wish != "stop":
        return
    phone = correspondents.find(sender.clinic_id, number=event.wa_id, user_id=event.user_id)
    if phone is not None:
        # Their own wish, heard from themselves: no breaker stands between.
        offers.withdraw(phone, now=event.at or now, also=offers.sold_to(phone))


def _number_changed(event: NumberChanged, now: datetime) -> None:
    """
    Somebody has another number now: nothing moves there before a person has asked them.

    Source: WhatsApp Cloud API, system messages, read 2026-11: a new user id comes without a number.
    """
    sender = Sender.objects.filter(phone_number_id=event.origin.phone_number_id).first()
    if sender is None:
        return
    told = loose.mapping(next(iter(loose.mappings(event.origin.content.get("messages"))), {}))
    system = loose.mapping(told.get("system"))
    if event.new_wa_id and event.new_wa_id != event.old_wa_id:
        phone = correspondents.find(sender.clinic_id, number=event.old_wa_id, user_id="")
        if phone is not None:
            cause = IncidentCause.CHANGED_NUMBER
            wrong_numbers.mark(phone, now=now, cause=cause, new_number=event.new_wa_id)
        return
    user_id, before = (
        loose.text(system.get(name), 140) for name in ("user_id", "previous_user_id")
    )
    if user_id and before:
        correspondents.rename(sender.clinic_id, before=before, user_id=user_id)


_ACTS: dict[type, Callable[[Any, datetime], None]] = {
    AccountUpdated: _account,
    AccountWarned: _warned,
    LimitChanged: _limit,
    NumberChanged: _number_changed,
    NumberError: _number_error,
    NumberNameDecided: _number_name,
    NumberQualityChanged: _number,
    PreferenceChanged: _preference,
    TemplateCategoryChanged: _template_category,
    TemplateQualityChanged: _template_quality,
    TemplateStatusChanged: _template_status,
}
