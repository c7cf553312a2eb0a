"""The account's other answers: numbers, subscriptions, templates."""

from collections.abc import Mapping

from whatsapp.sandbox import health, template_desk
from whatsapp.sandbox.graph_errors import GraphError
from whatsapp.sandbox.options import Number
from whatsapp.sandbox.shapes import Json, missing, too_long
from whatsapp.sandbox.standing import tier
from whatsapp.sandbox.world import World

APP_ID = "400000000000001"
OVERRIDE_LONGEST = 200
# Source: WhatsApp Cloud API, registration.
REGISTERED_WITHIN, REGISTERED_AT_MOST = 72 * 3600.0, 10
_DEFAULT_FIELDS = "verified_name,display_phone_number,quality_rating,id"


def phone_number_node(world: World, number: Number, query: Mapping[str, str]) -> Json:
    wanted = (query.get("fields") or _DEFAULT_FIELDS).split(",")
    shown = _number_state(world, number)
    return {**{name: shown[name] for name in wanted if name in shown}, "id": number.id}


def phone_numbers(world: World, query: Mapping[str, str]) -> Json:
    nodes = [phone_number_node(world, number, query) for number in world.options.numbers]
    return {"data": nodes, "paging": {"cursors": {"before": "MAZDZD", "after": "MQZDZD"}}}


def account_node(world: World, query: Mapping[str, str]) -> Json:
    shown = {"name": world.options.numbers[0].name, "health_status": health.of(world)}
    wanted = (query.get("fields") or "name").split(",")
    return {
        **{name: shown[name] for name in wanted if name in shown},
        "id": world.options.waba_id,
    }


def subscribed_apps(world: World) -> Json:
    app = {"link": "https://www.facebook.com/games/", "name": "healthmsg", "id": APP_ID}
    row: Json = {"whatsapp_business_api_data": app}
    if world.webhooks.override_url:
        row["override_callback_uri"] = world.webhooks.override_url
    return {"data": [row] if world.subscribed else []}


def subscribe(world: World, asked: Json) -> Json:
    """
    Attach the app; a callback address of this account's own goes before the app's.

    :raises GraphError: an address that is too long, or without its verify token
    """
    url = str(asked.get("override_callback_uri") or "")
    if len(url) > OVERRIDE_LONGEST:
        raise too_long("override_callback_uri", OVERRIDE_LONGEST)
    if url and not asked.get("verify_token"):
        raise missing("verify_token")
    world.subscribed, world.webhooks.override_url = True, url
    return {"success": True}


def unsubscribe(world: World) -> Json:
    world.subscribed, world.webhooks.override_url = False, ""
    return {"success": True}


def number_settings(world: World, number: Number, edge: str) -> Json:
    """Register and deregister a number, and what goes before; PINs and codes are not checked."""
    if edge == "register":
        _count_registration(world, number)
        world.deregistered.discard(number.id)
    elif edge == "deregister":
        world.deregistered.add(number.id)
    return {"success": True}


def _count_registration(world: World, number: Number) -> None:
    now = world.clock.now()
    lately = [at for at in world.registered_at[number.id] if at > now - REGISTERED_WITHIN]
    if len(lately) >= REGISTERED_AT_MOST:
        raise GraphError(133016, "The number was registered ten times within 72 hours.")
    world.registered_at[number.id] = [*lately, now]


def template_node(world: World, template_id: str, query: Mapping[str, str]) -> Json:
    template = template_desk.found(world, template_id, "get")
    fields = "name,parameter_format,components,language,status,category"
    wanted = (query.get("fields") or fields).split(",")
    shown = template.node(wanted, sample_url=world.library.sample_url)
    if "health_status" in wanted:
        shown["health_status"] = health.of_template(world, template)
    return shown


def _number_state(world: World, number: Number) -> Json:
    level = "HIGH" if number.throughput > 80 or not number.throughput else "STANDARD"
    return {
        "display_phone_number": number.display,
        "verified_name": number.name,
        "quality_rating": "GREEN",
        "code_verification_status": "VERIFIED",
        "name_status": "APPROVED",
        "status": "DISCONNECTED" if number.id in world.deregistered else "CONNECTED",
        "throughput": {"level": level},
        "whatsapp_business_manager_messaging_limit": tier(world.options.daily_limit),
        "platform_type": "CLOUD_API",
        "account_mode": "LIVE",
        "health_status": health.of(world, number),
        **number.state,
    }
