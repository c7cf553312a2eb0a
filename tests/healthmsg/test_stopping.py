"""Numbers, accounts, portfolios, templates, main switches: stopped with a reason, started again."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import Clinic, StaffUser
from tests import factories
from whatsapp import holds
from whatsapp.lifting import BY_WHATSAPP
from whatsapp.models import Account, Sender, Switch, Template

MODELS = ("sender", "account", "portfolio", "template", "switch")
READING_ROLES = ("Reception", "Clinician", "Campaign author", "Approver")


def signed_in(client: Client, clinic: Clinic, role: str) -> Client:
    user = StaffUser.objects.create(username=role, is_staff=True)
    user.clinics.add(clinic)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return client


@pytest.fixture
def admin_client(client: Client, sunrise_clinic: Clinic) -> Client:
    return signed_in(client, sunrise_clinic, "Clinic admin")


@pytest.fixture
def rows(sender: Sender) -> dict[str, Any]:
    return {
        "sender": sender,
        "account": sender.account,
        "portfolio": sender.account.portfolio,
        "template": factories.make_template(sender.account),
        "switch": Switch(name=Switch.Name.EVERYTHING),
    }


def act(name: str, row: Any) -> str:
    return reverse(f"admin:whatsapp_{row._meta.model_name}_{name}", args=[row.pk])


def now_is(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def post(client: Client, address: str, **values: str) -> str:
    return client.post(address, values, follow=True).content.decode()


@pytest.mark.parametrize("model", MODELS)
def test_it_is_stopped_with_a_reason_and_started_again(
    model: str, admin_client: Client, rows: dict[str, Any]
) -> None:
    row = rows[model]

    refused = post(admin_client, act("stop", row), reason="")
    stopped = post(admin_client, act("stop", row), reason="a look first")
    held = now_is(row)
    started = post(admin_client, act("start", row))

    assert "Stopped 1" not in refused
    assert "Stopped 1" in stopped
    assert "a look first" in stopped
    assert "Somebody here starts it again." in stopped
    assert (held.held_at is not None, held.held_reason) == (True, "a look first")
    assert "Started 1" in started
    assert (now_is(row).held_at, now_is(row).held_reason) == (None, "")
    history = admin_client.get(act("history", row)).content.decode()
    assert "Stopped: a look first" in history
    kept = list(LogEntry.objects.order_by("pk").values_list("change_message", "user__username"))
    assert kept == [
        ("Stopped: a look first", "Clinic admin"),
        ("Started again; stopped because: a look first", "Clinic admin"),
    ]


@pytest.mark.parametrize("model", MODELS)
def test_twice_is_once_and_who_came_first_is_right(
    model: str, admin_client: Client, rows: dict[str, Any]
) -> None:
    row = rows[model]

    post(admin_client, act("stop", row), reason="first")
    again = post(admin_client, act("stop", row), reason="second")
    reason = now_is(row).held_reason
    post(admin_client, act("start", row))
    twice = post(admin_client, act("start", row))

    assert "It was stopped already." in again
    assert reason == "first"
    assert "It was running already." in twice
    assert LogEntry.objects.count() == 2


@pytest.mark.parametrize("role", READING_ROLES)
def test_without_the_permission_nothing_is_stopped(
    role: str, client: Client, rows: dict[str, Any], sunrise_clinic: Clinic
) -> None:
    signed_in(client, sunrise_clinic, role)

    for row in rows.values():
        for name in ("stop", "start"):
            assert client.post(act(name, row), {"reason": "no"}).status_code == 403
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("model", ["account", "portfolio", "template", "switch"])
def test_what_reaches_another_clinic_too_is_not_for_the_admin_of_one(
    model: str, admin_client: Client, rows: dict[str, Any]
) -> None:
    factories.make_sender(factories.make_clinic(name="Other"), phone_number_id="200000000000000")
    row = rows[model]
    page = reverse(f"admin:whatsapp_{model}_change", args=[row.pk])

    assert admin_client.post(act("stop", row), {"reason": "no"}).status_code == 403
    assert act("stop", row) not in admin_client.get(page).content.decode()


def test_a_person_s_stop_has_no_end_where_whatsapp_s_had_one(
    admin_client: Client, sender: Sender
) -> None:
    until = timezone.now() + timedelta(minutes=30)
    holds.stop_number(sender.pk, reason="a pause", now=timezone.now(), code=7, until=until)
    page = admin_client.get(reverse("admin:whatsapp_sender_change", args=[sender.pk]))
    assert "Keep it stopped" in page.content.decode()

    post(admin_client, act("stop", sender), reason="until we know more")

    sender.refresh_from_db()
    assert (sender.held_reason, sender.held_until, sender.held_code) == (
        "until we know more",
        None,
        None,
    )


def test_a_started_account_forgets_when_it_would_have_started(
    admin_client: Client, sender: Sender
) -> None:
    Account.objects.update(
        held_at=timezone.now(),
        held_reason=BY_WHATSAPP + "DISABLE",
        held_until=timezone.now() + timedelta(days=1),
    )
    account = sender.account
    page = admin_client.get(act("start", account)).content.decode()
    assert "WhatsApp has switched the account off" in page

    post(admin_client, act("start", account))

    account.refresh_from_db()
    assert (account.held_at, account.held_until) == (None, None)


def test_a_started_template_begins_with_a_clean_slate(
    admin_client: Client, rows: dict[str, Any]
) -> None:
    template = rows["template"]
    Template.objects.update(
        held_at=timezone.now(),
        held_reason="refused",
        held_code=132000,
        strikes=5,
        strike_code=132000,
    )
    page = reverse("admin:whatsapp_template_change", args=[template.pk])
    assert "Look at what fills its gaps." in admin_client.get(page).content.decode()

    post(admin_client, act("start", template))

    template.refresh_from_db()
    assert (template.held_code, template.strikes, template.strike_code) == (None, 0, None)


def test_a_template_that_whatsapp_paused_says_what_lifts_it(
    admin_client: Client, sender: Sender
) -> None:
    template = factories.make_template(sender.account, status="PAUSED")
    page = reverse("admin:whatsapp_template_change", args=[template.pk])

    assert "WhatsApp lifts it by itself" in admin_client.get(page).content.decode()


@pytest.mark.parametrize("model", ["sender", "account", "portfolio", "template", "switch"])
def test_a_list_costs_the_same_however_much_is_stopped(
    model: str, admin_client: Client, sender: Sender
) -> None:
    factories.make_template(sender.account, name="first")
    # Of what is stopped as a whole it is asked why it may not be let go.
    stopped = {"held_at": timezone.now(), "held_reason": "a look first"}
    Switch.objects.create(name=Switch.Name.EVERYTHING, **stopped)
    address = reverse(f"admin:whatsapp_{model}_changelist")
    admin_client.get(address)
    with CaptureQueriesContext(connection) as few:
        admin_client.get(address)
    for n in range(4):
        other = factories.make_sender(sender.clinic, phone_number_id=f"20000000000000{n}")
        factories.make_template(other.account, name=f"template_{n}")
    for rows in (Sender, Account, Template):
        rows.objects.update(**stopped)
    for name in set(Switch.Name.values) - {Switch.Name.EVERYTHING}:
        Switch.objects.create(name=name, **stopped)

    with CaptureQueriesContext(connection) as many:
        admin_client.get(address)

    assert len(many) == len(few)
