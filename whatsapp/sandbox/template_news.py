"""What Meta's review decides about a template, told by webhook."""

from whatsapp.sandbox.shapes import Json
from whatsapp.sandbox.statuses import Notice
from whatsapp.sandbox.templates import Template
from whatsapp.sandbox.world import World


def change_template(world: World, template: Template, wish: Json) -> None:
    """Change status, quality or category as Meta's review does, and tell by webhook."""
    if "status" in wish:
        _change_status(world, template, wish)
    if "quality" in wish:
        before, template.quality = template.quality, wish["quality"]
        template.quality_since = int(world.clock.now())
        told: Json = {"previous_quality_score": before, "new_quality_score": template.quality}
        # On request as in Meta's own sample, which prints the field of another webhook.
        field = "status" if world.options.oddities else "quality"
        tell(world, f"message_template_{field}_update", {**told, **names(template)})
    if "category" in wish:
        before, template.category = template.category, wish["category"]
        template.previous_category, template.correct_category = before, ""
        told = {"previous_category": before, "new_category": template.category}
        tell(world, "template_category_update", {**told, **names(template)})


def announce_category(world: World, template: Template, category: str, at: float) -> None:
    """Tell a day before that the category will change; `new_category` is the one it still has."""
    template.correct_category = category
    told: Json = {
        "new_category": template.category,
        "correct_category": category,
        "category_update_timestamp": int(at),
    }
    tell(world, "template_category_update", {**told, **names(template)})


def tell_components(world: World, template: Template) -> None:
    """Tell what a template says now."""
    told: Json = {**names(template), "message_template_element": template.body}
    if template.header.get("text"):
        told["message_template_title"] = template.header["text"]
    if template.footer:
        told["message_template_footer"] = template.footer
    if template.buttons:
        told["message_template_buttons"] = [_button(one) for one in template.buttons]
    tell(world, "message_template_components_update", told)


def tell(world: World, field: str, value: Json) -> None:
    """Send a change of a field whose entries carry the time."""
    now = int(world.clock.now())
    if world.options.oddities:
        # Some of Meta's samples print `field` inside the value too.
        value = {**value, "field": field}
    world.webhooks.schedule(Notice(field, value, kind=field, name=field, time=now))


def names(template: Template) -> Json:
    """Return how webhooks name a template: a numeric id, and the language with a dash."""
    return {
        "message_template_id": int(template.id),
        "message_template_name": template.name,
        "message_template_language": template.language.replace("_", "-"),
    }


def _change_status(world: World, template: Template, wish: Json) -> None:
    template.status = wish["status"]
    template.rejected_reason = wish.get("reason", "NONE")
    if template.status == "REJECTED":
        template.rejected_at = world.clock.now()
    told: Json = {"event": template.status, "reason": template.rejected_reason}
    told["message_template_category"] = template.category
    if wish.get("title"):
        told["other_info"] = {"title": wish["title"], "description": wish.get("description", "")}
    if template.status == "DISABLED":
        told["disable_info"] = {"disable_date": int(world.clock.now())}
    if template.rejected_reason == "INVALID_FORMAT":
        told["rejection_info"] = {
            "reason": wish.get("description", "The parameters are not formatted correctly."),
            "recommendation": "Give every variable an example and words on both sides.",
        }
    tell(world, "message_template_status_update", {**told, **names(template)})


def _button(button: Json) -> Json:
    told: Json = {
        "message_template_button_type": button["type"],
        "message_template_button_text": button.get("text", ""),
    }
    for mine, theirs in (("url", "url"), ("phone_number", "phone_number")):
        if button.get(mine):
            told[f"message_template_button_{theirs}"] = button[mine]
    return told
