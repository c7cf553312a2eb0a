"""What a silence did: what expired in it, what goes now, which campaigns wait."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from campaigns.models import Recipient, Run, RunStatus
from healthmsg.clinic.models import Clinic
from healthmsg.desk.alarms.late import COUNT_UNTIL
from healthmsg.desk.alarms.models import Silence
from reminders.models import Reminder, ReminderStatus
from whatsapp.models import Message
from whatsapp.status import Lane, Reason, Status

# A message lives no longer than this before it expires.
_OLDEST = timedelta(days=7)
_CAMPAIGNS = 20


@dataclass(frozen=True)
class Count:
    """So many of a kind; "more than" beyond what is counted."""

    words: str
    count: int

    @property
    def shown(self) -> str:
        return _("more than %d") % COUNT_UNTIL if self.count > COUNT_UNTIL else str(self.count)


@dataclass(frozen=True)
class Waiting:
    """A campaign that waits for somebody to look."""

    campaign_id: int
    name: str
    clinic: str
    left: str
    useful_until: datetime | None


def expired(
    silence: Silence, clinics: "QuerySet[Clinic]", *, real: datetime, business: datetime
) -> list[Count]:
    """Return what became too late between the silence and now; by the clinic's clock."""
    began = business - (real - silence.began_at)
    messages = Message.objects.filter(
        clinic__in=clinics,
        created_at__gt=began - _OLDEST,
        expires_at__gt=began,
        expires_at__lte=business,
        status=Status.WITHHELD,
        reason=Reason.TOO_LATE,
    )
    unwritten = Reminder.objects.filter(
        appointment__clinic__in=clinics, useful_until__gt=began, useful_until__lte=business
    )
    skipped = unwritten.filter(status=ReminderStatus.SKIPPED, reason=Reason.TOO_LATE)
    waiting = unwritten.filter(status=ReminderStatus.PLANNED)
    counts = (
        Count(_("reminders"), _count(messages.filter(lane=int(Lane.REMINDER)))),
        Count(_("reminders not yet written"), _count(skipped) + _count(waiting)),
        Count(_("messages of campaigns"), _count(messages.filter(lane=int(Lane.BROADCAST)))),
        Count(_("answers to patients"), _count(messages.filter(lane=int(Lane.REPLY)))),
    )
    return [one for one in counts if one.count]


def going(clinics: "QuerySet[Clinic]", *, business: datetime) -> list[Count]:
    """Return what leaves by itself as soon as answers are read."""
    due = Message.objects.filter(
        clinic__in=clinics, send_after__lte=business, expires_at__gt=business
    )
    reminders = Reminder.objects.filter(
        appointment__clinic__in=clinics,
        status=ReminderStatus.PLANNED,
        due_at__lte=business,
        useful_until__gt=business,
    )
    counts = (
        Count(_("answers to patients"), _count(due.filter(lane=int(Lane.REPLY)))),
        Count(_("reminders"), _count(due.filter(lane=int(Lane.REMINDER)))),
        Count(_("reminders not yet written"), _count(reminders)),
    )
    return [one for one in counts if one.count]


def waiting(clinics: "QuerySet[Clinic]") -> list[Waiting]:
    """Return the campaigns that go on once somebody has looked."""
    runs = Run.objects.filter(
        campaign__clinic__in=clinics,
        status__in=(RunStatus.EXPANDING, RunStatus.POURING, RunStatus.PAUSED),
    ).select_related("campaign__clinic")
    return [_waiting(run) for run in runs.order_by("pk")[:_CAMPAIGNS]]


def _waiting(run: Run) -> Waiting:
    queued = Message.objects.filter(stream_id=run.stream_id, send_after__isnull=False)
    to_pour = Recipient.objects.filter(run=run, message=None, reason="")
    left = Count("", _count(queued) + _count(to_pour))
    last = queued.aggregate(last=Max("expires_at"))["last"] or run.expires_at
    campaign = run.campaign
    return Waiting(campaign.pk, campaign.name, str(campaign.clinic), left.shown, last)


def _count(rows: "QuerySet[Any]") -> int:
    return rows.order_by().values("pk")[: COUNT_UNTIL + 1].count()
