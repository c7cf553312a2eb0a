"""Looks at what is stopped or slowed: numbers, accounts, portfolios, switches, templates."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet

from campaigns.models import Campaign, RunStatus
from healthmsg.desk.alarms import silences
from healthmsg.desk.alarms.kinds import Found, Kind, Severity
from healthmsg.desk.alarms.moment import Moment
from reminders.models import ReminderRule
from whatsapp import errors
from whatsapp.models import (
    Account,
    Breaker,
    Portfolio,
    Restriction,
    Sender,
    Switch,
    Template,
    TemplateStatus,
)
from whatsapp.models.switches import Kind as Restricted

_TOKEN = {0, 104, 190}
_PAYMENT = {131042}
# Our own sentences about Meta's codes. What a person typed may name somebody: it stays in here.
_OURS = {errors.meaning(code).title for code in errors.known_codes()}
_WORKS = (TemplateStatus.APPROVED, TemplateStatus.PENDING, "")
_RULES_USE = ("template_name", "confirmed_template_name", "several_template_name")


def numbers(_moment: Moment) -> Iterator[Found]:
    for sender in Sender.objects.filter(held_at__isnull=False):
        facts: dict[str, str | int] = {"name": str(sender), "reason": _told(sender)}
        kind = kind_of(sender)
        yield Found(kind, Severity.SEVERE, f"sender:{sender.pk}", facts, sender.clinic_id)


def kind_of(sender: Sender) -> Kind:
    """A refused token and a failed payment are told as what they are."""
    for codes, kind in ((_TOKEN, Kind.TOKEN_REFUSED), (_PAYMENT, Kind.PAYMENT_FAILED)):
        titles = {errors.meaning(code).title for code in codes}
        if sender.held_code in codes or (sender.held_code is None and sender.held_reason in titles):
            return kind
    return Kind.NUMBER_STOPPED


def accounts(_moment: Moment) -> Iterator[Found]:
    for account in Account.objects.filter(held_at__isnull=False):
        facts: dict[str, str | int] = {"name": str(account), "reason": _told(account)}
        whose = only_clinic(Sender.objects.filter(account=account))
        yield Found(Kind.ACCOUNT_STOPPED, Severity.SEVERE, f"account:{account.pk}", facts, whose)


def restrictions(_moment: Moment) -> Iterator[Found]:
    """Kinds of messages that WhatsApp closed for an account while the rest goes on."""
    for row in Restriction.objects.select_related("account"):
        grave = row.kind in {Restricted.UTILITY, Restricted.REPLIES}
        yield Found(
            Kind.ACCOUNT_RESTRICTED,
            Severity.SEVERE if grave else Severity.WARNING,
            f"restriction:{row.pk}",
            {"name": str(row.account), "what": row.kind},
            only_clinic(Sender.objects.filter(account=row.account)),
        )


def breakers(_moment: Moment) -> Iterator[Found]:
    """Too many people of a number would have been stopped at once: a person decides."""
    for row in Breaker.objects.filter(decided_at=None).select_related("sender"):
        facts: dict[str, str | int] = {"name": str(row.sender), "limit": row.limit}
        subject, clinic = f"breaker:{row.pk}", row.sender.clinic_id
        yield Found(Kind.BREAKER_OPEN, Severity.SEVERE, subject, facts, clinic)


def portfolios(_moment: Moment) -> Iterator[Found]:
    for row in Portfolio.objects.filter(held_at__isnull=False):
        facts: dict[str, str | int] = {"name": row.name, "reason": _told(row)}
        whose = only_clinic(Sender.objects.filter(account__portfolio=row))
        yield Found(Kind.PORTFOLIO_STOPPED, Severity.SEVERE, f"portfolio:{row.pk}", facts, whose)


def switches(_moment: Moment) -> Iterator[Found]:
    """What is held after a silence has an alarm of its own."""
    ours = (silences.CAMPAIGNS_WAIT, silences.ANSWERS_FIRST)
    for row in Switch.objects.filter(held_at__isnull=False).exclude(held_reason__in=ours):
        severe = row.name != Switch.Name.BROADCASTS
        yield Found(
            Kind.HOUSE_STOPPED,
            Severity.SEVERE if severe else Severity.WARNING,
            f"switch:{row.name}",
            {"name": row.name, "reason": _told(row)},
        )


def slowed(moment: Moment) -> Iterator[Found]:
    for sender in Sender.objects.filter(held_at=None).filter(
        Q(slowed_to__isnull=False) | Q(broadcasts_held_until__gt=moment.real)
    ):
        yield from _slowed(sender, moment)


def _slowed(sender: Sender, moment: Moment) -> Iterator[Found]:
    subject, clinic = f"sender:{sender.pk}", sender.clinic_id
    name: dict[str, str | int] = {"name": str(sender)}
    if sender.slowed_to is not None:
        facts = name | {"reason": sender.slowed_reason, "rate": f"{sender.slowed_to:.3g}"}
        yield Found(Kind.NUMBER_SLOWED, Severity.WARNING, subject, facts, clinic)
    until = sender.broadcasts_held_until
    if until is not None and until > moment.real:
        facts = name | {"reason": sender.broadcasts_held_reason, "until": until.isoformat()}
        yield Found(Kind.CAMPAIGNS_HELD, Severity.WARNING, subject, facts, clinic)


def templates(_moment: Moment) -> Iterator[Found]:
    """Templates that a rule or a running campaign needs, and that cannot be sent."""
    by_rules = _names_of_rules()
    for template in needed_and_stopped().select_related("account"):
        facts: dict[str, str | int] = {
            "name": template.name,
            "language": template.language,
            # Empty: WhatsApp approves of it, and it is stopped here.
            "status": "" if template.status in _WORKS else template.status,
            "reason": template.rejected_reason,
        }
        severity = Severity.SEVERE if template.name in by_rules else Severity.WARNING
        whose = only_clinic(Sender.objects.filter(account=template.account))
        subject = f"template:{template.pk}"
        yield Found(Kind.TEMPLATE_STOPPED, severity, subject, facts, whose)


def needed_and_stopped() -> QuerySet[Template]:
    """Return the templates that a rule or a running campaign needs, and that cannot be sent."""
    rules = ReminderRule.objects.filter(is_active=True)
    needed = Q(name__in=_running_campaigns().values("template_name"))
    for field in _RULES_USE:
        needed |= Q(name__in=rules.values(field))
    stopped = ~Q(status__in=_WORKS) | Q(held_at__isnull=False)
    return Template.objects.filter(needed, stopped).order_by("pk")


def _names_of_rules() -> set[str]:
    rows = ReminderRule.objects.filter(is_active=True).values_list(*_RULES_USE)
    return {name for row in rows for name in row if name}


def _running_campaigns() -> QuerySet[Campaign]:
    going = (RunStatus.EXPANDING, RunStatus.POURING, RunStatus.PAUSED)
    return Campaign.objects.filter(runs__status__in=going)


def only_clinic(senders: Any) -> int | None:
    """Return the one clinic that writes with these numbers, None where several or none do."""
    clinics = list(senders.order_by().values_list("clinic_id", flat=True).distinct()[:2])
    return clinics[0] if len(clinics) == 1 else None


def _told(row: Any) -> str:
    reason: str = row.held_reason
    return reason if reason in _OURS or reason.startswith("WhatsApp: ") else ""
