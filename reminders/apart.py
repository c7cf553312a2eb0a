"""Shared messages that one of their visits held back: the other visits go alone."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from reminders import keeping, queueing
from reminders.models import Reminder, ReminderStatus
from whatsapp.status import Reason, Status

# Reasons that concern one visit, or one patient, of those a message named.
OF_ONE = (
    Reason.VISIT_CHANGED,
    Reason.VISIT_CANCELLED,
    Reason.VISIT_OVER,
    Reason.ANSWERED,
    Reason.HAS_DIED,
    Reason.NO_LONGER_OURS,
    Reason.PAUSED,
    Reason.CONTACT_ENDED,
    Reason.NEVER_ASKED,
    Reason.DECLINED,
    Reason.ASKED_US_TO_STOP,
    Reason.PERMISSION_RAN_OUT,
)


@transaction.atomic
def replan_withheld(*, now: datetime, limit: int) -> int:
    """Plan again, each alone and at once, what a shared message left untold; return how many."""
    reminders = list(_left_untold(now)[:limit])
    for reminder in reminders:
        _plan_alone(reminder, now)
    if reminders:
        keeping.keep(reminders)
    return len(reminders)


def _left_untold(now: datetime) -> QuerySet[Reminder]:
    waiting = Reminder.objects.filter(
        status=ReminderStatus.QUEUED, is_shared=True, useful_until__gt=now
    )
    withheld = waiting.filter(message__status=Status.WITHHELD, message__reason__in=OF_ONE)
    return queueing.locked_with_visits(withheld).order_by("useful_until", "pk")


def _plan_alone(reminder: Reminder, now: datetime) -> None:
    reason = queueing.why_not(reminder, now)
    if reason is not None:
        queueing.skip(reminder, reason, now)
        return
    reminder.status, reminder.reason = ReminderStatus.PLANNED, ""
    reminder.message, reminder.is_shared = None, False
    reminder.edition += 1
    reminder.due_at = reminder.changed_at = now
