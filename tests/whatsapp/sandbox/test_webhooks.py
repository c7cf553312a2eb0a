import hashlib
import hmac
import json
import socket
from collections import Counter
from pathlib import Path

import pytest
import requests

from tests.sandbox_process import APP_SECRET, SandboxProcess, running
from tests.whatsapp.sandbox.conftest import (
    Receiver,
    Sender,
    receiving,
    reminder,
    text,
    wait_for,
)
from whatsapp.sandbox.webhooks import serialise, signature


def test_the_signature_covers_escaped_bytes() -> None:
    body = serialise({"a": "Olá <b>/x"})

    assert body == rb'{"a":"Ol\u00e1 <b>\/x"}'
    assert signature(body, APP_SECRET) == (
        "sha256=0f9a70d4d456a167bdc6ab738bf7bf95b347c3de280ac9349d2f56d66f310df0"
    )


def test_a_message_is_reported_sent_delivered_and_read(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    message_id = sender.send(reminder(biz_opaque_callback_data="1f6f.1"))

    sandbox.wait_until_quiet()

    told = {one["status"]: one for one in receiver.statuses(message_id)}
    assert set(told) == {"sent", "delivered", "read"}
    assert {one["biz_opaque_callback_data"] for one in told.values()} == {"1f6f.1"}
    assert [name for name in told if "pricing" in told[name]] == ["sent", "delivered"]
    assert told["sent"]["pricing"]["category"] == "utility"
    assert isinstance(told["sent"]["timestamp"], str)
    assert "conversation" not in told["sent"]


def test_every_body_is_signed_over_its_raw_bytes(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sender.send(reminder())

    sandbox.wait_until_quiet()

    for body, signed in receiver.bodies:
        mac = hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert signed == f"sha256={mac}"
        assert json.loads(body)["object"] == "whatsapp_business_account"


def test_older_webhooks_carry_the_conversation(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sandbox.settings(webhook_version=23)

    message_id = sender.send(reminder())
    sandbox.wait_until_quiet()

    told = {one["status"]: one["conversation"] for one in receiver.statuses(message_id)}
    assert "expiration_timestamp" in told["sent"]
    assert "expiration_timestamp" not in told["read"]


def test_contacts_are_sometimes_missing(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sandbox.settings(without_contacts=1)
    sender.send(reminder())
    sandbox.wait_until_quiet()

    assert not any("contacts" in value for value in receiver.values())


def test_several_changes_share_a_request(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sandbox.settings(batch=50)
    sandbox.mishap("delay", times=0, seconds=0.5)
    for place in range(20):
        sender.send(reminder(to=f"+54911555501{place:02}"))
    sandbox.wait_until_quiet()

    assert len(receiver.statuses()) == 60
    assert len(receiver.bodies) < 50


def test_statuses_come_twice_and_out_of_order_when_chance_says_so(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sandbox.settings(doubled=1, shuffled=1, parallel=1, batch=1)

    message_id = sender.send(reminder())
    sandbox.wait_until_quiet()

    names = [one["status"] for one in receiver.statuses(message_id)]
    assert Counter(names) == {"sent": 2, "delivered": 2, "read": 2}
    assert names.index("delivered") < names.index("sent")


def test_what_is_not_answered_with_200_comes_again(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    receiver.status = 503
    message_id = sender.send(reminder())
    wait_for(lambda: sandbox.stats()["webhooks"].get("http_503", 0) > 3)

    receiver.status = 200
    sandbox.wait_until_quiet()

    assert len(receiver.statuses(message_id)) == 3


def test_nothing_is_lost_while_the_receiver_is_absent(sandbox: SandboxProcess) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/webhooks/whatsapp"
    sandbox.settings(webhooks=True, webhook_url=url, doubled=0)
    sender = Sender(sandbox)
    sent = {sender.send(reminder(to=f"+54911555502{place:02}")) for place in range(40)}
    wait_for(lambda: sandbox.stats()["webhooks"].get("unreachable", 0) > 20)

    with receiving(port) as receiver:
        sandbox.wait_until_quiet()

    told = Counter(one["id"] for one in receiver.statuses())
    assert told == dict.fromkeys(sent, 3)


@pytest.mark.parametrize(
    ("do", "wish", "count"),
    [("drop", {}, 0), ("repeat", {"copies": 4}, 4), ("delay", {"seconds": 0.2}, 1)],
)
def test_one_status_goes_wrong_on_command(
    sender: Sender,
    sandbox: SandboxProcess,
    receiver: Receiver,
    do: str,
    wish: dict[str, float],
    count: int,
) -> None:
    sandbox.mishap(do, match={"name": "delivered"}, **wish)

    message_id = sender.send(reminder())
    sandbox.wait_until_quiet()

    told = Counter(one["status"] for one in receiver.statuses(message_id))
    assert (told["sent"], told["delivered"], told["read"]) == (1, count, 1)


def test_nothing_is_scheduled_with_webhooks_off(sender: Sender, sandbox: SandboxProcess) -> None:
    sender.send(text())

    assert sandbox.stats()["quiet"]


def test_any_webhook_can_be_sent_by_hand(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    message_id = sender.send(reminder())
    sandbox.wait_until_quiet()
    sandbox.tell_status(message_id, "failed", code=131026)
    sandbox.tell("account_update", {"event": "ACCOUNT_VIOLATION"}, time=1795249000)
    sandbox.wait_until_quiet()

    assert receiver.statuses(message_id)[-1]["errors"][0]["code"] == 131026
    assert receiver.values("account_update") == [{"event": "ACCOUNT_VIOLATION"}]


def test_timestamps_follow_a_shared_fast_clock(tmp_path: Path) -> None:
    (tmp_path / "clock").write_text("1795338000:1700000000:0:inf")
    shared = {"HEALTHMSG_CLOCK": str(tmp_path / "clock")}

    with running("--pace=0.01", environment=shared) as sandbox, receiving() as receiver:
        sandbox.settings(webhooks=True, webhook_url=receiver.url)
        Sender(sandbox).send(reminder())
        sandbox.wait_until_quiet()

    assert {one["timestamp"] for one in receiver.statuses()} == {"1700000000"}


def test_the_handshake_is_tried(sandbox: SandboxProcess, receiver: Receiver) -> None:
    """This receiver knows no GET: the answer is an honest no."""
    answer = requests.post(f"{sandbox.base_url}/_sandbox/handshake", json={}, timeout=10)

    assert answer.json() == {"verified": False}


def test_statuses_of_many_messages_come_in_one_body_or_each_in_its_own(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sandbox.settings(exactly=1)
    for _ in range(3):
        sender.send(reminder())
    sandbox.wait_until_quiet()
    split = len(receiver.bodies)
    receiver.bodies.clear()
    sandbox.settings(exactly=100, gather=1, merged=1)

    for _ in range(3):
        sender.send(reminder())
    sandbox.wait_until_quiet()

    assert split == 9
    assert len(receiver.bodies) <= 2
    assert len(receiver.statuses()) == 9
