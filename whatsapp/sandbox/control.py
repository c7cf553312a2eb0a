"""The control API under /_sandbox/: what a test or a demo asks of the pretend world."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from whatsapp.sandbox import acts, decisions, statuses, template_news
from whatsapp.sandbox.behaviours import BY_SUFFIX
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
    """Let the patient `from` do one thing, as `acts` names them."""
    number = decisions.number_of(world, wish)
    return {"wamid": acts.perform(world, number, str(wish["from"]).lstrip("+"), wish)}


def give_scripts(world: World, wish: Wish) -> Json:
    """Let patients follow scripts: {wa_id: [{"on", "has", "do", "after"}, ...] | null}."""
    world.scripts.give(wish)
    return {"given": len(wish)}


def tell_status(world: World, wish: Wish) -> Json:
    """
    Send one more status of an accepted message: {"wamid", "status", "code", "delay"}.

    "group" is the id of the group it is told of, as if the message had gone there.
    """
    entry = next((one for one in world.ledger.entries if one.wamid == wish["wamid"]), None)
    if entry is None:
        raise ValueError("no such message in the ledger")
    number, at = world.numbers[entry.phone_number_id], float(wish.get("at", world.clock.now()))
    notice = statuses.status(
        entry, str(wish["status"]), at=at, number=number, error=int(wish.get("code", 0))
    )
    if wish.get("group"):
        statuses.put_in_group(notice, str(wish["group"]))
    world.webhooks.schedule(notice, float(wish.get("delay", 0)))
    return {"scheduled": 1}


def tell_anything(world: World, wish: Wish) -> Json:
    """Send any change: {"field", "value"}, with "time" for the entry."""
    field = str(wish["field"])
    notice = Notice(field, wish["value"], kind=field, name=field, time=int(wish.get("time", 0)))
    world.webhooks.schedule(notice)
    return {"scheduled": 1}


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
    ("POST", "scripts"): give_scripts,
    ("POST", "statuses"): tell_status,
    ("POST", "webhook"): tell_anything,
    ("POST", "decisions"): decisions.decide,
}
