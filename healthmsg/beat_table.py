"""What runs how often, and in which queue."""

from typing import Any

# Every task routed, every queue worked in the Procfile (tests/house/test_queues.py).
ROUTES: dict[str, dict[str, str]] = {
    "whatsapp.send_turn": {"queue": "sender"},
    "whatsapp.digest": {"queue": "inbox"},
    "whatsapp.handle_replies": {"queue": "inbox"},
    "whatsapp.sweep": {"queue": "housekeeping"},
    "whatsapp.trim_notices": {"queue": "housekeeping"},
    "whatsapp.sync_templates": {"queue": "housekeeping"},
    "whatsapp.check_numbers": {"queue": "housekeeping"},
    "reminders.queue_due_even": {"queue": "default"},
    "reminders.queue_due_odd": {"queue": "default"},
    "reminders.replan_withheld": {"queue": "default"},
    "reminders.end_pauses": {"queue": "housekeeping"},
    "reminders.plan_day": {"queue": "housekeeping"},
    "campaigns.pour": {"queue": "default"},
    "campaigns.make_lists": {"queue": "housekeeping"},
    "desk.bring_in": {"queue": "housekeeping"},
    "desk.look_in_folder": {"queue": "housekeeping"},
    "desk.watch": {"queue": "housekeeping"},
    "desk.tell": {"queue": "housekeeping"},
}


def _every(seconds: float, task: str) -> dict[str, Any]:
    # `expire_seconds` is what DatabaseScheduler keeps; `expires` is dropped silently. Fifteen
    # seconds outlive a skewed clock and still let no ticks pile up behind a stopped worker.
    return {"task": task, "schedule": seconds, "options": {"expire_seconds": 15}}


SCHEDULE: dict[str, dict[str, Any]] = {
    # Messages already due wait, if nothing rang for them.
    "send": _every(2, "whatsapp.send_turn"),
    # Receipts and replies wait on disk.
    "digest": _every(1, "whatsapp.digest"),
    # Due reminders wait, those to one half of the numbers.
    "queue due reminders, even": _every(5, "reminders.queue_due_even"),
    # Due reminders wait, those to the other half.
    "queue due reminders, odd": _every(5, "reminders.queue_due_odd"),
    # Families wait whose shared message was withheld because of one of them.
    "plan again what was withheld": _every(10, "reminders.replan_withheld"),
    # Campaigns of numbers with a daily limit wait; what exceeds the limit is noticed late.
    "plan the day": _every(60, "reminders.plan_day"),
    # Running campaigns stand still.
    "pour campaigns": _every(5, "campaigns.pour"),
    # Lists of who is due for a vaccination are not made.
    "make lists": _every(5, "campaigns.make_lists"),
    # Leases that ran out, calls of unknown outcome and messages past their time wait.
    "sweep messages": _every(10, "whatsapp.sweep"),
    # What goes wrong waits until one of the other processes notices that nobody looks.
    "watch": _every(60, "desk.watch"),
    # Files that are being read, checked or taken over stand still.
    "bring in": _every(10, "desk.bring_in"),
    # Files in the watched folder wait.
    "look in the folder": _every(60, "desk.look_in_folder"),
    # Alarms, the morning mails and the ping to the outside wait.
    "tell": _every(60, "desk.tell"),
    # What WhatsApp sent and was read long ago stays on the disk.
    "trim notices": _every(300, "whatsapp.trim_notices"),
    # Changes made at Meta to templates stay unseen.
    "sync templates": _every(900, "whatsapp.sync_templates"),
    # Changes of our numbers' quality and limits stay unseen.
    "check numbers": _every(900, "whatsapp.check_numbers"),
    # Patients whose pause has ended stay paused.
    "end pauses": _every(3600, "reminders.end_pauses"),
}
