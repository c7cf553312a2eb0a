"""What a campaign would come to, in numbers for whoever is about to start it."""

from datetime import datetime
from typing import Any

from campaigns import allowances, audience, forecast, vouching
from campaigns.admin.cost_words import estimate_in_words
from campaigns.admin.run_words import audience_in_words, flags_in_words
from campaigns.at_hand import AtHand
from campaigns.audience import Check
from campaigns.models import Campaign
from healthmsg.clinic.languages import LANGUAGES
from healthmsg.clinic.models import Site
from whatsapp.status import Reason


def look_in_words(
    campaign: Campaign, *, now: datetime, at_hand: AtHand | None = None
) -> dict[str, Any]:
    """Return who would get it now, who not and why, and what to look at first."""
    at_hand = at_hand or AtHand(campaign)
    check = audience.check(audience.of(campaign, now=now, at_hand=at_hand))
    found = check.by_reason
    missing = at_hand.words.missing if found[Reason.TEMPLATE_MISSING] else []
    return {
        "look": audience_in_words(found),
        "missing": [LANGUAGES.get(code, code) for code in missing],
        "flags": flags_in_words(campaign, at_hand.words),
        "unapproved": vouching.missing(campaign, at_hand.made_lists),
        **_ahead_in_words(at_hand, check, now),
        **(estimate_in_words(campaign, now=now, at_hand=at_hand) if check.reached else {}),
    }


def _ahead_in_words(at_hand: AtHand, check: Check, now: datetime) -> dict[str, Any]:
    """Return messages beside patients, how many leave today, and when the last one does."""
    campaign = at_hand.campaign
    ahead = forecast.ahead(
        campaign, check.messages, by_site=check.by_site, now=now, words=at_hand.words
    )
    slots = allowances.slots_of(campaign)
    without = set(check.by_site) - {0, *(one.site_id for one in slots)}
    return {
        "check": check,
        "done_at": ahead.done_at if check.reached else None,
        "is_too_slow": ahead.is_too_slow,
        "today": ahead.today,
        "later": check.messages - ahead.today,
        "sites_without_slots": list(
            Site.objects.filter(pk__in=without).order_by("name").values_list("name", flat=True)
        ),
        "first": [group.audience.name for group in at_hand.groups],
    }
