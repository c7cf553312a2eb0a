"""The overview on a clinic's way into WhatsApp's daily limit."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from reminders.models import LimitDay
from tests.browser.conftest import Desk
from whatsapp.models import Portfolio, Sender


def test_it_says_what_helps_and_is_accessible(desk: Desk, clinic_sender: Sender) -> None:
    Portfolio.objects.update(daily_limit=250)
    rule = clinic_sender.clinic.reminder_rules.get(template_name="appointment_reminder_days")
    for ahead, people in ((1, 310), (2, 200), (4, 420)):
        LimitDay.objects.create(
            portfolio=clinic_sender.account.portfolio,
            day=timezone.now().date() + timedelta(days=ahead),
            people=people,
            places=245,
            rule=rule,
            spared=80,
        )
    desk.sign_in("Clinic admin")

    desk.open(reverse("overview"))

    desk.says("too few")
    desk.is_accessible()
    desk.page.get_by_role("link", name="Open the rule").click()
    desk.page.wait_for_url(f"**/{rule.pk}/change/")
