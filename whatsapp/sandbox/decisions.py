"""What Meta decides about account, numbers and templates: each one control call, and told."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from whatsapp.sandbox import account_news, appeals, messages, template_news
from whatsapp.sandbox.options import Number
from whatsapp.sandbox.shapes import Json
from whatsapp.sandbox.standing import NO_TEMPLATES
from whatsapp.sandbox.template_news import tell
from whatsapp.sandbox.templates import Template
from whatsapp.sandbox.world import World

HOUR = 3600.0
# Source: WhatsApp Cloud API, template pausing: 3 hours, then 6, then disabled.
PAUSES = {1: ("FIRST_PAUSE", 3.0), 2: ("SECOND_PAUSE", 6.0)}


def decide(world: World, wish: Json) -> Json:
    """
    Play one of Meta's decisions: {"do": one of `_DECISIONS`, ...}.

    :raises ValueError: no such decision
    """
    asked = str(wish.get("do"))
    if asked in account_news.TOLD:
        return account_news.TOLD[asked](world, number_of(world, wish), wish)
    decision = _DECISIONS.get(asked)
    if decision is None:
        known = ", ".join((*_DECISIONS, *account_news.TOLD))
        raise ValueError(f"one of {known} is needed")
    return decision(world, wish)


def _throughput(world: World, wish: Json) -> Json:
    """{"per_second", "phone_number_id"}: what the number's node shows changes with it."""
    number = number_of(world, wish)
    before, per_second = number.throughput, int(wish["per_second"])
    number.throughput = world.throughput.limits[number.id] = per_second
    if per_second > before:
        account_news.number_quality(world, number, "THROUGHPUT_UPGRADE")
    return {"per_second": per_second}


def _daily_limit(world: World, wish: Json) -> Json:
    """{"people"}: for all numbers of the portfolio; 0 is no limit."""
    people = world.options.daily_limit = int(wish["people"])
    account_news.capability(world)
    return {"people": people}


def _restrict(world: World, wish: Json) -> Json:
    """{"type", "hours"}: lifted by itself at its expiration, as Meta does without a word."""
    kind, until = str(wish.get("type", NO_TEMPLATES)), _later(world, wish, 24.0)
    world.standing.restricted_until[kind] = until
    world.diary.at(until, lambda: _lift(world, kind))
    info = {"restriction_type": kind, "expiration": int(until), "remediation": "Appeal"}
    value = {"event": "ACCOUNT_RESTRICTION", "restriction_info": [info]}
    tell(world, "account_update", value)
    return {"until": until}


def _lift(world: World, kind: str) -> None:
    if world.standing.restricted_until.get(kind, 0.0) <= world.clock.now():
        world.standing.restricted_until.pop(kind, None)


def _violate(world: World, wish: Json) -> Json:
    """{"type"}: a warning; everything goes on."""
    info = {"violation_type": str(wish.get("type", "SPAM"))}
    tell(world, "account_update", {"event": "ACCOUNT_VIOLATION", "violation_info": info})
    return {}


def _ban(world: World, _: Json) -> Json:
    world.standing.is_banned = True
    return _tell_ban(world, "DISABLE")


def _schedule_ban(world: World, _: Json) -> Json:
    return _tell_ban(world, "SCHEDULE_FOR_DISABLE")


def _reinstate(world: World, _: Json) -> Json:
    world.standing.is_banned = False
    return _tell_ban(world, "REINSTATE")


def _tell_ban(world: World, state: str) -> Json:
    today = datetime.fromtimestamp(world.clock.now(), UTC)
    # Meta writes this date as text.
    info = {"waba_ban_state": state, "waba_ban_date": f"{today:%B} {today.day}, {today.year}"}
    tell(world, "account_update", {"event": "DISABLED_UPDATE", "ban_info": info})
    return {"state": state}


def _quality(world: World, wish: Json) -> Json:
    """{"rating", "phone_number_id"}: GREEN, YELLOW or RED, told by the older event names."""
    number, rating = number_of(world, wish), str(wish["rating"])
    number.state["quality_rating"] = rating
    account_news.number_quality(world, number, "FLAGGED" if rating == "RED" else "UNFLAGGED")
    return {"rating": rating}


def _pause_template(world: World, wish: Json) -> Json:
    """{"name", "language", "hours"}: 3 hours, the second time 6, the third time for good."""
    for template in _templates_of(world, wish):
        template.pauses += 1
        if template.pauses not in PAUSES:
            template_news.change_template(
                world, template, {"status": "DISABLED", "title": "DISABLED"}
            )
            continue
        title, hours = PAUSES[template.pauses]
        template_news.change_template(world, template, {"status": "PAUSED", "title": title})
        until = _later(world, wish, hours)
        world.diary.at(until, partial(_unpause, world, template))
    return {"paused": len(_templates_of(world, wish))}


def _judge(world: World, wish: Json) -> Json:
    """{"name", "category"}: what Meta will make of a template of this name when it is created."""
    world.templates.judged[str(wish["name"])] = str(wish["category"])
    return {"judged": wish["name"]}


def _recategorise(world: World, wish: Json) -> Json:
    """{"name", "language", "category", "hours"}: told now, done a day later; hours 0 is at once."""
    category, at = str(wish["category"]), _later(world, wish, 24.0)
    chosen = _templates_of(world, wish)
    for template in chosen:
        if at > world.clock.now():
            template_news.announce_category(world, template, category, at)
        change = partial(template_news.change_template, world, template, {"category": category})
        world.diary.at(at, change)
    return {"changing": len(chosen), "at": at}


def _bad_feedback(world: World, wish: Json) -> Json:
    """{"name", "language", "hours"}: quality RED is told, and the pause that follows."""
    for template in _templates_of(world, wish):
        template_news.change_template(world, template, {"quality": "RED"})
    return _pause_template(world, wish)


def _tell_components(world: World, wish: Json) -> Json:
    """{"name", "language"}: what the templates say now is told."""
    for template in _templates_of(world, wish):
        template_news.tell_components(world, template)
    return {"told": len(_templates_of(world, wish))}


def _unpause_template(world: World, wish: Json) -> Json:
    for template in _templates_of(world, wish):
        _unpause(world, template)
    return {"unpaused": len(_templates_of(world, wish))}


def _unpause(world: World, template: Template) -> None:
    if template.status == "PAUSED":
        template_news.change_template(world, template, {"status": "APPROVED", "title": "UNPAUSE"})


def number_of(world: World, wish: Json) -> Number:
    """
    Return the number that is meant; without an id, the first.

    :raises ValueError: no such number
    """
    number_id = wish.get("phone_number_id")
    if number_id is None:
        return world.options.numbers[0]
    if number_id not in world.numbers:
        raise ValueError("no such phone number id")
    return world.numbers[number_id]


def _templates_of(world: World, wish: Json) -> list[Template]:
    named = world.templates.named(wish["name"])
    return [one for one in named if wish.get("language") in (None, one.language)]


def _later(world: World, wish: Json, hours: float) -> float:
    return world.clock.now() + float(wish.get("hours", hours)) * HOUR


_DECISIONS: dict[str, Callable[[World, Json], Json]] = {
    "throughput": _throughput,
    "daily_limit": _daily_limit,
    "restrict": _restrict,
    "violate": _violate,
    "ban": _ban,
    "schedule_ban": _schedule_ban,
    "reinstate": _reinstate,
    "quality": _quality,
    "pause_template": _pause_template,
    "unpause_template": _unpause_template,
    "judge": _judge,
    "recategorise": _recategorise,
    "bad_feedback": _bad_feedback,
    "tell_components": _tell_components,
    **appeals.DECISIONS,
    "release_held": lambda world, _: {"released": messages.release_held(world)},
    "drop_held": lambda world, _: {"dropped": messages.drop_held(world)},
}
