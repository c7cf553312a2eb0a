"""
Receipts of the ordinary shape, read and folded without an object each (pure).

Nearly every notice says "sent", "delivered" or "read" of messages of ours, and nothing else. Those
are read strictly, at five microseconds a receipt; a body that is odd in any way is left whole to
the tolerant reader in `webhook` and to `folding`, which take forty.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

# Callback and try, WhatsApp's id of the message, when, how far, what WhatsApp calls number and
# person, what it takes money for.
Receipt = tuple[str, str, str, int, str, str, str]
# What a batch says of one message: its id, when sent, delivered and read, number and person, what
# is charged.
Told = list[str]

_STEPS = {"sent": 1, "delivered": 2, "read": 3, "played": 3}
_DELIVERED, _READ = 2, 3
# The words of a receipt in their order. A try is written in one way only, ten digits of seconds
# sort as words, and nothing in here needs an escape in an array of PostgreSQL's.
_is_ordinary = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[1-9][0-9]{0,3} "
    r"wamid\.[A-Za-z0-9+/=_.-]{1,240} [1-6][0-9]{9} [0-9]{0,20} (?:[A-Z]{2}\.[A-Za-z0-9.]{1,130})?"
    r" [a-z_-]{0,40}"
).fullmatch
# As arrays of PostgreSQL's have them. Words sort behind digits: NULL is later than any moment.
_NEVER = "NULL"
_NOTHING = '""'


def read(body: bytes) -> list[Receipt] | None:
    """Return a body's receipts, or None where anything but ordinary receipts stands in it."""
    try:
        return [
            _receipt(told)
            for entry in _some(orjson.loads(body)["entry"])
            for change in _some(entry["changes"])
            for told in _statuses(change)
        ]
    except (KeyError, TypeError, ValueError):
        return None


def _statuses(change: Mapping[str, Any]) -> list[Any]:
    value = change["value"]
    if change["field"] != "messages" or "messages" in value or "errors" in value:
        raise ValueError("not receipts alone")
    return _some(value["statuses"])


def _some(parts: Any) -> list[Any]:
    if not isinstance(parts, list) or not parts:
        raise ValueError("not a list of something")
    return parts


def _receipt(told: Mapping[str, str]) -> Receipt:
    name, wamid, at = told["biz_opaque_callback_data"], told["id"], told["timestamp"]
    wa_id, user_id = told.get("recipient_id", ""), told.get("recipient_user_id", "")
    charge = _charge(told["pricing"]) if "pricing" in told else ""
    if "recipient_type" in told:
        raise ValueError("told of a group, whose id is nobody's number")
    # Joining refuses what is not words, the pattern all that is unusual.
    if not _is_ordinary(" ".join((name, wamid, at, wa_id, user_id, charge))):
        raise ValueError("not an ordinary receipt")
    step = _STEPS[told["status"]]
    return name, wamid, at, step, wa_id or _NOTHING, user_id or _NOTHING, charge or _NOTHING


def _charge(pricing: Any) -> str:
    is_charged = pricing["type"] == "regular"
    category: str = pricing["category"] if is_charged else ""
    return category


def fold(receipts: Iterable[Receipt], into: dict[str, Told]) -> bool:
    """
    Add receipts to what is known of each message and try.

    :returns: False where two ids are told for one try; somebody careful must look at these
    """
    is_clear = True
    for name, wamid, at, step, wa_id, user_id, charge in receipts:
        told = into.get(name)
        if told is None:
            told = into[name] = [wamid, at, _NEVER, _NEVER, wa_id, user_id, charge]
        elif told[0] != wamid:
            is_clear = False
            continue
        else:
            _add(told, at, wa_id, user_id, charge)
        # A later step implies the earlier ones, at its own time.
        if step >= _DELIVERED and at < told[2]:
            told[2] = at
        if step == _READ and at < told[3]:
            told[3] = at
    return is_clear


def _add(told: Told, at: str, wa_id: str, user_id: str, charge: str) -> None:
    told[1] = min(told[1], at)
    # As folding does; nothing sorts before every word.
    told[6] = max(told[6], charge)
    # What the first one says of number and person counts.
    if told[4] == _NOTHING:
        told[4] = wa_id
    if told[5] == _NOTHING:
        told[5] = user_id


def columns(told: Mapping[str, Told]) -> list[str]:
    """Return one array of PostgreSQL's for each: callback, try, then all of Told."""
    callbacks = (name[:36] for name in told)
    tries = (name[37:] for name in told)
    return [
        "{" + ",".join(one) + "}" for one in (callbacks, tries, *zip(*told.values(), strict=True))
    ]
