"""Everything that is stopped, closed or slowed: why, since when, what lifts it, and where."""

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from django.db.models import DateTimeField, F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.models import RunStatus
from healthmsg.cockpit import owned
from healthmsg.cockpit.belonging import Person
from healthmsg.cockpit.there import Kinds
from healthmsg.desk import switches
from healthmsg.desk.alarms import stopped
from whatsapp import throttle
from whatsapp.holds import RealNow
from whatsapp.lifting import what_lifts, what_lifts_status, why
from whatsapp.models import (
    Account,
    Restriction,
    Sender,
    Stream,
    Switch,
    Template,
    TemplateStatus,
)

# Of each sort; the page is to be read.
_MOST = 20


@dataclass(frozen=True)
class Stop:
    """Something that keeps messages from leaving."""

    kind: str
    name: str
    reason: str
    since: datetime | None
    lifts: str
    until: datetime | None = None
    link: str = ""


def kinds(person: Person) -> Kinds:
    """Return what may be stopped, as far as the person may see it."""
    if not person.has_perm("whatsapp.view_message"):
        return {}
    return {
        "stopped-switches": _held_switches(),
        "stopped-numbers": _slow_or_stopped(person),
        "stopped-kinds": _closed_kinds(person),
        "stopped-templates": owned(stopped.needed_and_stopped(), person),
        "stopped-campaigns": _held_streams(person),
    }


def stops(person: Person, found: Container[str]) -> list[Stop]:
    """
    Return all of it.

    :param found: the names of those of `kinds` of which there is any
    """
    numbers = _numbers(person) if "stopped-numbers" in found else []
    parts: dict[str, Callable[[], Iterator[Stop]]] = {
        "stopped-switches": lambda: _switches(person),
        "stopped-numbers": lambda: chain(_rows(person, numbers), _slow_numbers(person, numbers)),
        "stopped-kinds": lambda: _kinds(person),
        "stopped-templates": lambda: _templates(person),
        "stopped-campaigns": lambda: _campaigns(person),
    }
    return [stop for name, tell in parts.items() if name in found for stop in tell()]


def _held_switches() -> "QuerySet[Switch]":
    return Switch.objects.filter(held_at__isnull=False)


def _switches(person: Person) -> Iterator[Stop]:
    for row in _held_switches().order_by("held_at"):
        waits = switches.waits_for_a_look(row)
        link = reverse("after_silence") if waits else _link(person, row, "switch")
        yield _held(_("main switch"), str(row), row, link, lifts=switches.what_lifts(row))


def _slow_or_stopped(person: Person) -> "QuerySet[Sender]":
    """Our numbers that are stopped or slowed, or whose account or portfolio is stopped."""
    # By the real clock: pace and pauses of campaigns know no other.
    slow = Q(slowed_to__isnull=False) | Q(broadcasts_held_until__gt=RealNow())
    above = Q(account__held_at__isnull=False) | Q(account__portfolio__held_at__isnull=False)
    return owned(Sender.objects.filter(slow | above | Q(held_at__isnull=False)), person)


def _numbers(person: Person) -> list[Sender]:
    rows = _slow_or_stopped(person).select_related("account__portfolio")
    return list(rows.annotate(real_now=RealNow(output_field=DateTimeField())).order_by("pk"))


def _rows(person: Person, numbers: Iterable[Sender]) -> Iterator[Stop]:
    """Portfolios and accounts behind our numbers, each once, and the numbers."""
    for kind, model, rows in (
        (_("business portfolio"), "portfolio", [number.account.portfolio for number in numbers]),
        (_("WhatsApp account"), "account", [number.account for number in numbers]),
        (_("WhatsApp number"), "sender", numbers),
    ):
        held = dict.fromkeys(row for row in rows if row.held_at is not None)
        for row in list(held)[:_MOST]:
            yield _held(kind, str(row), row, _link(person, row, model))


def _closed_kinds(person: Person) -> "QuerySet[Restriction]":
    return Restriction.objects.filter(account__in=owned(Account.objects.all(), person))


def _kinds(person: Person) -> Iterator[Stop]:
    rows = _closed_kinds(person).select_related("account")
    for row in rows.order_by("held_at", "pk")[:_MOST]:
        name = _("%(what)s of %(account)s") % {
            "what": row.get_kind_display(),
            "account": row.account,
        }
        yield _held(_("closed"), name, row, _link(person, row.account, "account"))


def _templates(person: Person) -> Iterator[Stop]:
    """Only those that a rule or a running campaign needs."""
    for row in owned(stopped.needed_and_stopped(), person)[:_MOST]:
        link = _link(person, row, "template")
        if row.held_at is not None:
            yield _held(_("template"), str(row), row, link)
        else:
            reason, lifts = _status_of(row), what_lifts_status(row.status)
            since = row.status_changed_at
            yield Stop(_("template"), str(row), reason, since, lifts, link=link)


def _status_of(template: Template) -> str:
    known = template.status in TemplateStatus.values
    words = str(TemplateStatus(template.status).label) if known else template.status
    return ": ".join(filter(None, (words, template.rejected_reason)))


def _slow_numbers(person: Person, numbers: Iterable[Any]) -> Iterator[Stop]:
    running = [number for number in numbers if number.held_at is None]
    for row in running[:_MOST]:
        yield from _slow(row, _link(person, row, "sender"), row.real_now)


def _slow(row: Sender, link: str, now: datetime) -> Iterator[Stop]:
    until = row.broadcasts_held_until
    if until is not None and until > now:
        since = until - throttle.CAMPAIGNS_WAIT
        lifts = _("It ends by itself at that time; reminders and answers go on.")
        kind, why = _("campaigns wait on"), row.broadcasts_held_reason
        yield Stop(kind, str(row), why, since, lifts, until, link)
    pace = throttle.pace_at(row, now)
    if pace < row.rate_per_second:
        why = _("%(pace).0f of %(limit)d messages a second: %(why)s") % {
            "pace": pace,
            "limit": row.rate_per_second,
            "why": row.slowed_reason,
        }
        # After complaints it stays slow for hours first: from then on it recovers.
        slowed_at = min(row.slowed_at, now) if row.slowed_at else None
        lifts = _("It becomes faster by itself.")
        yield Stop(_("slowed down"), str(row), why, slowed_at, lifts, link=link)


def _held_streams(person: Person) -> "QuerySet[Stream]":
    # What was cancelled is over: there is nothing to lift.
    held = Stream.objects.filter(held_at__isnull=False).exclude(run__status=RunStatus.CANCELLED)
    return owned(held, person)


def _campaigns(person: Person) -> Iterator[Stop]:
    rows = _held_streams(person)
    found = rows.annotate(campaign_id=F("run__campaign")).order_by("held_at", "pk")[:_MOST]
    may_look = person.has_perm("campaigns.view_campaign")
    for row in found:
        link = ""
        if may_look and row.campaign_id:
            link = reverse("admin:campaigns_campaign_change", args=[row.campaign_id])
        yield _held(_("campaign"), row.name, row, link)


def _held(kind: str, name: str, row: Any, link: str, *, lifts: str = "") -> Stop:
    until = getattr(row, "held_until", None)
    return Stop(kind, name, why(row), row.held_at, lifts or what_lifts(row), until, link)


def _link(person: Person, row: Any, model: str) -> str:
    if not person.has_perm(f"whatsapp.view_{model}"):
        return ""
    return reverse(f"admin:whatsapp_{model}_change", args=[row.pk])
