"""What the overview says days ahead of a day that WhatsApp's daily limit is too small for."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import Clinic, StaffUser
from reminders import rules
from reminders.models import LimitDay, Reminder
from tests import factories
from whatsapp.models import Portfolio, Sender
from whatsapp.status import Reason

DAY = timedelta(days=1)


@pytest.fixture
def portfolio(sender: Sender) -> Portfolio:
    Portfolio.objects.update(daily_limit=250)
    return sender.account.portfolio


@pytest.fixture
def manager(client: Client, sunrise_clinic: Clinic) -> Client:
    return signed_in(client, sunrise_clinic)


def signed_in(client: Client, clinic: Clinic) -> Client:
    user = StaffUser.objects.create(username=f"admin {clinic.pk}", is_staff=True)
    user.clinics.add(clinic)
    user.groups.add(Group.objects.get(name="Clinic admin"))
    client.force_login(user)
    return client


def day(portfolio: Portfolio, ahead: int, people: int = 0, **fields: object) -> LimitDay:
    on = timezone.now().date() + ahead * DAY
    defaults: dict[str, object] = {"people": people, "places": 245}
    return LimitDay.objects.create(portfolio=portfolio, day=on, **(defaults | fields))


def overview(client: Client) -> str:
    return client.get(reverse("overview")).content.decode()


def test_a_day_with_enough_places_is_not_spoken_of(manager: Client, portfolio: Portfolio) -> None:
    day(portfolio, 2, 245)

    assert "too few" not in overview(manager)


def test_a_crowded_day_is_named_with_what_helps(
    manager: Client, portfolio: Portfolio, sunrise_clinic: Clinic
) -> None:
    rules.install(sunrise_clinic)
    rule = sunrise_clinic.reminder_rules.get(template_name="appointment_reminder_days")
    day(portfolio, 2, 310, rule=rule, spared=80)

    page = overview(manager)

    assert "WhatsApp lets Portfolio write first to 250 people a day: too few" in page
    assert "about 65" in page
    assert f"Do without the rule “{rule.name}” for a while" in page
    assert "80 people fewer need a place" in page
    assert reverse("admin:reminders_reminderrule_change", args=[rule.pk]) in page
    assert "Have the business verified" in page


@pytest.mark.parametrize(
    ("used", "quality", "says"),
    [
        pytest.param(1000, "GREEN", "the next step is likely within hours", id="used and liked"),
        pytest.param(1000, "YELLOW", "quality has to become good first", id="used, not liked"),
        pytest.param(999, "GREEN", "not likely yet", id="not used enough"),
    ],
)
def test_when_the_next_step_is_likely(
    manager: Client, portfolio: Portfolio, used: int, quality: str, says: str
) -> None:
    Portfolio.objects.update(daily_limit=2000)
    Sender.objects.update(quality=quality)
    day(portfolio, -3, used=used, places=0)
    day(portfolio, 1, 2500)

    page = overview(manager)

    assert "(to 10,000)" in page
    assert says in page
    assert "Have the business verified" not in page


def test_what_was_left_out_of_the_next_day_is_counted(
    manager: Client, portfolio: Portfolio, sunrise_clinic: Clinic, sender: Sender
) -> None:
    now = timezone.now()
    visit = factories.make_visit(factories.make_patient(sunrise_clinic), starts_at=now + 2 * DAY)
    rules.install(sunrise_clinic)
    for n, rule in enumerate(sunrise_clinic.reminder_rules.order_by("pk")[:3]):
        Reminder.objects.create(
            appointment=visit,
            version=visit.version,
            rule=rule,
            starts_at=visit.starts_at,
            site=visit.site,
            due_at=now + timedelta(hours=n * 6 - 1),
            useful_until=visit.starts_at,
            status="SKIPPED",
            reason=Reason.DAILY_LIMIT,
            planned_at=now,
            changed_at=now,
        )

    assert "Reminders left out within the next 24 hours: 2." in overview(manager)


def test_another_clinics_portfolio_is_nobodys_business(
    client: Client, portfolio: Portfolio
) -> None:
    day(portfolio, 2, 310)

    assert "too few" not in overview(signed_in(client, factories.make_clinic()))
