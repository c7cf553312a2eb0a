"""What the phones' pages show."""

import re
from urllib.parse import unquote

import pytest
import requests

from tests.sandbox_process import SandboxProcess
from tests.whatsapp.sandbox.browsing import CHAT, ENVELOPE, WA_ID, act, page, uploaded
from tests.whatsapp.sandbox.conftest import Receiver, Sender, reminder, text
from tests.whatsapp.sandbox.test_templates import asked, create


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


def test_all_parts_of_a_template_are_filled_in(sender: Sender, sandbox: SandboxProcess) -> None:
    sandbox.settings(auto_approve=True)
    header = {"type": "HEADER", "format": "TEXT", "text": "Visit of {{who}}", "example": {}}
    header["example"] = {"header_text_named_params": [{"param_name": "who", "example": "Ana"}]}
    links = [
        {"type": "URL", "text": "Way", "url": "https://example.org/{{1}}", "example": ["a"]},
        {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+541155550000"},
    ]
    parts = [header, {"type": "BODY", "text": "Until soon."}, {"type": "BUTTONS", "buttons": links}]
    assert create(sender, asked(components=parts))["status"] == "APPROVED"
    filled = [
        {
            "type": "header",
            "parameters": [{"type": "text", "parameter_name": "who", "text": "Zoé"}],
        },
        {
            "type": "button",
            "sub_type": "url",
            "index": "0",
            "parameters": [{"type": "text", "text": "norte"}],
        },
    ]
    sender.send(
        {
            **ENVELOPE,
            "type": "template",
            "template": {"name": "welcome", "language": {"code": "en"}, "components": filled},
        }
    )

    shown = page(sandbox, CHAT)

    assert "Visit of Zoé" in shown
    assert 'href="https://example.org/norte"' in shown
    assert 'href="tel:+541155550000"' in shown


def test_a_template_with_a_place_on_top_shows_it(sender: Sender, sandbox: SandboxProcess) -> None:
    sandbox.settings(auto_approve=True)
    parts = [{"type": "HEADER", "format": "LOCATION"}, {"type": "BODY", "text": "Until soon."}]
    assert create(sender, asked(components=parts))["status"] == "APPROVED"
    place = {"latitude": "-34.6", "longitude": "-58.4", "name": "Centro Norte"}
    top = {"type": "header", "parameters": [{"type": "location", "location": place}]}
    template = {"name": "welcome", "language": {"code": "en"}, "components": [top]}
    sender.send({**ENVELOPE, "type": "template", "template": template})

    shown = page(sandbox, CHAT)

    assert "Centro Norte" in shown
    assert "-34.6, -58.4" in shown
