"""What a message says, as the outbox keeps it in its row."""

import uuid
from typing import Any

from whatsapp import sealed_words

PLEASE_CALL: dict[str, Any] = {
    "type": "template",
    "template": {
        "name": "please_contact_us",
        "language": {"policy": "deterministic", "code": "en"},
        "components": [
            {
                "type": "body",
                "parameters": [
                    {"type": "text", "parameter_name": "contact_name", "text": "Ana"},
                    {"type": "text", "parameter_name": "clinic_name", "text": "Aurora"},
                    {"type": "text", "parameter_name": "clinic_phone", "text": "107"},
                ],
            }
        ],
    },
}


def words(body: str, payload: dict[str, Any], callback: uuid.UUID) -> dict[str, object]:
    """Columns of a row that says this."""
    if not sealed_words.are_kept():
        return {"callback": callback, "clear_body": body, "clear_payload": payload}
    sealed = sealed_words.seal(body, payload, callback=callback)
    return {"callback": callback, "sealed": sealed}
