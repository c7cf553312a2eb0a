"""A new clinic enters its WhatsApp number in the guide: asked of WhatsApp before it is kept."""

import json
import socket
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Permission
from django.test import Client

from healthmsg.clinic.models import Clinic, StaffUser
from tests import factories
from tests.healthmsg.test_guide import GUIDE, door
from tests.healthmsg.test_overview import signed_in
from tests.sandbox_process import SandboxProcess
from whatsapp.models import Account, Sender

RIGHT = {"waba_id": factories.WABA_ID, "phone_number_id": factories.PHONE_NUMBER_ID, "name": ""}


@pytest.fixture
def whatsapp(sandbox: SandboxProcess, settings: LazySettings) -> LazySettings:
    settings.SANDBOX_URL = sandbox.base_url
    return settings


def enter(client: Client, **typed: str) -> Any:
    return client.post(GUIDE, RIGHT | typed)


def test_what_whatsapp_knows_is_kept_and_checked_at_once(
    client: Client, sunrise_clinic: Clinic, whatsapp: LazySettings
) -> None:
    manager = signed_in(client, sunrise_clinic)

    page = enter(manager, phone_number_id=f" {factories.PHONE_NUMBER_ID} ", name="Reception")

    sender = Sender.objects.select_related("account").get()
    assert (sender.clinic, sender.phone_number_id) == (sunrise_clinic, factories.PHONE_NUMBER_ID)
    assert (sender.account.waba_id, sender.account.name) == (factories.WABA_ID, "Reception")
    assert sender.state_checked_at is not None
    assert "WhatsApp knows the number, and told us of" in page.content.decode()
    assert [step.is_done for step in page.context["steps"] if step.title == "WhatsApp number"] == [
        True
    ]


def test_entered_twice_it_stands_there_once(
    client: Client, sunrise_clinic: Clinic, whatsapp: LazySettings
) -> None:
    manager = signed_in(client, sunrise_clinic)

    for _time in range(2):
        assert enter(manager).context["checked"] is not None

    assert (Sender.objects.count(), Account.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("typed", "field", "says"),
    [
        pytest.param(
            {"phone_number_id": "999999999999999"}, "phone_number_id", "It has: ", id="other-number"
        ),
        pytest.param(
            {"waba_id": "888888888888888"}, "waba_id", "does not know", id="no-such-account"
        ),
        pytest.param(
            {"phone_number_id": "+54 9 11 5555-0101"},
            "phone_number_id",
            "looks like a telephone number",
            id="telephone-number",
        ),
        pytest.param({"waba_id": "abc"}, "waba_id", "between 5 and 20 digits", id="words"),
        pytest.param(
            {"phone_number_id": factories.WABA_ID},
            "phone_number_id",
            "once more",
            id="the-same-twice",
        ),
        pytest.param({"waba_id": ""}, "waba_id", "required", id="nothing"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_kept(
    client: Client,
    sunrise_clinic: Clinic,
    whatsapp: LazySettings,
    typed: dict[str, str],
    field: str,
    says: str,
) -> None:
    page = enter(signed_in(client, sunrise_clinic), **typed)

    form = page.context["form"]
    assert says in " ".join(form.errors[field])
    assert form[field].value() == typed[field]
    assert not Sender.objects.exists()
    assert not Account.objects.exists()


def test_another_clinics_number_and_account_are_not_taken(
    client: Client, sunrise_clinic: Clinic, whatsapp: LazySettings
) -> None:
    other = factories.make_clinic(name="Elsewhere")
    factories.make_sender(other)

    form = enter(signed_in(client, sunrise_clinic)).context["form"]

    assert "Another clinic here" in str(form.errors["waba_id"])
    assert "Another clinic here" in str(form.errors["phone_number_id"])
    assert Sender.objects.get().clinic == other


@pytest.mark.parametrize(
    ("code", "says"),
    [(190, "refuses the access token"), (200, "lacks a permission"), (4, "with the code 4")],
)
def test_what_meta_refuses_is_said_and_nothing_is_kept(
    client: Client, sunrise_clinic: Clinic, settings: LazySettings, code: int, says: str
) -> None:
    refusal = json.dumps({"error": {"code": code, "message": "no", "type": "OAuthException"}})
    with door(status=400, word=refusal) as address:
        settings.WHATSAPP_BASE_URL = address.removesuffix("/webhooks/whatsapp")
        form = enter(signed_in(client, sunrise_clinic)).context["form"]

    assert says in str(form.non_field_errors())
    assert not Sender.objects.exists()


def test_nobody_there_is_said_and_that_it_was_practice(
    client: Client, sunrise_clinic: Clinic, settings: LazySettings
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings.SANDBOX_URL = f"http://127.0.0.1:{taken.getsockname()[1]}"
        form = enter(signed_in(client, sunrise_clinic)).context["form"]

    assert "did not answer" in str(form.non_field_errors())
    assert "WHATSAPP_BASE_URL is not set" in str(form.non_field_errors())


def test_it_is_said_what_is_set_and_no_secret_is_shown(
    client: Client, sunrise_clinic: Clinic, settings: LazySettings
) -> None:
    settings.MISSING_FOR_LIVE = ("WHATSAPP_TOKEN", "DATABASE_URL")
    settings.PUBLIC_URL = "https://messages.example.org"
    settings.WHATSAPP_TOKEN = "a-token-of-meta"
    settings.WHATSAPP_APP_SECRETS = ["an-app-secret"]
    settings.WHATSAPP_VERIFY_TOKEN = "words-of-ours"

    page = signed_in(client, sunrise_clinic).get(GUIDE)

    html = page.content.decode()
    assert {one.name: one.is_set for one in page.context["settings"]} == {
        "WHATSAPP_BASE_URL": True,
        "WHATSAPP_TOKEN": False,
        "WHATSAPP_APP_SECRETS": True,
        "WHATSAPP_VERIFY_TOKEN": True,
        "PUBLIC_URL": True,
    }
    assert "https://messages.example.org/webhooks/whatsapp" in html
    assert not [one for one in ("a-token-of-meta", "an-app-secret", "words-of-ours") if one in html]


def test_who_may_not_change_numbers_sees_no_form_and_enters_none(
    client: Client, sunrise_clinic: Clinic, whatsapp: LazySettings
) -> None:
    user = StaffUser.objects.create(username="manager", is_staff=True)
    user.clinics.add(sunrise_clinic)
    user.user_permissions.add(Permission.objects.get(codename="change_clinic"))
    client.force_login(user)

    assert client.get(GUIDE).context["form"] is None
    assert enter(client).status_code == 403
    assert not Sender.objects.exists()
