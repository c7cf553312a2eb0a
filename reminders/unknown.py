"""Reminders that another machine may have sent: to the call list, and never by themselves."""

from datetime import datetime

from django.db import connection

from reminders.models import FreedSlot, SlotEnd
from whatsapp.status import Reason

CHUNK = 1000
_LEAVE = """
WITH due AS (
  SELECT id FROM reminders_reminder
   WHERE status = 'PLANNED' AND due_at <= %(until)s AND planned_at <= %(known)s
   ORDER BY id LIMIT %(chunk)s FOR NO KEY UPDATE SKIP LOCKED)
UPDATE reminders_reminder reminder
   SET status = 'SKIPPED', reason = %(reason)s, changed_at = %(now)s
  FROM due WHERE reminder.id = due.id
"""


def leave(*, until: datetime, known: datetime, now: datetime) -> int:
    """
    Leave what was planned up to `known`, and due until then, to the call list; twice is once.

    :returns: how many reminders that was
    """
    values: dict[str, datetime | str | int] = {
        "until": until,
        "known": known,
        "now": now,
        "reason": Reason.RESTORED.value,
        "chunk": CHUNK,
    }
    total, done = 0, CHUNK
    with connection.cursor() as cursor:
        while done == CHUNK:
            cursor.execute(_LEAVE, values)
            done = int(cursor.rowcount)
            total += done
    return total


def leave_times(*, until: datetime, known: datetime, now: datetime) -> int:
    """Offer times that became free before to nobody: somebody may have taken them meanwhile."""
    waiting = FreedSlot.objects.filter(next_wave_at__lte=until, freed_at__lte=known)
    return waiting.update(next_wave_at=None, ended_at=now, ended=SlotEnd.NOBODY)
