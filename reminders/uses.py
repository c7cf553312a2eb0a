"""Which rules write with a template: the floor below asks, as it knows of none."""

from typing import Any

from django.db.models import Q
from django.dispatch import receiver
from django.utils.translation import gettext as _

from reminders.models import ReminderRule
from reminders.waiting_list import TEMPLATE
from whatsapp.models import Template
from whatsapp.signals import template_uses_asked

TEMPLATES = (
    "template_name",
    "spare_template_name",
    "confirmed_template_name",
    "several_template_name",
)


@receiver(template_uses_asked)
def name_rules(template: Template, **_signal: Any) -> list[str]:
    """Return what writes with a template: active rules, as first choice or spare; the list."""
    named = Q()
    for field in TEMPLATES:
        named |= Q(**{field: template.name})
    rules = ReminderRule.objects.filter(
        named, is_active=True, clinic__senders__account=template.account_id
    )
    names = [_("the rule “%s”") % rule.name for rule in rules.distinct().order_by("pk")]
    return [*names, _("the waiting list")] if template.name == TEMPLATE else names
