"""The states WhatsApp gives to templates, in the admin's words."""

import pytest
from django.test import Client
from django.urls import reverse

from reminders import rules
from reminders.models import ReminderRule
from tests import factories
from tests.healthmsg.test_admin_templates import admin_of_clinic, template_page
from whatsapp.models import Sender

__all__ = ["admin_of_clinic"]

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("status", "state", "lifts", "may_change"),
    [
        ("PENDING_DELETION", "being deleted", "under another name", False),
        ("DELETED", "deleted", "rests for 30 days", False),
        ("IN_APPEAL", "appealed against, looked at again", "looks at it again", True),
        ("ARCHIVED", "archived", "out of the archive", True),
        ("LOCKED", "locked by WhatsApp", "manager", True),
        ("BRAND_NEW_WORD", "BRAND_NEW_WORD", "manager", True),
    ],
)
def test_every_state_is_said_with_what_lifts_it(
    admin_of_clinic: Client, sender: Sender, status: str, state: str, lifts: str, may_change: bool
) -> None:
    template = factories.make_template(sender.account, status=status)

    page = admin_of_clinic.get(template_page("change", template)).content.decode()
    listed = admin_of_clinic.get(reverse("admin:whatsapp_template_changelist")).content.decode()

    assert state in page
    assert state in listed
    assert lifts in page
    assert ("Change the words" in page) == may_change
    assert ("Delete at WhatsApp" in page) == may_change


def test_a_rule_hears_of_an_appeal_against_its_template(
    admin_of_clinic: Client, sender: Sender
) -> None:
    rules.install(sender.clinic)
    rule = ReminderRule.objects.order_by("pk").first()
    assert rule is not None
    factories.make_template(sender.account, name=rule.template_name, status="IN_APPEAL")

    address = reverse("admin:reminders_reminderrule_change", args=[rule.pk])

    assert "looked at again" in admin_of_clinic.get(address).content.decode()
