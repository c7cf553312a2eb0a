"""
Meta's own SDK manages the sandbox's account, unchanged but for the address of its session.

It posts forms, gives its token in the address, reads paging its own way and checks each parameter
against Meta's list: what pywa forgives, it may not.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from facebook_business.adobjects.whatsappbusinessaccount import WhatsAppBusinessAccount
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession
from requests.adapters import HTTPAdapter

from tests.sandbox_process import APP_SECRET, PHONE_NUMBER_ID, TOKEN, WABA_ID, SandboxProcess
from tests.whatsapp.sandbox.conftest import text

APP_ID = "400000000000001"
EXAMPLE = {"body_text_named_params": [{"param_name": "name", "example": "Ana"}]}
BODY = {"type": "BODY", "text": "Hello {{name}}, welcome to us.", "example": EXAMPLE}


class OnlyHere(HTTPAdapter):
    """Speaks to this machine alone."""

    def send(self, request: requests.PreparedRequest, *rest: Any, **more: Any) -> requests.Response:
        assert str(request.url).startswith("http://127.0.0.1:"), "the SDK wanted to leave"
        return super().send(request, *rest, **more)


@pytest.fixture(params=["v23.0", "v26.0"])
def api(sandbox: SandboxProcess, request: pytest.FixtureRequest) -> Iterator[FacebookAdsApi]:
    session = FacebookSession(APP_ID, APP_SECRET, TOKEN)
    session.GRAPH = sandbox.base_url
    for scheme in ("http://", "https://"):
        session.requests.mount(scheme, OnlyHere())
    # Not by its `init`, which would report crashes to Meta.
    yield FacebookAdsApi(session, api_version=request.param)
    session.requests.close()


@pytest.fixture
def account(api: FacebookAdsApi) -> WhatsAppBusinessAccount:
    return WhatsAppBusinessAccount(WABA_ID, api=api)


def asked(name: str = "welcome") -> dict[str, Any]:
    return {
        "name": name,
        "language": "en",
        "category": "UTILITY",
        "parameter_format": "NAMED",
        "components": [BODY],
    }


def test_the_account_and_its_numbers_are_shown(account: WhatsAppBusinessAccount) -> None:
    shown = account.api_get(fields=["name", "health_status"])
    (number,) = account.get_phone_numbers()

    assert shown["name"] == "Clinica Aurora"
    assert shown["health_status"]["can_send_message"] == "AVAILABLE"
    assert (number["id"], number["quality_rating"]) == (PHONE_NUMBER_ID, "GREEN")


def test_a_template_is_created_listed_and_deleted(account: WhatsAppBusinessAccount) -> None:
    created = account.create_message_template(params=asked())
    wanted = {"name": "welcome", "status": ["PENDING", "REJECTED"]}
    (listed,) = account.get_message_templates(params=wanted)
    account.delete_message_templates(params={"hsm_ids": [created["id"]]})

    assert (created["status"], created["category"]) == ("PENDING", "UTILITY")
    assert listed["components"] == [BODY]
    assert list(account.get_message_templates(params={"name": "welcome"})) == []


def test_every_page_of_templates_is_read(account: WhatsAppBusinessAccount) -> None:
    cursor = account.get_message_templates(params={"limit": 10})

    assert len({one["id"] for one in cursor}) == 81


def test_the_app_is_subscribed_and_unsubscribed(account: WhatsAppBusinessAccount) -> None:
    account.create_subscribed_app()
    (subscribed,) = account.get_subscribed_apps()
    account.delete_subscribed_apps()

    assert subscribed["whatsapp_business_api_data"]["id"] == APP_ID
    assert list(account.get_subscribed_apps()) == []


def test_a_message_is_sent_as_a_form(api: FacebookAdsApi, sandbox: SandboxProcess) -> None:
    answer = api.call("POST", (PHONE_NUMBER_ID, "messages"), params=text())

    assert answer.json()["messages"][0]["id"].startswith("wamid.")
    assert sandbox.accepted()[0]["text"] == "Hello"


def test_refusals_are_read_as_metas(account: WhatsAppBusinessAccount, api: FacebookAdsApi) -> None:
    account.create_message_template(params=asked())
    with pytest.raises(FacebookRequestError) as twice:
        account.create_message_template(params=asked())
    with pytest.raises(FacebookRequestError) as nobody:
        api.call("GET", ("999",))

    assert (twice.value.api_error_code(), twice.value.api_error_subcode()) == (100, 2388024)
    assert twice.value.http_status() == 400
    assert twice.value.api_error_type() == "OAuthException"
    assert nobody.value.api_error_subcode() == 33


def test_the_usage_of_the_hour_stands_in_headers(api: FacebookAdsApi) -> None:
    answer = api.call("GET", (WABA_ID, "phone_numbers"))

    assert "call_count" in answer.headers()["X-App-Usage"]
    assert WABA_ID in answer.headers()["X-Business-Use-Case-Usage"]
