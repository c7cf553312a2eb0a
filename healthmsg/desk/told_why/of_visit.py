"""Why a visit was spoken of, and why not: each rule, past versions too, and what is to come."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from django.urls import reverse
from django.utils.translation import gettext as _

from healthmsg.clinic.models import Appointment, VisitStatus
from healthmsg.cockpit import Tone, mark
from healthmsg.desk import timeline, why
from healthmsg.desk.told_why.decision import Decision, in_order
from reminders import booking
from reminders.models import Reminder, ReminderRule, ReminderStatus
from reminders.timing import Anchor
from whatsapp.admin.story import mark_of
from whatsapp.status import Reason, Status


@dataclass(frozen=True)
class Silent:
    """A rule that says nothing about the visit, and why."""

    rule: ReminderRule
    because: str


def decisions(visit: Appointment) -> list[Decision]:
    """Return what was decided so far, oldest first."""
    reminders = list(
        Reminder.objects.filter(appointment=visit).select_related("rule", "message").order_by("pk")
    )
    return in_order(chain(_visit(visit), *(_reminder(one, visit) for one in reminders)))


def to_come(visit: Appointment, *, now: datetime) -> list[why.Line]:
    """Return what will be said and what will not, as the planning itself says."""
    lines = why.of_visit(booking.visits_with_parts().get(pk=visit.pk), now=now)
    return [line for line in lines if not line.link and line.at >= now]


def silent_rules(visit: Appointment) -> list[Silent]:
    """Return the clinic's rules in use that did nothing about this visit as it stands."""
    done = Reminder.objects.filter(appointment=visit, version=visit.version).values("rule")
    rules = ReminderRule.objects.filter(clinic=visit.clinic_id, is_active=True).exclude(pk__in=done)
    found = rules.prefetch_related("kinds").order_by("pk")
    return [Silent(rule, _why_silent(rule, visit)) for rule in found]


def reasons(visit: Appointment) -> set[Reason]:
    """Return why messages about it as it stands were not sent."""
    rows = Reminder.objects.filter(appointment=visit, version=visit.version)
    pairs = rows.values_list("reason", "message__reason")
    return {Reason(one) for pair in pairs for one in pair if one}


def _why_silent(rule: ReminderRule, visit: Appointment) -> str:
    kinds = list(rule.kinds.all())
    if kinds and visit.kind not in kinds:
        names = ", ".join(kind.name for kind in kinds)
        return _("it is only for: %(kinds)s") % {"kinds": names}
    anchor = Anchor(rule.anchor)
    if anchor == Anchor.BOOKED and visit.is_told_elsewhere:
        return _("the visit was booked in another system, which tells of it")
    if anchor == Anchor.STARTS:
        return _("it was not in use when the visit was planned")
    return _("it waits for something that has not happened: %(anchor)s") % {"anchor": anchor.label}


def _visit(visit: Appointment) -> Iterator[Decision]:
    when = timeline.moment(visit.starts_at, visit)
    by = str(visit.booked_by) if visit.booked_by else ""
    yield Decision(visit.booked_at, _("Booked"), by)
    if visit.version > 1:
        words = _("Moved since: it now begins %(when)s") % {"when": when}
        yield Decision(_stands_since(visit), words)
    if visit.answered_at and visit.answer != "NONE":
        words = _("Answered: %(what)s") % {"what": visit.get_answer_display()}
        yield Decision(visit.answered_at, words)
    if visit.status != VisitStatus.BOOKED:
        words = _("The visit: %(status)s") % {"status": visit.get_status_display()}
        yield Decision(visit.status_changed_at, words, visit.cancel_reason)


def _stands_since(visit: Appointment) -> datetime:
    rows = Reminder.objects.filter(appointment=visit, version=visit.version).order_by("planned_at")
    first = rows.values_list("planned_at", flat=True).first()
    return first or visit.booked_at


def _reminder(reminder: Reminder, visit: Appointment) -> Iterable[Decision]:
    facts = {"rule": reminder.rule.name, "when": timeline.moment(reminder.due_at, visit)}
    earlier = _("for the time the visit had then") if reminder.version != visit.version else ""
    planned = _("The rule “%(rule)s” planned a message for %(when)s") % facts
    yield Decision(reminder.planned_at, planned, earlier)
    message = reminder.message
    if message is not None:
        words = _("The message of “%(rule)s”") % facts
        is_no = message.status in (Status.WITHHELD, Status.FAILED)
        link = reverse("why_message", args=[message.pk])
        yield Decision(message.created_at, words, "", mark_of(message), link, is_no)
    elif reminder.status == ReminderStatus.SKIPPED:
        because = reminder.get_reason_display() if reminder.reason else ""
        words = _("“%(rule)s” was left out") % facts
        yield Decision(
            reminder.changed_at, words, because, mark(_("not sent"), Tone.QUIET), is_no=True
        )
    elif reminder.status == ReminderStatus.WITHDRAWN:
        because = reminder.get_reason_display() if reminder.reason else ""
        words = _("“%(rule)s” was taken back") % facts
        yield Decision(reminder.changed_at, words, because, mark(_("taken back"), Tone.QUIET))
