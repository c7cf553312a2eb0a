"""Meta's webhook as events (pure): any bytes in, known things or Unrecognised out, no exception."""

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from whatsapp import loose, webhook_accounts, webhook_messages
from whatsapp.events import Event, Origin, Unrecognised

_PREFIX = "sha256="

# Fields whose values hold statuses, messages or errors; "" is a change that lost its name.
_OF_MESSAGES = frozenset({"messages", "message_echoes", ""})


def is_signed(body: bytes, header: str, secrets: Iterable[str]) -> bool:
    """
    True where the header signs these very bytes with one of the secrets.

    Every secret is tried, also after a match, so that the answer takes the same time. Source:
    WhatsApp Cloud API, webhooks, X-Hub-Signature-256, read 2026-11.
    """
    if not header.isascii():
        return False
    is_ours = False
    for secret in secrets:
        expected = _PREFIX + hmac.digest(secret.encode(), body, "sha256").hex()
        is_ours |= bool(secret) and hmac.compare_digest(expected, header)
    return is_ours


def challenge(query: Mapping[str, str], token: str) -> str | None:
    """Return the words to echo when Meta checks our address, or None where it is not Meta."""
    offered = query.get("hub.verify_token", "").encode()
    is_meta = bool(token) and hmac.compare_digest(offered, token.encode())
    if not is_meta or query.get("hub.mode") != "subscribe":
        return None
    return query.get("hub.challenge")


def parse(body: bytes) -> tuple[Event, ...]:
    """Return what a body tells, in its order; whatever is not understood is Unrecognised."""
    told = loose.read(body)
    entries = loose.mappings(loose.mapping(told).get("entry"))
    found = [event for entry in entries for event in _of_entry(entry)]
    return tuple(found) or (_unreadable(told, body),)


def _of_entry(entry: dict[str, Any]) -> Iterator[Event]:
    waba_id = loose.text(entry.get("id"), 20)
    at = loose.moment(entry.get("time"))
    # Meta's own samples put `field` beside `changes`, or `value` without a change around it.
    changes = loose.mappings(entry.get("changes")) or [entry]
    for change in changes:
        yield from _of_change(change, entry, waba_id, at)


def _of_change(
    change: dict[str, Any], entry: dict[str, Any], waba_id: str, at: datetime | None
) -> list[Event]:
    inside = change.get("value")
    value = inside if isinstance(inside, dict) else change
    name = change.get("field") or value.get("field") or entry.get("field")
    metadata = loose.mapping(value.get("metadata"))
    origin = Origin(
        waba_id=waba_id,
        field=loose.text(name, 60),
        content=value,
        at=at,
        phone_number_id=loose.text(metadata.get("phone_number_id"), 20),
    )
    found = (
        webhook_messages.read(origin)
        if origin.field in _OF_MESSAGES
        else webhook_accounts.read(origin)
    )
    return found or [Unrecognised(origin)]


def _unreadable(told: Any, body: bytes) -> Unrecognised:
    content = told if isinstance(told, dict) else {"bytes": len(body), "sha256": _digest(body)}
    return Unrecognised(Origin(waba_id="", field="", content=content))


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
