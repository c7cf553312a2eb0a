"""pywa hears what Meta decides about templates, account and people from the sandbox, unchanged."""

from collections.abc import Iterator

import pytest
from pywa.types import (
    AccountUpdate,
    TemplateCategoryUpdate,
    TemplateQualityUpdate,
    TemplateStatusUpdate,
    UserMarketingPreferences,
)
from pywa.types.templates import TemplateComponentsUpdate, TemplateStatus

from tests.sandbox_process import SandboxProcess
from tests.whatsapp.sandbox.conftest import Receiver, Sender, reminder, wait_for
from tests.whatsapp.sandbox.pywa_side import Heard, all_heard, attentive
from whatsapp.sandbox.behaviours import SUFFIX_OF

ANA = "5491155550101"


@pytest.fixture
def heard(
    sandbox: SandboxProcess, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> Iterator[Heard]:
    with attentive(sandbox, caplog) as one:
        yield one


def test_marketing_is_stopped_and_resumed(
    heard: Heard, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sandbox.inbound(ANA, preference="stop")
    sandbox.inbound(ANA, preference="resume")

    told = all_heard(heard, sandbox, receiver).of(UserMarketingPreferences)

    assert {one.value.value for one in told} == {"stop", "resume"}


def test_decisions_about_templates(
    heard: Heard, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    one = {"name": "please_contact_us", "language": "en"}
    sandbox.review("opening_hours_changed", status="REJECTED", reason="INVALID_FORMAT")
    sandbox.decide("bad_feedback", **one)
    sandbox.decide("recategorise", category="MARKETING", **one)
    sandbox.decide("recategorise", category="MARKETING", hours=0, **one)
    sandbox.decide("tell_components", **one)
    wait_for(lambda: len(receiver.values("template_category_update")) == 2)

    all_heard(heard, sandbox, receiver)

    statuses = {one.new_status.value: one for one in heard.of(TemplateStatusUpdate)}
    assert set(statuses) == {"REJECTED", "PAUSED"}
    assert statuses["REJECTED"].rejection_info.recommendation
    assert statuses["PAUSED"].other_info.title == "FIRST_PAUSE"
    (quality,) = heard.of(TemplateQualityUpdate)
    assert quality.new_quality_score.value == "RED"
    categories = heard.of(TemplateCategoryUpdate)
    assert {bool(one.correct_category) for one in categories} == {True, False}
    (components,) = heard.of(TemplateComponentsUpdate)
    assert components.template_element


def test_appeals_and_deletions_of_templates(
    heard: Heard, sandbox: SandboxProcess, receiver: Receiver, sender: Sender
) -> None:
    one = {"name": "please_contact_us", "language": "en"}
    sandbox.review(status="REJECTED", reason="INCORRECT_CATEGORY", **one)
    sandbox.decide("appeal", **one)
    sender.send(reminder(to=f"+549115555{SUFFIX_OF['off']}"))
    heard.wa.delete_template("appointment_reminder_days")
    heard.wa.delete_template("please_contact_us")

    all_heard(heard, sandbox, receiver)

    told = [(u.template_name, u.new_status.value) for u in heard.of(TemplateStatusUpdate)]
    assert set(told) == {
        ("please_contact_us", "REJECTED"),
        ("please_contact_us", "IN_APPEAL"),
        ("please_contact_us", "DELETED"),
        ("appointment_reminder_days", "PENDING_DELETION"),
        ("appointment_reminder_days", "DELETED"),
    }
    kept = heard.wa.get_templates(statuses=[TemplateStatus.PENDING_DELETION])
    assert [(one.name, one.language.value) for one in kept] == [("appointment_reminder_days", "es")]


def test_decisions_about_the_account(
    heard: Heard, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sandbox.decide("restrict", hours=1)
    sandbox.decide("violate", type="SPAM")
    sandbox.decide("schedule_ban")

    told = all_heard(heard, sandbox, receiver).of(AccountUpdate)

    by_event = {one.event.value: one for one in told}
    assert set(by_event) == {"ACCOUNT_RESTRICTION", "ACCOUNT_VIOLATION", "DISABLED_UPDATE"}
    assert by_event["ACCOUNT_RESTRICTION"].restriction_info[0].expiration


def test_what_pywa_has_no_class_for_arrives_raw(
    heard: Heard, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    decided = ("alert", "account_review", "name_review", "security")
    for do in decided:
        sandbox.decide(do)
    sandbox.decide("quality", rating="RED")
    sandbox.decide("daily_limit", people=2000)

    all_heard(heard, sandbox, receiver)

    assert {one.field for one in heard.raw} == {
        *("account_alerts", "account_review_update", "phone_number_name_update", "security"),
        *("phone_number_quality_update", "business_capability_update"),
    }
