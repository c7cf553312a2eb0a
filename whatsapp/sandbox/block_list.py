"""Patients whom we blocked, per number of ours."""

import base64
from collections.abc import Mapping

from whatsapp.sandbox.graph_errors import GraphError, webhook_error
from whatsapp.sandbox.options import Number
from whatsapp.sandbox.shapes import Json, objects_at
from whatsapp.sandbox.validation import dialled, user_id_of
from whatsapp.sandbox.world import World

# Source: WhatsApp Cloud API, block users, read 2025-10.
AT_MOST = 64_000
_BULK_FAILED, _IS_FULL = 139100, 139101


def block(world: World, number: Number, asked: Json) -> Json:
    """Block those who wrote within 24 hours; the others are named as failed."""
    blocked = world.blocked[number.id]
    added, failed = [], []
    for given in _users(asked):
        wa_id = _wa_id(given, number)
        if len(blocked) >= AT_MOST and wa_id not in blocked:
            raise GraphError(_IS_FULL, "The block list is full.")
        if not world.patients.window_is_open(number, wa_id):
            reason = webhook_error(131047, "This user has not written within 24 hours.")
            failed.append({"input": given, "wa_id": wa_id, "errors": [reason]})
            continue
        blocked[wa_id] = given
        added.append(_named(given, wa_id))
    answer: Json = {"messaging_product": "whatsapp", "block_users": {"added_users": added}}
    if failed:
        answer["block_users"]["failed_users"] = failed
        answer["errors"] = webhook_error(_BULK_FAILED)
    return answer


def unblock(world: World, number: Number, asked: Json) -> Json:
    blocked = world.blocked[number.id]
    wa_ids = [(given, _wa_id(given, number)) for given in _users(asked)]
    removed = [_named(given, wa_id) for given, wa_id in wa_ids if blocked.pop(wa_id, None)]
    return {"messaging_product": "whatsapp", "block_users": {"removed_users": removed}}


def listed(world: World, number: Number, query: Mapping[str, str]) -> Json:
    """List those who are blocked, by pages."""
    rows = list(world.blocked[number.id].items())
    limit, after = query.get("limit", "100"), _place(query.get("after", ""))
    if not limit.isdigit() or not int(limit):
        raise GraphError(100, "Param limit must be a positive integer.")
    page = rows[after : after + int(limit)]
    data = [{"messaging_product": "whatsapp", **_named(given, wa_id)} for wa_id, given in page]
    answer: Json = {"data": data}
    if page:
        cursors = {"before": _cursor(after), "after": _cursor(after + len(page))}
        answer["paging"] = {"cursors": cursors}
    return answer


def _users(asked: Json) -> list[str]:
    if asked.get("messaging_product") != "whatsapp":
        raise GraphError(131008, "Parameter 'messaging_product' is required.")
    users = objects_at(asked, "block_users", "")
    return [str(one.get("user") or one.get("user_id") or "") for one in users]


def _wa_id(given: str, number: Number) -> str:
    """Return whom a number or a user id means."""
    return given.partition(".1349")[2] or dialled(given, number)


def _named(given: str, wa_id: str) -> Json:
    if given == user_id_of(wa_id):
        return {"input": given, "user_id": given}
    return {"input": given, "wa_id": wa_id}


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(b"blocked:%d" % place).decode().rstrip("=")


def _place(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        coded = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        return int(coded.removeprefix("blocked:"))
    except ValueError:
        raise GraphError(131059, "The cursor is not valid or has expired.") from None
