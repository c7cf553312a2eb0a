"""What lets something go on that was stopped, in the clinic's words (pure)."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# What WhatsApp stopped and not we, or a person here, begins so; its own word follows.
BY_WHATSAPP = "WhatsApp: "
# The cause of a kind that is closed while a person decides about people; the breaker's key follows.
BREAKER = "people stopped at once "

_BY_A_PERSON = _("Somebody here starts it again.")
_TRIED = _(
    "It is tried again by itself, with a few messages first; somebody here can start it sooner."
)
_ENDS = _("It ends by itself at that time; nothing has to be done here.")
_DECIDED = _("Somebody here decides about these people: that opens it again.")
_WHATSAPP_LIFTS = _(
    "WhatsApp has to lift it: look at the account in WhatsApp's own manager, and appeal there. It"
    " goes on by itself when WhatsApp says so."
)
_WORDS: tuple[tuple[Iterable[int], Any], ...] = (
    (
        (0, 104, 190),
        _("A new access token has to be put into this system's settings; then start it again."),
    ),
    (
        (3, 10, *range(200, 300), 131005),
        _("The app's permissions have to be given again at Meta; then start it again."),
    ),
    ((33,), _("The phone number id has to be the right one; then start it again.")),
    (
        (368, 131031),
        _("WhatsApp has to lift it: appeal in WhatsApp's own manager; then start it again."),
    ),
    (
        (131037,),
        _("WhatsApp has to approve the name patients see. It goes on by itself when it does."),
    ),
    (
        (131042,),
        _("A way to pay has to be set up, or repaired, at Meta; then open it again here."),
    ),
    (
        (131045, 133000, 133005, 133006, 133008, 133009, 133010),
        _("The number has to be registered with WhatsApp again; then start it again."),
    ),
    (
        (131063,),
        _("Offers have to be switched on for the account at WhatsApp; then open it again here."),
    ),
    (
        (131064,),
        _(
            "WhatsApp lifts it without saying when: it is tried again each day. Templates in the"
            " wrong category have to be changed."
        ),
    ),
    (
        (100, 132000, 132012),
        _("Look at what fills its gaps. New words from WhatsApp start it again; or start it here."),
    ),
    (
        (132007,),
        _("Its words have to be changed at WhatsApp: that starts it again; or start it here."),
    ),
    (
        (132068, 134102),
        _("What it needs has to work again at WhatsApp; then start it again here."),
    ),
)
_BY_CODE = {code: words for codes, words in _WORDS for code in codes}
_BY_STATUS = {
    "PAUSED": _("WhatsApp lifts it by itself, mostly after three or six hours."),
    "DISABLED": _("WhatsApp will not lift it: another template has to take its place."),
    "REJECTED": _("Its words have to be changed at WhatsApp and approved."),
    "PENDING": _("WhatsApp is still looking at it; it can be used when it is approved."),
    "DELETED": _(
        "It is gone at WhatsApp: another template has to take its place. A name that was approved"
        " rests for 30 days."
    ),
    "PENDING_DELETION": _(
        "It goes when its messages have arrived, within 30 days: another template has to take its"
        " place, under another name."
    ),
    "IN_APPEAL": _("WhatsApp looks at it again; it can be used when it is approved."),
    "ARCHIVED": _("It has to be taken out of the archive in WhatsApp's own manager."),
}


# Source: WhatsApp Cloud API, account_update, read 2026-11.
_BY_WORD = {
    "DISABLE": _("WhatsApp has switched the account off"),
    "ACCOUNT_DELETED": _("the account was deleted at WhatsApp"),
    "ACCOUNT_OFFBOARDED": _("the account was taken away from this system at WhatsApp"),
    "RESTRICTED_BIZ_INITIATED_MESSAGING": _("WhatsApp lets this account begin no conversations"),
    "RESTRICTED_CUSTOMER_INITIATED_MESSAGING": _("WhatsApp lets this account answer nobody"),
}


def why(held: Any) -> str:
    """Return why something is stopped: a person's words as they are, ours and WhatsApp's ours."""
    reason: str = held.held_reason
    word = reason.removeprefix(BY_WHATSAPP)
    if word != reason and word in _BY_WORD:
        return str(_BY_WORD[word])
    return gettext(reason) if reason else ""


def what_lifts(held: Any) -> str:
    """
    Return what lets a stopped thing go on.

    :param held: a number, account, portfolio, template, stream, restriction or main switch
    """
    if getattr(held, "cause", "").startswith(BREAKER):
        return str(_DECIDED)
    code = getattr(held, "held_code", None)
    if code in _BY_CODE:
        return str(_BY_CODE[code])
    reason = str(getattr(held, "held_reason", ""))
    if getattr(held, "held_until", None) is not None:
        return str(_ENDS if reason.startswith(BY_WHATSAPP) else _TRIED)
    return str(_WHATSAPP_LIFTS if reason.startswith(BY_WHATSAPP) else _BY_A_PERSON)


def what_lifts_status(status: str) -> str:
    """Return the same for the status WhatsApp itself gave a template; "" while it can be used."""
    if status == "APPROVED":
        return ""
    return str(_BY_STATUS.get(status, _WHATSAPP_LIFTS))
