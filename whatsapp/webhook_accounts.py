"""Reads what a change tells about templates, accounts, numbers and preferences (pure)."""

from collections.abc import Callable
from datetime import date
from typing import Any

from whatsapp import loose
from whatsapp.events import (
    AccountUpdated,
    AccountWarned,
    Announced,
    Event,
    LimitChanged,
    NumberNameDecided,
    NumberQualityChanged,
    Origin,
    PreferenceChanged,
    Restricted,
    TemplateCategoryChanged,
    TemplateName,
    TemplateQualityChanged,
    TemplateStatusChanged,
    Unrecognised,
)

# Known, and nothing to do but to show them. Source: WhatsApp Cloud API, webhooks, read 2026-11.
_ONLY_SHOWN = frozenset(
    {
        "automatic_events",
        "business_username_update",
        "calls",
        "flows",
        "history",
        "message_template_components_update",
        "partner_solutions",
        "payment_configuration_update",
        "smb_app_state_sync",
        "smb_message_echoes",
    }
)


def read(origin: Origin) -> list[Event]:
    """Return the events of a change that is not about messages; none where it is unknown."""
    # Meta's own sample prints a quality update under the name of a status update.
    if "new_quality_score" in origin.content:
        return [_template_quality(origin)]
    reader = _READERS.get(origin.field)
    if reader is not None:
        return reader(origin)
    if origin.field in _ONLY_SHOWN or origin.field.startswith("group_"):
        return [Announced(origin)]
    return []


def _template(value: Any) -> TemplateName:
    return TemplateName(
        meta_id=loose.text(value.get("message_template_id"), 20),
        name=loose.text(value.get("message_template_name"), 512),
        # Webhooks print en-US where templates have en_US.
        language=loose.text(value.get("message_template_language"), 12).replace("-", "_"),
    )


def _template_status(origin: Origin) -> list[Event]:
    value = origin.content
    event = loose.text(value.get("event"), 30)
    if not event:
        return []
    rejection = loose.mapping(value.get("rejection_info"))
    other = loose.mapping(value.get("other_info"))
    reasons = (rejection.get("reason"), value.get("reason"), other.get("title"))
    known = (loose.text(reason, 200) for reason in reasons)
    reason = next((r for r in known if r and r != "NONE"), "")
    return [TemplateStatusChanged(origin, _template(value), event, reason)]


def _template_quality(origin: Origin) -> Event:
    quality = loose.text(origin.content.get("new_quality_score"), 10)
    return TemplateQualityChanged(origin, _template(origin.content), quality)


def _template_category(origin: Origin) -> list[Event]:
    value = origin.content
    correct = loose.text(value.get("correct_category"), 20)
    category = correct or loose.text(value.get("new_category"), 20)
    if not category:
        return []
    # The warning names the right category beside the one it still has.
    is_done = "previous_category" in value or not correct
    return [TemplateCategoryChanged(origin, _template(value), category, is_done)]


def _account(origin: Origin) -> list[Event]:
    value = origin.content
    event = loose.text(value.get("event"), 60)
    if not event:
        return []
    restrictions = loose.mappings(value.get("restriction_info"))
    ban = loose.mapping(value.get("ban_info"))
    violation = loose.mapping(value.get("violation_info")).get("violation_type")
    return [
        AccountUpdated(
            origin,
            event,
            tuple(
                Restricted(
                    loose.text(r.get("restriction_type"), 80), loose.moment(r.get("expiration"))
                )
                for r in restrictions
            ),
            loose.text(ban.get("waba_ban_state"), 40),
            _day(loose.text(ban.get("waba_ban_date"), 40)),
            loose.text(violation, 80),
        )
    ]


def _day(words: str) -> date | None:
    """Read a day as Meta writes it: "April 17, 2025"."""
    month, _, rest = words.replace(",", " ").partition(" ")
    numbers = rest.split()
    name = month.capitalize()
    try:
        return date(int(numbers[1]), _MONTHS.index(name[:3]) + 1, int(numbers[0]))
    except (ValueError, IndexError):
        return None


def _alert(origin: Origin) -> list[Event]:
    told = loose.mapping(origin.content.get("alert_info"))
    is_grave = loose.text(told.get("alert_severity")) in ("CRITICAL", "WARNING")
    if not is_grave or loose.text(told.get("alert_status")) == "NONE":
        return [Announced(origin)]
    words = loose.text(told.get("alert_type"), 80) or "an alert without a name"
    return [AccountWarned(origin, words)]


def _review(origin: Origin) -> list[Event]:
    if loose.text(origin.content.get("decision")) != "REJECTED":
        return [Announced(origin)]
    return [AccountWarned(origin, "the review of the account ended with a no")]


def _security(origin: Origin) -> list[Event]:
    event = loose.text(origin.content.get("event"), 40)
    words = _SECURITY.get(event)
    return [AccountWarned(origin, words)] if words else [Announced(origin)]


def _number_name(origin: Origin) -> list[Event]:
    value = origin.content
    decision = loose.text(value.get("decision"), 20)
    reason = loose.text(value.get("rejection_reason"), 100)
    number = loose.digits(value.get("display_phone_number"))
    return [NumberNameDecided(origin, number, decision, reason)] if decision else []


def _number_quality(origin: Origin) -> list[Event]:
    value = origin.content
    limit = value.get("max_daily_conversations_per_business") or value.get("current_limit")
    return [
        NumberQualityChanged(
            origin,
            loose.digits(value.get("display_phone_number")),
            loose.text(value.get("event"), 40),
            loose.text(limit, 40),
        )
    ]


def _capability(origin: Origin) -> list[Event]:
    told = (loose.text(origin.content.get(name), 40) for name in _LIMITS)
    limit = next(filter(None, told), "")
    return [LimitChanged(origin, limit)] if limit else [Announced(origin)]


def _preferences(origin: Origin) -> list[Event]:
    told = loose.mappings(origin.content.get("user_preferences"))
    return [_preference(origin, one) for one in told]


def _preference(origin: Origin, told: dict[str, Any]) -> Event:
    own = Origin(
        origin.waba_id,
        origin.field,
        {"user_preferences": [told], "metadata": {"phone_number_id": origin.phone_number_id}},
        origin.at,
        origin.phone_number_id,
    )
    wish = loose.text(told.get("value"), 20)
    if wish not in ("stop", "resume"):
        return Unrecognised(own)
    return PreferenceChanged(
        own,
        loose.text(told.get("category"), 40),
        wish,
        loose.moment(told.get("timestamp")),
        loose.digits(told.get("wa_id")),
        loose.text(told.get("user_id"), 140),
    )


_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
# Source: WhatsApp webhooks, read 2026: up to v23.0 the limit of the portfolio stood under the name
# of the phone's; where both stand, the portfolio's own counts.
_LIMITS = ("max_daily_conversations_per_business", "max_daily_conversation_per_phone")
_SECURITY = {
    "PIN_CHANGED": "the PIN of a number was changed",
    "PIN_RESET_REQUEST": "somebody asked for a new PIN of a number",
}
_READERS: dict[str, Callable[[Origin], list[Event]]] = {
    "message_template_status_update": _template_status,
    "template_category_update": _template_category,
    "account_update": _account,
    "phone_number_quality_update": _number_quality,
    "business_capability_update": _capability,
    "user_preferences": _preferences,
    "account_alerts": _alert,
    "account_review_update": _review,
    "phone_number_name_update": _number_name,
    "security": _security,
}
