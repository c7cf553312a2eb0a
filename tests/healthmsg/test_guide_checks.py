"""What the setup guide asks WhatsApp live: whether it may send, who is told, what was tried."""

from datetime import datetime

import pytest
import requests
from django.conf import LazySettings

from healthmsg.clinic.models import Clinic
from healthmsg.desk.guide import checks, steps
from healthmsg.desk.guide.checks import Checked
from reminders import rules
from tests import factories
from tests.sandbox_process import SandboxProcess
from whatsapp.models import Sender
from whatsapp.status import Status


@pytest.fixture(autouse=True)
def _in_metas_place(sandbox: SandboxProcess, settings: LazySettings) -> None:
    settings.USES_SANDBOX = False
    settings.WHATSAPP_BASE_URL = sandbox.base_url
    settings.PUBLIC_URL = "https://messages.example.org"


def look(sender: Sender, noon: datetime) -> dict[str, Checked]:
    return {one.what: one for one in checks.look(sender, now=noon)}


def subscribe(sender: Sender, settings: LazySettings, **wish: str) -> None:
    root = f"{settings.WHATSAPP_BASE_URL}/{settings.WHATSAPP_GRAPH_VERSION}"
    requests.post(
        f"{root}/{sender.account.waba_id}/subscribed_apps",
        headers={"Authorization": f"Bearer {settings.WHATSAPP_TOKEN}"},
        json=wish,
        timeout=5,
    ).raise_for_status()


def test_a_number_that_may_send_is_said_so(sender: Sender, noon: datetime) -> None:
    health = look(sender, noon)["Whether anything may be sent now"]

    assert (health.is_good, health.says) == (True, "WhatsApp lets this number send.")


def test_a_locked_account_is_told_in_whatsapps_own_words(
    sender: Sender, sandbox: SandboxProcess, noon: datetime
) -> None:
    sandbox.decide("ban")

    health = look(sender, noon)["Whether anything may be sent now"]

    assert not health.is_good
    assert health.says == (
        "WhatsApp lets this number send nothing. The account is locked. Wait or appeal."
    )


def test_limits_are_told_and_do_not_stand_in_the_way(
    sender: Sender, sandbox: SandboxProcess, noon: datetime
) -> None:
    sandbox.decide("restrict", type="RESTRICTED_BIZ_INITIATED_MESSAGING")

    health = look(sender, noon)["Whether anything may be sent now"]

    assert health.is_good
    assert "with limits. RESTRICTED_BIZ_INITIATED_MESSAGING" in health.says


@pytest.mark.parametrize(
    ("address", "is_ours"),
    [("https://messages.example.org", True), ("https://old.example.org", False)],
)
def test_notices_that_go_to_another_address_than_ours_are_named(
    sender: Sender, settings: LazySettings, noon: datetime, address: str, is_ours: bool
) -> None:
    told = f"{address}/webhooks/whatsapp"
    subscribe(sender, settings, override_callback_uri=told, verify_token="word")

    found = look(sender, noon)["Being told of answers and receipts"]

    assert found.is_good is is_ours
    assert ("at another address than ours" in found.says) is not is_ours
    assert (told in found.says) is not is_ours


def test_a_test_message_of_another_number_is_none_of_this_one(
    sender: Sender, noon: datetime
) -> None:
    clinic = sender.clinic
    earlier = factories.make_sender(clinic, phone_number_id="900000000000007")
    patient = factories.make_patient(clinic, phone=factories.make_phone(clinic, is_test=True))
    factories.make_message(earlier, patient, status=Status.READ, send_after=None)
    assert not _is_tested(clinic, sender, noon)

    factories.make_message(sender, patient, status=Status.READ, send_after=None)

    assert _is_tested(clinic, sender, noon)


def _is_tested(clinic: Clinic, sender: Sender, noon: datetime) -> bool:
    found = steps.steps(clinic, sender, rules.in_use(clinic), now=noon, real_now=noon)
    return next(one.is_done for one in found if one.title == "Test message")
