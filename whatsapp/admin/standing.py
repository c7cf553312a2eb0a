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
from whatsapp.lifting import what_lifts
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
    return (*_above(request, sender), *closed_of(request, sender.account), *_pace(sender))


def closed_of(request: HttpRequest, account: Account, *, may_open: bool = False) -> Iterator[More]:
    """Return what is closed of an account, with the way to open it for those who may."""
    for row in account.restrictions.order_by("kind", "pk"):
        closed = Closed.kind(row)
        title = _("No %(what)s leave") % {"what": closed.what}
        if closed.breaker is not None:
            yield More(title, closed.words, *_decide(request, closed.breaker))
        else:
            yield _more(title, closed, "kind", row.pk, account.pk if may_open else None)
    for country in account.closed_countries.order_by("prefix"):
        closed = Closed.country(country)
        title = _("Nothing leaves to %(what)s") % {"what": closed.what}
        yield _more(title, closed, "country", country.pk, account.pk if may_open else None)


def warning_of(account: Account) -> Iterator[More]:
    if account.warning and account.warned_at:
        since = _("Since %(since)s: %(reason)s") % {
            "since": moment(account.warned_at),
            "reason": account.warning,
        }
        yield More(_("WhatsApp has warned this account"), (since,))


def moment(at: Any) -> str:
    """Return a moment as the clinic's clocks show it."""
    return formats.date_format(timezone.localtime(at), "DATETIME_FORMAT")


def _more(title: str, closed: Closed, name: str, key: int, account_id: int | None) -> More:
    if account_id is None:
        return More(title, closed.words)
    link = reverse(f"admin:whatsapp_account_open_{name}", args=[account_id, key])
    return More(title, closed.words, link, _("Open again: %(what)s") % {"what": closed.what})


def _decide(request: HttpRequest, breaker: Breaker) -> tuple[str, str]:
    if not request.user.has_perm("whatsapp.view_breaker"):
        return "", ""
    return reverse("admin:whatsapp_breaker_change", args=[breaker.pk]), _("Look at these people")


def _above(request: HttpRequest, sender: Sender) -> Iterator[More]:
    account = sender.account
    for row, title, model in (
        (account, _("The account of this number is stopped"), "account"),
        (account.portfolio, _("The portfolio of this number is stopped"), "portfolio"),
    ):
        if row.held_at is None:
            continue
        more = More(title, _why(row))
        if request.user.has_perm(f"whatsapp.view_{model}"):
            link = reverse(f"admin:whatsapp_{model}_change", args=[row.pk])
            more = More(title, _why(row), link, _("Look at it"))
        yield more


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
        yield More(_("This number is slowed down"), (said, faster))
    until = sender.broadcasts_held_until
    if until is not None and until > now:
        said = _("Until %(until)s: %(why)s.") % {
            "until": moment(until),
            "why": sender.broadcasts_held_reason,
        }
        ends = _("Reminders and answers go on. It ends by itself at that time.")
        yield More(_("No campaigns leave from this number"), (said, ends))


def _why(row: Any) -> tuple[str, ...]:
    """Return the reason, since when, until when and what lifts it, a sentence each."""
    reason = row.held_reason.rstrip(".") or _("No reason was given")
    since = _("Since %(since)s: %(reason)s.") % {"since": moment(row.held_at), "reason": reason}
    words = [since]
    if getattr(row, "held_until", None):
        words.append(_("Until about %(until)s.") % {"until": moment(row.held_until)})
    return (*words, what_lifts(row))
