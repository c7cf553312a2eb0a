"""What patients send that is neither a text nor a tap, in the shapes of Meta's webhooks."""

from collections.abc import Callable

import orjson

from whatsapp.sandbox.library import INBOUND_LIVES, Library
from whatsapp.sandbox.options import Number
from whatsapp.sandbox.shapes import Json

# Mime type and first bytes of each kind of file.
_FILES: dict[str, tuple[str, bytes]] = {
    "image": ("image/jpeg", b"\xff\xd8\xff\xe0 a photograph"),
    "video": ("video/mp4", b"\x00\x00\x00\x18ftypmp42 a film"),
    "audio": ("audio/ogg; codecs=opus", b"OggS a voice"),
    "document": ("application/pdf", b"%PDF-1.4 a referral"),
    "sticker": ("image/webp", b"RIFF\x00\x00\x00\x00WEBP"),
}
_EXTRAS: dict[str, Json] = {
    "audio": {"voice": True},
    "document": {"filename": "referral.pdf"},
    "sticker": {"animated": False},
}


def message(kind: str, *, library: Library, number: Number, details: Json) -> Json:
    """
    Return a message of this kind without sender, id and time.

    :param details: fields that are added to the object of the kind, such as a caption
    :raises ValueError: no such kind
    """
    if kind in _FILES:
        return {"type": kind, kind: {**_file(kind, library, number), **details}}
    if kind not in _OTHERS:
        raise ValueError(f"one of {', '.join((*_FILES, *_OTHERS))} is needed")
    return _OTHERS[kind](details)


def number_changed(old_wa_id: str, new_wa_id: str, *, user_id: str, previous: str) -> Json:
    """Return WhatsApp's own note that a patient has a new number; it comes without contacts."""
    system = {
        "body": f"User A changed from {old_wa_id} to {new_wa_id}",
        "wa_id": new_wa_id,
        "type": "user_changed_number",
        "user_id": user_id,
        "previous_user_id": previous,
    }
    return {"type": "system", "system": system}


def user_id_changed(user_id: str, previous: str) -> Json:
    """Return WhatsApp's own note that a patient has a new user id."""
    system = {
        "body": f"User A changed from {previous} to {user_id}",
        "type": "user_changed_user_id",
        "user_id": user_id,
        "previous_user_id": previous,
    }
    return {"type": "system", "system": system}


def _file(kind: str, library: Library, number: Number) -> Json:
    mime_type, content = _FILES[kind]
    medium = library.put(content, mime_type, phone_number_id=number.id, lives=INBOUND_LIVES)
    return {
        "id": medium.id,
        "mime_type": mime_type,
        "sha256": medium.sha256,
        "url": library.url(medium),
        **_EXTRAS.get(kind, {}),
    }


def _unsupported(details: Json) -> Json:
    text = {"details": "Message type is currently not supported."}
    title = "Message type unknown"
    error = {"code": 131051, "title": title, "message": title, "error_data": text}
    return {
        "type": "unsupported",
        "errors": [error],
        "unsupported": {"type": "poll", **details},
    }


def _location(details: Json) -> Json:
    place = {"latitude": -34.6, "longitude": -58.38, "name": "Casa", "address": "Av. X 123"}
    return {"type": "location", "location": {**place, **details}}


def _contacts(details: Json) -> Json:
    card = {"name": {"formatted_name": "Luis"}, "phones": [], **details}
    return {"type": "contacts", "contacts": [card]}


def _order(details: Json) -> Json:
    item = {"product_retailer_id": "a-1", "quantity": 1, "item_price": 10.5, "currency": "ARS"}
    order = {"catalog_id": "800000000000001", "text": "", "product_items": [item]}
    return {"type": "order", "order": {**order, **details}}


def _flow(details: Json) -> Json:
    """A finished form: its answers stand in a string, which a client has to read as JSON."""
    answers = orjson.dumps({"flow_token": "unused", **details}).decode()
    reply = {"name": "flow", "body": "Sent", "response_json": answers}
    return {"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": reply}}


_OTHERS: dict[str, Callable[[Json], Json]] = {
    "unsupported": _unsupported,
    "location": _location,
    "contacts": _contacts,
    "order": _order,
    "flow": _flow,
}
