"""What a tap means: signed payloads that name one message, and read back only from its phone."""

import base64
import hmac
import uuid
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from hashlib import sha256

from django.core.signing import BadSignature, Signer
from django.utils.encoding import force_bytes


class _QuickSigner(Signer):
    """
    Django's own signatures, with the key derived from the secret once.

    A morning's reminders carry tens of thousands of buttons: Django derives it for each.
    """

    def signature(self, value: str | bytes, key: str | bytes | None = None) -> str:
        derived = _derived(self.salt, key or self.key)
        digest = hmac.digest(derived, force_bytes(value), "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@cache
def _derived(salt: str, secret: str | bytes) -> bytes:
    return sha256(force_bytes(f"{salt}signer") + force_bytes(secret)).digest()


# Payloads stay within 128 characters; Meta documents no limit for template buttons, other clients
# keep to this one.
_SIGNER = _QuickSigner(salt="whatsapp.button")


class Verb(StrEnum):
    """What a button asks for; the values travel in payloads and are never reused."""

    CONFIRM = "c"
    ANOTHER_TIME = "r"
    CANCEL = "x"
    UNDO = "u"
    KEEP_APPOINTMENTS = "k"
    STOP_ALL = "s"
    WANT_APPOINTMENT = "w"
    ALREADY_DONE = "d"
    NOT_THIS = "n"
    WRONG_PERSON = "p"


@dataclass(frozen=True)
class Tap:
    """A tap on one of our buttons: the verb, the message it was on, and what it names."""

    verb: Verb
    callback: uuid.UUID
    # A primary key of Appointment, where a button names one of several visits.
    about: int | None = None


def payload(verb: Verb, callback: uuid.UUID, *, about: int | None = None) -> str:
    """Return the signed words WhatsApp brings back when the button is tapped."""
    return _SIGNER.sign(f"1.{verb}.{callback.hex}.{about or ''}")


def read(signed: str) -> Tap | None:
    """Return what was tapped, or None where the payload is not one of ours."""
    try:
        version, verb, callback, about = _SIGNER.unsign(signed).split(".")
        if version != "1":
            return None
        return Tap(Verb(verb), uuid.UUID(hex=callback), int(about) if about else None)
    except (BadSignature, ValueError):
        return None
