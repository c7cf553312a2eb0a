"""POST messages: what is accepted goes into the ledger and on its way to a phone."""

import os
from functools import partial
from time import monotonic, time

from whatsapp import wamid
from whatsapp.sandbox import validation
from whatsapp.sandbox.behaviours import Behaviour, is_in_the_us, rewritten
from whatsapp.sandbox.chats import Bubble
from whatsapp.sandbox.graph_errors import GraphError
from whatsapp.sandbox.ledger import Entry
from whatsapp.sandbox.options import Number
from whatsapp.sandbox.outgoing import Outgoing
from whatsapp.sandbox.phones import Arrival
from whatsapp.sandbox.shapes import Json, text_at
from whatsapp.sandbox.world import World

# Source: WhatsApp Cloud API, template pacing: the judgement comes within an hour.
HELD_FOR = 3600.0


def post(
    world: World, number: Number, body: bytes, *, version: int, is_marketing_api: bool = False
) -> Json:
    """
    Accept a message, or mark one of the patient's as read.

    :raises GraphError: refused; noted in the ledger's refusals
    """
    payload: Json = {}
    try:
        payload = validation.parse(body)
        if "status" in payload:
            return _mark_read(world, payload)
        message = validation.check(
            payload, number=number, templates=world.templates, version=version
        )
        if is_marketing_api:
            _check_marketing(message)
        return _accept(world, number, message, is_lite=is_marketing_api)
    except GraphError as error:
        callback = payload.get("biz_opaque_callback_data")
        world.ledger.refuse(error.code, callback=callback, at=world.clock.now())
        raise


def _accept(world: World, number: Number, message: Outgoing, *, is_lite: bool) -> Json:
    if not world.standing.is_good or world.deregistered or world.blocked:
        _check_permission(world, number, message)
    now = monotonic()
    world.throughput.take(number.id, now)
    if world.options.pair_limits:
        world.pairs.take(number.id, message.wa_id or message.to, now)
    behaviour = world.behaviours.of(message.wa_id)
    wa_id = rewritten(message.wa_id) if behaviour.rewrites_wa_id else message.wa_id
    failure = _failure(world, number, message, wa_id=wa_id, behaviour=behaviour)
    if failure in world.options.sync_codes:
        raise GraphError(failure)
    if not _is_open(world, number, wa_id, behaviour):
        failure = _count_person(world, wa_id or message.to) or failure
    entry = _enter(world, number, message, wa_id)
    bubble = _show(world, entry, message)
    is_free = not message.is_template and _is_free(world, entry, message)
    if not (is_free or message.is_template or world.options.has_payment_method):
        failure = failure or 131042
    if world.options.webhooks and wa_id:
        arrival = Arrival(entry, message, number, behaviour, bubble, is_free, is_lite)
        _deliver(world, arrival, failure)
    return _answer(world, entry, message)


def _check_marketing(message: Outgoing) -> None:
    if not message.is_marketing:
        raise GraphError(131055, "The Marketing Messages API takes marketing templates only.")


def _check_permission(world: World, number: Number, message: Outgoing) -> None:
    if not world.standing.is_good:
        world.standing.check(is_template=message.is_template)
    if number.id in world.deregistered:
        raise GraphError(133010, "The phone number is not registered.")
    if message.wa_id in world.blocked.get(number.id, ()):
        raise GraphError(130403, "This user was blocked by the business.")


def _count_person(world: World, wa_id: str) -> int:
    """
    Take a place among the people written to first within a day.

    :returns: the code that comes later by webhook, 0 for none
    :raises GraphError: there is no place left
    """
    options, now = world.options, world.clock.now()
    if world.people.is_full(wa_id, limit=options.daily_limit, now=now):
        if options.daily_limit_late:
            return options.daily_limit_code
        raise GraphError(options.daily_limit_code, "The daily messaging limit has been reached.")
    world.people.add(wa_id, now)
    return 0


def _enter(world: World, number: Number, message: Outgoing, wa_id: str) -> Entry:
    entries = world.ledger.entries
    template = message.content.template
    real = time()
    entry = Entry(
        number=len(entries) + 1,
        wamid=wamid.mint(wa_id or "0", os.urandom(9).hex().upper()),
        callback=message.callback,
        phone_number_id=number.id,
        to=message.to,
        wa_id=wa_id,
        type=message.kind,
        template=template.name if template else None,
        language=template.language if template else None,
        text=message.content.text,
        accepted_at=world.clock.at(real),
        accepted_at_real=real,
    )
    entries.append(entry)
    return entry


def _show(world: World, entry: Entry, message: Outgoing) -> Bubble:
    bubble = Bubble(entry.wamid, entry.accepted_at, message.content, is_ours=True)
    world.chats.add(entry.phone_number_id, entry.wa_id, bubble)
    return bubble


def _is_free(world: World, entry: Entry, message: Outgoing) -> bool:
    """Count a service message; reactions cost nothing here."""
    is_counted = message.kind != "reaction"
    return not is_counted or world.billing.is_free(entry.phone_number_id, entry.accepted_at)


def _deliver(world: World, arrival: Arrival, failure: int) -> None:
    if failure:
        world.phones.fail(arrival, failure)
    elif world.options.hold_marketing and arrival.message.is_marketing:
        world.held.append(arrival)
        world.diary.at(world.clock.now() + HELD_FOR, partial(_release, world, arrival))
    else:
        _reach(world, arrival)


def release_held(world: World) -> int:
    """Let go what was held for the judgement of its quality; returns how many."""
    waiting = list(world.held)
    for arrival in waiting:
        _release(world, arrival)
    return len(waiting)


def drop_held(world: World) -> int:
    """Drop what was held: feedback was bad. Each message fails by webhook."""
    waiting = list(world.held)
    world.held.clear()
    for arrival in waiting:
        world.phones.fail(arrival, 132015)
    return len(waiting)


def _release(world: World, arrival: Arrival) -> None:
    if arrival in world.held:
        world.held.remove(arrival)
        _reach(world, arrival)


def _reach(world: World, arrival: Arrival, *, has_left: bool = False) -> None:
    off_for = arrival.behaviour.off_for * 3600
    if off_for and not has_left:
        world.phones.leave(arrival)
        _wait(world, arrival, min(off_for, arrival.lives))
        # What has outlived its time is dropped, and no webhook tells so.
        if off_for <= arrival.lives:
            wake = partial(_reach, world, arrival, has_left=True)
            world.diary.at(world.clock.now() + off_for, wake)
        return
    if not arrival.behaviour.delivered:
        _wait(world, arrival, arrival.lives)
    seen_after = world.phones.receive(arrival, has_left=has_left)
    if seen_after >= 0:
        world.patients.consider(arrival, seen_after=seen_after)


def _wait(world: World, arrival: Arrival, seconds: float) -> None:
    """Note that Meta goes on trying for so long: the template cannot be deleted meanwhile."""
    template = arrival.message.content.template
    if template is not None:
        until = world.clock.now() + seconds
        template.waited_for_until = max(template.waited_for_until, until)


def _failure(
    world: World, number: Number, message: Outgoing, *, wa_id: str, behaviour: Behaviour
) -> int:
    """Return the code that Meta would report later, by webhook; 0 for none."""
    if behaviour.fails:
        return behaviour.fails
    if message.identity or message.content.media_id or world.patients.moved:
        missed = _miss(world, message, wa_id=wa_id, behaviour=behaviour)
        if missed:
            return missed
    if message.is_marketing:
        if wa_id.startswith("1") and not world.options.marketing_to_us and is_in_the_us(wa_id):
            return 131049
        return behaviour.fails_marketing or 131050 * (wa_id in world.patients.stopped_marketing)
    if not message.is_template and not _is_open(world, number, wa_id, behaviour):
        return 131047
    return message.content.fails_with or 131009 * _reacts_to_nothing(world, number, message, wa_id)


def _reacts_to_nothing(world: World, number: Number, message: Outgoing, wa_id: str) -> bool:
    target, now = message.content.reacts_to, world.clock.now()
    return bool(target) and not world.chats.takes_reaction(number.id, wa_id, target, now=now)


def _miss(world: World, message: Outgoing, *, wa_id: str, behaviour: Behaviour) -> int:
    """Return the code for what is no longer there: the number, the person, or the file."""
    if wa_id in world.patients.moved:
        return 131026
    if message.identity and behaviour.identity not in ("", message.identity):
        return 137000
    media_id = message.content.media_id
    return 131053 if media_id and world.library.is_gone(media_id) else 0


def _is_open(world: World, number: Number, wa_id: str, behaviour: Behaviour) -> bool:
    if behaviour.window_open is not None:
        return behaviour.window_open
    return world.patients.window_is_open(number, wa_id)


def _answer(world: World, entry: Entry, message: Outgoing) -> Json:
    contact = {"input": message.to, "wa_id": entry.wa_id or message.wa_id}
    if message.user_id:
        contact = {"input": message.to, "user_id": message.user_id}
    elif not entry.wa_id:
        contact = {"input": message.to, "wa_id": "".join(filter(str.isdigit, message.to))}
    accepted = {"id": entry.wamid}
    if message.is_template:
        is_held = world.options.hold_marketing and message.is_marketing
        accepted["message_status"] = "held_for_quality_assessment" if is_held else "accepted"
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [accepted]}


def _mark_read(world: World, payload: Json) -> Json:
    if payload["status"] != "read":
        raise GraphError(131009, "Parameter 'status' is not valid: expected read.")
    message_id = text_at(payload, "message_id", "")
    if message_id not in world.patients.known_wamids:
        raise GraphError(131009, "Parameter 'message_id' is not an inbound message of this number.")
    indicator = payload.get("typing_indicator")
    if indicator is not None and indicator != {"type": "text"}:
        raise GraphError(131009, "Parameter 'typing_indicator' is not valid.")
    world.patients.read_wamids.add(message_id)
    return {"success": True}
