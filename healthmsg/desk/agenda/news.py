"""What became of the confirmation of a visit, or of the word about its move."""

from datetime import datetime, timedelta
from typing import Any

from healthmsg.clinic.models import Appointment
from healthmsg.desk.admin import visit_acts
from reminders.models import Reminder, ReminderStatus
from reminders.told import NEWS
from whatsapp.admin.story import mark_of
from whatsapp.status import RANK, TOLD, Status

# As long as somebody may still stand at the desk and wait for the tick.
_WATCHED = timedelta(minutes=15)


def of_visit(visit: Appointment, now: datetime) -> dict[str, Any]:
    """Return what became of the confirmation or of the word about the move; {} where none goes."""
    rules = Reminder.objects.filter(
        appointment=visit, version=visit.version, rule__anchor__in=NEWS
    ).select_related("message")
    reminder = rules.order_by("-pk").first()
    if reminder is None:
        return {}
    message = reminder.message
    if message is None:
        is_waiting = reminder.status == ReminderStatus.PLANNED
        due_at = visit_acts.opens_at(visit, reminder.due_at) or reminder.due_at
        is_soon = due_at < now + _WATCHED
        return {
            "due_at": due_at,
            "is_waiting": is_waiting,
            "polls": is_waiting and is_soon,
        }
    is_open = (
        RANK[Status(message.status)] < RANK[Status.FAILED] and message.status != Status.WITHHELD
    )
    is_fresh = message.created_at > now - _WATCHED
    opens = visit_acts.opens_at(visit, now) if message.status == Status.QUEUED else None
    if opens and opens > now + _WATCHED:
        return {"due_at": opens, "polls": False}
    return {
        "mark": mark_of(message),
        "has_arrived": message.status in TOLD,
        "polls": is_open and is_fresh,
    }
