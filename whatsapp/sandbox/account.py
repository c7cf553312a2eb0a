"""The account's other answers: numbers, subscriptions, templates."""

from collections.abc import Mapping

from whatsapp.sandbox import template_review
from whatsapp.sandbox.graph_errors import GraphError, unknown_object
from whatsapp.sandbox.options import Number
from whatsapp.sandbox.shapes import Json, objects_at
from whatsapp.sandbox.standing import tier
from whatsapp.sandbox.statuses import Notice
from whatsapp.sandbox.templates import Template
from whatsapp.sandbox.world import World

_DEFAULT_FIELDS = "verified_name,display_phone_number,quality_rating,id"
EDITABLE = ("APPROVED", "REJECTED", "PAUSED")


def phone_number_node(world: World, number: Number, query: Mapping[str, str]) -> Json:
    wanted = (query.get("fields") or _DEFAULT_FIELDS).split(",")
    shown = _number_state(world, number)
    return {**{name: shown[name] for name in wanted if name in shown}, "id": number.id}


def phone_numbers(world: World, query: Mapping[str, str]) -> Json:
    nodes = [phone_number_node(world, number, query) for number in world.options.numbers]
    return {"data": nodes, "paging": {"cursors": {"before": "MAZDZD", "after": "MQZDZD"}}}


def account_node(world: World, query: Mapping[str, str]) -> Json:
    shown = {"name": world.options.numbers[0].name, "health_status": _health(world)}
    wanted = (query.get("fields") or "name").split(",")
    return {
        **{name: shown[name] for name in wanted if name in shown},
        "id": world.options.waba_id,
    }


def subscribed_apps(world: World) -> Json:
    app = {"link": "https://www.facebook.com/games/", "name": "healthmsg", "id": "400000000000001"}
    return {"data": [{"whatsapp_business_api_data": app}] if world.subscribed else []}


def subscribe(world: World, *, to: bool) -> Json:
    world.subscribed = to
    return {"success": True}


def create_template(world: World, asked: Json) -> Json:
    """Create a template: PENDING, or approved at once where the sandbox was told so."""
    row = template_review.review(asked)
    if world.templates.has(row["name"], row["language"]):
        raise GraphError(100, "Content in this language already exists", subcode=2388024)
    template = world.templates.add({**row, "status": "PENDING"})
    if world.options.auto_approve:
        change_template(world, template, {"status": "APPROVED"})
    return {"id": template.id, "status": template.status, "category": template.category}


def edit_template(world: World, template: Template, asked: Json) -> Json:
    """Replace the components; the template waits for review again."""
    if template.status not in EDITABLE:
        raise GraphError(2388039, "This template cannot be edited in its present state.")
    components = objects_at(asked, "components", "")
    template_review.review_components(components, template.parameter_format)
    template.components = components
    template.read_components()
    template.status = "PENDING"
    if world.options.auto_approve:
        change_template(world, template, {"status": "APPROVED"})
    return {"success": True}


def delete_templates(world: World, query: Mapping[str, str]) -> Json:
    """Delete all languages of a name, or one of them by `hsm_id`."""
    found = world.templates.named(query.get("name", ""))
    if query.get("hsm_id"):
        found = [one for one in found if one.id == query["hsm_id"]]
    if not found:
        raise GraphError(100, "No template of this name was found.")
    for template in found:
        world.templates.remove(template)
    return {"success": True}


def template_node(world: World, template_id: str, query: Mapping[str, str]) -> Json:
    template = world.templates.by_id(template_id)
    if template is None:
        raise unknown_object(template_id, "get")
    fields = "name,parameter_format,components,language,status,category"
    return template.node((query.get("fields") or fields).split(","))


def change_template(world: World, template: Template, wish: Json) -> None:
    """Change status, quality or category as Meta's review does, and tell by webhook."""
    if "status" in wish:
        template.status = wish["status"]
        template.rejected_reason = wish.get("reason", "NONE")
        told: Json = {"event": template.status, "reason": template.rejected_reason}
        told["message_template_category"] = template.category
        if wish.get("title"):
            told["other_info"] = {"title": wish["title"], "description": ""}
        _tell(world, "message_template_status_update", {**told, **_names(template)})
    if "quality" in wish:
        before, template.quality = template.quality, wish["quality"]
        template.quality_since = int(world.clock.now())
        told = {"previous_quality_score": before, "new_quality_score": template.quality}
        _tell(world, "message_template_quality_update", {**told, **_names(template)})
    if "category" in wish:
        before, template.category = template.category, wish["category"]
        template.previous_category = before
        told = {"previous_category": before, "new_category": template.category}
        _tell(world, "template_category_update", {**told, **_names(template)})


def _tell(world: World, field: str, value: Json) -> None:
    now = int(world.clock.now())
    world.webhooks.schedule(Notice(field, value, kind=field, name=field, time=now))


def _names(template: Template) -> Json:
    """Return how webhooks name a template: a numeric id, and the language with a dash."""
    return {
        "message_template_id": int(template.id),
        "message_template_name": template.name,
        "message_template_language": template.language.replace("_", "-"),
    }


def _number_state(world: World, number: Number) -> Json:
    level = "HIGH" if number.throughput > 80 or not number.throughput else "STANDARD"
    return {
        "display_phone_number": number.display,
        "verified_name": number.name,
        "quality_rating": "GREEN",
        "code_verification_status": "VERIFIED",
        "name_status": "APPROVED",
        "status": "CONNECTED",
        "throughput": {"level": level},
        "whatsapp_business_manager_messaging_limit": tier(world.options.daily_limit),
        "platform_type": "CLOUD_API",
        "account_mode": "LIVE",
        "health_status": _health(world, number),
        **number.state,
    }


def _health(world: World, number: Number | None = None) -> Json:
    ids = {"WABA": world.options.waba_id, **({"PHONE_NUMBER": number.id} if number else {})}
    can_send = "BLOCKED" if world.standing.is_banned else "AVAILABLE"
    if world.standing.restricted_until:
        can_send = "LIMITED"
    entities = [
        {"entity_type": kind, "id": node, "can_send_message": can_send}
        for kind, node in ids.items()
    ]
    return {"can_send_message": can_send, "entities": entities}
