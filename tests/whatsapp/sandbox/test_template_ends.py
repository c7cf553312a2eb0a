"""Templates that end, or begin again: deleted while messages wait, appealed against."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from healthmsg.clock import Compressed
from tests.sandbox_process import WABA_ID, SandboxProcess, running
from tests.whatsapp.sandbox.conftest import (
    Receiver,
    Sender,
    receiving,
    reminder,
    template,
    wait_for,
)
from whatsapp.sandbox.behaviours import SUFFIX_OF

START = 1795249000
HEADERS = {"Authorization": "Bearer sandbox-token"}
NAME, LANGUAGE = "appointment_reminder_days", "es"
Json = dict[str, Any]


def put(clock: Path, days: float) -> None:
    Compressed(math.inf, START + days * 24 * 3600, 1.0, math.inf).write(clock)


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    path = tmp_path / "clock"
    put(path, 0)
    return path


@pytest.fixture
def standing(clock: Path) -> Iterator[tuple[Sender, Receiver]]:
    """A sender and a receiver of a sandbox whose clock stands until it is put."""
    environment = {"HEALTHMSG_CLOCK": str(clock)}
    with running("--pace=0.02", environment=environment) as sandbox, receiving() as receiver:
        sandbox.settings(webhooks=True, webhook_url=receiver.url, doubled=0, shuffled=0)
        yield Sender(sandbox), receiver


def delete(sender: Sender, **query: str) -> Json:
    url = f"{sender.sandbox.base_url}/v25.0/{WABA_ID}/message_templates"
    answer: Json = sender.session.delete(url, params=query, headers=HEADERS, timeout=10).json()
    return answer


def create(sender: Sender, name: str) -> Json:
    url = f"{sender.sandbox.base_url}/v25.0/{WABA_ID}/message_templates"
    parts = [{"type": "BODY", "text": "We expect you at the clinic."}]
    wish = {"name": name, "language": LANGUAGE, "category": "UTILITY", "components": parts}
    answer: Json = sender.session.post(url, json=wish, headers=HEADERS, timeout=10).json()
    return answer


def listed(sender: Sender, name: str = NAME) -> list[str]:
    path = f"{WABA_ID}/message_templates"
    found = sender.get(path, name=name, language=LANGUAGE, fields="status").json()["data"]
    return [one["status"] for one in found]


def code(answer: Json) -> int:
    return int(answer.get("error", {}).get("code", 0))


def events(receiver: Receiver, language: str = LANGUAGE) -> list[str]:
    told = receiver.values("message_template_status_update")
    return [one["event"] for one in told if one["message_template_language"] == language]


@pytest.mark.parametrize("behaviour", ["off", "off_for_a_day"])
def test_a_template_with_messages_on_their_way_is_deleted_for_thirty_days(
    standing: tuple[Sender, Receiver], clock: Path, behaviour: str
) -> None:
    sender, receiver = standing
    sender.send(reminder(to=f"+549115555{SUFFIX_OF[behaviour]}"))
    wait_for(lambda: bool(receiver.statuses()))

    answers = [delete(sender, name=NAME), delete(sender, name=NAME)]

    assert answers == [{"success": True}] * 2
    assert listed(sender) == ["PENDING_DELETION"]
    assert code(sender.post(reminder()).json()) == 132001
    assert code(create(sender, NAME)) == 100
    put(clock, 29.9)
    assert listed(sender) == ["PENDING_DELETION"]
    put(clock, 30)
    wait_for(lambda: listed(sender) == [])
    wait_for(lambda: events(receiver) == ["PENDING_DELETION", "DELETED"])
    put(clock, 30.1)
    assert create(sender, NAME)["status"] == "PENDING"


def test_a_template_whose_messages_arrived_is_gone_at_once(
    standing: tuple[Sender, Receiver], clock: Path
) -> None:
    sender, receiver = standing
    sender.send(reminder(to=f"+549115555{SUFFIX_OF['off_for_a_day']}"))
    wait_for(lambda: bool(receiver.statuses()))
    put(clock, 1.1)
    wait_for(lambda: len(receiver.statuses()) == 3)

    delete(sender, name=NAME)

    assert listed(sender) == []
    wait_for(lambda: events(receiver) == ["DELETED"])


def test_what_is_held_for_its_quality_is_on_its_way(sender: Sender, receiver: Receiver) -> None:
    sender.sandbox.settings(hold_marketing=True)
    names = ("contact_name", "clinic_name", "site_name", "clinic_phone")
    sender.send(
        template("vaccination_invitation", names, to="+5491155550101", language="es", buttons=3)
    )

    delete(sender, name="vaccination_invitation")

    assert listed(sender, "vaccination_invitation") == ["PENDING_DELETION"]


def test_a_template_that_is_being_deleted_is_not_edited(
    standing: tuple[Sender, Receiver],
) -> None:
    sender, receiver = standing
    sender.send(reminder(to=f"+549115555{SUFFIX_OF['off']}"))
    wait_for(lambda: bool(receiver.statuses()))
    path = f"{WABA_ID}/message_templates"
    (row,) = sender.get(path, name=NAME, language=LANGUAGE, fields="id").json()["data"]
    delete(sender, name=NAME, hsm_id=row["id"])

    url = f"{sender.sandbox.base_url}/v25.0/{row['id']}"
    wish = {"message_send_ttl_seconds": 60}
    refused = sender.session.post(url, json=wish, headers=HEADERS, timeout=10).json()

    assert code(refused) == 2388039
    assert len(sender.get(path, name=NAME, status="approved").json()["data"]) == 5


def test_an_appeal_is_looked_at_and_granted(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    one = {"name": NAME, "language": LANGUAGE}
    sandbox.review(NAME, language=LANGUAGE, status="REJECTED", reason="INCORRECT_CATEGORY")
    sandbox.decide("appeal", **one)
    meanwhile = listed(sender), code(sender.post(reminder()).json())
    with pytest.raises(ValueError, match="is REJECTED"):
        sandbox.decide("appeal", **one)
    sandbox.decide("decide_appeal", granted=False, **one)
    refused = listed(sender)
    sandbox.decide("appeal", **one)
    sandbox.decide("decide_appeal", granted=True, **one)
    sandbox.wait_until_quiet()

    assert meanwhile == (["IN_APPEAL"], 132001)
    assert refused == ["REJECTED"]
    assert code(sender.post(reminder()).json()) == 0
    told = receiver.values("message_template_status_update")
    # Several are under way at once, so they may arrive in another order.
    assert sorted((one["event"], one["reason"]) for one in told) == [
        ("APPROVED", "NONE"),
        ("IN_APPEAL", "INCORRECT_CATEGORY"),
        ("IN_APPEAL", "INCORRECT_CATEGORY"),
        ("REJECTED", "INCORRECT_CATEGORY"),
        ("REJECTED", "INCORRECT_CATEGORY"),
    ]


def test_an_appeal_comes_within_sixty_days(standing: tuple[Sender, Receiver], clock: Path) -> None:
    sandbox = standing[0].sandbox
    sandbox.review(NAME, language=LANGUAGE, status="REJECTED", reason="PROMOTIONAL")
    put(clock, 60.1)

    with pytest.raises(ValueError, match="60 days"):
        sandbox.decide("appeal", name=NAME, language=LANGUAGE)


@pytest.mark.parametrize("status", ["ARCHIVED", "LIMIT_EXCEEDED", "LOCKED"])
def test_no_other_state_may_be_sent(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver, status: str
) -> None:
    sandbox.review(NAME, language=LANGUAGE, status=status)
    sandbox.wait_until_quiet()

    assert listed(sender) == [status]
    assert code(sender.post(reminder()).json()) == 132001
    assert events(receiver) == [status]
