"""What Meta tells of account and numbers, in the shapes of each webhook version."""

from collections.abc import Callable

from whatsapp.sandbox import statuses
from whatsapp.sandbox.graph_errors import webhook_error
from whatsapp.sandbox.options import Number
from whatsapp.sandbox.shapes import Json
from whatsapp.sandbox.standing import tier
from whatsapp.sandbox.statuses import Notice
from whatsapp.sandbox.template_news import tell
from whatsapp.sandbox.world import World

# Source: WhatsApp webhooks, read 2026: later versions carry the limit of the portfolio alone.
LAST_VERSION_WITH_LIMIT_OF_PHONE = 23


def capability(world: World) -> None:
    """Tell whom we may write to first: a word by Meta's page, a number by its sample."""
    people = world.options.daily_limit
    limit = people if world.options.oddities and people else tier(people)
    per = (
        "max_daily_conversation_per_phone"
        if world.options.webhook_version <= LAST_VERSION_WITH_LIMIT_OF_PHONE
        else "max_daily_conversations_per_business"
    )
    value = {per: limit, "max_phone_numbers_per_business": 25, "max_phone_numbers_per_waba": 25}
    tell(world, "business_capability_update", value)


def number_quality(world: World, number: Number, event: str, *, before: str = "") -> None:
    limit = tier(world.options.daily_limit)
    value: Json = {
        "display_phone_number": number.digits,
        "event": event,
        "max_daily_conversations_per_business": limit,
    }
    if world.options.webhook_version <= LAST_VERSION_WITH_LIMIT_OF_PHONE:
        value |= {"old_limit": before or limit, "current_limit": limit}
    tell(world, "phone_number_quality_update", value)


def alert(world: World, number: Number, wish: Json) -> Json:
    """{"type", "severity", "status", "description", "entity"}: about the business or a number."""
    entity = str(wish.get("entity", "BUSINESS"))
    info = {
        "alert_severity": str(wish.get("severity", "INFORMATIONAL")),
        "alert_status": str(wish.get("status", "NONE")),
        "alert_type": str(wish.get("type", "OBA_APPROVED")),
        "alert_description": str(wish.get("description", "")),
    }
    entity_id = number.id if entity == "PHONE_NUMBER" else world.options.waba_id
    value = {"entity_type": entity, "entity_id": entity_id, "alert_info": info}
    tell(world, "account_alerts", value)
    return {}


def account_event(world: World, _: Number, wish: Json) -> Json:
    """{"event", ...}: any other event of the account, with the blocks that belong to it."""
    value = {key: told for key, told in wish.items() if key not in ("do", "phone_number_id")}
    tell(world, "account_update", {"event": "ACCOUNT_OFFBOARDED", **value})
    return {}


def account_review(world: World, _: Number, wish: Json) -> Json:
    """{"decision"}: APPROVED, REJECTED, PENDING or DEFERRED."""
    tell(world, "account_review_update", {"decision": str(wish.get("decision", "APPROVED"))})
    return {}


def name_review(world: World, number: Number, wish: Json) -> Json:
    """{"name", "decision", "reason"}: of the name a number shows."""
    decision, name = str(wish.get("decision", "APPROVED")), str(wish.get("name", number.name))
    if decision == "APPROVED":
        number.state["verified_name"] = name
    value = {
        "display_phone_number": number.digits,
        "decision": decision,
        "requested_verified_name": name,
        "rejection_reason": wish.get("reason"),
    }
    tell(world, "phone_number_name_update", value)
    return {}


def security(world: World, number: Number, wish: Json) -> Json:
    """{"event", "requester"}: PIN_CHANGED, PIN_RESET_REQUEST or PIN_REQUEST_SUCCESS."""
    value = {
        "display_phone_number": number.digits,
        "event": str(wish.get("event", "PIN_CHANGED")),
    }
    if wish.get("requester"):
        value["requester"] = str(wish["requester"])
    tell(world, "security", value)
    return {}


def trouble(world: World, number: Number, wish: Json) -> Json:
    """{"code"}: an error of the whole number, among messages and without a message's id."""
    errors = [webhook_error(int(wish.get("code", 130429)))]
    value = {**statuses.metadata(number), "errors": errors}
    world.webhooks.schedule(Notice("messages", value, kind="trouble", name="errors"))
    return {}


TOLD: dict[str, Callable[[World, Number, Json], Json]] = {
    "alert": alert,
    "account_event": account_event,
    "account_review": account_review,
    "name_review": name_review,
    "security": security,
    "trouble": trouble,
}
