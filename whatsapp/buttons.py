"""What a tap means: signed payloads that name one message, and read back only from its phone."""

import base64
import hmac
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
    SEE_DAYS = "a"
    SEE_TIMES = "b"
    CHOOSE_TIME = "h"
    TAKE_TIME = "t"
    PUT_BACK = "z"
    TALK_TO_US = "l"
    WANT_EARLIER = "e"
    TAKE_EARLIER = "y"
    KEEP_MINE = "m"
    NO_EARLIER = "o"
    STOP_ONE = "f"
    MY_VISIT = "v"
    ADDRESS = "g"
    CHANGE_VISIT = "j"
    REPEAT = "q"
    TALK = "i"
    SEEN = "sn"
    NEW_VISIT = "nv"
    NEW_DAYS = "nd"
    NEW_TIMES = "nt"
    NEW_CHOOSE = "nc"
    NEW_TAKE = "nk"


# What only our own answers and menus ask for; a template's button means one of the others.
NOT_ON_TEMPLATES = frozenset(
    {
        *(Verb.SEE_DAYS, Verb.SEE_TIMES, Verb.CHOOSE_TIME, Verb.TAKE_TIME, Verb.PUT_BACK),
        *(Verb.TALK_TO_US, Verb.WANT_EARLIER),
        *(Verb.STOP_ONE, Verb.MY_VISIT, Verb.ADDRESS, Verb.CHANGE_VISIT, Verb.REPEAT, Verb.TALK),
        *(Verb.NEW_VISIT, Verb.NEW_DAYS, Verb.NEW_TIMES, Verb.NEW_CHOOSE, Verb.NEW_TAKE),
    }
)
# "For all of them", where a button names one of several.
EVERYBODY = -1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Tap:
    """A tap on one of our buttons: the verb, the message it was on, and what it names."""

    verb: Verb
    callback: uuid.UUID
    # A primary key of Appointment, where a button names one of several visits, or of Patient, where
    # it names one of several people; EVERYBODY for all of them.
    about: int | None = None
    # A time to choose, to the minute and in UTC, and a primary key of Clinician: with whom.
    at: datetime | None = None
    who: int | None = None
    # Primary keys of VisitKind and Site, where a new visit is booked.
    kind: int | None = None
    site: int | None = None


def payload(  # noqa: PLR0913 - what a button may name
    verb: Verb,
    callback: uuid.UUID,
    *,
    about: int | None = None,
    at: datetime | None = None,
    who: int | None = None,
    kind: int | None = None,
    site: int | None = None,
) -> str:
    """Return the signed words WhatsApp brings back when the button is tapped."""
    words = f"{verb}.{callback.hex}.{about or ''}"
    minute = "" if at is None else (at - _EPOCH) // _MINUTE
    if kind is not None:
        return _SIGNER.sign(f"3.{words}.{minute}.{who or ''}.{kind}.{site or ''}")
    if at is None:
        return _SIGNER.sign(f"1.{words}")
    return _SIGNER.sign(f"2.{words}.{minute}.{who or ''}")


def read(signed: str) -> Tap | None:
    """Return what was tapped, or None where the payload is not one of ours."""
    try:
        version, *parts = _SIGNER.unsign(signed).split(".")
        if (version, len(parts)) not in {("1", 3), ("2", 5), ("3", 7)}:
            return None
        verb, callback, about, at, who, kind, site = [*parts, "", "", "", ""][:7]
        return Tap(
            Verb(verb),
            uuid.UUID(hex=callback),
            int(about) if about else None,
            _EPOCH + int(at) * _MINUTE if at else None,
            int(who) if who else None,
            int(kind) if kind else None,
            int(site) if site else None,
        )
    except (BadSignature, ValueError, OverflowError):
        return None
