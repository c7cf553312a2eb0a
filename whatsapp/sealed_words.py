"""A message's words and what is posted of it: one sealed text, bound to the row's own callback."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.conf import settings

from healthmsg.clinic import strongbox

# JSON of one line has none.
_BETWEEN = b"\n"


class Opened(NamedTuple):
    """What stood in it: a JSON object as text, and the words a patient reads."""

    payload: str
    body: str


def are_kept() -> bool:
    """
    True where words, and notices, are written sealed.

    Off while the release before, which reads clear ones alone, still runs beside this one.
    """
    return bool(settings.SEAL_MESSAGES)


def seal(body: str, payload: Mapping[str, Any], *, callback: UUID | str) -> bytes | None:
    """Seal under the newest of the house's keys; None where there is nothing to seal."""
    if not body and not payload:
        return None
    return seal_text(body, orjson.dumps(payload), callback=callback)


def seal_text(body: str, payload: bytes, *, callback: UUID | str) -> bytes:
    """Seal the same where the JSON is at hand as text, on one line."""
    return strongbox.seal(payload + _BETWEEN + body.encode(), of=whose(callback))


def unseal(sealed: bytes, *, callback: UUID | str) -> Opened:
    """
    Return what was sealed for the row with this callback.

    :raises WrongKeys: a key is missing in AUDIT_KEYS, or it is another row's
    """
    payload, _, body = strongbox.unseal(sealed, of=whose(callback)).partition(_BETWEEN)
    return Opened(payload.decode(), body.decode())


def whose(callback: UUID | str) -> str:
    return f"words of message {callback}"
