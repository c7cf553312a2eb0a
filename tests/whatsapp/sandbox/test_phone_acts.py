"""What a person does on the phones' pages is what the clinic hears."""

import re

import pytest
import requests

from tests.sandbox_process import TOKEN, SandboxProcess
from tests.whatsapp.sandbox.browsing import CHAT, PNG, WA_ID, act, choice, page, send_file
from tests.whatsapp.sandbox.conftest import Receiver, Sender, buttons, reminder


def test_a_person_taps_and_writes_as_the_patient(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    message_id = sender.send(reminder())

    act(sandbox, "tap", wamid=message_id, tap="2")
    act(sandbox, "write", text=" ¿Dónde? ")
    sandbox.wait_until_quiet()

    tapped, wrote = sorted(receiver.messages(), key=lambda one: one["type"])
    assert tapped["button"]["payload"] == "tap:2"
    assert tapped["context"]["id"] == message_id
    assert wrote["text"]["body"] == "¿Dónde?"
    shown = page(sandbox, f"{CHAT}/bubbles")
    assert '<span class="unseen">read</span>' in shown
    assert "in answer to: " in shown


def test_a_row_of_a_list_is_chosen_under_its_heading(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    act(sandbox, "write", text="Hola")
    message_id = sender.send(choice())
    shown = page(sandbox, f"{CHAT}/bubbles")

    act(sandbox, "tap", wamid=message_id, tap="1")
    sandbox.wait_until_quiet()

    assert shown.index("Tuesday") < shown.index("Wednesday")
    assert "<summary" in shown
    chosen = next(one for one in receiver.messages() if one["type"] == "interactive")
    reply = {"id": "at:Wednesday", "title": "9:00", "description": "Dra. Paz"}
    assert chosen["interactive"] == {"type": "list_reply", "list_reply": reply}


def test_a_reply_button_and_a_reaction_come_back(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    act(sandbox, "write", text="Hola")
    message_id = sender.send(buttons(("Undo", "Keep")))

    act(sandbox, "tap", wamid=message_id, tap="1")
    act(sandbox, "react", wamid=message_id, emoji="🙏")
    reacted = page(sandbox, f"{CHAT}/bubbles")
    act(sandbox, "react", wamid=message_id, emoji="")
    sandbox.wait_until_quiet()

    told = {one["type"]: one for one in receiver.messages()}
    reply = {"id": "id:Keep", "title": "Keep"}
    assert told["interactive"]["interactive"] == {"type": "button_reply", "button_reply": reply}
    reactions = [one["reaction"] for one in receiver.messages() if one["type"] == "reaction"]
    assert {"message_id": message_id, "emoji": "🙏"} in reactions
    assert {"message_id": message_id} in reactions
    assert "The patient reacted: </span>🙏" in reacted
    assert "reacted" not in page(sandbox, f"{CHAT}/bubbles")


def test_a_picture_is_sent_and_the_clinic_fetches_those_very_bytes(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    send_file(sandbox, "whatever.bin", PNG)
    sandbox.wait_until_quiet()

    (told,) = receiver.messages()
    image = told["image"]
    assert (told["type"], image["mime_type"], image["caption"]) == (
        "image",
        "image/png",
        "Aquí está",
    )
    fetched = requests.get(image["url"], headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10)
    assert fetched.content == PNG
    shown = re.findall(r'<img src="([^"]+)"', page(sandbox, CHAT))
    assert requests.get(sandbox.base_url + shown[0], timeout=10).content == PNG


def test_a_document_keeps_its_name(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    # requests would write the name in another way than browsers do.
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="'
        + "Derivación.pdf".encode()
        + b'"\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.4\n\r\n--x--\r\n'
    )
    requests.post(
        f"{sandbox.base_url}{CHAT}/file",
        body,
        headers={"Content-Type": "multipart/form-data; boundary=x"},
        timeout=10,
    )
    sandbox.wait_until_quiet()

    assert receiver.messages()[0]["document"]["filename"] == "Derivación.pdf"
    assert "Derivación.pdf" in page(sandbox, CHAT)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"MZ\x90", "Only JPEG and PNG", id="a-program"),
        pytest.param(b"", "Choose a file", id="nothing"),
        pytest.param(PNG + bytes(5 << 20), "larger than 5 MB", id="too-large"),
    ],
)
def test_what_cannot_be_sent_is_said(sandbox: SandboxProcess, content: bytes, says: str) -> None:
    answer = send_file(sandbox, "photo.png", content)

    assert answer.status_code == 400
    assert says in answer.text


def test_who_was_never_written_to_can_write_first(
    sandbox: SandboxProcess, receiver: Receiver
) -> None:
    shown = requests.get(f"{sandbox.base_url}/phones/+{WA_ID}", timeout=10)
    act(sandbox, "write", text="Hola")
    sandbox.wait_until_quiet()

    assert shown.url.endswith(CHAT)
    assert receiver.messages()[0]["text"]["body"] == "Hola"


@pytest.mark.parametrize(
    ("name", "form"),
    [
        pytest.param("tap", {"tap": "99"}, id="no-such-message"),
        pytest.param("write", {"text": "  "}, id="no-words"),
        pytest.param("react", {"emoji": "<b>"}, id="no-emoji"),
        pytest.param("file", {}, id="no-file"),
    ],
)
def test_a_nonsense_act_changes_nothing(
    sender: Sender, sandbox: SandboxProcess, name: str, form: dict[str, str]
) -> None:
    sender.send(reminder())

    assert act(sandbox, name, **form).status_code == 400
    assert "from-patient" not in page(sandbox, CHAT)
