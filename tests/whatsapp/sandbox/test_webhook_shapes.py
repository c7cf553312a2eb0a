"""Where webhooks go, what each version of them carries, and Meta's misprints."""

import pytest
import requests

from tests.sandbox_process import SandboxProcess
from tests.whatsapp.sandbox.conftest import Receiver, Sender, receiving, reminder


def test_messages_go_to_the_accounts_own_address_and_decisions_do_not(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    with receiving() as own:
        url = f"{sandbox.base_url}/v25.0/200000000000001/subscribed_apps"
        asked = {"override_callback_uri": own.url, "verify_token": "t"}
        headers = {"Authorization": "Bearer sandbox-token"}
        assert requests.post(url, json=asked, headers=headers, timeout=10).ok
        sender.send(reminder())
        sandbox.decide("violate")
        sandbox.wait_until_quiet()

        assert len(own.statuses()) == 3
        assert own.values("account_update") == []
    assert len(receiver.values("account_update")) == 1
    assert receiver.statuses() == []


@pytest.mark.parametrize(
    ("version", "there", "gone"),
    [
        (23, "max_daily_conversation_per_phone", "max_daily_conversations_per_business"),
        (24, "max_daily_conversations_per_business", "max_daily_conversation_per_phone"),
    ],
)
def test_later_versions_name_the_limit_of_the_portfolio(
    sandbox: SandboxProcess, receiver: Receiver, version: int, there: str, gone: str
) -> None:
    sandbox.settings(webhook_version=version)
    sandbox.decide("daily_limit", people=2000)
    sandbox.decide("quality", rating="RED")
    sandbox.wait_until_quiet()

    (capability,) = receiver.values("business_capability_update")
    (quality,) = receiver.values("phone_number_quality_update")
    assert capability[there] == "TIER_2K"
    assert gone not in capability
    assert ("current_limit" in quality) == (version == 23)


def test_metas_misprints_come_on_request(sandbox: SandboxProcess, receiver: Receiver) -> None:
    sandbox.settings(oddities=True)
    sandbox.review("please_contact_us", language="en", quality="YELLOW")
    sandbox.decide("daily_limit", people=2000)
    sandbox.wait_until_quiet()

    (quality,) = receiver.values("message_template_status_update")
    (capability,) = receiver.values("business_capability_update")
    assert (quality["new_quality_score"], "event" in quality) == ("YELLOW", False)
    assert capability["field"] == "business_capability_update"
    assert capability["max_daily_conversations_per_business"] == 2000


def test_an_error_of_the_whole_number_has_no_message(
    sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sandbox.decide("trouble", code=130429)
    sandbox.wait_until_quiet()

    (value,) = receiver.values()
    assert value["errors"][0]["code"] == 130429
    assert "statuses" not in value
