"""When a campaign will be done, beside reminders and the other campaigns that are going."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Func, IntegerField, OuterRef, QuerySet, Subquery, Value

from campaigns import allowances, finishing
from campaigns.finishing import Pace
from campaigns.languages import Words, sender_of
from campaigns.models import Campaign, FreeSlots, Recipient, Run, RunStatus
from healthmsg.clinic.sending_hours import SendingHours
from whatsapp import seats
from whatsapp.models import Message, Portfolio, Sender
from whatsapp.pacing import SHARE_OF_LIMIT

_GOING = (RunStatus.EXPANDING, RunStatus.POURING)
_NO_SITES: Mapping[int, int] = {}


@dataclass(frozen=True)
class Ahead:
    """
    When the last message leaves, None where that is too far away to tell; how many leave today.

    `is_too_slow`: the campaign's own rate, cap or free slots are why nobody can tell.
    """

    done_at: datetime | None
    today: int
    is_too_slow: bool = False


def of_campaign(campaign: Campaign, people: int, *, now: datetime) -> datetime | None:
    """Return when it would be done if it were started now; None: too far away to tell."""
    return ahead(campaign, people, now=now).done_at


def ahead(
    campaign: Campaign,
    messages: int,
    *,
    by_site: Mapping[int, int] = _NO_SITES,
    now: datetime,
    words: Words | None = None,
) -> Ahead:
    """
    Look ahead as if it were started now.

    :param by_site: how many people free slots limit, by primary key of Site
    :param words: the campaign's words, where somebody has read them
    """
    sender = sender_of(campaign) if words is None else words.sender
    return _ahead(campaign, messages, _left(campaign, without=None), by_site, sender, now)


def of_run(run: Run, *, now: datetime) -> datetime | None:
    """Return when a run that is going will be done; None: too far away to tell."""
    left = _left_of(run)
    others = _left(run.campaign, without=run)
    sender = sender_of(run.campaign)
    return _ahead(run.campaign, left, others, _left_by_site(run), sender, now).done_at


def _ahead(
    campaign: Campaign,
    messages: int,
    others: int,
    by_site: Mapping[int, int],
    sender: Sender | None,
    now: datetime,
) -> Ahead:
    number = _pace_of(sender, campaign, now) if sender else None
    if number is None:
        # It says itself that there is no number; a date is not what is missing.
        return Ahead(now, messages)
    everything = finishing.done_at(messages + others, number, now=now)
    own = list(_own(campaign, messages, by_site, number, now))
    ends = [finishing.done_at(left, pace, now=now) for left, pace in own]
    known = [end for end in (everything, *ends) if end is not None]
    is_known = everything is not None and None not in ends
    # Campaigns take turns: each gets its part of what can leave today.
    share = finishing.most_today(number, now=now) * messages // (messages + others or 1)
    today = min(share, _today(messages, own, by_site, now))
    return Ahead(max(known) if is_known else None, today, is_too_slow=None in ends)


def _own(
    campaign: Campaign, messages: int, by_site: Mapping[int, int], number: Pace, now: datetime
) -> Iterator[tuple[int, Pace]]:
    """Yield what the campaign limits itself to: so many at most at that pace; the whole first."""
    rate, cap = allowances.rate_of(campaign), campaign.daily_cap
    slowed = replace(number, seats_now=None, seats_on=None)
    if rate is not None:
        per_second = min(number.rate_per_second, 1 / rate.gap.total_seconds())
        slowed = replace(slowed, rate_per_second=per_second)
    if cap is not None:
        left = max(0, cap - allowances.queued_today(campaign, now=now))
        slowed = replace(slowed, seats_now=left, seats_on=lambda _day: cap)
    yield messages, slowed
    for slots in allowances.slots_of(campaign):
        yield by_site.get(slots.site_id, 0), _pace_of_site(campaign, slots, number, now)


def _pace_of_site(campaign: Campaign, slots: FreeSlots, number: Pace, now: datetime) -> Pace:
    today = now.astimezone(slots.site.zone).date()
    room = allowances.most_on(campaign, slots, today)
    left = max(0, room - allowances.invited_on(campaign, slots, today))
    return replace(
        number, seats_now=left, seats_on=lambda day: allowances.most_on(campaign, slots, day)
    )


def _today(
    messages: int, own: list[tuple[int, Pace]], by_site: Mapping[int, int], now: datetime
) -> int:
    (_all, pace), *sites = own
    if not sites:
        return min(messages, finishing.most_today(pace, now=now))
    limited = sum(left for left, _pace in sites)
    let_in = sum(min(left, finishing.most_today(pace, now=now)) for left, pace in sites)
    free = sum(by_site.values()) - limited
    return min(messages, finishing.most_today(pace, now=now), let_in + free)


def _pace_of(sender: Sender, campaign: Campaign, now: datetime) -> Pace:
    hours = SendingHours.of(campaign.clinic)
    rate = sender.rate_per_second * SHARE_OF_LIMIT
    portfolio = sender.account.portfolio
    if portfolio.daily_limit is None:
        return Pace(hours, rate)
    planned = seats.for_campaigns(portfolio.pk, now=now)
    return Pace(hours, rate, planned, _seats_on(portfolio, portfolio.daily_limit))


def _seats_on(portfolio: Portfolio, limit: int) -> Callable[[date], int]:
    """Days ahead leave what reminders do not need; those nobody knows yet are like the known."""
    known: dict[str, int] = portfolio.kept_by_day
    usual = round(sum(known.values()) / len(known)) if known else 0
    return lambda day: max(0, limit - known.get(day.isoformat(), usual))


def _left(campaign: Campaign, *, without: Run | None) -> int:
    """Count what other runs have yet to send: all take turns, but safety notices go first."""
    others = Run.objects.filter(campaign__clinic=campaign.clinic_id, status__in=_GOING)
    if campaign.notice:
        others = others.filter(stream__goes_first=True)
    if without is not None:
        others = others.exclude(pk=without.pk)
    # One question for each of the two, however many runs there are.
    each = others.annotate(
        to_pour=_counted(Recipient.objects.filter(run=OuterRef("pk"), message=None, reason="")),
        waits=_counted(
            Message.objects.filter(stream=OuterRef("stream_id"), send_after__isnull=False)
        ),
    )
    return sum(to_pour + waits for to_pour, waits in each.values_list("to_pour", "waits"))


def _counted(rows: "QuerySet[Any]") -> Subquery:
    return Subquery(
        rows.order_by().annotate(n=Func(Value("*"), function="count")).values("n"),
        output_field=IntegerField(),
    )


def _left_of(run: Run) -> int:
    """Count people, as households are not known before they are written to."""
    to_pour = Recipient.objects.filter(run=run, message=None, reason="").count()
    waiting = Message.objects.filter(stream=run.stream_id, send_after__isnull=False)
    return to_pour + waiting.count()


def _left_by_site(run: Run) -> Mapping[int, int]:
    if not run.is_by_site:
        return _NO_SITES
    to_pour = Recipient.objects.filter(
        run=run, message=None, reason="", limited_by_site_id__isnull=False
    )
    return Counter(dict(to_pour.values_list("limited_by_site_id").annotate(n=Count("pk"))))
