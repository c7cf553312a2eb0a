"""Why a message goes out, and why not: told for each rule of a visit, past and to come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from healthmsg.clinic.models import Appointment
from healthmsg.cockpit import Tone, mark
from reminders import planning
from reminders.models import Reminder, ReminderRule, ReminderStatus
from reminders.planning import Preview
from whatsapp.admin.story import mark_of
from whatsapp.status import Reason


@dataclass(frozen=True)
class Line:
    """One message about a visit: when, which rule, what became or will become of it."""

    at: datetime
    rule: str
    mark: str
    body: str = ""
    language: str = ""
    buttons: tuple[str, ...] = ()
    link: str = ""


def of_visit(
    visit: Appointment,
    *,
    now: datetime,
    planned: Sequence[Reminder] | None = None,
    rules: Sequence[ReminderRule] | None = None,
) -> list[Line]:
    """
    Return all messages of the visit as it stands now, in their order.

    :param planned: what the caller has read already, and rules: see `planning.preview`
    """
    planned = planning.planned_about(visit) if planned is None else planned
    reminders = [reminder for reminder in planned if reminder.version == visit.version]
    told = [_told(reminder) for reminder in reminders if _has_gone(reminder)]
    previews = planning.preview(visit, now=now, planned=planned, rules=rules)
    open_rules = {shown.rule.pk for shown in previews}
    dropped = [
        _dropped(reminder)
        for reminder in reminders
        if not _has_gone(reminder) and reminder.rule_id not in open_rules
    ]
    return sorted([*told, *dropped, *will_be(previews)], key=lambda line: line.at)


def will_be(previews: tuple[Preview, ...]) -> list[Line]:
    """Return "Will she get it?" for each planned message."""
    return [
        Line(
            at=shown.due_at,
            rule=shown.rule.name,
            mark=_verdict(shown.reason),
            # Who practises reads what would be sent.
            body=shown.body if shown.reason in {None, Reason.PRACTICE} else "",
            language=shown.language.split("_")[0],
            buttons=shown.buttons if shown.reason in {None, Reason.PRACTICE} else (),
        )
        for shown in previews
    ]


def _has_gone(reminder: Reminder) -> bool:
    return reminder.status == ReminderStatus.QUEUED and reminder.message is not None


def _told(reminder: Reminder) -> Line:
    message = reminder.message
    if message is None:
        raise LookupError("only reminders with a message were told")
    return Line(
        at=message.created_at,
        rule=reminder.rule.name,
        mark=mark_of(message),
        body=message.body,
        language=message.language.split("_")[0],
        link=reverse("admin:whatsapp_message_change", args=[message.pk]),
    )


def _dropped(reminder: Reminder) -> Line:
    """A reminder of which nothing will be sent any more, such as one of a cancelled visit."""
    reason = reminder.get_reason_display() if reminder.reason else reminder.get_status_display()
    words = _("not sent: %(reason)s") % {"reason": reason}
    return Line(at=reminder.due_at, rule=reminder.rule.name, mark=mark(words, Tone.QUIET))


def _verdict(reason: Reason | None) -> str:
    if reason is None:
        return mark(_("will be sent"), Tone.WAITING)
    return mark(_("will not be sent: %(reason)s") % {"reason": reason.label}, Tone.QUIET)
