"""
WhatsApp's errors in our words: one table of codes, and a tree that says what to do next.

SendError
├── TryAgain          nothing was sent; put it back
│   ├── Throttled     the number is too fast: slow down, no failure is counted
│   ├── PairThrottled this phone gets too many: it waits, others flow
│   └── LeaseOver     our time for it ran out before the first byte left
├── Refused           WhatsApp said no; give this message up
└── OutcomeUnknown    it may have been sent; wait for a receipt
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from whatsapp.status import Reason


class SendError(Exception):
    """A message was not accepted; the code is Meta's, 0 where there is none."""

    def __init__(self, message: str, *, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


class TryAgain(SendError):
    """Surely nothing was sent."""


class Throttled(TryAgain):
    """The number sends too fast."""


class PairThrottled(TryAgain):
    """One phone got too many messages from this number."""


class LeaseOver(TryAgain):
    """The lease ran out before the first byte left: nothing was sent."""


class Refused(SendError):
    """WhatsApp's own no."""


class OutcomeUnknown(SendError):
    """It may have been accepted: never a failure, never a reason to send again at once."""


class Action(StrEnum):
    """What a code asks of the sender."""

    TRY_LATER = "TRY_LATER"
    SLOW_DOWN = "SLOW_DOWN"
    WAIT_FOR_PHONE = "WAIT_FOR_PHONE"
    STOP_PHONE = "STOP_PHONE"
    STOP_MARKETING = "STOP_MARKETING"
    FAIL = "FAIL"
    STOP_TEMPLATE = "STOP_TEMPLATE"
    STOP_SENDER = "STOP_SENDER"


@dataclass(frozen=True)
class Meaning:
    """A code in our words."""

    action: Action
    reason: Reason
    title: str
    is_known: bool = True
    wait: timedelta = timedelta()


def _later(title: str, seconds: int = 5) -> Meaning:
    return Meaning(Action.TRY_LATER, Reason.TRIED_OFTEN, title, wait=timedelta(seconds=seconds))


def _slow(title: str, seconds: int = 2) -> Meaning:
    return Meaning(Action.SLOW_DOWN, Reason.TRIED_OFTEN, title, wait=timedelta(seconds=seconds))


def _fail(title: str, reason: Reason = Reason.REFUSED) -> Meaning:
    return Meaning(Action.FAIL, reason, title)


def _template(title: str) -> Meaning:
    return Meaning(Action.STOP_TEMPLATE, Reason.TEMPLATE_NOT_APPROVED, title)


def _halt(title: str) -> Meaning:
    return Meaning(Action.STOP_SENDER, Reason.NUMBER_STOPPED, title)


# Source: WhatsApp Cloud API, error codes, read 2026-11. The HTTP status is never looked at.
_MEANINGS: dict[int, Meaning] = {
    0: _halt("the access token is no longer valid"),
    1: _later("invalid request or passing fault"),
    2: _later("passing fault at WhatsApp", 30),
    3: _halt("a permission of the app is missing"),
    4: _slow("the app calls too often", 60),
    10: _halt("a permission was not given or was removed"),
    33: _halt("our phone number id does not exist"),
    100: _fail("a parameter was not accepted"),
    104: _halt("the access token is missing or expired"),
    190: _halt("the access token is no longer valid"),
    192: _fail("phone mismatch"),
    200002: _fail("flow asset"),
    368: _halt("the account is restricted for a policy"),
    80007: _slow("the account calls too often", 60),
    80008: _slow("the account calls too often", 60),
    80012: _slow("template calls too often", 60),
    130403: Meaning(Action.STOP_PHONE, Reason.WRONG_PERSON, "we have blocked this person"),
    130429: _slow("the number sends too fast"),
    130472: _fail("left out by an experiment of Meta", Reason.META_EXPERIMENT),
    130497: _fail("this country may not be written to"),
    131000: _later("unknown fault at WhatsApp", 60),
    131005: _halt("access denied"),
    131008: _fail("a required parameter is missing"),
    131009: _fail("the value of a parameter is not valid"),
    131014: _fail("a file could not be fetched"),
    131016: _later("WhatsApp is not available for a moment", 30),
    131021: _fail("the number is our own"),
    131026: _fail("could not be delivered to this phone", Reason.NOT_ON_WHATSAPP),
    131030: _fail("not among the test number's phones"),
    131031: _halt("the account is locked"),
    131037: _halt("the display name is not approved"),
    131042: _halt("there is a problem with the payment"),
    131045: _halt("the number is not registered properly"),
    131047: _fail("more than 24 hours since the patient wrote", Reason.WINDOW_CLOSED),
    131048: _slow("too many people blocked or reported us", 3600),
    131049: _fail("WhatsApp limits offers to this person", Reason.META_LIMIT),
    131050: Meaning(
        Action.STOP_MARKETING, Reason.MARKETING_STOPPED, "the person stopped offers from us"
    ),
    131051: _fail("this kind of message is not supported"),
    131052: _fail("a file could not be downloaded"),
    131053: _fail("a file could not be uploaded"),
    131055: _fail("only marketing templates go this way"),
    131056: Meaning(
        Action.WAIT_FOR_PHONE,
        Reason.TRIED_OFTEN,
        "too many messages to this phone",
        wait=timedelta(seconds=6),
    ),
    131057: _later("the number is being upgraded", 45),
    131062: _fail("this person can only be written to by number"),
    # A lane has no switch of its own: its templates are stopped one by one.
    131063: _template("offers are switched off for the account"),
    131064: _template("limited because of templates in the wrong category"),
    132000: _template("the number of gaps differs from the template"),
    132001: _template("the template does not exist in this language"),
    132005: _fail("too long once filled in", Reason.TOO_LONG),
    132007: _template("the template violates a policy"),
    132008: _fail("the value of a gap is not valid"),
    132012: _fail("the form of a gap does not match"),
    132015: _template("the template is paused"),
    132016: _template("the template is disabled for good"),
    132018: _fail("the template's gaps were not accepted"),
    132068: _template("the form is blocked"),
    132069: _slow("the form is throttled", 600),
    133000: _halt("the number's registration is incomplete"),
    133004: _later("WhatsApp's server is not available", 30),
    133005: _halt("the number's PIN is wrong"),
    133006: _halt("the number must be verified"),
    133008: _halt("too many guesses of the number's PIN"),
    133009: _halt("the number's PIN was entered too fast"),
    133010: _halt("the number is not registered"),
    133015: _later("the number was deleted a moment ago", 300),
    134100: _fail("only marketing templates go this way"),
    134101: _later("the template is still being prepared", 600),
    134102: _template("the template is not available"),
    135000: _fail("a parameter was not accepted"),
    137000: Meaning(
        Action.STOP_PHONE, Reason.NUMBER_CHANGED_HANDS, "the phone was set up anew by somebody"
    ),
    139000: _fail("the form is not sound"),
    139001: _fail("the form could not be updated"),
    139002: _fail("the form could not be published"),
    139003: _fail("the form could not be withdrawn"),
    139004: _fail("the form could not be deleted"),
    139102: _later("somebody else changed the list of the blocked"),
    139103: _later("fault in the list of the blocked"),
    2388019: _fail("the account has too many templates"),
    2494100: _later("the number is in maintenance", 120),
}


def meaning(code: int) -> Meaning:
    """Return what a code asks for; one that is not in the table fails the message and is told."""
    known = _MEANINGS.get(code)
    if known is not None:
        return known
    if 200 <= code <= 299:
        return _halt("a permission of the app is missing")
    return Meaning(Action.FAIL, Reason.UNKNOWN_CODE, "a reason we do not know", is_known=False)


def known_codes() -> tuple[int, ...]:
    return tuple(sorted(_MEANINGS))
