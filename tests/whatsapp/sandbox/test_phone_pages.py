"""The phones' pages over HTTP, as a browser without scripts sees them."""

import re
from urllib.parse import unquote

import pytest
import requests

from tests.sandbox_process import PHONE_NUMBER_ID, TOKEN, SandboxProcess
from tests.whatsapp.sandbox.conftest import (
    PATIENT,
    Json,
    Receiver,
    Sender,
    buttons,
    reminder,
    text,
)

WA_ID = PATIENT.lstrip("+")
CHAT = f"/chats/{PHONE_NUMBER_ID}/{WA_ID}"
ENVELOPE = {"messaging_product": "whatsapp", "to": PATIENT}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4


def page(sandbox: SandboxProcess, path: str) -> str:
    return requests.get(f"{sandbox.base_url}{path}", timeout=10).text


def act(sandbox: SandboxProcess, act: str, **form: str) -> requests.Response:
    return requests.post(f"{sandbox.base_url}{CHAT}/{act}", form, timeout=10)


def send_file(sandbox: SandboxProcess, name: str, content: bytes) -> requests.Response:
    return requests.post(
        f"{sandbox.base_url}{CHAT}/file",
        {"caption": "Aquí está"},
        files={"file": (name, content, "application/octet-stream")},
        timeout=10,
    )


def uploaded(sandbox: SandboxProcess, content: bytes, mime_type: str) -> str:
    answer = requests.post(
        f"{sandbox.base_url}/v25.0/{PHONE_NUMBER_ID}/media",
        {"messaging_product": "whatsapp"},
        files={"file": ("file", content, mime_type)},
        headers={"Authorization": f"Bearer {TOKEN}"},
        timeout=10,
    )
    return str(answer.json()["id"])


def choice() -> Json:
    """A list of two rows, each in a section of its own."""
    sections = [
        {"title": day, "rows": [{"id": f"at:{day}", "title": "9:00", "description": "Dra. Paz"}]}
        for day in ("Tuesday", "Wednesday")
    ]
    interactive = {
        "type": "list",
        "header": {"type": "text", "text": "Free times"},
        "body": {"text": "Which one?"},
        "action": {"button": "Choose", "sections": sections},
    }
    return {**ENVELOPE, "type": "interactive", "interactive": interactive}


def test_the_first_page_lists_the_phones(sender: Sender, sandbox: SandboxProcess) -> None:
    empty = page(sandbox, "/")
    sender.send(reminder())

    assert "No message has arrived yet" in empty
    assert f'href="{CHAT}"' in page(sandbox, "/")
    assert 'http-equiv="refresh"' in empty
    assert 'http-equiv="refresh"' not in page(sandbox, "/?still")


def test_what_nobody_has_looked_at_is_counted(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sandbox.behave(WA_ID, "no_read_receipts")
    sender.send(reminder())
    sender.send(reminder())
    sandbox.wait_until_quiet()

    assert ">2<" in page(sandbox, "/")
    page(sandbox, CHAT)
    assert "> unread<" not in page(sandbox, "/")


def test_a_message_is_shown_in_its_direction_and_escaped(
    sender: Sender, sandbox: SandboxProcess
) -> None:
    sender.send(reminder(language="ar"))

    bubbles = page(sandbox, f"{CHAT}/bubbles")

    assert 'lang="ar" dir="rtl"' in bubbles
    assert "&lt;patient_name&gt;" in bubbles
    assert "<patient_name>" not in bubbles


def test_a_browser_may_run_nothing_from_elsewhere(sandbox: SandboxProcess) -> None:
    for path in ("/", "/try", f"{CHAT}/bubbles"):
        answer = requests.get(f"{sandbox.base_url}{path}", timeout=10)

        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "<style" not in answer.text
        assert not re.search(r"<script(?! src)|\son\w+=|style=", answer.text)


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


def test_files_and_places_stand_on_cards(sender: Sender, sandbox: SandboxProcess) -> None:
    pdf = b"%PDF-1.4" + bytes(34_000)
    media_id = uploaded(sandbox, pdf, "application/pdf")
    act(sandbox, "write", text="Hola")
    document = {"id": media_id, "filename": "Preparación.pdf", "caption": "Read it"}
    sender.send({**ENVELOPE, "type": "document", "document": document})
    place = {"latitude": -34.6, "longitude": -58.4, "name": "Centro", "address": "Av. X 123"}
    sender.send({**ENVELOPE, "type": "location", "location": place})

    shown = page(sandbox, CHAT)

    assert "PDF, 34 KB" in shown
    assert "Av. X 123" in shown
    (address,) = re.findall(r'class="card" href="([^"]+)"', shown)
    opened = requests.get(sandbox.base_url + address, timeout=10)
    assert opened.content == pdf
    assert "Preparación.pdf" in unquote(opened.headers["Content-Disposition"])


def test_links_lead_elsewhere_and_nowhere_else(sender: Sender, sandbox: SandboxProcess) -> None:
    act(sandbox, "write", text="Hola")
    action = {
        "name": "cta_url",
        "parameters": {"display_text": "Our page", "url": 'https://example.org/"><b>'},
    }
    interactive = {"type": "cta_url", "body": {"text": "See"}, "action": action}
    sender.send({**ENVELOPE, "type": "interactive", "interactive": interactive})

    shown = page(sandbox, CHAT)

    assert 'href="https://example.org/&quot;&gt;&lt;b&gt;"' in shown
    assert 'rel="noreferrer"' in shown


def test_who_was_never_written_to_can_write_first(
    sandbox: SandboxProcess, receiver: Receiver
) -> None:
    shown = requests.get(f"{sandbox.base_url}/phones/+{WA_ID}", timeout=10)
    act(sandbox, "write", text="Hola")
    sandbox.wait_until_quiet()

    assert shown.url.endswith(CHAT)
    assert receiver.messages()[0]["text"]["body"] == "Hola"


def test_days_are_told_apart_where_the_phones_are(sender: Sender, sandbox: SandboxProcess) -> None:
    sandbox.settings(time_zone="Asia/Kolkata")
    sender.send(text())

    shown = page(sandbox, f"{CHAT}/bubbles")

    assert ">Today<" in shown
    assert "+05:30" in shown


def test_a_zone_that_nobody_knows_is_refused(sandbox: SandboxProcess) -> None:
    with pytest.raises(ValueError, match="Nowhere"):
        sandbox.settings(time_zone="Nowhere/Land")


def test_a_strange_address_is_not_found(sandbox: SandboxProcess) -> None:
    for path in ("/chats/1/2", "/nothing", "/chats/../..", f"{CHAT}/nothing", "/static/nothing"):
        assert requests.get(f"{sandbox.base_url}{path}", timeout=10).status_code in (200, 404)
    assert requests.get(f"{sandbox.base_url}/nothing", timeout=10).status_code == 404


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
