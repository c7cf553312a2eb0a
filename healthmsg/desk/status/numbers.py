"""Each of our numbers: its pace, what stops it and why, and what is left of the daily limit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from whatsapp import seats, throttle
from whatsapp.models import Portfolio, Sender, Switch, TierSeat
from whatsapp.seats import Seats


@dataclass(frozen=True)
class Hold:
    """A stop with its reason; `what` is the row that is stopped."""

    what: Any
    since: datetime
    reason: str
    until: datetime | None = None


@dataclass(frozen=True)
class Number:
    """How one of our numbers stands."""

    sender: Sender
    pace: float  # messages a second
    holds: tuple[Hold, ...]
    campaigns_until: datetime | None

    @property
    def is_slowed(self) -> bool:
        return self.pace < self.sender.rate_per_second


def standing(senders: QuerySet[Sender], *, real_now: datetime) -> list[Number]:
    """Return these numbers with everything that stops them, in two queries."""
    rows = senders.select_related("clinic", "account__portfolio").order_by("pk")
    rows = rows.prefetch_related("account__restrictions")
    return [_number(sender, real_now) for sender in rows]


def main_switches() -> list[Hold]:
    """Return what is stopped for the whole house."""
    rows = Switch.objects.filter(held_at__isnull=False).order_by("name")
    return [hold for row in rows for hold in _holds([row])]


def daily_limits(
    portfolios: QuerySet[Portfolio], *, now: datetime
) -> list[tuple[Portfolio, Seats]]:
    """Return each portfolio's limit; one query however many there are."""
    lately = TierSeat.objects.filter(portfolio=OuterRef("pk"), last_at__gt=now - seats.DAY)
    used = lately.order_by().values("portfolio").annotate(people=Count("pk")).values("people")
    rows = portfolios.annotate(used=Coalesce(Subquery(used), 0)).order_by("pk")
    return [(row, Seats(row.daily_limit, row.used, row.seats_kept)) for row in rows]


def _number(sender: Sender, real_now: datetime) -> Number:
    account, until = sender.account, sender.broadcasts_held_until
    return Number(
        sender=sender,
        pace=throttle.pace_at(sender, real_now),
        holds=tuple(_holds((sender, account, account.portfolio, *account.restrictions.all()))),
        campaigns_until=until if until and until > real_now else None,
    )


def _holds(rows: Iterable[Any]) -> Iterable[Hold]:
    for row in rows:
        if row.held_at is not None:
            yield Hold(row, row.held_at, row.held_reason, getattr(row, "held_until", None))
