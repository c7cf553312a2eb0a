"""Keeps a campaign's runs within its budget: nothing is queued that it does not cover."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from campaigns import costs, money
from campaigns.languages import Words
from campaigns.models import Campaign, Recipient, Run
from campaigns.rates import Prices
from healthmsg.clinic import phone
from whatsapp.models import Message
from whatsapp.status import LEFT_US, Status

if TYPE_CHECKING:
    from campaigns.costs import Cost

_COMMITTED = (Status.QUEUED, *LEFT_US)
# So long WhatsApp tries to deliver. Source: WhatsApp Cloud API, time to live, read 2026-11.
_RECEIPTS_COME = timedelta(days=30)


def why_not_start(campaign: Campaign, *, now: datetime) -> str:
    """Return why a budget forbids another run, "" where it does not."""
    if campaign.budget is None:
        return ""
    currency = campaign.budget_currency
    expected = costs.estimate(campaign, now=now)
    if not expected.totals:
        return _("It has a budget, but no rate is known for any of its messages.")
    if set(expected.totals) != {currency}:
        return _("Its budget is in another currency than the rates.")
    total, before = expected.total(currency), recount(campaign, now=now)
    if before + total <= campaign.budget:
        return ""
    return _("It would cost about %(total)s; of its budget of %(budget)s there is %(left)s.") % {
        "total": money.words(total, currency),
        "budget": money.words(campaign.budget, currency),
        "left": money.words(max(campaign.budget - before, Decimal(0)), currency),
    }


def room(run: Run, *, now: datetime, most: int) -> int:
    """
    Return how many messages of a run may still be queued, at most `most`; its row must be locked.

    Each is taken for the dearest there is, so that no budget is exceeded as far as rates are known.
    Where nobody is left to write to, nothing stands in the way of the run's end.
    """
    if run.campaign.budget is not None and run.costs_at_most is None:
        run.costs_at_most = _committed(run.campaign, [run.pk], now)
        Run.objects.filter(pk=run.pk).update(costs_at_most=run.costs_at_most)
    found = _room(run, now, most)
    return found if found or _to_pour(run).exists() else most


def note(run: Run, firsts: Sequence[Recipient], *, now: datetime) -> None:
    """Add to what a run costs at most what was just queued, named by each message's first."""
    if run.campaign.budget is None:
        Run.objects.filter(pk=run.pk, costs_at_most__isnull=False).update(costs_at_most=None)
        return
    categories = Words(run.campaign).categories
    today = _today(run.campaign, now)
    counts: Counter[tuple[str, str, date]] = Counter()
    for first in firsts:
        if first.phone is not None and first.contact is not None:
            category = categories.get(first.contact.language, "")
            counts[category, first.phone.number[: phone.BEGINNING], today] += 1
    cost = costs.of_counts(counts, Prices(run.campaign.clinic_id))
    more = cost.total(run.campaign.budget_currency)
    Run.objects.filter(pk=run.pk).update(costs_at_most=F("costs_at_most") + more)


def why_not(run: Run, *, now: datetime) -> str:
    """
    Return why a run's budget lets nothing more leave, "" where it does.

    Looks closely, at a second for a million messages, only once it may have been used up.
    """
    campaign = run.campaign
    if campaign.budget is None:
        return ""
    if run.costs_at_most is None:
        # Counted without its lock it would miss what a tick queues meanwhile.
        recount(campaign, now=now)
        run.refresh_from_db(fields=["costs_at_most"])
    if _room(run, now, 1):
        return ""
    recount(campaign, now=now)
    run.refresh_from_db(fields=["costs_at_most"])
    has_left = _has_left(campaign, now).total(campaign.budget_currency)
    if _room(run, now, 1) or has_left + _dearest(run, now) <= campaign.budget:
        return ""
    if not _to_pour(run).exists() and not _waiting(run).exists():
        return ""
    return _("of its budget of %(budget)s, about %(spent)s is used up by what has left") % {
        "budget": money.words(campaign.budget, campaign.budget_currency),
        "spent": money.words(has_left, campaign.budget_currency),
    }


@transaction.atomic
def recount(campaign: Campaign, *, now: datetime) -> Decimal:
    """Count what a campaign's runs cost, of all that is in the outbox or has left."""
    runs = Run.objects.filter(campaign=campaign).order_by("pk")
    # Of older ones receipts say nothing new.
    may_differ = (
        Q(costs_at_most=None) | Q(finished_at=None) | Q(finished_at__gt=now - _RECEIPTS_COME)
    )
    # Locked: what a run queues meanwhile would be in neither number.
    for run in runs.filter(may_differ).select_for_update(no_key=True):
        cost = _committed(campaign, [run.pk], now)
        Run.objects.filter(pk=run.pk).update(costs_at_most=cost)
    return _sum(runs.values_list("costs_at_most", flat=True))


def forget(campaigns: "QuerySet[Campaign]") -> None:
    """Count anew what these campaigns cost: a rate or a budget has changed."""
    Run.objects.filter(campaign__in=campaigns).update(costs_at_most=None)


def _room(run: Run, now: datetime, most: int) -> int:
    campaign = run.campaign
    if campaign.budget is None:
        return most
    parts = list(Run.objects.filter(campaign=campaign).values_list("costs_at_most", flat=True))
    if None in parts:
        # What another run costs is counted at the next look.
        return 0
    dearest = _dearest(run, now)
    left = campaign.budget - _sum(parts)
    return min(most, max(0, int(left / dearest))) if dearest else most


def _committed(campaign: Campaign, runs: Sequence[int], now: datetime) -> Decimal:
    cost = costs.of_runs(campaign.clinic, runs, now=now, statuses=_COMMITTED)
    return cost.total(campaign.budget_currency)


def _has_left(campaign: Campaign, now: datetime) -> "Cost":
    runs = list(Run.objects.filter(campaign=campaign).values_list("pk", flat=True))
    return costs.of_runs(campaign.clinic, runs, now=now)


def _dearest(run: Run, now: datetime) -> Decimal:
    campaign = run.campaign
    categories = set(Words(campaign).categories.values())
    prices = Prices(campaign.clinic_id)
    return prices.dearest(campaign.budget_currency, categories, on=_today(campaign, now))


def _to_pour(run: Run) -> "QuerySet[Recipient]":
    return Recipient.objects.filter(run=run, message=None, reason="")


def _waiting(run: Run) -> "QuerySet[Message]":
    return Message.objects.filter(stream_id=run.stream_id, send_after__isnull=False)


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), Decimal(0))


def _today(campaign: Campaign, now: datetime) -> date:
    return now.astimezone(campaign.clinic.zone).date()
