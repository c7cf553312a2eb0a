"""What else keeps messages from leaving: closed kinds and countries, a slow pace, warnings."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from whatsapp import suppressing, throttle, watching
from whatsapp.admin.holding import More
from whatsapp.lifting import what_lifts, why
from whatsapp.models import Account, Breaker, ClosedCountry, Restriction, Sender


@dataclass(frozen=True)
class Closed:
    """A kind of message, or a country, that WhatsApp takes no more from an account."""

    what: str
    words: tuple[str, ...]
    breaker: Breaker | None = None

    @classmethod
    def kind(cls, row: Restriction) -> "Closed":
        return cls(str(row.get_kind_display()), _why(row), suppressing.breaker_behind(row))

    @classmethod
    def country(cls, row: ClosedCountry) -> "Closed":
        since = _("Since %(since)s") % {"since": moment(row.closed_at)}
        lifts = _(
            "WhatsApp does not let this account write there. Where it does again, somebody here"
            " opens it."
        )
        what = _("numbers that begin with %(prefix)s") % {"prefix": row.prefix}
        return cls(what, (f"{since}.", lifts))

    @property
    def is_decided_elsewhere(self) -> bool:
        """True while people who were stopped at once wait for a decision: that opens it."""
        return self.breaker is not None


def more_of_number(request: HttpRequest, sender: Sender) -> tuple[More, ...]:
    """Return what stops or slows a number that itself may run."""
    closed = closed_of(request, sender.account, may_open=False)
    return (*_above(request, sender), *closed, *_pace(sender))


def closed_of(request: HttpRequest, account: Account, *, may_open: bool) -> Iterator[More]:
    """
    Return what is closed of an account.

    :param may_open: with the way to open each; otherwise with the way to the account
    """
    for row in account.restrictions.order_by("kind", "pk"):
        kind = Closed.kind(row)
        title = _("No %(what)s leave") % {"what": kind.what}
        if kind.breaker is not None:
            link = _address(request, kind.breaker, _("Look at these people"))
        elif may_open:
            link = _open("kind", account, row.pk, kind)
        else:
            link = _address(request, account, _("Look at the account"))
        yield More(title, kind.words, *link)
    for closed in account.closed_countries.order_by("prefix"):
        country = Closed.country(closed)
        title = _("Nothing leaves to %(what)s") % {"what": country.what}
        link = _open("country", account, closed.pk, country) if may_open else ("", "")
        yield More(title, country.words, *link)


def warning_of(account: Account) -> Iterator[More]:
    if account.warning and account.warned_at:
        since = _("Since %(since)s: %(reason)s") % {
            "since": moment(account.warned_at),
            "reason": account.warning,
        }
        yield More(_("WhatsApp has warned this account"), (since,), is_mild=True)


def moment(at: Any) -> str:
    """Return a moment as the clinic's clocks show it."""
    return formats.date_format(timezone.localtime(at), "DATETIME_FORMAT")


def _open(name: str, account: Account, key: int, closed: Closed) -> tuple[str, str]:
    link = reverse(f"admin:whatsapp_account_open_{name}", args=[account.pk, key])
    return link, _("Open again: %(what)s") % {"what": closed.what}


def _address(request: HttpRequest, row: Any, words: str) -> tuple[str, str]:
    """Return the address of a row's page with its words, for those who may look there."""
    name = row._meta.model_name
    if not request.user.has_perm(f"whatsapp.view_{name}"):
        return "", ""
    return reverse(f"admin:whatsapp_{name}_change", args=[row.pk]), words


def _above(request: HttpRequest, sender: Sender) -> Iterator[More]:
    account = sender.account
    for row, title, look in (
        (account, _("The account of this number is stopped"), _("Look at the account")),
        (
            account.portfolio,
            _("The portfolio of this number is stopped"),
            _("Look at the portfolio"),
        ),
    ):
        if row.held_at is not None:
            yield More(title, _why(row), *_address(request, row, look))


def _pace(sender: Sender) -> Iterator[More]:
    now = watching.real_now()
    pace = throttle.pace_at(sender, now)
    if pace < sender.rate_per_second:
        said = _("%(pace).0f of %(limit)d messages a second: %(why)s.") % {
            "pace": pace,
            "limit": sender.rate_per_second,
            "why": sender.slowed_reason,
        }
        faster = _("It becomes faster by itself; nothing has to be done here.")
        yield More(_("This number is slowed down"), (said, faster), is_mild=True)
    until = sender.broadcasts_held_until
    if until is not None and until > now:
        said = _("Until %(until)s: %(why)s.") % {
            "until": moment(until),
            "why": sender.broadcasts_held_reason,
        }
        ends = _("Reminders and answers go on. It ends by itself at that time.")
        yield More(_("No campaigns leave from this number"), (said, ends), is_mild=True)


def _why(row: Any) -> tuple[str, ...]:
    """Return the reason, since when, until when and what lifts it, a sentence each."""
    reason = why(row).rstrip(".") or _("no reason was given")
    since = _("Since %(since)s: %(reason)s.") % {"since": moment(row.held_at), "reason": reason}
    words = [since]
    if getattr(row, "held_until", None):
        words.append(_("Until about %(until)s.") % {"until": moment(row.held_until)})
    return (*words, what_lifts(row))
