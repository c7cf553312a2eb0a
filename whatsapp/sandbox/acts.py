"""What a patient does on command, of a control call or of a script."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from whatsapp.sandbox.options import Number
from whatsapp.sandbox.shapes import Json

if TYPE_CHECKING:
    from whatsapp.sandbox.world import World


def perform(world: "World", number: Number, wa_id: str, wish: Json) -> str:
    """
    Let a patient do one thing, named by a key of `_ACTS`; returns the wamid, if there is one.

    :raises ValueError: no such thing
    """
    for act, does in _ACTS.items():
        if act in wish:
            return does(world, number, wa_id, wish)
    raise ValueError(f"one of {', '.join(_ACTS)} is needed")


def _tap(world: "World", number: Number, wa_id: str, wish: Json) -> str:
    """Tap the button at `tap` of the message `wamid`, or of the last one that has buttons."""
    chat = world.chats.find(number.id, wa_id)
    bubbles = [one for one in chat.bubbles if one.buttons] if chat else []
    if "wamid" in wish:
        bubbles = [one for one in bubbles if one.wamid == wish["wamid"]]
    if not bubbles or not -len(bubbles[-1].buttons) <= int(wish["tap"]) < len(bubbles[-1].buttons):
        raise ValueError("this patient has no such button")
    return world.patients.tap(number, wa_id, bubbles[-1], int(wish["tap"]))


def _write(world: "World", number: Number, wa_id: str, wish: Json) -> str:
    context_id = str(wish.get("context_id", ""))
    return world.patients.write(number, wa_id, str(wish["text"]), context_id=context_id)


def _edit(world: "World", number: Number, wa_id: str, wish: Json) -> str:
    return world.patients.edit(number, wa_id, str(wish["edit"]), str(wish["text"]))


def _revoke(world: "World", number: Number, wa_id: str, wish: Json) -> str:
    return world.patients.revoke(number, wa_id, str(wish["revoke"]))


def _send(world: "World", number: Number, wa_id: str, wish: Json) -> str:
    return world.patients.send(
        number, wa_id, str(wish["send"]), details=wish.get("with"), beside=wish.get("beside")
    )


def _react(world: "World", number: Number, wa_id: str, wish: Json) -> str:
    return world.patients.react(number, wa_id, wish["wamid"], wish["reaction"])


def _prefer(world: "World", number: Number, wa_id: str, wish: Json) -> str:
    world.patients.prefer(number, wa_id, str(wish["preference"]))
    return ""


def _say(world: "World", number: Number, wa_id: str, wish: Json) -> str:
    return world.patients.say_raw(number, wa_id, wish["message"])


def _change_number(world: "World", number: Number, wa_id: str, wish: Json) -> str:
    return world.patients.change_number(number, wa_id, str(wish["new_number"]).lstrip("+"))


def _change_user_id(world: "World", number: Number, wa_id: str, wish: Json) -> str:
    return world.patients.change_user_id(number, wa_id, str(wish["new_user_id"]))


_ACTS: dict[str, Callable[["World", Number, str, Json], str]] = {
    "edit": _edit,
    "revoke": _revoke,
    "text": _write,
    "tap": _tap,
    "send": _send,
    "reaction": _react,
    "preference": _prefer,
    "message": _say,
    "new_number": _change_number,
    "new_user_id": _change_user_id,
}
