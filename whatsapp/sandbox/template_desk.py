"""Templates created, edited, unpaused and deleted, with Meta's limits on each."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from whatsapp.sandbox import template_review
from whatsapp.sandbox.graph_errors import GraphError, unknown_object
from whatsapp.sandbox.shapes import Json, objects_at
from whatsapp.sandbox.standing import NO_NEW_UTILITY
from whatsapp.sandbox.template_news import change_template
from whatsapp.sandbox.templates import Template
from whatsapp.sandbox.world import World

HOUR = 3600.0
DAY = 24 * HOUR
# Source: WhatsApp Cloud API, template management, read 2025-11.
EDITABLE = ("APPROVED", "REJECTED", "PAUSED")
CREATED_IN_AN_HOUR = 100
EDITED_IN_A_MONTH = 10
NAME_RESTS_FOR = 30 * DAY
DELETED_AT_ONCE = 100


def create(world: World, asked: Json) -> Json:
    """Create a template: PENDING, or approved at once where the sandbox was told so."""
    row = template_review.review(asked)
    name, language = row["name"], row["language"]
    if row["category"] == "UTILITY" and NO_NEW_UTILITY in world.standing.restricted_until:
        raise GraphError(368, "The account may not create utility templates for now.")
    if world.templates.has(name, language):
        raise GraphError(100, "Content in this language already exists", subcode=2388024)
    if world.options.template_limits:
        _check_room(world, name)
    world.templates.created_at.append(world.clock.now())
    judged = world.templates.judged.pop(name, None)
    template = world.templates.add({**row, "status": "PENDING"})
    if judged:
        # Since 2025-04-09 Meta does not ask: what it judges to be marketing is created as that.
        template.category = judged
    if world.options.auto_approve:
        change_template(world, template, {"status": "APPROVED"})
    return {"id": template.id, "status": template.status, "category": template.category}


def edit(world: World, template: Template, asked: Json) -> Json:
    """Change components, category or lifetime; the template waits for review again."""
    if template.status not in EDITABLE:
        raise GraphError(2388039, "This template cannot be edited in its present state.")
    now = world.clock.now()
    if template.status == "APPROVED" and world.options.template_limits:
        _check_edits(template, now)
    changes = _changes(template, asked)
    for name, value in changes.items():
        setattr(template, name, value)
    template.read_components()
    template.edited_at.append(now)
    template.status = "PENDING"
    if world.options.auto_approve:
        change_template(world, template, {"status": "APPROVED"})
    return {
        "success": True,
        "id": template.id,
        "name": template.name,
        "category": template.category,
    }


def unpause(world: World, template_id: str) -> Json:
    """Take back a pause; a template that is not paused stays as it is, and the answer says so."""
    template = found(world, template_id, "post")
    if template.status != "PAUSED":
        return {"success": False, "reason": "This template is not paused."}
    change_template(world, template, {"status": "APPROVED", "title": "UNPAUSE"})
    return {"success": True}


def delete(world: World, query: Mapping[str, Any]) -> Json:
    """Delete all languages of a name, one of them by `hsm_id`, or up to a hundred by `hsm_ids`."""
    chosen = _chosen(world, query)
    if not chosen:
        raise GraphError(100, "No template of this name was found.")
    if any(template.status == "DISABLED" for template in chosen):
        raise GraphError(100, "A disabled template cannot be deleted.")
    for template in chosen:
        _delete(world, template)
    return {"success": True}


def _delete(world: World, template: Template) -> None:
    """Let a template go: at once, or after 30 days where messages are still on their way."""
    now = world.clock.now()
    if template.status == "PENDING_DELETION":
        return
    if template.status in ("APPROVED", "PAUSED"):
        world.templates.resting[template.name] = now + NAME_RESTS_FOR
    is_held = any(one.message.content.template is template for one in world.held)
    if template.waited_for_until <= now and not is_held:
        _let_go(world, template)
        return
    change_template(world, template, {"status": "PENDING_DELETION"})
    world.diary.at(now + NAME_RESTS_FOR, partial(_let_go, world, template))


def _let_go(world: World, template: Template) -> None:
    if world.templates.by_id(template.id) is template:
        world.templates.remove(template)
        change_template(world, template, {"status": "DELETED"})


def found(world: World, template_id: str, method: str) -> Template:
    """
    Find a template by its id.

    :raises GraphError: there is none
    """
    template = world.templates.by_id(template_id)
    if template is None:
        raise unknown_object(template_id, method)
    return template


def _check_room(world: World, name: str) -> None:
    now, templates = world.clock.now(), world.templates
    templates.created_at[:] = [at for at in templates.created_at if at > now - HOUR]
    if len(templates.created_at) >= CREATED_IN_AN_HOUR:
        raise GraphError(80008, "A hundred templates have been created within this hour.")
    if len(list(templates)) >= world.options.templates_at_most:
        raise GraphError(2388019, "The account has as many templates as it may have.")
    if templates.resting.get(name, 0.0) > now:
        raise GraphError(100, "The name of a deleted template cannot be used for 30 days.")


def _check_edits(template: Template, now: float) -> None:
    template.edited_at[:] = [at for at in template.edited_at if at > now - 30 * DAY]
    within_a_day = [at for at in template.edited_at if at > now - DAY]
    if within_a_day or len(template.edited_at) >= EDITED_IN_A_MONTH:
        raise GraphError(
            2388039, "An approved template is edited once in 24 hours and ten times in 30 days."
        )


def _changes(template: Template, asked: Json) -> Json:
    changes: Json = {}
    if asked.get("category") is not None:
        changes["category"] = template_review.category(asked)
        if template.status == "APPROVED" and changes["category"] != template.category:
            raise GraphError(100, "The category of an approved template cannot be changed.")
    if asked.get("parameter_format") is not None:
        changes["parameter_format"] = str(asked["parameter_format"]).upper()
    if asked.get("components") is not None:
        parameter_format = changes.get("parameter_format", template.parameter_format)
        changes["components"] = objects_at(asked, "components", "")
        chosen = changes.get("category", template.category)
        template_review.review_components(changes["components"], parameter_format, chosen)
    if asked.get("message_send_ttl_seconds") is not None:
        category = changes.get("category", template.category)
        changes["message_send_ttl_seconds"] = template_review.lifetime(asked, category)
    if not changes:
        raise GraphError(100, "There is nothing to change.")
    return changes


def _chosen(world: World, query: Mapping[str, Any]) -> list[Template]:
    if query.get("hsm_ids"):
        ids = query["hsm_ids"]
        listed = ids if isinstance(ids, list) else str(ids).strip("[]").split(",")
        wanted = {str(one).strip().strip('"') for one in listed}
        if len(wanted) > DELETED_AT_ONCE:
            raise GraphError(100, "At most a hundred templates are deleted at once.")
        return [one for one in world.templates if one.id in wanted]
    named = world.templates.named(str(query.get("name", "")))
    if query.get("hsm_id"):
        return [one for one in named if one.id == str(query["hsm_id"])]
    return named
