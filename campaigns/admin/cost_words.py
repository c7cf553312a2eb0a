"""What messages cost, in words."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns import budgeting, costs, money, rates
from campaigns.at_hand import AtHand
from campaigns.costs import Cost, Line
from campaigns.models import Campaign
from whatsapp.models import Category

_CATEGORIES = dict(Category.choices)
SHOWN = 20


def estimate_in_words(
    campaign: Campaign, *, now: datetime, at_hand: AtHand | None = None
) -> dict[str, Any]:
    """Return what a run started now would cost, beside the campaign's budget."""
    shown = {"cost": cost_in_words(costs.estimate(campaign, now=now, at_hand=at_hand))}
    return shown | _budget_in_words(campaign, now)


def spent_in_words(campaign: Campaign, *, now: datetime) -> dict[str, Any]:
    """Return what a campaign has cost so far, beside its budget."""
    shown = {"spent": cost_in_words(costs.spend_of(campaign, now=now))}
    return shown | _budget_in_words(campaign, now)


def cost_in_words(cost: Cost) -> dict[str, Any]:
    """Return a cost as a page shows it: what is not known is said, never counted as nothing."""
    return {
        "totals": [_total(cost, code, amount) for code, amount in sorted(cost.totals.items())],
        "unknown": [_unknown(line) for line in cost.unknown[:SHOWN]],
        "lines": [_line(line) for line in cost.lines[:SHOWN]],
    }


def _budget_in_words(campaign: Campaign, now: datetime) -> dict[str, str]:
    if campaign.budget is None:
        return {}
    code = campaign.budget_currency
    used = budgeting.recount(campaign, now=now)
    return {"budget": money.words(campaign.budget, code), "used": money.words(used, code)}


def _total(cost: Cost, currency: str, amount: Decimal) -> str:
    count = sum(one.messages for one in cost.lines if one.price and one.price.currency == currency)
    words = ngettext(
        "About %(amount)s for %(count)s message",
        "About %(amount)s for %(count)s messages",
        count,
    )
    return words % {"amount": money.words(amount, currency), "count": _number(count)}


def _unknown(line: Line) -> str:
    words = ngettext(
        "%(country)s, %(category)s: %(count)s message",
        "%(country)s, %(category)s: %(count)s messages",
        line.messages,
    )
    return words % {
        "country": _country(line),
        "category": _category(line),
        "count": _number(line.messages),
    }


def _line(line: Line) -> dict[str, Any]:
    price = line.price
    return {
        "country": _country(line),
        "category": _category(line),
        "messages": line.messages,
        "price": money.price_in_words(price.amount, price.currency) if price else "?",
        "amount": money.words(line.amount, price.currency) if price else "?",
    }


def _country(line: Line) -> str:
    return rates.country_name(line.country) if line.country else _("an unknown country")


def _category(line: Line) -> str:
    return str(_CATEGORIES.get(line.category, line.category.lower()))


def _number(count: int) -> str:
    return str(number_format(count, force_grouping=True))
