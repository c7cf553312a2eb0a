"""What Meta decides, by one control call each: it holds on the wire and is told by webhook."""

import json
import math
from pathlib import Path

import pytest

from healthmsg.clock import Compressed
from tests.sandbox_process import PHONE_NUMBER_ID, WABA_ID, SandboxProcess, running
from tests.whatsapp.sandbox.conftest import Receiver, Sender, receiving, reminder, text, wait_for

FIELDS = "quality_rating,throughput,whatsapp_business_manager_messaging_limit,health_status"


START = 1795249000


def put(clock: Path, hours: int) -> None:
    """Put the sandbox's clock so many hours after its start; it stands there."""
    Compressed(math.inf, START + hours * 3600, 1.0, math.inf).write(clock)


def code_of(sender: Sender, message: dict[str, object]) -> int:
    answer = sender.post(message).json()
    return int(answer.get("error", {}).get("code", 0))


def test_a_number_is_upgraded_while_it_runs(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sandbox.decide("throughput", per_second=1000)
    wait_for(lambda: bool(receiver.values("phone_number_quality_update")))

    node = sender.get(PHONE_NUMBER_ID, fields=FIELDS).json()

    assert node["throughput"] == {"level": "HIGH"}
    (told,) = receiver.values("phone_number_quality_update")
    assert (told["event"], told["display_phone_number"]) == ("THROUGHPUT_UPGRADE", "541155550000")


def test_the_daily_limit_is_shown_told_and_kept(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sandbox.decide("daily_limit", people=250)
    wait_for(lambda: bool(receiver.values("business_capability_update")))
    shown = sender.get(PHONE_NUMBER_ID, fields=FIELDS).json()
    sandbox.settings(daily_limit=2)

    codes = [code_of(sender, reminder(to=f"+549115555000{n}")) for n in (1, 2, 1, 3)]

    assert shown["whatsapp_business_manager_messaging_limit"] == "TIER_250"
    (told,) = receiver.values("business_capability_update")
    assert told["max_daily_conversations_per_business"] == "TIER_250"
    assert codes == [0, 0, 0, 131048]
    assert sandbox.stats()["people_in_a_day"] == {"now": 2, "highest": 2}


def test_the_limits_code_can_be_chosen_and_can_come_late(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sandbox.settings(daily_limit=1, daily_limit_code=80007)
    at_once = [code_of(sender, reminder(to=f"+549115555000{n}")) for n in (1, 2)]
    sandbox.settings(daily_limit_late=True)

    late = sender.send(reminder(to="+5491155550003"))
    sandbox.wait_until_quiet()

    assert at_once == [0, 80007]
    (told,) = receiver.statuses(late)
    assert (told["status"], told["errors"][0]["code"]) == ("failed", 80007)


def test_who_wrote_to_us_takes_no_place_of_the_day(sender: Sender, sandbox: SandboxProcess) -> None:
    sandbox.settings(daily_limit=1, webhooks=False)
    sandbox.inbound("5491155550009", text="Hola")

    answers = [code_of(sender, text(to="+5491155550009")), code_of(sender, reminder())]

    assert answers == [0, 0]
    assert sandbox.stats()["people_in_a_day"]["highest"] == 1


def test_a_person_is_forgotten_after_24_hours_and_numbers_share_the_limit(tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    put(clock, 0)
    flags = ("--number=111=+54 11 5555-0001", "--number=222=+54 11 5555-0002")
    with running(*flags, environment={"HEALTHMSG_CLOCK": str(clock)}) as sandbox:
        sandbox.settings(daily_limit=1)
        sender = Sender(sandbox)

        first = sender.post(reminder(to="+5491155550001"), number="111").status_code
        other_number = sender.post(reminder(to="+5491155550002"), number="222")
        put(clock, 24)
        next_day = sender.post(reminder(to="+5491155550002"), number="222").status_code

    assert (first, next_day) == (200, 200)
    assert other_number.json()["error"]["code"] == 131048


def test_a_restriction_ends_by_itself(tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    put(clock, 0)
    with (
        running("--pace=0.02", environment={"HEALTHMSG_CLOCK": str(clock)}) as sandbox,
        receiving() as receiver,
    ):
        sandbox.settings(webhooks=True, webhook_url=receiver.url, doubled=0)
        sender = Sender(sandbox)
        sandbox.decide("restrict", hours=2)
        wait_for(lambda: bool(receiver.values("account_update")))
        codes = code_of(sender, reminder()), code_of(sender, text())
        health = sender.get(PHONE_NUMBER_ID, fields=FIELDS).json()["health_status"]

        put(clock, 2)
        wait_for(lambda: code_of(sender, reminder()) == 0)

    assert codes == (368, 0)
    assert health["can_send_message"] == "LIMITED"
    (info,) = receiver.values("account_update")[0]["restriction_info"]
    assert info["expiration"] == START + 7200


def test_a_ban_locks_the_account_until_it_is_reinstated(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sandbox.decide("ban")
    banned = code_of(sender, reminder())

    sandbox.decide("reinstate")
    sandbox.wait_until_quiet()

    assert banned == 131031
    assert code_of(sender, reminder()) == 0
    states = {one["ban_info"]["waba_ban_state"] for one in receiver.values("account_update")}
    assert states == {"DISABLE", "REINSTATE"}


def test_quality_is_shown_and_told(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sandbox.decide("quality", rating="RED")
    wait_for(lambda: bool(receiver.values("phone_number_quality_update")))

    assert sender.get(PHONE_NUMBER_ID, fields=FIELDS).json()["quality_rating"] == "RED"
    assert receiver.values("phone_number_quality_update")[0]["event"] == "FLAGGED"


def test_a_template_is_paused_for_three_hours_of_the_clock(tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    put(clock, 0)
    with (
        running("--pace=0.02", environment={"HEALTHMSG_CLOCK": str(clock)}) as sandbox,
        receiving() as receiver,
    ):
        sandbox.settings(webhooks=True, webhook_url=receiver.url, doubled=0)
        sender = Sender(sandbox)
        sandbox.decide("pause_template", name="appointment_reminder_days", language="es")
        paused = code_of(sender, reminder())

        put(clock, 3)
        wait_for(lambda: len(receiver.values("message_template_status_update")) == 2)

        assert (paused, code_of(sender, reminder())) == (132015, 0)
    told = receiver.values("message_template_status_update")
    assert [(one["event"], one["other_info"]["title"]) for one in told] == [
        ("PAUSED", "FIRST_PAUSE"),
        ("APPROVED", "UNPAUSE"),
    ]


def test_a_template_paused_again_and_again_is_disabled(
    sender: Sender, sandbox: SandboxProcess
) -> None:
    codes = []
    for _ in range(3):
        sandbox.decide("pause_template", name="appointment_reminder_days")
        codes.append(code_of(sender, reminder()))
        sandbox.decide("unpause_template", name="appointment_reminder_days")

    assert codes == [132015, 132015, 132016]


@pytest.mark.parametrize("kind", ["unsigned", "wrong_secret", "other_body", "sha1", "garbled"])
def test_a_forger_writes_lies_without_metas_signature(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver, kind: str
) -> None:
    sender.send(reminder())
    sandbox.wait_until_quiet()
    receiver.bodies.clear()

    answers = sandbox.forge(kind=kind, count=2)

    assert answers == [200, 200]  # this receiver believes everything
    lies = [json.loads(body)["entry"][0]["changes"][0]["value"] for body, _ in receiver.bodies]
    assert lies[0]["statuses"][0]["status"] == "failed"
    assert lies[1]["messages"][0]["text"]["body"] == "STOP"


def test_an_unknown_decision_is_refused(sandbox: SandboxProcess) -> None:
    with pytest.raises(ValueError, match="one of throughput"):
        sandbox.decide("shrug")
    with pytest.raises(ValueError, match="no such phone number"):
        sandbox.decide("throughput", per_second=20, phone_number_id="999")
    with pytest.raises(ValueError, match="one of unsigned"):
        sandbox.forge(kind="honest")


def test_the_account_shows_that_it_is_banned(sender: Sender, sandbox: SandboxProcess) -> None:
    sandbox.decide("ban")

    node = sender.get(WABA_ID, fields="health_status").json()

    assert node["health_status"]["can_send_message"] == "BLOCKED"
