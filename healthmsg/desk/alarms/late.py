"""Looks at what is silent or late: parts of the system, receipts, the queue, reminders, notices."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import F, QuerySet

from healthmsg.clinic.models import Clinic
from healthmsg.clinic.sending_hours import SendingHours
from healthmsg.desk.alarms import signs
from healthmsg.desk.alarms.kinds import Found, Kind, Severity
from healthmsg.desk.alarms.models import ReceiverGap
from healthmsg.desk.alarms.moment import Moment
from healthmsg.desk.alarms.stopped import only_clinic
from reminders.models import LimitDay, Reminder, ReminderStatus
from whatsapp.models import (
    Delivery,
    LineBeat,
    Message,
    Reply,
    Sender,
    Switch,
    Template,
    TemplateStatus,
    UnknownCode,
)
from whatsapp.settling import UNREADABLE, UNREADABLE_SECONDS
from whatsapp.status import Lane

# Beyond, an alarm says "more than"; a million rows are never counted.
COUNT_UNTIL = 1000
_GAPS, _GAPS_WITHIN = 3, timedelta(hours=1)
_RECEIPTS_LOOKED_AT = 20
_RECEIPTS_NEEDED = 2


def parts(moment: Moment) -> Iterator[Found]:
    """Parts that gave signs of life and no longer do."""
    for name, at in signs.silent(now=moment.real).items():
        facts: dict[str, str | int] = {"part": name, "since": at.isoformat()}
        yield Found(Kind.PART_SILENT, Severity.SEVERE, f"part:{name}", facts)


def gaps(moment: Moment) -> Iterator[Found]:
    """A receiver that stands up again and again; each of its own restarts is one gap."""
    line = LineBeat.objects.filter(name=signs.RECEIVER).first()
    if line is not None:
        ReceiverGap.objects.get_or_create(since=line.since)
    ReceiverGap.objects.filter(since__lt=moment.real - timedelta(days=1)).delete()
    lately = ReceiverGap.objects.filter(since__gt=moment.real - _GAPS_WITHIN).count()
    if lately >= _GAPS:
        yield Found(Kind.RECEIVER_GAPS, Severity.WARNING, facts={"count": lately})


def receipts(moment: Moment) -> Iterator[Found]:
    """Messages that WhatsApp took and of which not one was told anything since."""
    if moment.is_hurried:
        return
    since, until = moment.business - timedelta(hours=24), moment.business - 2 * moment.late
    for sender in Sender.objects.all():
        taken = Message.objects.filter(sender=sender, accepted_at__gt=since, accepted_at__lt=until)
        told = taken.order_by("-accepted_at").values_list(
            "sent_at", "delivered_at", "read_at", "failed_at"
        )[:_RECEIPTS_LOOKED_AT]
        rows = [any(row) for row in told]
        if len(rows) >= _RECEIPTS_NEEDED and not any(rows):
            facts: dict[str, str | int] = {"name": str(sender), "count": len(rows)}
            subject = f"sender:{sender.pk}"
            yield Found(Kind.RECEIPTS_SILENT, Severity.SEVERE, subject, facts, sender.clinic_id)


def queue(moment: Moment) -> Iterator[Found]:
    """Answers and reminders that are due, may leave, and do not; campaigns have their own pace."""
    if moment.is_hurried or _house_is_held():
        return
    running = Sender.objects.filter(
        held_at=None, account__held_at=None, account__portfolio__held_at=None
    )
    for sender in running.select_related("clinic"):
        count = _count(_late_messages(sender, moment)) + _count(_unreadable(sender, moment))
        if count:
            facts: dict[str, str | int] = {"name": str(sender), "count": count}
            subject = f"sender:{sender.pk}"
            yield Found(Kind.QUEUE_LATE, Severity.SEVERE, subject, facts, sender.clinic_id)


def _house_is_held() -> bool:
    names = (Switch.Name.EVERYTHING, Switch.Name.REMINDERS)
    return Switch.objects.filter(name__in=names, held_at__isnull=False).exists()


def _late_messages(sender: Sender, moment: Moment) -> QuerySet[Message]:
    """Due before they had all the time they need; what was due at night is due in the morning."""
    before, hours = moment.business - moment.late, SendingHours.of(sender.clinic)
    is_long_open = hours.is_open(moment.business) and hours.is_open(before)
    lanes = [int(Lane.REPLY), *([int(Lane.REMINDER)] if is_long_open else [])]
    late = Message.objects.filter(
        sender=sender, lane__in=lanes, send_after__lte=before, expires_at__gt=moment.business
    )
    # A paused template has an alarm of its own. Its id is looked up first: the index of what is
    # due serves the rest.
    paused = Template.objects.filter(account=sender.account_id, status=TemplateStatus.PAUSED)
    ids = list(paused.values_list("versions__pk", flat=True))
    return late.exclude(template_version_id__in=ids) if ids else late


def _unreadable(sender: Sender, moment: Moment) -> QuerySet[Message]:
    """What waits for a key that is missing in AUDIT_KEYS; each look at it puts it back."""
    until = moment.business + timedelta(seconds=UNREADABLE_SECONDS)
    # All lanes by name: the index of what is due begins with them.
    return Message.objects.filter(
        sender=sender,
        lane__in=[int(lane) for lane in Lane],
        send_after__range=(moment.business, until),
        error_title=UNREADABLE,
    )


def reminders(moment: Moment) -> Iterator[Found]:
    if moment.is_hurried:
        return
    before = moment.business - moment.late
    due = Reminder.objects.filter(status=ReminderStatus.PLANNED, due_at__lte=before)
    late = due.filter(useful_until__gt=moment.business)
    if not late.exists():
        return
    for clinic in Clinic.objects.all():
        count = _count(late.filter(appointment__clinic=clinic))
        if count:
            subject = f"clinic:{clinic.pk}"
            yield Found(Kind.REMINDERS_LATE, Severity.SEVERE, subject, {"count": count}, clinic.pk)


def notices(moment: Moment) -> Iterator[Found]:
    before = moment.real - moment.late
    count = _count(Delivery.objects.filter(digest_after__isnull=False, received_at__lt=before))
    if count:
        yield Found(Kind.NOTICES_WAIT, Severity.SEVERE, facts={"count": count})


def replies(moment: Moment) -> Iterator[Found]:
    before = moment.real - moment.late
    # A flood waits for everybody else's by itself.
    waiting = Reply.objects.filter(handled_at=None, is_flood=False)
    count = _count(waiting.filter(stored_at__lt=before))
    if count:
        yield Found(Kind.REPLIES_WAIT, Severity.SEVERE, facts={"count": count})


def limits(moment: Moment) -> Iterator[Found]:
    """Days ahead on which more people are to be reminded than WhatsApp's daily limit allows."""
    today = moment.business.date()
    crowded = LimitDay.objects.filter(day__gte=today, people__gt=F("places"))
    # The first such day of each portfolio.
    rows = crowded.order_by("portfolio", "day").distinct("portfolio")
    for row in rows.select_related("portfolio"):
        facts: dict[str, str | int] = {
            "name": row.portfolio.name,
            "day": row.day.isoformat(),
            "people": row.people,
            "places": row.places,
        }
        subject = f"portfolio:{row.portfolio_id}"
        whose = only_clinic(Sender.objects.filter(account__portfolio=row.portfolio))
        yield Found(Kind.LIMIT_AHEAD, Severity.WARNING, subject, facts, whose)


def unknown_codes(moment: Moment) -> Iterator[Found]:
    lately = UnknownCode.objects.filter(last_at__gt=moment.business - timedelta(hours=1))
    codes = sorted(set(lately.values_list("code", flat=True)[:COUNT_UNTIL]))
    if codes:
        facts: dict[str, str | int] = {"codes": ", ".join(code or "–" for code in codes[:5])}
        yield Found(Kind.UNKNOWN_CODES, Severity.WARNING, facts=facts)


def _count(rows: "QuerySet[Any]") -> int:
    return rows.order_by().values("pk")[: COUNT_UNTIL + 1].count()
