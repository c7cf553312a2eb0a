"""How many people a day WhatsApp lets a portfolio write to first; the newest word counts."""

from datetime import datetime

from django.db.models import Q, QuerySet

from whatsapp.models import Portfolio

# Source: WhatsApp Cloud API, messaging limits, read 2026-11: people first written to in 24 hours.
_TIERS: dict[str, int | None] = {
    "TIER_50": 50,
    "TIER_250": 250,
    "TIER_1K": 1_000,
    "TIER_2K": 2_000,
    "TIER_10K": 10_000,
    "TIER_100K": 100_000,
    "TIER_UNLIMITED": None,
}
# Source: the same; but for the first, which asks for a verified business, each comes by itself.
NEXT_STEP = (2_000, 10_000, 100_000)


def write_down(portfolios: QuerySet[Portfolio], told: object, *, told_at: datetime) -> bool:
    """
    Keep a portfolio's limit: documented as TIER_2K, and shown by Meta's own sample as bare 2000.

    :returns: False where the word is unknown, or older than what is known
    """
    words = str(told)
    if words.isdecimal() and 0 < len(words) < 10:
        limit: int | None = int(words)
    elif words in _TIERS:
        limit = _TIERS[words]
    else:
        return False
    newest = Q(limit_told_at=None) | Q(limit_told_at__lte=told_at)
    return bool(portfolios.filter(newest).update(daily_limit=limit, limit_told_at=told_at))
