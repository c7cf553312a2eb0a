"""What would leave in the next 24 hours, by kind: looked at before a clinic goes live."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min
from django.utils.translation import gettext as _

from healthmsg.clinic.models import Clinic, Purpose
from reminders.models import Reminder, ReminderStatus
from whatsapp.models import Message

DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Leaving:
    """One kind of message: how many, the first and the last moment."""

    kind: str
    count: int
    first_at: datetime
    last_at: datetime


def next_day(clinic: Clinic, *, now: datetime) -> list[Leaving]:
    """Return what waits and what is planned, each kind with its first and last moment."""
    queued = (
        Message.objects.filter(sender__in=clinic.senders.all(), send_after__lt=now + DAY)
        .filter(expires_at__gt=now)
        .values("purpose")
        .annotate(n=Count("pk"), first=Min("send_after"), last=Max("send_after"))
        .order_by("purpose")
    )
    planned = (
        Reminder.objects.filter(status=ReminderStatus.PLANNED, due_at__lt=now + DAY)
        .filter(appointment__clinic=clinic, useful_until__gt=now)
        .values("rule__name")
        .annotate(n=Count("pk"), first=Min("due_at"), last=Max("due_at"))
        .order_by("rule__name")
    )
    waiting = _("waiting: %(purpose)s")
    return [
        *_kinds(queued, lambda row: waiting % {"purpose": Purpose(row["purpose"]).label}, now),
        *_kinds(planned, lambda row: str(row["rule__name"]), now),
    ]


def _kinds(rows: Iterable[Mapping[str, Any]], name: Any, now: datetime) -> Iterable[Leaving]:
    for row in rows:
        yield Leaving(name(row), row["n"], max(row["first"], now), max(row["last"], now))
