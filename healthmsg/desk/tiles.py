"""What waits for people: how much of each kind, and where it leads."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from healthmsg.cockpit import owned
from healthmsg.cockpit.belonging import Person
from healthmsg.cockpit.there import Kinds
from healthmsg.desk.register.models import Incident
from reminders.models import FreedSlot, SlotEnd
from whatsapp.models import Message, NumberIncident, RepeatRequest, StopDoubt, Thread
from whatsapp.status import Status

# Beyond, the page says "more than"; a million rows are never counted.
COUNT_UNTIL = 1000
LATELY = timedelta(days=7)
A_MONTH = timedelta(days=30)


@dataclass(frozen=True)
class _Kind:
    words: str
    model: str
    rows: "QuerySet[Any]"
    query: str = ""
    only_if_any: bool = False


def kinds(person: Person, *, now: datetime) -> Kinds:
    """Return what is to be counted, up to one more than COUNT_UNTIL."""
    return {name: owned(kind.rows, person) for name, kind in _visible(person, now).items()}


def tiles(person: Person, counts: Counter[str], *, now: datetime) -> list[dict[str, Any]]:
    """Return a count and a link for each kind that the person may look at."""
    return [
        {
            "words": kind.words,
            "count": _("more than %d") % COUNT_UNTIL
            if counts[name] > COUNT_UNTIL
            else str(counts[name]),
            "is_zero": not counts[name],
            "link": reverse(f"admin:{kind.model.replace('.', '_')}_changelist") + kind.query,
        }
        for name, kind in _visible(person, now).items()
        if counts[name] or not kind.only_if_any
    ]


def _visible(person: Person, now: datetime) -> dict[str, _Kind]:
    return {
        f"tile-{place}": kind
        for place, kind in enumerate(_kinds(now))
        if person.has_perm(kind.model.replace(".", ".view_"))
    }


def _kinds(now: datetime) -> Iterator[_Kind]:
    untaken = Thread.objects.filter(opened_at__isnull=False, taken_by=None)
    yield _Kind(_("conversations that wait"), "whatsapp.thread", untaken)
    for words, model, rows in (
        (_("repeat prescriptions to answer"), "repeatrequest", _open(RepeatRequest, "done_at")),
        (_("messages that may be a stop"), "stopdoubt", _open(StopDoubt, "decided_at")),
        (_("numbers to check"), "numberincident", _open(NumberIncident, "settled_at")),
    ):
        yield _Kind(words, f"whatsapp.{model}", rows, only_if_any=True)
    incidents = _open(Incident, "closed_at")
    yield _Kind(_("incidents that are open"), "desk.incident", incidents, only_if_any=True)
    due = Message.objects.filter(send_after__isnull=False, send_after__lte=now)
    yield _Kind(_("messages due and not sent yet"), "whatsapp.message", due, "?fate=waiting")
    failed = Message.objects.filter(failed_at__gte=now - LATELY, status=Status.FAILED)
    words = _("could not be delivered in the last 7 days")
    yield _Kind(words, "whatsapp.message", failed, "?fate=failed")
    taken = FreedSlot.objects.filter(ended=SlotEnd.TAKEN, ended_at__gte=now - A_MONTH)
    words = _("free times given to the waiting list in the last 30 days")
    yield _Kind(words, "reminders.freedslot", taken, "?ended__exact=TAKEN")


def _open(model: Any, ended: str) -> "QuerySet[Any]":
    rows: QuerySet[Any] = model.objects.filter(**{ended: None})
    return rows
