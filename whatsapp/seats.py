"""WhatsApp's daily limit: how many more people a portfolio may write to first."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F
from django.db.models.functions import Greatest, Now
from psycopg.types.json import Jsonb

from whatsapp.leasing import PLAN_HOLDS_MINUTES
from whatsapp.models import Conversation, Portfolio, Sender, TierSeat

# Source: WhatsApp Cloud API, messaging limits, read 2026-11: different people written to outside
# the 24-hour window, in any 24 hours, by all numbers of a portfolio together.
DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Seats:
    """A portfolio's limit and what is left of it; a limit of None is none at all."""

    limit: int | None
    used: int
    kept: int  # for planned reminders, and for what will be booked

    @property
    def for_reminders(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.used)

    @property
    def for_broadcasts(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.used - self.kept)


@dataclass(frozen=True)
class Plan:
    """How many more people campaigns and confirmations may write to first, as of a moment."""

    for_campaigns: int
    for_confirmations: int
    made_for: datetime
    # How many had a seat when it was begun. What was taken since is told by this, not by its
    # moment: a claim's is before its commit, and may be before the plan that did not see it.
    seated: int
    # What campaigns leave on each day ahead, as far as it is known.
    kept_by_day: Mapping[date, int] = field(default_factory=dict)


def of(portfolio: Portfolio, *, now: datetime) -> Seats:
    """Count the seats; where there is no limit nothing is counted."""
    if portfolio.daily_limit is None:
        return Seats(None, 0, 0)
    return Seats(portfolio.daily_limit, in_use(portfolio.pk, now=now), portfolio.seats_kept)


def in_use(portfolio_id: int, *, now: datetime) -> int:
    """Return how many people were written to first within a day."""
    return TierSeat.objects.filter(portfolio=portfolio_id, last_at__gt=now - DAY).count()


def taken(portfolio_id: int, *, now: datetime) -> dict[int, datetime]:
    """Return until when each phone has a seat."""
    rows = TierSeat.objects.filter(portfolio=portfolio_id, last_at__gt=now - DAY)
    return {phone: at + DAY for phone, at in rows.values_list("phone_id", "last_at").iterator()}


# The lock first, in a statement of its own: the count of what was taken since the plan was begun
# must not be older than the wait for it.
_LOCK = "SELECT 1 FROM whatsapp_portfolio WHERE id = %(portfolio)s FOR NO KEY UPDATE"
_WRITE = """
WITH used AS (
  SELECT count(*) AS people FROM whatsapp_tierseat
   WHERE portfolio_id = %(portfolio)s AND last_at > %(made_for)s - interval '24 hours'),
since AS (SELECT greatest(0, people - %(seated)s) AS people FROM used)
UPDATE whatsapp_portfolio portfolio
   SET campaign_seats = greatest(0, %(for_campaigns)s - since.people),
       confirmation_seats = greatest(0, %(for_confirmations)s - since.people),
       seats_kept = greatest(0, portfolio.daily_limit - used.people
                                - greatest(0, %(for_campaigns)s - since.people)),
       kept_by_day = %(kept_by_day)s,
       plan_made_at = clock_timestamp()
  FROM since, used
 WHERE portfolio.id = %(portfolio)s AND portfolio.daily_limit IS NOT NULL
"""


def write_plan(portfolio_id: int, plan: Plan) -> None:
    """Let claims go by a new plan; what was taken while it was made is taken off. Twice is once."""
    by_day = {day.isoformat(): people for day, people in plan.kept_by_day.items()}
    values: dict[str, Any] = {
        "portfolio": portfolio_id,
        "for_campaigns": plan.for_campaigns,
        "for_confirmations": plan.for_confirmations,
        "made_for": plan.made_for,
        "seated": plan.seated,
        "kept_by_day": Jsonb(by_day),
    }
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, values)
        cursor.execute(_WRITE, values)


def for_campaigns(portfolio_id: int, *, now: datetime) -> int:
    """Return how many more people campaigns may write to first, as the newest plan has it."""
    portfolio = Portfolio.objects.get(pk=portfolio_id)
    if portfolio.daily_limit is None:
        raise ValueError("a portfolio without a limit has no seats to count")
    free = max(0, portfolio.daily_limit - in_use(portfolio_id, now=now))
    return free if portfolio.plan_made_at is None else min(free, portfolio.campaign_seats)


def for_confirmations(portfolio_id: int) -> int | None:
    """Return how many more people may be told of a booking; None: as many as the limit lets."""
    rows = Portfolio.objects.filter(
        pk=portfolio_id,
        daily_limit__isnull=False,
        plan_made_at__gt=Now() - timedelta(minutes=PLAN_HOLDS_MINUTES),
    )
    return rows.values_list("confirmation_seats", flat=True).first()


def take_for_confirmations(portfolio_id: int, people: int) -> None:
    Portfolio.objects.filter(pk=portfolio_id).update(
        confirmation_seats=Greatest(0, F("confirmation_seats") - people)
    )


def without(sender: Sender, phones: Collection[int], *, now: datetime) -> set[int]:
    """Return those of the phones that would take a seat if this number wrote to them now."""
    seated = TierSeat.objects.filter(
        portfolio=sender.account.portfolio_id, phone__in=phones, last_at__gt=now - DAY
    )
    talking = Conversation.objects.filter(
        sender=sender, phone__in=phones, last_inbound_at__gt=now - DAY
    )
    known = seated.values_list("phone_id", flat=True).union(
        talking.values_list("phone_id", flat=True)
    )
    return set(phones) - set(known)
