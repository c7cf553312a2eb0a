from typing import Any

import pytest

from tests.sandbox_process import SandboxProcess
from tests.whatsapp.sandbox.conftest import (
    Receiver,
    Sender,
    buttons,
    invitation,
    reminder,
    text,
)
from whatsapp import wamid
from whatsapp.sandbox.behaviours import BY_SUFFIX, SUFFIX_OF, rewritten

Json = dict[str, Any]


def number_that(name: str) -> str:
    return f"+549115555{SUFFIX_OF[name]}"


@pytest.mark.parametrize(
    ("name", "position", "label"),
    [
        ("confirms", 0, "Confirmar"),
        ("another_time", 1, "Otro horario"),
        ("cancels", 2, "Cancelar"),
        ("confirms_without_read_receipts", 0, "Confirmar"),
    ],
)
def test_a_patient_taps_a_button_with_our_payload(
    sender: Sender,
    sandbox: SandboxProcess,
    receiver: Receiver,
    name: str,
    position: int,
    label: str,
) -> None:
    message_id = sender.send(reminder(to=number_that(name)))

    sandbox.wait_until_quiet()

    [answer] = receiver.messages()
    assert answer["type"] == "button"
    assert answer["button"] == {"payload": f"tap:{position}", "text": label}
    assert answer["context"] == {"from": "541155550000", "id": message_id}
    assert answer["from"] == number_that(name)[1:]
    assert wamid.parse(answer["id"]).is_inbound


STATUSES = {
    "reads": ["sent", "delivered", "read"],
    "no_read_receipts": ["sent", "delivered"],
    "off": ["sent"],
    "blocked_us": ["sent"],
    "not_on_whatsapp": ["failed"],
    "multi_device": ["sent", "delivered", "failed", "read"],
    "read_without_delivered": ["sent", "read"],
    "fails_late": ["sent", "failed"],
    "stopped_marketing": ["sent", "delivered", "read"],
}


@pytest.mark.parametrize(("name", "expected"), STATUSES.items())
def test_a_phone_reports_what_its_behaviour_says(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver, name: str, expected: list[str]
) -> None:
    message_id = sender.send(reminder(to=number_that(name)))

    sandbox.wait_until_quiet()

    assert sorted(one["status"] for one in receiver.statuses(message_id)) == sorted(expected)


@pytest.mark.parametrize(
    ("name", "code"), [("stopped_marketing", 131050), ("capped", 131049), ("experiment", 130472)]
)
def test_marketing_alone_fails_for_some(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver, name: str, code: int
) -> None:
    message_id = sender.send(invitation(to=number_that(name)))

    sandbox.wait_until_quiet()

    [told] = receiver.statuses(message_id)
    assert told["errors"][0]["code"] == code


@pytest.mark.parametrize(("language", "word"), [("es", "BAJA"), ("ar", "إيقاف"), ("hi", "बंद")])
def test_a_stop_word_is_written_in_the_language_of_the_template(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver, language: str, word: str
) -> None:
    sender.send(reminder(to=number_that("stops"), language=language))
    sandbox.wait_until_quiet()

    assert [one["text"]["body"] for one in receiver.messages()] == [word]


def test_a_patient_cancels_and_undoes_and_does_so_once(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    patient = number_that("cancels_and_undoes")
    sender.send(reminder(to=patient))
    sandbox.wait_until_quiet()

    offer = sender.send(buttons(("Undo",), to=patient))
    sender.send(buttons(("Undo",), to=patient))
    sandbox.wait_until_quiet()

    cancelled, undone = receiver.messages()
    assert cancelled["button"]["payload"] == "tap:2"
    assert undone["interactive"] == {
        "type": "button_reply",
        "button_reply": {"id": "id:Undo", "title": "Undo"},
    }
    assert undone["context"]["id"] == offer


def test_free_text_needs_an_open_window(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    closed = sender.send(text())
    sandbox.inbound("5491155550101", text="Hola")
    opened = sender.send(text())
    sandbox.wait_until_quiet()

    [failed] = receiver.statuses(closed)
    assert failed["errors"][0]["code"] == 131047
    assert "failed" not in {one["status"] for one in receiver.statuses(opened)}
    assert receiver.statuses(opened)[0]["pricing"]["category"] == "service"


def test_a_native_stop_ends_marketing_and_opens_no_window(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sandbox.inbound("5491155550101", preference="stop")
    marketing, utility, free = (
        sender.send(invitation()),
        sender.send(reminder()),
        sender.send(text()),
    )
    sandbox.wait_until_quiet()

    [preference] = receiver.values("user_preferences")
    assert isinstance(preference["user_preferences"][0]["timestamp"], int)
    assert receiver.statuses(marketing)[0]["errors"][0]["code"] == 131050
    assert len(receiver.statuses(utility)) == 3
    assert receiver.statuses(free)[0]["errors"][0]["code"] == 131047


def test_a_link_that_cannot_be_fetched_fails_later(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sandbox.inbound("5491155550101", text="Hola")
    image = {"link": "https://clinic.example/missing.png"}

    message_id = sender.send(text(type="image", image=image))
    sandbox.wait_until_quiet()

    assert receiver.statuses(message_id)[0]["errors"][0]["code"] == 131053


def test_a_reaction_is_only_ever_sent(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    inbound = sandbox.inbound("5491155550101", text="Hola")

    message_id = sender.send(text(type="reaction", reaction={"message_id": inbound, "emoji": "👍"}))
    sandbox.wait_until_quiet()

    assert [one["status"] for one in receiver.statuses(message_id)] == ["sent"]


@pytest.mark.parametrize("gone", ["taken back", "a reaction itself", "never there"])
def test_what_takes_no_reaction_fails_later(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver, gone: str
) -> None:
    hers = sandbox.inbound("5491155550101", text="Hola")
    target = {
        "taken back": lambda: hers,
        "a reaction itself": lambda: sender.send(reaction_to(hers)),
        "never there": lambda: wamid.mint("5491155550101", "3EB0" + 14 * "0"),
    }[gone]()
    if gone == "taken back":
        sandbox.inbound("5491155550101", revoke=hers)

    message_id = sender.send(reaction_to(target))
    sandbox.wait_until_quiet()

    [failed] = receiver.statuses(message_id)
    assert (failed["status"], failed["errors"][0]["code"]) == ("failed", 131009)


def reaction_to(target: str) -> Json:
    return text(type="reaction", reaction={"message_id": target, "emoji": "👍"})


def test_a_rewritten_number_answers_from_the_other_one(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    patient = number_that("confirms_from_rewritten_wa_id")

    answer = sender.post(reminder(to=patient)).json()
    sandbox.wait_until_quiet()

    assert answer["contacts"][0] == {"input": patient, "wa_id": "54115555" + patient[-4:]}
    assert receiver.messages()[0]["from"] == "54115555" + patient[-4:]


@pytest.mark.parametrize(
    ("dialled", "known"),
    [
        pytest.param("5511987654321", "551187654321", id="brazil-ninth-digit"),
        pytest.param("5215512345678", "525512345678", id="mexico-with-1"),
        pytest.param("525512345678", "5215512345678", id="mexico-without-1"),
        pytest.param("541155550101", "5491155550101", id="argentina-without-9"),
        pytest.param("34600000000", "34600000000", id="spain-stays"),
    ],
)
def test_a_wa_id_may_differ_from_what_was_dialled(dialled: str, known: str) -> None:
    assert rewritten(dialled) == known


def test_a_username_hides_the_number(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sender.send(reminder(to=number_that("username_only")))
    sandbox.wait_until_quiet()

    [answer] = receiver.messages()
    assert "from" not in answer
    assert answer["from_user_id"].startswith("AR.")


def test_a_behaviour_can_be_chosen_by_name_or_field_and_taken_back(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sandbox.behave("+5491155550101", "not_on_whatsapp")
    sandbox.behave("5491155550102", {"writes": "¿Dónde es?"})
    sandbox.behave("5491155550103", {"delivered": False})
    sandbox.behave("5491155550103", None)

    sent = [sender.send(reminder(to=f"+54911555501{place:02}")) for place in (1, 2, 3)]
    sandbox.wait_until_quiet()

    assert [len(receiver.statuses(one)) for one in sent] == [1, 3, 3]
    assert receiver.messages()[0]["text"]["body"] == "¿Dónde es?"


def test_an_unknown_behaviour_is_refused(sandbox: SandboxProcess) -> None:
    with pytest.raises(ValueError, match="no such behaviour"):
        sandbox.behave("5491155550101", {"flies": True})


def test_names_in_the_table_are_unique() -> None:
    assert len(SUFFIX_OF) == len(BY_SUFFIX)


@pytest.mark.parametrize("name", SUFFIX_OF)
def test_every_patient_of_the_table_lives(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver, name: str
) -> None:
    sender.send(reminder(to=number_that(name)))

    sandbox.wait_until_quiet()

    assert receiver.statuses()


def test_a_patient_can_do_anything_on_command(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    message_id = sender.send(reminder())
    for act in (
        {"tap": -1},
        {"reaction": "👍", "wamid": message_id},
        {"send": "image"},
        {"send": "location"},
        {"message": {"type": "system", "system": {"type": "user_changed_number"}}},
    ):
        sandbox.inbound("5491155550101", **act)
    sandbox.wait_until_quiet()

    kinds = {one["type"] for one in receiver.messages()}
    assert kinds == {"button", "reaction", "image", "location", "system"}
    with pytest.raises(ValueError, match="button"):
        sandbox.inbound("5491155550101", tap=3)
