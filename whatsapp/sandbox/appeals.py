"""Appeals against rejected templates, made in WhatsApp's own manager: no call of the API is one."""

from collections.abc import Callable

from whatsapp.sandbox.shapes import Json
from whatsapp.sandbox.template_news import change_template
from whatsapp.sandbox.templates import Template
from whatsapp.sandbox.world import World

# Source: WhatsApp Cloud API, template categorization, read 2025-11.
APPEALED_WITHIN = 60 * 24 * 3600.0


def appeal(world: World, wish: Json) -> Json:
    """{"name", "language"}: what was rejected within 60 days is looked at again."""
    chosen = _in_state(world, wish, "REJECTED")
    for template in chosen:
        if 0 < template.rejected_at < world.clock.now() - APPEALED_WITHIN:
            raise ValueError("an appeal comes within 60 days")
        _move(world, template, "IN_APPEAL")
    return {"appealed": len(chosen)}


def decide(world: World, wish: Json) -> Json:
    """{"name", "language", "granted"}: approved, or rejected again for the same reason."""
    chosen = _in_state(world, wish, "IN_APPEAL")
    for template in chosen:
        if wish.get("granted", True):
            change_template(world, template, {"status": "APPROVED"})
        else:
            _move(world, template, "REJECTED")
    return {"decided": len(chosen)}


def _move(world: World, template: Template, status: str) -> None:
    change_template(world, template, {"status": status, "reason": template.rejected_reason})


def _in_state(world: World, wish: Json, status: str) -> list[Template]:
    named = world.templates.named(str(wish["name"]))
    chosen = [one for one in named if wish.get("language") in (None, one.language)]
    found = [one for one in chosen if one.status == status]
    if not found:
        raise ValueError(f"no template of this name is {status}")
    return found


DECISIONS: dict[str, Callable[[World, Json], Json]] = {"appeal": appeal, "decide_appeal": decide}
