"""Health status: whether the account, a number or a template can send now, and what prevents it."""

from whatsapp.sandbox.options import Number
from whatsapp.sandbox.shapes import Json
from whatsapp.sandbox.templates import Template
from whatsapp.sandbox.world import World

_WORST_FIRST = ("BLOCKED", "LIMITED", "AVAILABLE")
_PENDING, _PAUSED, _LOCKED, _UNREGISTERED = 141002, 132015, 131031, 133010


def of(world: World, number: Number | None = None) -> Json:
    """Return the health of the account, or of one of its numbers."""
    return _overall([*([_number(world, number)] if number else []), *_account(world)])


def of_template(world: World, template: Template) -> Json:
    return _overall([_template(template), *_account(world)])


def _account(world: World) -> list[Json]:
    if world.standing.is_banned:
        account = _blocked("WABA", world.options.waba_id, _LOCKED, "The account is locked.")
    elif world.standing.restricted_until:
        info = ", ".join(sorted(world.standing.restricted_until))
        account = {**_entity("WABA", world.options.waba_id, "LIMITED"), "additional_info": [info]}
    else:
        account = _entity("WABA", world.options.waba_id)
    return [account, _entity("BUSINESS", "500000000000001"), _entity("APP", "400000000000001")]


def _number(world: World, number: Number) -> Json:
    if number.id in world.deregistered:
        return _blocked("PHONE_NUMBER", number.id, _UNREGISTERED, "The number is not registered.")
    return _entity("PHONE_NUMBER", number.id)


def _template(template: Template) -> Json:
    if template.status == "APPROVED":
        return _entity("MESSAGE_TEMPLATE", template.id)
    code = _PENDING if template.status == "PENDING" else _PAUSED
    words = f"The template is {template.status.lower()}."
    return _blocked("MESSAGE_TEMPLATE", template.id, code, words)


def _entity(kind: str, node: str, can_send: str = "AVAILABLE") -> Json:
    return {"entity_type": kind, "id": node, "can_send_message": can_send}


def _blocked(kind: str, node: str, code: int, words: str) -> Json:
    error = {"error_code": code, "error_description": words, "possible_solution": "Wait or appeal."}
    return {**_entity(kind, node, "BLOCKED"), "errors": [error]}


def _overall(entities: list[Json]) -> Json:
    """Meta calls the whole what the worst of its parts is."""
    found = {entity["can_send_message"] for entity in entities}
    return {
        "can_send_message": next(one for one in _WORST_FIRST if one in found),
        "entities": entities,
    }
