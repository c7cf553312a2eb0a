"""The checks of a message's envelope, in Meta's order."""

import re
from collections.abc import Callable
from typing import Any

import orjson

from whatsapp.sandbox import free_form, template_messages
from whatsapp.sandbox.graph_errors import GraphError
from whatsapp.sandbox.options import Number
from whatsapp.sandbox.outgoing import Content, Outgoing
from whatsapp.sandbox.shapes import Json, missing, object_at, text_at, too_long, wrong
from whatsapp.sandbox.templates import Templates

CALLBACK_LONGEST = 512
_PUNCTUATION = str.maketrans("", "", "+-() ")
_BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
_READERS: dict[str, Callable[[Json], Content]] = {
    "text": free_form.read_text,
    "interactive": free_form.read_interactive,
    "reaction": free_form.read_reaction,
    "location": free_form.read_location,
    "contacts": free_form.read_contacts,
    **dict.fromkeys(("image", "video", "audio", "document", "sticker"), free_form.read_media),
}


def parse(body: bytes) -> Json:
    """Read the body as a JSON object addressed to WhatsApp."""
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise GraphError(131008, "The request body is not valid JSON.") from None
    if not isinstance(payload, dict):
        raise GraphError(131008, "The request body must be a JSON object.")
    if payload.get("messaging_product") is None:
        raise missing("messaging_product")
    if payload["messaging_product"] != "whatsapp":
        raise wrong("messaging_product", "whatsapp")
    return payload


def check(payload: Json, *, number: Number, templates: Templates, version: int) -> Outgoing:
    """
    Read a message, or refuse it as Meta would.

    Limits are not asked here: they come after everything else.
    """
    if payload.get("to") is None and payload.get("recipient") is None:
        raise missing("to")
    kind = _kind(payload)
    callback = _callback(payload)
    if payload.get("recipient_type") not in (None, "individual", "group"):
        raise GraphError(100, "Param recipient_type must be one of {individual, group}.")
    if payload.get("category") is not None:
        raise GraphError(100, "Direct Send isn't enabled for this account.")
    inner = _inner(payload, kind)
    content = None if kind == "template" else _READERS[kind](inner)
    to, wa_id, user_id = _recipient(payload, number)
    if content is None:
        content = template_messages.read(inner, templates=templates, version=version)
    if user_id and content.template is not None and content.template.category == "AUTHENTICATION":
        raise GraphError(131062, "Authentication templates go to phone numbers only.")
    identity = payload.get("recipient_identity_key_hash") or ""
    return Outgoing(to, wa_id, kind, callback, content, user_id, identity)


def dialled(to: str, number: Number) -> str:
    """
    Return the digits WhatsApp would dial.

    Without a plus Meta prepends the country code of *our* number (Source: sending messages
    page, read 2025-11); digits that already begin with it are left alone.
    """
    digits = to.translate(_PUNCTUATION)
    if not digits.isascii() or not digits.isdigit() or not 7 <= len(digits) <= 15:
        raise GraphError(131009, "Recipient phone number is not a valid phone number.")
    if to.lstrip().startswith("+") or digits.startswith(number.country_code):
        return digits
    return number.country_code + digits


def user_id_of(wa_id: str) -> str:
    """Return the business-scoped id this sandbox gives to a number."""
    country = {"54": "AR", "55": "BR", "52": "MX", "91": "IN", "33": "FR", "34": "ES", "44": "GB"}
    return f"{country.get(wa_id[:2], 'US')}.1349{wa_id}"


def parent_id_of(user_id: str) -> str:
    """Return the id by which all portfolios of a parent know a person."""
    country, _, rest = user_id.partition(".")
    return f"{country}.ENT.{rest}"


def _kind(payload: Json) -> str:
    kind: Any = payload.get("type", "text")
    if not isinstance(kind, str) or (kind != "template" and kind not in _READERS):
        raise GraphError(100, "Param type must be one of the supported message types.")
    return kind


def _inner(payload: Json, kind: str) -> Json:
    """Return the object of the type; its kind travels with it for the readers of several types."""
    if kind == "contacts":
        return {"contacts": payload.get("contacts")}
    inner = object_at(payload, kind)
    return {**inner, "kind": kind} if _READERS.get(kind) is free_form.read_media else inner


def _callback(payload: Json) -> str | None:
    callback = payload.get("biz_opaque_callback_data")
    if callback is None or isinstance(callback, str):
        if callback and len(callback) > CALLBACK_LONGEST:
            raise too_long("biz_opaque_callback_data", CALLBACK_LONGEST)
        return callback
    raise wrong("biz_opaque_callback_data", "a string")


def _recipient(payload: Json, number: Number) -> tuple[str, str, str]:
    """Return what was sent, the number dialled ("" for one that leads nowhere) and the user id."""
    if payload.get("to") is None and payload.get("recipient") is not None:
        user_id = text_at(payload, "recipient", "")
        if not _BSUID.fullmatch(user_id):
            raise wrong("recipient", "a business-scoped user id")
        return user_id, user_id.partition(".1349")[2], user_id
    to = text_at(payload, "to", "")
    if _BSUID.fullmatch(to):
        return to, "", ""  # accepted and silently lost, as Meta does (chatwoot #15150)
    wa_id = dialled(to, number)
    if wa_id == number.digits:
        raise GraphError(131021, "Recipient phone number is the same as the sender phone number.")
    return to, wa_id, ""
