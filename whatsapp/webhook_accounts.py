"""Reads what a change tells about templates, accounts, numbers and preferences (pure)."""

from collections.abc import Callable
from typing import Any

from whatsapp import loose
from whatsapp.events import (
    AccountUpdated,
    Announced,
    Event,
    LimitChanged,
    NumberQualityChanged,
    Origin,
    PreferenceChanged,
    TemplateCategoryChanged,
    TemplateName,
    TemplateQualityChanged,
    TemplateStatusChanged,
    Unrecognised,
)

# Known, and nothing to do but to show them. Source: WhatsApp Cloud API, webhooks, read 2026-11.
_ONLY_SHOWN = frozenset(
    {
        "account_alerts",
        "account_review_update",
        "automatic_events",
        "business_username_update",
        "calls",
        "flows",
        "history",
        "message_template_components_update",
        "partner_solutions",
        "payment_configuration_update",
        "phone_number_name_update",
        "security",
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
    return [
        AccountUpdated(
            origin,
            event,
            tuple(loose.text(r.get("restriction_type"), 80) for r in restrictions),
            loose.text(loose.mapping(value.get("ban_info")).get("waba_ban_state"), 40),
        )
    ]


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
    value = origin.content
    limit = loose.text(value.get("max_daily_conversations_per_business"), 40)
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


_READERS: dict[str, Callable[[Origin], list[Event]]] = {
    "message_template_status_update": _template_status,
    "template_category_update": _template_category,
    "account_update": _account,
    "phone_number_quality_update": _number_quality,
    "business_capability_update": _capability,
    "user_preferences": _preferences,
}
