"""Why a visit was spoken of, and why not: each rule, past versions too, and what is to come."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from healthmsg.clinic.models import Appointment
from healthmsg.cockpit import Tone, mark
from healthmsg.desk import timeline, why
from healthmsg.desk.told_why.decision import Decision, in_order
from reminders import planning
from reminders.models import Reminder, ReminderRule, ReminderStatus
from reminders.timing import Anchor
from whatsapp.admin.story import mark_of
from whatsapp.status import Reason, Status


@dataclass(frozen=True)
class Silent:
    """A rule that says nothing about the visit, and why."""

    rule: ReminderRule
    because: str


@dataclass(frozen=True)
class Asked:
    """A visit with what was planned about it and the rules in use; all of it asked for once."""

    visit: Appointment
    planned: list[Reminder]
    rules: list[Any]  # with `its_kinds` and `kind_names`; none where it is for every kind

    @property
    def standing(self) -> list[Reminder]:
        """What was planned about the visit as it stands."""
        return [one for one in self.planned if one.version == self.visit.version]


def ask(visit: Appointment) -> Asked:
    rules = ReminderRule.objects.filter(clinic=visit.clinic_id, is_active=True)
    has_kinds = Q(kinds__isnull=False)
    rules = rules.annotate(
        its_kinds=ArrayAgg("kinds", filter=has_kinds, default=[]),
        kind_names=ArrayAgg("kinds__name", filter=has_kinds, order_by="kinds__pk", default=[]),
    )
    return Asked(visit, planning.planned_about(visit), list(rules.order_by("pk")))


def decisions(asked: Asked) -> list[Decision]:
    """Return what was decided so far, oldest first."""
    reminders = (_reminder(one, asked.visit) for one in asked.planned)
    done = (Decision(one.at, str(one.what)) for one in timeline.done_about(asked.visit))
    return in_order(chain(done, *reminders))


def to_come(asked: Asked, *, now: datetime) -> list[why.Line]:
    """Return what will be said and what will not, as the planning itself says."""
    rules = [rule for rule in asked.rules if _is_for(rule, asked.visit)]
    lines = why.of_visit(asked.visit, now=now, planned=asked.planned, rules=rules)
    return [line for line in lines if not line.link and line.at >= now]


def silent_rules(asked: Asked) -> list[Silent]:
    """Return the clinic's rules in use that did nothing about this visit as it stands."""
    done = {one.rule_id for one in asked.standing}
    return [
        Silent(rule, _why_silent(rule, asked.visit)) for rule in asked.rules if rule.pk not in done
    ]


def reasons(asked: Asked) -> set[Reason]:
    """Return why messages about it as it stands were not sent."""
    pairs = ((one.reason, one.message.reason if one.message else "") for one in asked.standing)
    return {Reason(one) for pair in pairs for one in pair if one}


def _is_for(rule: Any, visit: Appointment) -> bool:
    return not rule.its_kinds or visit.kind_id in rule.its_kinds


def _why_silent(rule: Any, visit: Appointment) -> str:
    if not _is_for(rule, visit):
        names = ", ".join(rule.kind_names)
        return _("it is only for: %(kinds)s") % {"kinds": names}
    anchor = Anchor(rule.anchor)
    if anchor == Anchor.BOOKED and visit.is_told_elsewhere:
        return _("the visit was booked in another system, which tells of it")
    if anchor == Anchor.STARTS:
        return _("it was not in use when the visit was planned")
    return _("it waits for something that has not happened: %(anchor)s") % {"anchor": anchor.label}


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
