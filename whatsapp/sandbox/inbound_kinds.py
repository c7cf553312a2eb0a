"""What patients send that is neither a text nor a tap, in the shapes of Meta's webhooks."""

from collections.abc import Callable
from dataclasses import dataclass

import orjson

from whatsapp.sandbox.free_form import file_of, place_of
from whatsapp.sandbox.library import INBOUND_LIVES, Library
from whatsapp.sandbox.options import Number
from whatsapp.sandbox.outgoing import Content
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


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that somebody chose on the phone's page."""

    kind: str  # a key of `_FILES`
    mime_type: str
    content: bytes
    name: str = ""


def message(kind: str, *, library: Library, number: Number, details: Json) -> Json:
    """
    Return a message of this kind without sender, id and time.

    :param details: fields that are added to the object of the kind, such as a caption
    :raises ValueError: no such kind
    """
    if kind in _FILES:
        file = _kept(SentFile(kind, *_FILES[kind]), library, number)
        return {"type": kind, kind: {**file, **_EXTRAS.get(kind, {}), **details}}
    if kind not in _OTHERS:
        raise ValueError(f"one of {', '.join((*_FILES, *_OTHERS))} is needed")
    return _OTHERS[kind](details)


def file_message(file: SentFile, library: Library, number: Number, *, caption: str) -> Json:
    """Return a message with this very file; documents have a name, pictures have none."""
    inner = _kept(file, library, number)
    if caption:
        inner["caption"] = caption
    if file.kind == "document":
        inner["filename"] = file.name
    return {"type": file.kind, file.kind: inner}


def shown(message: Json) -> Content:
    """Return what the phone that sent it shows."""
    kind = str(message["type"])
    inner = message.get(kind)
    if not isinstance(inner, dict):
        return Content(f"[{kind}]")
    if kind in _FILES:
        return Content(str(inner.get("caption", "")), attachment=file_of(kind, inner))
    if kind == "location":
        return Content("", attachment=place_of(inner, ""))
    return Content(str(inner.get("body", f"[{kind}]")))


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


def _kept(file: SentFile, library: Library, number: Number) -> Json:
    """Put a file into the library; returns how a webhook names it."""
    medium = library.put(
        file.content, file.mime_type, phone_number_id=number.id, lives=INBOUND_LIVES
    )
    return {
        "id": medium.id,
        "mime_type": medium.mime_type,
        "sha256": medium.sha256,
        "url": library.url(medium),
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
