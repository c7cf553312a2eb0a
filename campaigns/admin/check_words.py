"""What a campaign would come to, in numbers for whoever is about to start it."""

from datetime import datetime
from typing import Any

from campaigns import allowances, audience, forecast, languages, vouching
from campaigns.admin.cost_words import estimate_in_words
from campaigns.admin.run_words import audience_in_words, flags_in_words
from campaigns.audience import Check
from campaigns.models import Campaign
from healthmsg.clinic.languages import LANGUAGES
from healthmsg.clinic.models import Site
from whatsapp.status import Reason


def look_in_words(campaign: Campaign, *, now: datetime) -> dict[str, Any]:
    """Return who would get it now, who not and why, and what to look at first."""
    check = audience.check(audience.of(campaign, now=now))
    found = check.by_reason
    missing = languages.Words(campaign).missing if found[Reason.TEMPLATE_MISSING] else []
    return {
        "look": audience_in_words(found),
        "missing": [LANGUAGES.get(code, code) for code in missing],
        "flags": flags_in_words(campaign),
        "unapproved": vouching.missing(campaign),
        **_ahead_in_words(campaign, check, now),
        **(estimate_in_words(campaign, now=now) if check.reached else {}),
    }


def _ahead_in_words(campaign: Campaign, check: Check, now: datetime) -> dict[str, Any]:
    """Return messages beside patients, how many leave today, and when the last one does."""
    ahead = forecast.ahead(campaign, check.messages, by_site=check.by_site, now=now)
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
        "first": [
            group.audience.name
            for group in campaign.priority_groups.order_by("place").select_related("audience")
        ],
    }
