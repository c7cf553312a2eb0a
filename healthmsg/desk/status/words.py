"""The clinic's words for the parts of the house, what waits, and what sweeps."""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from healthmsg.desk.status import waiting

PARTS = {
    "beat": gettext_lazy("The clock that starts everything else"),
    "sender": gettext_lazy("Sending to WhatsApp"),
    "inbox": gettext_lazy("Reading of what came from WhatsApp"),
    "worker": gettext_lazy("Planning and housekeeping"),
    "door": gettext_lazy("Receiving from WhatsApp"),
}
WAITING = {
    waiting.NOTICES: gettext_lazy("News from WhatsApp not read yet"),
    waiting.REPLIES: gettext_lazy("Messages from patients not understood yet"),
    waiting.REMINDERS: gettext_lazy("Reminders that are due and not written yet"),
    "runs_expanding": gettext_lazy("Campaigns being prepared"),
    "runs_pouring": gettext_lazy("Campaigns being sent"),
    "runs_paused": gettext_lazy("Campaigns paused"),
    waiting.TEMPLATES: gettext_lazy("Templates WhatsApp is looking at"),
    waiting.HOLDS: gettext_lazy("Stops that end by themselves"),
    waiting.FOR_A_PERSON: gettext_lazy("Messages from patients for a person to read"),
    waiting.REPEATS: gettext_lazy("Repeat prescriptions for a person to answer"),
    waiting.DOUBTS: gettext_lazy("Messages that may be a stop, for a person to read"),
    waiting.INCIDENTS: gettext_lazy("Numbers to be checked by a person"),
    waiting.BREAKERS: gettext_lazy("People stopped at once, to be decided by a person"),
    waiting.SET_ASIDE: gettext_lazy("News from WhatsApp that could not be read"),
}
SWEEPS = {
    "whatsapp.send_turn": gettext_lazy("Messages that are due"),
    "whatsapp.digest": gettext_lazy("News and answers from WhatsApp"),
    "reminders.queue_due_even": gettext_lazy("Reminders that are due, one half of the numbers"),
    "reminders.queue_due_odd": gettext_lazy("Reminders that are due, the other half"),
    "reminders.replan_withheld": gettext_lazy("Families whose shared message was held back"),
    "reminders.plan_day": gettext_lazy("Who is reminded within WhatsApp's daily limit"),
    "reminders.tend_offers": gettext_lazy("Times offered to patients"),
    "offers_left": gettext_lazy("Patients who stopped choosing another time, left to a person"),
    "times_kept": gettext_lazy("Times kept for who was choosing, let go"),
    "wishes_over": gettext_lazy("Wishes to come earlier whose visit is over"),
    "times_freed": gettext_lazy("Times that became free, to be offered"),
    "reminders.end_pauses": gettext_lazy("Patients whose pause has ended"),
    "desk.enter_incidents": gettext_lazy("Numbers of strangers, for the register of incidents"),
    "desk.follow_ages": gettext_lazy("Patients who come of age, and whose parents are written to"),
    "campaigns.pour": gettext_lazy("Campaigns being sent"),
    "campaigns.make_lists": gettext_lazy("Lists of who is due, being made"),
    "campaigns.look_at_approvals": gettext_lazy(
        "Approvals of campaigns that were changed since, taken back"
    ),
    "runs_over": gettext_lazy("Paused campaigns past their time"),
    "runs_guarded": gettext_lazy("Campaigns that went wrong and were paused"),
    "leases_over": gettext_lazy("Messages whose sending broke off"),
    "left_unknown": gettext_lazy("Messages WhatsApp told us nothing about, left under “To call”"),
    "sent_again": gettext_lazy("Messages that had not arrived, sent once more"),
    "too_late": gettext_lazy("Messages that waited past their time"),
    "ahead": gettext_lazy("Answers written by a computer whose clock was ahead"),
    "holds_over": gettext_lazy("Stops whose end has come"),
    "whatsapp.fetch_files": gettext_lazy("Pictures, voice notes and documents of patients"),
    "answers": gettext_lazy("Answers of staff: whether they arrived"),
    "gathered": gettext_lazy("Messages from patients that stood in no conversation"),
    "desk.remove_old": gettext_lazy("What was kept long enough, being removed"),
    "desk.keep_stops": gettext_lazy("Stops to be written beside the database"),
    "whatsapp.trim_notices": gettext_lazy("Old news from WhatsApp, read long ago"),
    "seats": gettext_lazy("Places of the daily limit that are free again"),
    "tallies": gettext_lazy("Old counts of WhatsApp's answers"),
    "marks": gettext_lazy("Old figures"),
    "hosts": gettext_lazy("Computers that are gone"),
    "whatsapp.sync_templates": gettext_lazy("Templates, as WhatsApp has them"),
    "whatsapp.check_numbers": gettext_lazy("Our numbers, as WhatsApp has them"),
    "desk.bring_in": gettext_lazy("Files of patients and visits being taken over"),
    "desk.look_in_folder": gettext_lazy("The folder in which other systems leave files"),
    "desk.go_on_with_lists": gettext_lazy("Cancelled lists being worked through"),
    "desk.tell_teams": gettext_lazy("Notices to clinicians about tomorrow's list"),
    "desk.suspect_duplicates": gettext_lazy("Patients who may be registered twice"),
    "desk.look_for_old": gettext_lazy("What is kept too long, looked for or begun to be removed"),
    "desk.forget_sign_ins": gettext_lazy("Sessions that are over, and wrong attempts to sign in"),
    "desk.make_day_lists": gettext_lazy("Day lists for printing"),
    "desk.seal_audit": gettext_lazy("What was changed and looked at, filed in the audit"),
    "desk.watch": gettext_lazy("What is wrong"),
    "desk.tell": gettext_lazy("Alarms to be told"),
    "desk.count_days": gettext_lazy("Days counted for the trends"),
}
LANES = {
    0: gettext_lazy("Answers"),
    1: gettext_lazy("Reminders"),
    2: gettext_lazy("Campaigns"),
}
DISKS = {"data": gettext_lazy("The disk with the data"), "program": gettext_lazy("The disk")}


def span(length: timedelta) -> str:
    """Return a length of time in one unit, as one says it."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < 60:
        return _("%d s") % seconds
    if seconds < 2 * 3600:
        return _("%d min") % (seconds // 60)
    if seconds < 2 * 86400:
        return _("%d h") % (seconds // 3600)
    return ngettext("%d day", "%d days", seconds // 86400) % (seconds // 86400)


def seconds(taken: float) -> str:
    """Return a short time with as many digits as matter."""
    if taken < 1:
        return _("%d ms") % round(taken * 1000)
    return _("%.1f s") % taken if taken < 60 else span(timedelta(seconds=taken))


def count(number: int) -> str:
    """Return a count; at the cap it is "more than"."""
    if number >= waiting.COUNT_UNTIL:
        return _("more than %d") % (waiting.COUNT_UNTIL - 1)
    return str(number)
