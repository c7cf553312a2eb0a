"""What a patient wrote and attached: one sealed text, bound to WhatsApp's name for it."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from healthmsg.clinic import strongbox

# JSON of one line has none.
_BETWEEN = b"\n"


class Said(NamedTuple):
    """What stood in it; `content` is a JSON object as text."""

    text: str
    content: str


def seal(text: str, content: Mapping[str, Any], *, wamid: str) -> bytes | None:
    """Seal under the newest of the house's keys; None where there is nothing to seal."""
    if not text and not content:
        return None
    # Python's writer: a number of more than 64 bits may stand in it.
    return seal_text(text, json.dumps(content), wamid=wamid)


def seal_text(text: str, content: str, *, wamid: str) -> bytes:
    """Seal the same where the JSON is at hand as text, on one line."""
    return strongbox.seal(content.encode() + _BETWEEN + text.encode(), of=whose(wamid))


def unseal(sealed: bytes, *, wamid: str) -> Said:
    """
    Return what was sealed for the row with this name.

    :raises WrongKeys: a key is missing in AUDIT_KEYS, or it is another row's
    """
    content, _, text = strongbox.unseal(sealed, of=whose(wamid)).partition(_BETWEEN)
    return Said(text.decode(), content.decode())


def whose(wamid: str) -> str:
    return f"words of reply {wamid}"
