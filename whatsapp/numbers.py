"""What Meta says of our numbers, written down."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from whatsapp import limits
from whatsapp.models import Portfolio, Sender

# Source: WhatsApp Cloud API, throughput, read 2026-11: 80 a second, 1,000 after an upgrade. One in
# the phone app as well has 20, and no word of its own: what a person set lower stays.
_STANDARD, _HIGH = 80, 1000


def write_down(sender: Sender, answer: Mapping[str, Any], *, now: datetime) -> None:
    """Keep a number's state; what Meta left out stays as it was."""
    sender.display_number = str(answer.get("display_phone_number") or sender.display_number)[:30]
    sender.verified_name = str(answer.get("verified_name") or sender.verified_name)[:80]
    sender.quality = str(answer.get("quality_rating") or sender.quality)[:10]
    level = str((answer.get("throughput") or {}).get("level", ""))
    if level == "HIGH":
        sender.rate_per_second = _HIGH
    elif level == "STANDARD":
        sender.rate_per_second = min(sender.rate_per_second, _STANDARD)
    sender.state_checked_at = now
    sender.save(
        update_fields=[
            "display_number",
            "verified_name",
            "quality",
            "rate_per_second",
            "state_checked_at",
        ]
    )
    limits.write_down(
        Portfolio.objects.filter(pk=sender.account.portfolio_id),
        answer.get("whatsapp_business_manager_messaging_limit"),
        told_at=now,
    )
