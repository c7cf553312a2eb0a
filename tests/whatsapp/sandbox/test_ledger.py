import json

import requests

from tests.sandbox_process import SandboxProcess
from tests.whatsapp.sandbox.conftest import Receiver, Sender, text

FIRST = "6f1c1d9e-0000-4000-8000-000000000001"
SECOND = "6f1c1d9e-0000-4000-8000-000000000002"


def send_all(sender: Sender, *callbacks: str) -> None:
    for callback in callbacks:
        sender.send(text(biz_opaque_callback_data=callback))


def test_a_uuid_accepted_twice_is_a_duplicate_and_another_attempt_a_resend(
    sender: Sender, sandbox: SandboxProcess
) -> None:
    send_all(sender, f"{FIRST}.1", f"{FIRST}.2", f"{SECOND}.1", f"{SECOND}.1")

    summary = sandbox.ledger()

    assert (summary["total"], summary["duplicates"]) == (4, 2)
    assert (summary["resends"], summary["same_attempt"]) == (1, 1)
    assert set(summary["duplicate_uuids"]) == {FIRST, SECOND}


def test_different_uuids_are_no_duplicates(sender: Sender, sandbox: SandboxProcess) -> None:
    send_all(sender, f"{FIRST}.1", f"{SECOND}.1")

    assert sandbox.ledger()["duplicates"] == 0


def test_the_ledger_is_paged_and_filtered(sender: Sender, sandbox: SandboxProcess) -> None:
    send_all(sender, *(f"{place}.1" for place in range(5)))

    page = sandbox.ledger(limit="2")
    rest = sandbox.ledger(limit="3", after=str(page["after"]))

    assert [one["callback"] for one in page["entries"]] == ["0.1", "1.1"]
    assert [one["callback"] for one in rest["entries"]] == ["2.1", "3.1", "4.1"]
    assert rest["after"] is None
    assert len(sandbox.accepted(callback="3.1")) == 1


def test_the_whole_ledger_comes_as_lines(sender: Sender, sandbox: SandboxProcess) -> None:
    send_all(sender, "a.1", "b.1")

    lines = requests.get(f"{sandbox.base_url}/_sandbox/ledger.ndjson", timeout=10).text.splitlines()

    assert [json.loads(line)["callback"] for line in lines] == ["a.1", "b.1"]


def test_the_highest_second_is_remembered(sender: Sender, sandbox: SandboxProcess) -> None:
    send_all(sender, "a.1", "b.1", "c.1")

    highest = sandbox.stats()["highest_second"]["100000000000001"]

    assert 1 <= highest["passed"] <= 3
    assert highest["passed"] == highest["asked"]


def test_the_ledger_says_how_close_messages_to_one_phone_came(
    sender: Sender, sandbox: SandboxProcess
) -> None:
    for to in ("+5491155550001", "+5491155550002", "+5491155550001"):
        sender.send(text(to=to))

    told = sandbox.ledger()["numbers"]["100000000000001"]

    assert told["highest_second"] == 3
    assert 0 < told["closest_to_one_phone"] < 1
    assert told["within_six_seconds"] == 1


def test_the_ledger_says_which_statuses_were_taken(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    taken = sender.send(text(to="+5491155557009"))
    sandbox.wait_until_quiet()
    receiver.status = 503
    refused = sender.send(text(to="+5491155557009"))
    heard = sandbox.inbound("5491155550001", text="Hola")

    receiver.status = 200
    sandbox.wait_until_quiet()

    told = {one["wamid"]: set(one["told"].split()) for one in sandbox.accepted()}
    assert told == {taken: {"failed"}, refused: {"failed"}}  # no window is open
    assert sandbox.heard() == [heard]


def test_a_reset_forgets_everything(sender: Sender, sandbox: SandboxProcess) -> None:
    sender.send(text())
    sandbox.settings(pair_limits=False)
    sandbox.fault("http429")

    sandbox.reset()

    assert sandbox.accepted() == []
    assert sandbox.stats()["highest_second"]["100000000000001"]["passed"] == 0
    assert sender.post(text()).status_code == 200
