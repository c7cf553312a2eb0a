"""The overview lists all that is stopped: why, since when, what lifts it, and where."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import Clinic, StaffUser
from healthmsg.desk.alarms import stopped as watched
from healthmsg.desk.alarms import words
from healthmsg.desk.alarms.kinds import Kind as AlarmKind
from healthmsg.desk.alarms.kinds import Severity
from healthmsg.desk.alarms.moment import Moment
from healthmsg.desk.models import Alarm
from healthmsg.desk.stopped import Stop
from reminders import rules
from reminders.models import ReminderRule
from tests import factories
from whatsapp import holds
from whatsapp.models import (
    Account,
    Kind,
    Portfolio,
    Restriction,
    Sender,
    Stream,
    Switch,
    Template,
)


def signed_in(client: Client, clinic: Clinic, role: str) -> Client:
    user = StaffUser.objects.create(username=role, is_staff=True)
    user.clinics.add(clinic)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return client


@pytest.fixture
def admin_client(client: Client, sunrise_clinic: Clinic) -> Client:
    return signed_in(client, sunrise_clinic, "Clinic admin")


def stops(client: Client) -> list[Stop]:
    found: list[Stop] = client.get(reverse("overview")).context["stopped"]
    return found


def stop_everything(sender: Sender) -> None:
    now = timezone.now()
    Sender.objects.update(held_at=now, held_reason="unpaid", held_code=131042)
    Account.objects.update(held_at=now, held_reason="WhatsApp: DISABLE")
    Portfolio.objects.update(held_at=now, held_reason="closed")
    Switch.objects.create(name=Switch.Name.BROADCASTS, held_at=now, held_reason="a look first")
    Stream.objects.create(clinic=sender.clinic, name="Flu", held_at=now, held_reason="a wrong word")
    closing = holds.Closing("131042", "the payment has failed", now, code=131042)
    holds.close_kinds(sender.account_id, [Kind.MARKETING], closing, now=now)


def test_everything_that_is_stopped_is_there_with_what_lifts_it(
    admin_client: Client, sender: Sender
) -> None:
    stop_everything(sender)

    found = stops(admin_client)

    assert [(stop.kind, stop.reason) for stop in found] == [
        ("main switch", "a look first"),
        ("business portfolio", "closed"),
        ("WhatsApp account", "WhatsApp has switched the account off"),
        ("WhatsApp number", "unpaid"),
        ("closed", "the payment has failed"),
        ("campaign", "a wrong word"),
    ]
    assert all(stop.since and stop.lifts for stop in found)
    assert all(stop.link for stop in found[:-1])


def test_a_template_that_a_rule_needs_is_there_whoever_stopped_it(
    admin_client: Client, sender: Sender
) -> None:
    rules.install(sender.clinic)
    name = ReminderRule.objects.filter(is_active=True)[0].template_name
    paused = factories.make_template(sender.account, name=name, status="PAUSED")
    here = factories.make_template(
        sender.account,
        name=name,
        language="en",
        held_at=timezone.now(),
        held_reason="refused 5 times in a row",
        held_code=132000,
    )
    factories.make_template(sender.account, name="of_no_rule", status="PAUSED")

    found = {stop.name: stop for stop in stops(admin_client)}

    assert set(found) == {str(paused), str(here)}
    assert found[str(paused)].reason == "paused by WhatsApp"
    assert "WhatsApp lifts it by itself" in found[str(paused)].lifts
    assert "Look at what fills its gaps" in found[str(here)].lifts


def test_an_alarm_is_raised_for_a_template_that_is_stopped_here(sender: Sender) -> None:
    rules.install(sender.clinic)
    name = ReminderRule.objects.filter(is_active=True)[0].template_name
    factories.make_template(sender.account, name=name)
    now = timezone.now()
    Template.objects.update(held_at=now, held_reason="refused 5 times in a row")

    [found] = watched.templates(Moment(real=now, business=now, is_hurried=False))

    alarm = Alarm(
        kind=found.kind, subject=found.subject, severity=found.severity, facts=found.facts
    )
    assert words.headline(alarm) == f"The template {name} (es) cannot be sent: it is stopped here."


def test_numbers_that_are_slowed_or_without_campaigns_are_there_by_the_real_clock(
    admin_client: Client, sender: Sender
) -> None:
    now = timezone.now()
    reason = "too many complaints"
    Sender.objects.update(
        slowed_to=8.0,
        slowed_at=now + timedelta(hours=2),
        slowed_reason=reason,
        broadcasts_held_until=now + timedelta(hours=2),
        broadcasts_held_reason=reason,
    )

    campaigns, pace = stops(admin_client)
    assert (campaigns.kind, campaigns.until) == ("campaigns wait on", now + timedelta(hours=2))
    assert pace.reason == "8 of 80 messages a second: too many complaints"

    past = now - timedelta(minutes=20)
    Sender.objects.update(slowed_at=past, broadcasts_held_until=past)
    assert stops(admin_client) == []


def test_another_clinic_s_stops_are_not_shown(client: Client, sender: Sender) -> None:
    stop_everything(sender)
    signed_in(client, factories.make_clinic(name="Other"), "Clinic admin")

    assert [stop.kind for stop in stops(client)] == ["main switch"]


def test_who_may_not_look_at_a_page_gets_no_link(client: Client, sender: Sender) -> None:
    stop_everything(sender)
    signed_in(client, sender.clinic, "Reception")

    linked = {stop.kind for stop in stops(client) if stop.link}

    assert linked == {"WhatsApp number"}


def test_it_costs_the_same_queries_however_much_is_stopped(
    admin_client: Client, sender: Sender
) -> None:
    stop_everything(sender)
    admin_client.get(reverse("overview"))
    with CaptureQueriesContext(connection) as few:
        stops(admin_client)
    for n in range(4):
        other = factories.make_sender(sender.clinic, phone_number_id=f"20000000000000{n}")
        Sender.objects.filter(pk=other.pk).update(held_at=timezone.now(), held_reason="unpaid")
        Stream.objects.create(clinic=sender.clinic, name=f"{n}", held_at=timezone.now())
    closing = holds.Closing("1", "closed", timezone.now())
    holds.close_kinds(sender.account_id, list(Kind), closing, now=timezone.now())

    with CaptureQueriesContext(connection) as many:
        assert len(stops(admin_client)) > 10

    assert len(many) == len(few)


@pytest.mark.parametrize(
    ("subject", "page"),
    [
        pytest.param("switch:everything", "admin:whatsapp_switch_change", id="a-main-switch"),
        pytest.param("restriction", "admin:whatsapp_account_change", id="a-closed-kind"),
    ],
)
def test_an_alarm_leads_to_the_page_where_it_is_lifted(
    sender: Sender, subject: str, page: str
) -> None:
    stop_everything(sender)
    key: object = subject.partition(":")[2]
    if subject == "restriction":
        subject, key = f"restriction:{Restriction.objects.get().pk}", sender.account_id
    alarm = Alarm(kind=AlarmKind.HOUSE_STOPPED, subject=subject, severity=Severity.SEVERE)

    assert words.page_of(alarm) == reverse(page, args=[key])
