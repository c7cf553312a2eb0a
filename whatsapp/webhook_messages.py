"""Reads receipts, patients' messages and errors out of a change of messages (pure)."""

import uuid
from typing import Any

from whatsapp import loose, webhook_accounts
from whatsapp.events import (
    Event,
    MessageReceived,
    NumberChanged,
    NumberError,
    Origin,
    StatusReported,
    Unrecognised,
)
from whatsapp.status import Status

# Source: WhatsApp Cloud API, webhooks, status objects, read 2026-11. A voice note that was played
# was surely read.
_STATUS = {
    "sent": Status.SENT,
    "delivered": Status.DELIVERED,
    "read": Status.READ,
    "played": Status.READ,
    "failed": Status.FAILED,
}
_LONGEST_TEXT = 4096
# Which message another is about, where that stands in its own part.
_ABOUT_ANOTHER = {
    "reaction": "message_id",
    "edit": "original_message_id",
    "revoke": "original_message_id",
}
# Read into fields of their own.
_READ = frozenset({"id", "from", "from_user_id", "parent_from_user_id", "timestamp", "type"})


def read(origin: Origin) -> list[Event]:
    """Return everything in the change; statuses, messages and errors may stand side by side."""
    value = origin.content
    if not origin.field and not any(key in value for key in ("statuses", "messages", "errors")):
        return webhook_accounts.read(origin)
    found: list[Event] = [_status(s, origin) for s in loose.mappings(value.get("statuses"))]
    for message in loose.mappings(value.get("messages")):
        found += _message(message, origin)
    found += [_error(error, origin) for error in loose.mappings(value.get("errors"))]
    return found


def _status(told: dict[str, Any], origin: Origin) -> Event:
    wamid = loose.text(told.get("id"))
    word = told.get("status")
    status = _STATUS.get(word) if isinstance(word, str) else None
    if not wamid or status is None:
        return Unrecognised(_only(origin, "statuses", told))
    callback, attempt = _callback(told.get("biz_opaque_callback_data"))
    code, title = _failure(told) if status is Status.FAILED else (None, "")
    return StatusReported(
        origin=origin,
        wamid=wamid,
        status=status,
        at=loose.moment(told.get("timestamp")),
        callback=callback,
        attempt=attempt,
        code=code,
        title=title,
        # Of a group it is the group's id, which is nobody's number.
        recipient=""
        if told.get("recipient_type") == "group"
        else loose.digits(told.get("recipient_id")),
        user_id=loose.text(told.get("recipient_user_id"), 140),
        charged_as=_charge(loose.mapping(told.get("pricing"))),
    )


def _charge(pricing: dict[str, Any]) -> str:
    """
    Return what WhatsApp takes money for, "" where it takes none.

    Source: WhatsApp Cloud API, webhooks, pricing, read 2026-11: its `billable` is to be removed.
    """
    return loose.text(pricing.get("category"), 40) if pricing.get("type") == "regular" else ""


def _callback(value: Any) -> tuple[uuid.UUID | None, int | None]:
    """Read `<uuid>.<attempt>`; anything else was not written by us."""
    if not isinstance(value, str):
        return None, None
    name, _, attempt = value.partition(".")
    try:
        return uuid.UUID(name), loose.number(attempt)
    except ValueError:
        return None, None


def _failure(told: dict[str, Any]) -> tuple[int | None, str]:
    errors = loose.mappings(told.get("errors"))
    if not errors:
        return None, ""
    return loose.number(errors[0].get("code")), _title(errors[0])


def _title(error: dict[str, Any]) -> str:
    title = loose.text(error.get("title")) or loose.text(error.get("message"))
    details = loose.text(loose.mapping(error.get("error_data")).get("details"))
    if details and details != title:
        title = f"{title}: {details}" if title else details
    return title[:200]


def _message(told: dict[str, Any], origin: Origin) -> list[Event]:
    wamid = loose.text(told.get("id"))
    kind = loose.text(told.get("type"), 20)
    if not wamid or not kind:
        return [Unrecognised(_only(origin, "messages", told))]
    contact = _contact(told, origin)
    words, button = _words(kind, told)
    received = MessageReceived(
        origin=origin,
        wamid=wamid,
        kind=kind,
        at=loose.moment(told.get("timestamp")),
        text=words,
        button=button,
        context_wamid=_context(kind, told),
        from_number=loose.digits(told.get("from") or contact.get("wa_id")),
        from_user_id=loose.text(told.get("from_user_id") or contact.get("user_id"), 140),
        from_parent_user_id=loose.text(
            told.get("parent_from_user_id") or contact.get("parent_user_id"), 140
        ),
        content=_content(kind, told, contact),
    )
    if kind != "system":
        return [received]
    system = loose.mapping(told.get("system"))
    new = loose.digits(system.get("wa_id") or system.get("new_wa_id"))
    return [received, NumberChanged(_only(origin, "messages", told), received.from_number, new)]


def _contact(told: dict[str, Any], origin: Origin) -> dict[str, Any]:
    """Return the contact of the message's sender; contacts may be missing, or of others too."""
    contacts = loose.mappings(origin.content.get("contacts"))
    sender = {told.get("from"), told.get("from_user_id")} if _is_plain(told) else set()
    for contact in contacts:
        ids = (contact.get("wa_id"), contact.get("user_id"))
        if any(isinstance(one, str) and one in sender for one in ids):
            return contact
    is_nameless = not (told.get("from") or told.get("from_user_id"))
    return contacts[0] if len(contacts) == 1 and is_nameless else {}


def _is_plain(told: dict[str, Any]) -> bool:
    return all(isinstance(told.get(k), str | None) for k in ("from", "from_user_id"))


def _words(kind: str, told: dict[str, Any]) -> tuple[str, str]:
    """Return what the patient wrote, and what the tapped button carries."""
    part = loose.mapping(told.get(kind))
    if kind == "edit":
        inner = loose.mapping(part.get("message"))
        what = loose.text(inner.get("type"), 20)
        return ("" if what == "edit" else _words(what, inner)[0]), ""
    if kind == "interactive":
        part = loose.mapping(part.get(loose.text(part.get("type"))))
        words = part.get("title") or part.get("body")
        return loose.text(words, _LONGEST_TEXT), loose.text(part.get("id"), 256)
    if kind == "button":
        return loose.text(part.get("text"), _LONGEST_TEXT), loose.text(part.get("payload"), 256)
    words = part.get("body") or part.get("caption") or part.get("emoji") or part.get("text")
    return loose.text(words, _LONGEST_TEXT), ""


def _context(kind: str, told: dict[str, Any]) -> str:
    if kind in _ABOUT_ANOTHER:
        return loose.text(loose.mapping(told.get(kind)).get(_ABOUT_ANOTHER[kind]))
    return loose.text(loose.mapping(told.get("context")).get("id"))


def _content(kind: str, told: dict[str, Any], contact: dict[str, Any]) -> dict[str, Any]:
    """Return what stands in no field of its own: a file by its id, a card, what is new to us."""
    read = _READ | ({kind} & {"text", "button"})
    kept = {k: v for k, v in told.items() if k not in read}
    context = {k: v for k, v in loose.mapping(kept.pop("context", None)).items() if k not in _READ}
    if context:
        kept["context"] = context
    if "identity_key_hash" in contact:
        kept["identity_key_hash"] = contact["identity_key_hash"]
    return loose.mapping(_without_addresses(loose.holdable(kept)))


def _without_addresses(value: Any) -> Any:
    """Leave out where files are: that lives for five minutes and is a secret meanwhile."""
    if isinstance(value, list):
        return [_without_addresses(part) for part in value]
    if not isinstance(value, dict):
        return value
    is_file = "mime_type" in value or "sha256" in value
    return {k: _without_addresses(v) for k, v in value.items() if not (is_file and k == "url")}


def _error(told: dict[str, Any], origin: Origin) -> Event:
    code = loose.number(told.get("code"))
    if code is None:
        return Unrecognised(_only(origin, "errors", told))
    return NumberError(_only(origin, "errors", told), code, _title(told))


def _only(origin: Origin, key: str, told: dict[str, Any]) -> Origin:
    """Return the origin of one part, so that a notice does not keep its neighbors."""
    return Origin(
        waba_id=origin.waba_id,
        field=origin.field or "messages",
        content={key: [told], "metadata": {"phone_number_id": origin.phone_number_id}},
        at=origin.at,
        phone_number_id=origin.phone_number_id,
    )
