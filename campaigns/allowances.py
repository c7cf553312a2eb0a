"""How many messages of a run may be queued now: its own rate, its daily cap, free slots."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import F, Sum

from campaigns import spacing
from campaigns.models import Campaign, DayCount, FreeSlots, RatePer, Run
from campaigns.spacing import Rate
from healthmsg.clinic import opening
from healthmsg.clinic.models import Site, VisitKind
from healthmsg.clinic.sending_hours import SendingHours
from whatsapp.models import Message

_WITHIN = {RatePer.MINUTE: timedelta(minutes=1), RatePer.HOUR: timedelta(hours=1)}


@dataclass(frozen=True)
class Allowance:
    """How many messages may be queued, when each leaves, and how many people of which site."""

    messages: int
    # When each may leave; empty where there is no rate of its own.
    moments: tuple[datetime, ...] = ()
    # By primary key of Site; one that is not named is not limited.
    by_site: Mapping[int, int] = field(default_factory=dict)
    # Of whom nobody was invited today: a household larger than its limit may go.
    untouched: frozenset[int] = frozenset()


def rate_of(campaign: Campaign) -> Rate | None:
    """Return a campaign's own rate, None where it has none."""
    if campaign.own_rate is None:
        return None
    return Rate(campaign.own_rate, _WITHIN[RatePer(campaign.own_rate_per)])


def of(run: Run, *, most: int, now: datetime) -> Allowance:
    """
    Return what may be queued now; call with the run's row locked, and `take` before it is let go.

    What was queued counts on the day on which it was queued, and nothing is outside the hours in
    which it could leave; what is left over at midnight counts once more on the next day, as it
    leaves then.
    """
    campaign = run.campaign
    rate = rate_of(campaign)
    if rate is None and campaign.daily_cap is None and not run.is_by_site:
        return Allowance(most)
    if not SendingHours.of(campaign.clinic).is_open(now):
        return Allowance(0)
    if campaign.daily_cap is not None:
        most = min(most, left_today(campaign, now=now))
    moments: tuple[datetime, ...] = ()
    if rate is not None:
        make_room(run, now=now)
        moments = spacing.moments(rate, taken_until=run.paced_until, now=now, most=most)
        most = len(moments)
    by_site, untouched = _rooms(campaign, now) if run.is_by_site else ({}, frozenset())
    return Allowance(most, moments, by_site, untouched)


def take(run: Run, *, messages: int, people: Counter[int], now: datetime) -> None:
    """Write down what was queued, by what `of` allowed: messages, and people by site."""
    campaign = run.campaign
    if messages:
        _add(campaign, None, _today(campaign, now), messages)
    rate = rate_of(campaign)
    if rate is not None and messages:
        begun = max(now, run.paced_until or now)
        run.paced_until = begun + messages * rate.gap
        Run.objects.filter(pk=run.pk).update(paced_until=run.paced_until)
    if not people:
        return
    for slots in slots_of(campaign):
        if count := people[slots.site_id]:
            _add(campaign, slots.site, now.astimezone(slots.site.zone).date(), count)


def make_room(run: Run, *, now: datetime) -> None:
    """Keep the rate where messages were held up: they leave together as soon as they may."""
    rate = rate_of(run.campaign)
    if rate is None:
        return
    overdue = Message.objects.filter(stream_id=run.stream_id, send_after__lte=now).count()
    until = spacing.taken_until(rate, run.paced_until, overdue=overdue, now=now)
    if until != run.paced_until:
        run.paced_until = until
        Run.objects.filter(pk=run.pk).update(paced_until=until)


def left_today(campaign: Campaign, *, now: datetime) -> int:
    """Return how many messages the daily cap leaves; call in a transaction, which others await."""
    if campaign.daily_cap is None:
        raise ValueError("a campaign without a daily cap has nothing to count")
    # Two runs of one campaign share it.
    Campaign.objects.select_for_update(no_key=True).only("pk").get(pk=campaign.pk)
    today = _today(campaign, now)
    counted = DayCount.objects.filter(campaign=campaign, site=None, day=today).first()
    if counted is None:
        streams = Run.objects.filter(campaign=campaign).values("stream")
        left_over = Message.objects.filter(stream__in=streams, send_after__isnull=False).count()
        counted = DayCount.objects.create(campaign=campaign, day=today, count=left_over)
    return max(0, campaign.daily_cap - counted.count)


def queued_today(campaign: Campaign, *, now: datetime) -> int:
    """Return how many messages count for the clinic's day so far."""
    rows = DayCount.objects.filter(campaign=campaign, site=None, day=_today(campaign, now))
    return rows.values_list("count", flat=True).first() or 0


def slots_of(campaign: Campaign) -> list[FreeSlots]:
    """Return the free slots that limit a campaign, with what `most_on` asks of their sites."""
    if campaign.expected_percent is None:
        return []
    slots = FreeSlots.objects.filter(campaign=campaign).select_related("site__clinic")
    return list(slots.prefetch_related("site__closing_days").order_by("site"))


def most_on(campaign: Campaign, slots: FreeSlots, day: date) -> int:
    """Return how many people a site's free slots let invite on a day; none while it is closed."""
    if campaign.expected_percent is None or not opening.is_open_on(slots.site, day):
        return 0
    return slots.a_day * 100 // campaign.expected_percent


def invited_on(campaign: Campaign, slots: FreeSlots, day: date) -> int:
    """Return how many were invited to a site, by whichever campaign for this kind of visit."""
    counts = DayCount.objects.filter(
        campaign__clinic=campaign.clinic_id,
        campaign__visit_kind=campaign.visit_kind_id,
        site=slots.site_id,
        day=day,
    )
    return counts.aggregate(people=Sum("count"))["people"] or 0


def _rooms(campaign: Campaign, now: datetime) -> tuple[dict[int, int], frozenset[int]]:
    """Return how many more people may be invited, by site, and to which nobody was yet today."""
    if campaign.expected_percent is None or campaign.visit_kind_id is None:
        return {}, frozenset()
    # Campaigns that invite to the same kind share its slots.
    VisitKind.objects.select_for_update(no_key=True).only("pk").get(pk=campaign.visit_kind_id)
    rooms, untouched = {}, set()
    for slots in slots_of(campaign):
        day = now.astimezone(slots.site.zone).date()
        invited = invited_on(campaign, slots, day)
        most = most_on(campaign, slots, day)
        rooms[slots.site_id] = max(0, most - invited)
        if most and not invited:
            untouched.add(slots.site_id)
    return rooms, frozenset(untouched)


def _today(campaign: Campaign, now: datetime) -> date:
    return now.astimezone(campaign.clinic.zone).date()


def _add(campaign: Campaign, site: Site | None, day: date, count: int) -> None:
    counted, _is_new = DayCount.objects.get_or_create(campaign=campaign, site=site, day=day)
    DayCount.objects.filter(pk=counted.pk).update(count=F("count") + count)
