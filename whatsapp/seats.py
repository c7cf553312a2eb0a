"""WhatsApp's daily limit: how many more people a portfolio may write to first."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from whatsapp.models import Conversation, Portfolio, Sender, TierSeat

# Source: WhatsApp Cloud API, messaging limits, read 2026-11: different people written to outside
# the 24-hour window, in any 24 hours, by all numbers of a portfolio together.
DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Seats:
    """A portfolio's limit and what is left of it; a limit of None is none at all."""

    limit: int | None
    used: int
    kept: int  # for planned reminders

    @property
    def for_reminders(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.used)

    @property
    def for_broadcasts(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.used - self.kept)


def of(portfolio: Portfolio, *, now: datetime) -> Seats:
    """Count the seats; where there is no limit nothing is counted."""
    if portfolio.daily_limit is None:
        return Seats(None, 0, portfolio.seats_kept)
    used = TierSeat.objects.filter(portfolio=portfolio, last_at__gt=now - DAY).count()
    return Seats(portfolio.daily_limit, used, portfolio.seats_kept)


def frees_at(portfolio: Portfolio, *, now: datetime) -> list[datetime]:
    """Return when each seat in use comes free again, soonest first."""
    seats = TierSeat.objects.filter(portfolio=portfolio, last_at__gt=now - DAY)
    return [at + DAY for at in seats.order_by("last_at").values_list("last_at", flat=True)]


def without(sender: Sender, phones: Collection[int], *, now: datetime) -> set[int]:
    """Return those of the phones that would take a seat if this number wrote to them now."""
    seated = TierSeat.objects.filter(
        portfolio=sender.account.portfolio_id, phone__in=phones, last_at__gt=now - DAY
    )
    talking = Conversation.objects.filter(
        sender=sender, phone__in=phones, last_inbound_at__gt=now - DAY
    )
    return (
        set(phones)
        - set(seated.values_list("phone_id", flat=True))
        - set(talking.values_list("phone_id", flat=True))
    )
