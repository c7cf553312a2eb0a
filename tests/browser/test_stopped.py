"""Everything that can be stopped, stopped: each screen says why and what lifts it."""

from datetime import timedelta

import pytest
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import Patient
from reminders.models import ReminderRule
from tests import factories
from tests.browser.conftest import Desk
from whatsapp import holds
from whatsapp.models import (
    Account,
    Breaker,
    ClosedCountry,
    Kind,
    Portfolio,
    Restriction,
    Sender,
    Suppression,
    SuppressionKind,
    SuppressionState,
    Switch,
    Template,
)


@pytest.fixture
def all_stopped(clinic_sender: Sender) -> Sender:
    """One of everything that keeps messages from leaving."""
    now = timezone.now()
    since = now - timedelta(hours=3)
    account = clinic_sender.account
    Account.objects.update(
        held_at=since,
        held_reason="WhatsApp: DISABLE",
        warning="WhatsApp reports a violation of its rules: SPAM",
        warned_at=since,
    )
    Portfolio.objects.update(held_at=since, held_reason="the contract has ended")
    Sender.objects.update(
        held_at=since,
        held_reason="WhatsApp gives answers we do not know",
        held_until=now + timedelta(minutes=20),
        slowed_to=8.0,
        slowed_at=now + timedelta(hours=2),
        slowed_reason="too many people blocked or reported the number",
        broadcasts_held_until=now + timedelta(hours=2),
        broadcasts_held_reason="too many people blocked or reported the number",
    )
    running = factories.make_sender(clinic_sender.clinic, phone_number_id="200000000000000")
    Sender.objects.filter(pk=running.pk).update(
        display_number="+54 11 5555 0002", slowed_to=20.0, slowed_at=now, slowed_reason="too fast"
    )
    closing = holds.Closing("131042", "the payment has failed", now, code=131042)
    holds.close_kinds(account.pk, [Kind.UTILITY, Kind.MARKETING], closing, now=since)
    ClosedCountry.objects.create(account=account, prefix="+7", closed_at=since)
    Template.objects.filter(name="appointment_confirmation").update(
        held_at=since, held_reason="refused 5 times in a row: a parameter", held_code=132000
    )
    name = ReminderRule.objects.exclude(template_name="appointment_confirmation")[0].template_name
    factories.make_template(account, name=name, status="PAUSED")
    for switch in Switch.Name.values[1:]:
        Switch.objects.create(name=switch, held_at=since, held_reason="a look is needed first")
    _open_breaker(clinic_sender)
    return clinic_sender


def _open_breaker(sender: Sender) -> None:
    now = timezone.now()
    breaker = Breaker.objects.create(sender=sender, opened_at=now, told=84, limit=5)
    for n in range(12):
        patient: Patient = factories.make_patient(sender.clinic)
        Suppression.objects.create(
            phone=factories.phone_of(patient),
            sender=sender,
            breaker=breaker,
            what=SuppressionKind.PHONE if n % 3 else SuppressionKind.MARKETING,
            code=130403 if n % 3 else 131050,
            at=now,
            state=SuppressionState.APPLIED if n < 5 else SuppressionState.NOTED,
        )
    Restriction.objects.create(
        account=sender.account,
        kind=Kind.MARKETING,
        cause=f"people stopped at once {breaker.pk}",
        held_at=now,
        held_reason="many people at once are said to have stopped offers: a person decides",
        told_at=now,
    )


def screens(sender: Sender) -> list[str]:
    account, breaker = sender.account, Breaker.objects.get()
    closed, country = Restriction.objects.filter(held_code=131042)[0], ClosedCountry.objects.get()
    running = Switch.Name.EVERYTHING
    held = Template.objects.get(held_at__isnull=False)
    paused = Template.objects.get(status="PAUSED")
    rows: tuple[Model, ...] = (sender, account, account.portfolio, held, paused, breaker)
    return [
        reverse("overview"),
        reverse("status"),
        reverse("admin:whatsapp_switch_changelist"),
        reverse("admin:whatsapp_switch_change", args=[Switch.Name.BROADCASTS]),
        reverse("admin:whatsapp_switch_stop", args=[running]),
        reverse("admin:whatsapp_breaker_changelist"),
        reverse("admin:whatsapp_suppression_changelist") + f"?breaker={breaker.pk}",
        reverse("admin:whatsapp_suppression_change", args=[breaker.suppressions.all()[0].pk]),
        *(reverse(f"admin:whatsapp_{row._meta.model_name}_change", args=[row.pk]) for row in rows),
        reverse("admin:whatsapp_sender_start", args=[sender.pk]),
        reverse("admin:whatsapp_template_start", args=[held.pk]),
        reverse("admin:whatsapp_account_open_kind", args=[account.pk, closed.pk]),
        reverse("admin:whatsapp_account_open_country", args=[account.pk, country.pk]),
        reverse("admin:whatsapp_breaker_stop_all", args=[breaker.pk]),
        reverse("admin:whatsapp_breaker_bring_back", args=[breaker.pk]),
    ]


def test_every_screen_of_what_is_stopped_is_accessible_and_fits(
    desk: Desk, all_stopped: Sender
) -> None:
    desk.sign_in("Clinic admin")

    for address in screens(all_stopped):
        desk.open(address)
        desk.says("Practice: nothing leaves")
        desk.is_accessible()


def test_a_main_switch_is_stopped_and_started_by_keyboard_alone(
    desk: Desk, clinic_sender: Sender
) -> None:
    desk.sign_in("Clinic admin")
    desk.open(reverse("admin:whatsapp_switch_changelist"))

    desk.page.get_by_role("link", name="Stop campaigns", exact=True).press("Enter")
    desk.page.get_by_label("Why").fill("a look is needed first")
    desk.page.get_by_label("Why").press("Enter")

    desk.says("Stopped for the whole house")
    desk.page.locator("dl.facts").get_by_text("somebody", exact=True).wait_for()
    desk.page.get_by_role("link", name="Start again").press("Enter")
    desk.page.get_by_role("button", name="Start again").press("Enter")
    desk.says("Started 1 main switch.")
