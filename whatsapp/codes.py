"""Meta's error codes in our words: what each asks of the sender (pure)."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from whatsapp.status import Reason


class Action(StrEnum):
    """What a code asks of the sender."""

    TRY_LATER = "TRY_LATER"
    SLOW_DOWN = "SLOW_DOWN"
    SLOW_ASIDE = "SLOW_ASIDE"  # calls about templates, or one form; the number keeps its pace
    WAIT_FOR_PHONE = "WAIT_FOR_PHONE"
    STOP_PHONE = "STOP_PHONE"
    STOP_MARKETING = "STOP_MARKETING"
    FAIL = "FAIL"
    STOP_TEMPLATE = "STOP_TEMPLATE"
    STOP_KIND = "STOP_KIND"  # offers, reminders, or all that costs money; the rest goes on
    STOP_SENDER = "STOP_SENDER"


_STOPS = frozenset(action for action in Action if action.startswith("STOP_"))
# Not on WhatsApp, or one of several reasons Meta keeps to itself.
NOT_REACHED = 131026
# Tries after the first that WhatsApp answered with a fault.
USUAL_RETRIES = 4


@dataclass(frozen=True)
class Meaning:
    """A code in our words."""

    action: Action
    reason: Reason
    title: str
    is_known: bool = True
    wait: timedelta = timedelta()
    retries: int = 0
    # So many in a row for one template stop the template.
    strikes: int = 0
    # The message is not at fault: it waits until what was stopped runs again.
    puts_back: bool = False
    ends_a_country: bool = False

    @property
    def reaches_far(self) -> bool:
        """True where more than the message has to change."""
        asks = self.strikes or self.ends_a_country or not self.is_known
        return bool(asks) or self.action in _STOPS or self.reason == Reason.META_LIMIT


def _later(title: str, seconds: int = 5, *, retries: int = USUAL_RETRIES) -> Meaning:
    wait = timedelta(seconds=seconds)
    return Meaning(Action.TRY_LATER, Reason.TRIED_OFTEN, title, wait=wait, retries=retries)


def _slow(title: str, seconds: int = 2) -> Meaning:
    return Meaning(Action.SLOW_DOWN, Reason.TRIED_OFTEN, title, wait=timedelta(seconds=seconds))


def _aside(title: str, seconds: int = 60) -> Meaning:
    return Meaning(Action.SLOW_ASIDE, Reason.TRIED_OFTEN, title, wait=timedelta(seconds=seconds))


def _fail(title: str, reason: Reason = Reason.REFUSED, *, strikes: int = 0) -> Meaning:
    return Meaning(Action.FAIL, reason, title, strikes=strikes)


def _template(title: str, *, puts_back: bool = False) -> Meaning:
    reason = Reason.TEMPLATE_NOT_APPROVED
    return Meaning(Action.STOP_TEMPLATE, reason, title, puts_back=puts_back)


def _kind(title: str) -> Meaning:
    return Meaning(Action.STOP_KIND, Reason.NUMBER_STOPPED, title, puts_back=True)


def _halt(title: str) -> Meaning:
    return Meaning(Action.STOP_SENDER, Reason.NUMBER_STOPPED, title, puts_back=True)


# Source: WhatsApp Cloud API, error codes, read 2026-11. The HTTP status is never looked at.
_MEANINGS: dict[int, Meaning] = {
    0: _halt("the access token is no longer valid"),
    1: _later("invalid request or passing fault", retries=2),
    2: _later("passing fault at WhatsApp", 30),
    3: _halt("a permission of the app is missing"),
    4: _slow("the app calls too often", 60),
    10: _halt("a permission was not given or was removed"),
    33: _halt("our phone number id does not exist"),
    100: _fail("a parameter was not accepted", strikes=5),
    104: _halt("the access token is missing or expired"),
    190: _halt("the access token is no longer valid"),
    192: _fail("phone mismatch"),
    200002: _fail("flow asset"),
    368: _halt("the account is restricted for a policy"),
    # They count calls about templates and numbers; messages have limits of their own.
    80007: _aside("the account calls too often"),
    80008: _aside("the account calls too often"),
    80012: _aside("template calls too often"),
    130403: Meaning(Action.STOP_PHONE, Reason.BLOCKED_BY_US, "we have blocked this person"),
    130429: _slow("the number sends too fast"),
    130472: _fail("left out by an experiment of Meta", Reason.META_EXPERIMENT),
    130497: Meaning(
        Action.FAIL,
        Reason.COUNTRY_CLOSED,
        "this country may not be written to",
        ends_a_country=True,
    ),
    131000: _later("unknown fault at WhatsApp", 60, retries=3),
    131005: _halt("access denied"),
    131008: _fail("a required parameter is missing"),
    131009: _fail("the value of a parameter is not valid"),
    131014: _fail("a file could not be fetched"),
    131016: _later("WhatsApp is not available for a moment", 30),
    131021: _fail("the number is our own"),
    NOT_REACHED: _fail("could not be delivered to this phone", Reason.NOT_ON_WHATSAPP),
    131030: _fail("not among the test number's phones"),
    131031: _halt("the account is locked"),
    131037: _halt("the display name is not approved"),
    131042: _kind("there is a problem with the payment"),
    131045: _halt("the number is not registered properly"),
    131047: _fail("more than 24 hours since the patient wrote", Reason.WINDOW_CLOSED),
    131048: _slow("too many people blocked or reported us", 3600),
    131049: _fail("WhatsApp limits offers to this person", Reason.META_LIMIT),
    131050: Meaning(
        Action.STOP_MARKETING, Reason.MARKETING_STOPPED, "the person stopped offers from us"
    ),
    131051: _fail("this kind of message is not supported"),
    131052: _fail("a file could not be downloaded"),
    # A link may answer the next time; what was uploaded will not.
    131053: _later("a file could not be fetched", 30, retries=1),
    131055: _fail("only marketing templates go this way"),
    131056: Meaning(
        Action.WAIT_FOR_PHONE,
        Reason.TRIED_OFTEN,
        "too many messages to this phone",
        wait=timedelta(seconds=6),
    ),
    131057: _later("the number is being upgraded", 45),
    131062: _fail("this person can only be written to by number"),
    131063: _kind("offers are switched off for the account"),
    131064: _kind("limited because of templates in the wrong category"),
    132000: _template("the number of gaps differs from the template"),
    132001: _template("the template does not exist in this language"),
    132005: _fail("too long once filled in", Reason.TOO_LONG),
    132007: _template("the template violates a policy"),
    132008: _fail("the value of a gap is not valid"),
    132012: _fail("the form of a gap does not match", strikes=3),
    132015: _template("the template is paused", puts_back=True),
    132016: _template("the template is disabled for good"),
    132018: _fail("the template's gaps were not accepted"),
    132068: _template("the form is blocked"),
    132069: _aside("the form is throttled", 600),
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


_UNKNOWN = Meaning(Action.FAIL, Reason.UNKNOWN_CODE, "a reason we do not know", is_known=False)


def meaning(code: int | None) -> Meaning:
    """Return what a code asks for; one that is not in the table fails the message and is told."""
    if code is None:
        return _UNKNOWN
    if 200 <= code <= 299:
        return _halt("a permission of the app is missing")
    return _MEANINGS.get(code, _UNKNOWN)


def code_of(error: Any) -> int | None:
    """Return the code in Meta's `error` object, also one in words; None where there is none."""
    code = error.get("code") if isinstance(error, dict) else None
    if isinstance(code, str) and code.strip().isdecimal() and len(code) < 12:
        code = int(code)
    if isinstance(code, bool) or not isinstance(code, int):
        return None
    # What PostgreSQL's integer can hold.
    return code if -(2**31) <= code < 2**31 else None


def known_codes() -> tuple[int, ...]:
    return tuple(sorted(_MEANINGS))
