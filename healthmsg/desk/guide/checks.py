"""Looks at Meta and at our own public address while somebody waits, and says what is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from healthmsg.desk import setting_up
from healthmsg.desk.alarms import links
from whatsapp import handshake
from whatsapp.errors import Refused, SendError
from whatsapp.graph import Graph
from whatsapp.handshake import Found
from whatsapp.models import Sender

# Source: Graph API and WhatsApp Cloud API, error codes, read 2026-11.
_TOKEN, _NO_SUCH, _PERMISSIONS = (0, 104, 190), (100,), (3, 10, *range(200, 300))


@dataclass(frozen=True)
class Checked:
    """One thing that was looked at."""

    what: str
    is_good: bool
    says: str


def look(sender: Sender | None, *, now: datetime) -> list[Checked]:
    """Ask anew; nothing is changed but what WhatsApp says of the number and its templates."""
    if sender is None:
        return [_address()]
    asked = meta()
    return [
        _number(sender, asked, now),
        _health(sender, asked),
        _subscription(sender, asked),
        _address(),
    ]


def meta() -> Graph:
    return Graph(
        base_url=settings.WHATSAPP_BASE_URL or settings.SANDBOX_URL,
        version=settings.WHATSAPP_GRAPH_VERSION,
        token=settings.WHATSAPP_TOKEN,
    )


def _number(sender: Sender, meta: Graph, now: datetime) -> Checked:
    what = _("Access token, number and account")
    try:
        count = setting_up.bring_home(sender, meta, now=now)
    except SendError as error:
        return Checked(what, is_good=False, says=in_words(error))
    says = _("WhatsApp knows the number, and told us of %d templates.") % count
    # Reading proves one of the two permissions: Meta tells of the other when something is sent.
    says += " " + _("Whether the token may also send, the test message shows.")
    return Checked(what, is_good=True, says=says)


def _health(sender: Sender, meta: Graph) -> Checked:
    what = _("Whether anything may be sent now")
    try:
        health = meta.health(sender.phone_number_id)
    except SendError as error:
        return Checked(what, is_good=False, says=in_words(error))
    state = str(health.get("can_send_message") or "")
    if state == "AVAILABLE":
        return Checked(what, is_good=True, says=_("WhatsApp lets this number send."))
    if not state:
        return Checked(what, is_good=True, says=_("WhatsApp does not say."))
    known = _("WhatsApp lets this number send with limits.")
    says = _("WhatsApp lets this number send nothing.") if state == "BLOCKED" else known
    return Checked(what, is_good=state != "BLOCKED", says=" ".join([says, *_in_the_way(health)]))


def _in_the_way(health: Mapping[str, Any]) -> Iterator[str]:
    """Tell in WhatsApp's own words what is wrong with the number, account, business or app."""
    for entity in health.get("entities") or ():
        for error in entity.get("errors") or ():
            told = (error.get("error_description"), error.get("possible_solution"))
            yield " ".join(str(one) for one in told if one)
        yield from map(str, entity.get("additional_info") or ())


def _subscription(sender: Sender, meta: Graph) -> Checked:
    what = _("Being told of answers and receipts")
    if settings.USES_SANDBOX:
        return Checked(what, is_good=True, says=_("Not needed while only practicing."))
    try:
        apps = meta.subscribers(sender.account.waba_id)
    except SendError as error:
        return Checked(what, is_good=False, says=in_words(error))
    if apps:
        elsewhere = _elsewhere(apps)
        return Checked(what, is_good=not elsewhere, says=_told_apps(apps, elsewhere))
    says = _(
        "No app is subscribed to this WhatsApp Business account: patients' answers would never"
        " arrive. Whoever installed this subscribes it (POST to the account's subscribed_apps)."
    )
    return Checked(what, is_good=False, says=says)


def _told_apps(apps: Sequence[tuple[str, str]], elsewhere: Sequence[str]) -> str:
    """Name them: which of them is the one whose address leads here only a person can tell."""
    names = ", ".join(f"“{name}”" for name, _address in apps)
    says = _("Told are these apps: %s. One of them has to be the clinic's own.") % names
    if elsewhere:
        away = _("They are told at another address than ours: %s.") % ", ".join(elsewhere)
        says = f"{says} {away}"
    return says


def _elsewhere(apps: Sequence[tuple[str, str]]) -> list[str]:
    """Return the addresses that go before the apps' own, where none of them is ours."""
    known = [address for _name, address in apps if address]
    is_here = len(known) < len(apps) or links.absolute("/webhooks/whatsapp") in known
    return [] if is_here else known


def in_words(error: SendError) -> str:
    if not isinstance(error, Refused) and error.code is None:
        return _("WhatsApp did not answer. Is this computer on the internet? Try again soon.")
    if error.code in _TOKEN:
        return _("WhatsApp refuses the access token: it ran out or is wrong (WHATSAPP_TOKEN).")
    if error.code in _NO_SUCH:
        return _("WhatsApp does not know this number or account, or the token may not see it.")
    if error.code in _PERMISSIONS:
        return _(
            "The token lacks a permission: it needs whatsapp_business_messaging and"
            " whatsapp_business_management for this account."
        )
    return _("WhatsApp said no, with the code %s.") % error.code


def _address() -> Checked:
    what = _("Our public address")
    if settings.USES_SANDBOX:
        return Checked(what, is_good=True, says=_("Not needed while only practicing."))
    address = links.absolute("/webhooks/whatsapp")
    if not address.startswith("https://"):
        says = _("WhatsApp only writes to an address with https (PUBLIC_URL).")
        return Checked(what, is_good=False, says=says)
    found = handshake.ask(address, verify_token=settings.WHATSAPP_VERIFY_TOKEN)
    return Checked(what, found == Found.OURS, _of_address(found))


def _of_address(found: Found) -> str:
    return {
        Found.OURS: _("It answers from outside, with a certificate that is trusted."),
        Found.NOT_THERE: _("Nothing answers there: look at the name, the firewall and the proxy."),
        Found.NOT_TRUSTED: _("Its certificate is not trusted: WhatsApp will not write to it."),
        Found.OTHER_WORD: _("The receiver there knows another word (WHATSAPP_VERIFY_TOKEN)."),
        Found.NOT_OURS: _("Something answers there that is not our receiver: look at the proxy."),
    }[found]
