"""The control API under /_sandbox/: what a test or a demo asks of the pretend world."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from whatsapp.sandbox import decisions, statuses, template_news
from whatsapp.sandbox.behaviours import BY_SUFFIX
from whatsapp.sandbox.options import Number
from whatsapp.sandbox.shapes import Json
from whatsapp.sandbox.statuses import Notice
from whatsapp.sandbox.world import RESETTABLE, World

Wish = Any  # JSON, as it was posted


def stats(world: World, _: Wish) -> Json:
    return world.stats()


def ledger(world: World, query: Wish) -> Json:
    """List accepted messages; `after` and `limit` page, other fields of an entry filter."""
    only = {name: value for name, value in query.items() if name not in ("after", "limit")}
    after, limit = int(query.get("after", 0)), int(query.get("limit", 1000))
    try:
        return world.ledger.page(after=after, limit=limit, only=only)
    except AttributeError:
        raise ValueError("no such field of a ledger entry") from None


def heard(world: World, _: Wish) -> Json:
    """List the patients' messages whose webhooks were answered 200: the clinic has them."""
    return {"heard": list(world.webhooks.heard)}


def refusals(world: World, _: Wish) -> Json:
    return {"refused": list(world.ledger.last_refused)}


def reset(world: World, wish: Wish) -> Json:
    world.reset(tuple(wish.get("only", RESETTABLE)))
    return world.stats()


def behaviour_table(_: World, __: Wish) -> Json:
    return {suffix: {"name": name, **asdict(does)} for suffix, (name, does) in BY_SUFFIX.items()}


def behave(world: World, wish: Wish) -> Json:
    world.behaviours.choose(wish)
    return {"chosen": len(wish)}


def add_faults(world: World, wish: Wish) -> Json:
    for one in wish if isinstance(wish, list) else [wish]:
        world.faults.add(one)
    return list_faults(world, wish)


def list_faults(world: World, _: Wish) -> Json:
    return {"faults": world.faults.listed(), "happened": world.faults.happened}


def end_faults(world: World, _: Wish) -> Json:
    world.faults.clear()
    return {"faults": []}


def add_mishaps(world: World, wish: Wish) -> Json:
    for one in wish if isinstance(wish, list) else [wish]:
        world.webhooks.faults.add(one)
    return list_mishaps(world, wish)


def list_mishaps(world: World, _: Wish) -> Json:
    return {"mishaps": world.webhooks.faults.listed()}


def end_mishaps(world: World, _: Wish) -> Json:
    world.webhooks.faults.clear()
    return {"mishaps": []}


def change_settings(world: World, wish: Wish) -> Json:
    """Change options; {"numbers": {id: {"throughput": 20, "quality_rating": "RED"}}} too."""
    numbers = wish.pop("numbers", {})
    world.options.change(wish)
    for number_id, state in numbers.items():
        number = decisions.number_of(world, {"phone_number_id": number_id})
        if "throughput" in state and not isinstance(state["throughput"], dict):
            number.throughput = world.throughput.limits[number_id] = int(state.pop("throughput"))
        number.state |= state
    return {"changed": [*wish, *numbers]}


def change_template(world: World, wish: Wish) -> Json:
    """Play Meta's review: {"name", "language"} and "status", "quality" or "category"."""
    chosen = [
        template
        for template in world.templates.named(wish["name"])
        if wish.get("language") in (None, template.language)
    ]
    for template in chosen:
        template_news.change_template(world, template, wish)
    return {"changed": len(chosen)}


def inbound(world: World, wish: Wish) -> Json:
    """Let the patient `from` do one thing, named by a key of `_ACTS`."""
    number = decisions.number_of(world, wish)
    wa_id = str(wish["from"]).lstrip("+")
    for act, does in _ACTS.items():
        if act in wish:
            return {"wamid": does(world, number, wa_id, wish)}
    raise ValueError(f"one of {', '.join(_ACTS)} is needed")


def tell_status(world: World, wish: Wish) -> Json:
    """Send one more status of an accepted message: {"wamid", "status", "code", "delay"}."""
    entry = next((one for one in world.ledger.entries if one.wamid == wish["wamid"]), None)
    if entry is None:
        raise ValueError("no such message in the ledger")
    number, at = world.numbers[entry.phone_number_id], float(wish.get("at", world.clock.now()))
    notice = statuses.status(
        entry, str(wish["status"]), at=at, number=number, error=int(wish.get("code", 0))
    )
    world.webhooks.schedule(notice, float(wish.get("delay", 0)))
    return {"scheduled": 1}


def tell_anything(world: World, wish: Wish) -> Json:
    """Send any change: {"field", "value"}, with "time" for the entry."""
    field = str(wish["field"])
    notice = Notice(field, wish["value"], kind=field, name=field, time=int(wish.get("time", 0)))
    world.webhooks.schedule(notice)
    return {"scheduled": 1}


def _tap(world: World, number: Number, wa_id: str, wish: Json) -> str:
    """Tap the button at `tap` of the message `wamid`, or of the last one that has buttons."""
    chat = world.chats.find(number.id, wa_id)
    bubbles = [one for one in chat.bubbles if one.buttons] if chat else []
    if "wamid" in wish:
        bubbles = [one for one in bubbles if one.wamid == wish["wamid"]]
    if not bubbles or not -len(bubbles[-1].buttons) <= int(wish["tap"]) < len(bubbles[-1].buttons):
        raise ValueError("this patient has no such button")
    return world.patients.tap(number, wa_id, bubbles[-1], int(wish["tap"]))


def _write(world: World, number: Number, wa_id: str, wish: Json) -> str:
    context_id = str(wish.get("context_id", ""))
    return world.patients.write(number, wa_id, str(wish["text"]), context_id=context_id)


def _prefer(world: World, number: Number, wa_id: str, wish: Json) -> str:
    world.patients.prefer(number, wa_id, str(wish["preference"]))
    return ""


_ACTS: dict[str, Callable[[World, Number, str, Json], str]] = {
    "text": _write,
    "tap": _tap,
    "send": lambda world, number, wa_id, wish: world.patients.send(number, wa_id, wish["send"]),
    "reaction": lambda world, number, wa_id, wish: world.patients.react(
        number, wa_id, wish["wamid"], wish["reaction"]
    ),
    "preference": _prefer,
    "message": lambda world, number, wa_id, wish: world.patients.say_raw(
        number, wa_id, wish["message"]
    ),
}
RESPONDERS: dict[tuple[str, str], Callable[[World, Wish], Json]] = {
    ("GET", "ready"): lambda _, __: {"ready": True},
    ("GET", "stats"): stats,
    ("GET", "ledger"): ledger,
    ("GET", "refusals"): refusals,
    ("GET", "heard"): heard,
    ("POST", "reset"): reset,
    ("GET", "behaviours"): behaviour_table,
    ("POST", "behaviours"): behave,
    ("GET", "faults"): list_faults,
    ("POST", "faults"): add_faults,
    ("DELETE", "faults"): end_faults,
    ("GET", "mishaps"): list_mishaps,
    ("POST", "mishaps"): add_mishaps,
    ("DELETE", "mishaps"): end_mishaps,
    ("POST", "settings"): change_settings,
    ("POST", "templates"): change_template,
    ("POST", "inbound"): inbound,
    ("POST", "statuses"): tell_status,
    ("POST", "webhook"): tell_anything,
    ("POST", "decisions"): decisions.decide,
}
