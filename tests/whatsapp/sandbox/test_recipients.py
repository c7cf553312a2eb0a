"""Phones that are off, patients who follow a script, messages that are held, and what all costs."""

import math
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from healthmsg.clock import Compressed
from tests.sandbox_process import PHONE_NUMBER_ID, SandboxProcess, running
from tests.whatsapp.sandbox.conftest import (
    Receiver,
    Sender,
    buttons,
    invitation,
    receiving,
    reminder,
    text,
    wait_for,
)
from whatsapp.sandbox.behaviours import SUFFIX_OF

START = 1795249000
ANA = "5491155550101"
Json = dict[str, Any]


class World:
    """A sandbox whose clock stands until it is put, its sender and its receiver."""

    def __init__(self, sandbox: SandboxProcess, receiver: Receiver, clock: Path) -> None:
        self.sandbox, self.receiver, self._clock = sandbox, receiver, clock
        self.sender = Sender(sandbox)

    def put(self, hours: float) -> None:
        Compressed(math.inf, START + hours * 3600, 1.0, math.inf).write(self._clock)

    def names(self, wamid: str) -> list[str]:
        self.sandbox.wait_until_quiet()
        return sorted(one["status"] for one in self.receiver.statuses(wamid))


@pytest.fixture
def standing(tmp_path: Path) -> Iterator[World]:
    clock = tmp_path / "clock"
    Compressed(math.inf, START, 1.0, math.inf).write(clock)
    environment = {"HEALTHMSG_CLOCK": str(clock)}
    flags = ("--pace=0.02", "--retry-after=0.02", "--retry-cap=0.05", "--seed=7")
    with running(*flags, environment=environment) as sandbox, receiving() as receiver:
        sandbox.settings(webhooks=True, webhook_url=receiver.url, doubled=0, shuffled=0)
        yield World(sandbox, receiver, clock)


def number_that(name: str) -> str:
    return f"+549115555{SUFFIX_OF[name]}"


def give(sandbox: SandboxProcess, scripts: Json) -> int:
    url = f"{sandbox.base_url}/_sandbox/scripts"
    return requests.post(url, json=scripts, timeout=10).status_code


def lives(world: World, seconds: int) -> None:
    """Give the reminder a lifetime, and approve it again."""
    found = world.sender.get("200000000000001/message_templates", name="appointment_reminder_days")
    (node,) = [one["id"] for one in found.json()["data"] if one["language"] == "es"]
    url = f"{world.sandbox.base_url}/v25.0/{node}"
    headers = {"Authorization": "Bearer sandbox-token"}
    edit = {"message_send_ttl_seconds": seconds}
    assert requests.post(url, json=edit, headers=headers, timeout=10).ok
    world.sandbox.review("appointment_reminder_days", language="es", status="APPROVED")


def has_said(receiver: Receiver, messages: int) -> bool:
    return len(receiver.messages()) == messages


def test_a_phone_that_is_off_gets_its_message_when_it_is_switched_on(standing: World) -> None:
    wamid = standing.sender.send(reminder(to=number_that("off_for_a_day")))
    while_off = standing.names(wamid)
    standing.put(24)
    wait_for(lambda: standing.names(wamid) == ["delivered", "read", "sent"])

    assert while_off == ["sent"]


def test_what_outlives_its_time_is_dropped_without_a_word(standing: World) -> None:
    lives(standing, 12 * 3600)
    wamid = standing.sender.send(reminder(to=number_that("off_for_a_day")))
    later = standing.sender.send(text(to=number_that("off_for_a_day")))
    standing.sandbox.behave("5491155557032", {"window_open": True})
    replied = standing.sender.send(text(to=number_that("off_for_a_day")))
    standing.put(25)
    wait_for(lambda: "read" in standing.names(replied))

    assert standing.names(wamid) == ["sent"]
    assert standing.names(later) == ["failed"]


def test_held_marketing_comes_within_the_hour(standing: World) -> None:
    standing.sandbox.settings(hold_marketing=True)
    wamid = standing.sender.send(invitation())
    at_first = standing.names(wamid)
    standing.put(1)
    wait_for(lambda: standing.names(wamid) == ["delivered", "read", "sent"])

    assert at_first == []


def test_held_marketing_is_let_go_or_dropped_on_command(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sandbox.settings(hold_marketing=True)
    first = sender.send(invitation())
    released = sandbox.decide("release_held")
    second = sender.send(invitation())
    dropped = sandbox.decide("drop_held")
    sandbox.wait_until_quiet()

    assert (released, dropped) == ({"released": 1}, {"dropped": 1})
    assert {one["status"] for one in receiver.statuses(first)} == {"sent", "delivered", "read"}
    (told,) = receiver.statuses(second)
    assert told["errors"][0]["code"] == 132015


def test_a_patient_follows_a_script(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    steps = [
        {"on": "appointment_reminder_days", "do": {"tap": 1}},
        {"on": "interactive", "has": "cancelled", "do": {"tap": 0}},
        {"on": "text", "do": {"send": "image", "with": {"caption": "My card"}}},
        {"do": {"new_number": "5491155550199"}},
    ]
    assert give(sandbox, {ANA: steps}) == 200
    sent = [reminder(), buttons(("Undo",)), text(), text()]
    for place, message in enumerate(sent):
        sender.send(message)
        wait_for(partial(has_said, receiver, place + 1))

    tap, undo, image, note = receiver.messages()
    assert tap["button"]["payload"] == "tap:1"
    assert undo["interactive"]["button_reply"]["title"] == "Undo"
    assert image["image"]["caption"] == "My card"
    assert note["system"]["wa_id"] == "5491155550199"


def test_a_script_is_over_and_can_be_taken_away(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    give(sandbox, {ANA: [{"do": {"text": "Once"}}], "5491155550102": [{"do": {"text": "Never"}}]})
    give(sandbox, {"5491155550102": None})
    for to in (ANA, ANA, "5491155550102"):
        sender.send(reminder(to=f"+{to}"))
    sandbox.wait_until_quiet()

    assert [one["text"]["body"] for one in receiver.messages()] == ["Once"]
    assert give(sandbox, {ANA: [{"when": "now"}]}) == 400


def test_a_patient_who_moved_is_reached_at_the_new_number_alone(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sender.send(reminder(to=number_that("changes_number")))
    sandbox.wait_until_quiet()
    (note,) = receiver.messages()
    old = sender.send(reminder(to=number_that("changes_number")))
    new = sender.send(reminder(to=f"+{note['system']['wa_id']}"))
    sandbox.wait_until_quiet()

    (value,) = [one for one in receiver.values() if "messages" in one]
    assert "contacts" not in value
    assert [one["status"] for one in receiver.statuses(old)] == ["failed"]
    assert "read" in [one["status"] for one in receiver.statuses(new)]


def test_whom_we_blocked_cannot_reach_us(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sandbox.inbound(ANA, text="Hola")
    asked = {"messaging_product": "whatsapp", "block_users": [{"user": ANA}]}
    url = f"{sandbox.base_url}/v25.0/{PHONE_NUMBER_ID}/block_users"
    headers = {"Authorization": "Bearer sandbox-token"}
    assert requests.post(url, json=asked, headers=headers, timeout=10).ok
    sandbox.inbound(ANA, text="Are you there?")
    sandbox.wait_until_quiet()

    assert [one["text"]["body"] for one in receiver.messages()] == ["Hola"]


def test_service_messages_are_free_until_the_months_are_used_up(standing: World) -> None:
    standing.sandbox.settings(free_service_messages=1)
    standing.sandbox.inbound(ANA, text="Hola")
    prices = []
    for _ in range(2):
        wamid = standing.sender.send(text())
        standing.names(wamid)
        told = standing.receiver.statuses(wamid)
        prices.append(next(one["pricing"]["type"] for one in told if "pricing" in one))
    standing.sandbox.settings(has_payment_method=False)
    unpaid = standing.sender.send(text())

    assert prices == ["free_customer_service", "regular"]
    assert standing.names(unpaid) == ["failed"]
    assert standing.receiver.statuses(unpaid)[0]["errors"][0]["code"] == 131042


def test_the_marketing_api_has_a_price_of_its_own(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    url = f"{sandbox.base_url}/v25.0/{PHONE_NUMBER_ID}/marketing_messages"
    headers = {"Authorization": "Bearer sandbox-token"}
    requests.post(url, json=invitation(), headers=headers, timeout=10)
    sandbox.wait_until_quiet()

    categories = {one["pricing"]["category"] for one in receiver.statuses() if "pricing" in one}
    assert categories == {"marketing_lite"}


@pytest.mark.parametrize(("days", "is_given_up"), [(7.0, False), (1.5, True)])
def test_a_webhook_is_retried_for_days_of_the_clock(
    standing: World, *, days: float, is_given_up: bool
) -> None:
    standing.sandbox.settings(retry_days=days)
    standing.receiver.status = 500
    wamid = standing.sender.send(reminder())
    wait_for(lambda: standing.sandbox.stats()["webhooks"].get("http_500", 0) > 6)
    standing.put(48)
    before = standing.sandbox.stats()["webhooks"]["http_500"]
    wait_for(
        lambda: (
            standing.sandbox.stats()["quiet"]
            or standing.sandbox.stats()["webhooks"]["http_500"] > before + 12
        )
    )
    standing.receiver.status = 200

    assert standing.names(wamid) == ([] if is_given_up else ["delivered", "read", "sent"])


def test_a_number_that_somebody_else_holds_now_is_noticed(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sandbox.behave(ANA, {"identity": "new-hash"})
    other = sender.send(reminder(recipient_identity_key_hash="old-hash"))
    same = sender.send(reminder(recipient_identity_key_hash="new-hash"))
    sandbox.wait_until_quiet()

    (told,) = receiver.statuses(other)
    assert told["errors"][0]["code"] == 137000
    assert "read" in [one["status"] for one in receiver.statuses(same)]


def test_a_file_that_was_deleted_fails_by_webhook(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    base = f"{sandbox.base_url}/v25.0"
    headers = {"Authorization": "Bearer sandbox-token"}
    media_id = requests.post(
        f"{base}/{PHONE_NUMBER_ID}/media",
        data={"messaging_product": "whatsapp"},
        files={"file": ("a.pdf", b"%PDF-1.4", "application/pdf")},
        headers=headers,
        timeout=10,
    ).json()["id"]
    sandbox.behave(ANA, {"window_open": True})
    file = {**text(), "type": "document", "document": {"id": media_id}}
    here = sender.send(file)
    requests.delete(f"{base}/{media_id}", headers=headers, timeout=10)
    gone = sender.send(file)
    sandbox.wait_until_quiet()

    assert "read" in [one["status"] for one in receiver.statuses(here)]
    (told,) = receiver.statuses(gone)
    assert told["errors"][0]["code"] == 131053
