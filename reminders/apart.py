"""Shared messages that one of their visits held back: the other visits go alone."""

from datetime import datetime

from django.db import transaction

from reminders import keeping, queueing
from reminders.locking import locked_with_visits
from reminders.models import Reminder, ReminderStatus
from whatsapp.status import Reason

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
_LEFT_UNTOLD = """
    reminder.status = 'QUEUED' AND reminder.is_shared AND reminder.useful_until > %(now)s
    AND EXISTS (SELECT 1 FROM whatsapp_message message
                 WHERE message.id = reminder.message_id AND message.status = 'WITHHELD'
                   AND message.reason = ANY(%(of_one)s))
"""


@transaction.atomic
def replan_withheld(*, now: datetime, limit: int) -> int:
    """Plan again, each alone and at once, what a shared message left untold; return how many."""
    reminders = locked_with_visits(
        _LEFT_UNTOLD,
        {"now": now, "of_one": list(map(str, OF_ONE))},
        order="reminder.useful_until, reminder.id",
        limit=limit,
    )
    for reminder in reminders:
        _plan_alone(reminder, now)
    if reminders:
        keeping.keep(reminders)
    return len(reminders)


def _plan_alone(reminder: Reminder, now: datetime) -> None:
    reason = queueing.why_not(reminder, now)
    if reason is not None:
        queueing.skip(reminder, reason, now)
        return
    reminder.status, reminder.reason = ReminderStatus.PLANNED, ""
    reminder.message, reminder.is_shared = None, False
    reminder.edition += 1
    reminder.due_at = reminder.changed_at = now
