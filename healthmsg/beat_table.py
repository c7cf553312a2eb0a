"""What runs how often, and in which queue."""

from typing import Any

# Every task routed, every queue worked in the Procfile (tests/house/test_queues.py).
ROUTES: dict[str, dict[str, str]] = {
    "whatsapp.send_turn": {"queue": "sender"},
    "whatsapp.digest": {"queue": "inbox"},
    "whatsapp.handle_replies": {"queue": "inbox"},
    "whatsapp.sweep": {"queue": "housekeeping"},
    "whatsapp.trim_notices": {"queue": "housekeeping"},
    "whatsapp.fetch_files": {"queue": "housekeeping"},
    "whatsapp.delete_files": {"queue": "housekeeping"},
    "whatsapp.sync_templates": {"queue": "housekeeping"},
    "whatsapp.check_numbers": {"queue": "housekeeping"},
    "reminders.queue_due_even": {"queue": "default"},
    "reminders.queue_due_odd": {"queue": "default"},
    "reminders.replan_withheld": {"queue": "default"},
    "reminders.tend_offers": {"queue": "default"},
    "reminders.end_pauses": {"queue": "housekeeping"},
    "reminders.plan_day": {"queue": "housekeeping"},
    "campaigns.pour": {"queue": "default"},
    "campaigns.make_lists": {"queue": "housekeeping"},
    "campaigns.look_at_approvals": {"queue": "housekeeping"},
    "desk.bring_in": {"queue": "housekeeping"},
    "desk.look_in_folder": {"queue": "housekeeping"},
    "desk.go_on_with_lists": {"queue": "default"},
    "desk.suspect_duplicates": {"queue": "housekeeping"},
    "desk.make_day_lists": {"queue": "housekeeping"},
    "desk.seal_audit": {"queue": "housekeeping"},
    "desk.watch": {"queue": "housekeeping"},
    "desk.tell": {"queue": "housekeeping"},
    "desk.count_days": {"queue": "housekeeping"},
    "desk.tell_teams": {"queue": "default"},
    "desk.keep_stops": {"queue": "housekeeping"},
    "desk.remove_old": {"queue": "housekeeping"},
    "desk.follow_ages": {"queue": "housekeeping"},
    "desk.enter_incidents": {"queue": "housekeeping"},
    "desk.look_for_old": {"queue": "housekeeping"},
    "desk.forget_sign_ins": {"queue": "housekeeping"},
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
    # Freed times are offered to nobody, and who stopped choosing another one is not called.
    "tend offers of times": _every(10, "reminders.tend_offers"),
    # Cancelled lists that broke off in the middle wait.
    "go on with lists": _every(5, "desk.go_on_with_lists"),
    # Running campaigns stand still.
    "pour campaigns": _every(5, "campaigns.pour"),
    # Lists of who is due for a vaccination are not made.
    "make lists": _every(5, "campaigns.make_lists"),
    # Leases that ran out, calls of unknown outcome and messages past their time wait.
    "sweep messages": _every(10, "whatsapp.sweep"),
    # Pictures and voice notes of patients are not fetched, where nothing rang for them.
    "fetch files": _every(20, "whatsapp.fetch_files"),
    # What was changed and looked at stays in clear, and can be read by nobody on the audit's page.
    "seal the audit": _every(60, "desk.seal_audit"),
    # What goes wrong waits until one of the other processes notices that nobody looks.
    "watch": _every(60, "desk.watch"),
    # Files that are being read, checked or taken over stand still.
    "bring in": _every(10, "desk.bring_in"),
    # Files in the watched folder wait.
    "look in the folder": _every(60, "desk.look_in_folder"),
    # The lists for the day on which everything is down grow old.
    "make day lists": _every(60, "desk.make_day_lists"),
    # Alarms, the morning mails and the ping to the outside wait.
    "tell": _every(60, "desk.tell"),
    # Today's numbers on the overview, and the trends, stand still.
    "count days": _every(60, "desk.count_days"),
    # Clinicians are not told in the evening how many come tomorrow.
    "tell teams": _every(60, "desk.tell_teams"),
    # Stops that could not be written beside the database at once would be lost with it, and an
    # audit that somebody empties would be missed by nobody.
    "keep stops": _every(60, "desk.keep_stops"),
    # Numbers that may be somebody else's are not entered into the incident register.
    "enter incidents": _every(60, "desk.enter_incidents"),
    # What a person, or each day a rule, has let go is not removed.
    "remove old": _every(30, "desk.remove_old"),
    # Who approves campaigns hears of what was changed since only when it should be sent.
    "look at approvals": _every(300, "campaigns.look_at_approvals"),
    # Changes made at Meta to templates stay unseen.
    "sync templates": _every(900, "whatsapp.sync_templates"),
    # Changes of our numbers' quality and limits stay unseen.
    "check numbers": _every(900, "whatsapp.check_numbers"),
    # What WhatsApp sent for none of our numbers, and was read long ago, stays on the disk.
    "trim notices": _every(3600, "whatsapp.trim_notices"),
    # Patients who may be registered twice are not listed, and what a number had stopped before both
    # its forms were known is not held on the other.
    "suspect duplicates": _every(3600, "desk.suspect_duplicates"),
    # Sessions that are over, with what was searched in them, stay in the database.
    "forget sign-ins": _every(3600, "desk.forget_sign_ins"),
    # Nobody is told what is kept longer than a clinic wants; files of patients, and WhatsApp's
    # notices as they came, stay longer than they should.
    "look for old": _every(3600, "desk.look_for_old"),
    # Patients whose pause has ended stay paused.
    "end pauses": _every(3600, "reminders.end_pauses"),
    # Parents who were brought in by a program stay written to when the patient comes of age.
    "follow ages": _every(3600, "desk.follow_ages"),
}
