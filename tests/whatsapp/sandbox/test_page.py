import re

import requests

from tests.sandbox_process import SandboxProcess
from tests.whatsapp.sandbox.conftest import Receiver, Sender, reminder

CHAT = "/chats/100000000000001/5491155550101"


def page(sandbox: SandboxProcess, path: str) -> str:
    return requests.get(f"{sandbox.base_url}{path}", timeout=10).text


def test_the_first_page_lists_the_phones(sender: Sender, sandbox: SandboxProcess) -> None:
    empty = page(sandbox, "/")
    sender.send(reminder())

    assert "No message has arrived yet" in empty
    assert f'href="{CHAT}"' in page(sandbox, "/")
    assert 'http-equiv="refresh"' in empty
    assert 'http-equiv="refresh"' not in page(sandbox, "/?still")


def test_a_message_is_shown_in_its_direction_and_escaped(
    sender: Sender, sandbox: SandboxProcess
) -> None:
    sender.send(reminder(language="ar"))

    bubbles = page(sandbox, f"{CHAT}/bubbles")

    assert 'lang="ar" dir="rtl"' in bubbles
    assert "&lt;patient_name&gt;" in bubbles
    assert "<patient_name>" not in bubbles


def test_a_person_taps_and_writes_as_the_patient(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    message_id = sender.send(reminder())
    bubbles = page(sandbox, f"{CHAT}/bubbles")
    shown = re.findall(r'name="wamid" value="([^"]+)"', bubbles)

    for action, form in (("tap", {"wamid": shown[2], "tap": "2"}), ("write", {"text": "¿Dónde?"})):
        requests.post(f"{sandbox.base_url}{CHAT}/{action}", form, timeout=10)
    sandbox.wait_until_quiet()

    assert shown == [message_id] * 3
    tapped, wrote = sorted(receiver.messages(), key=lambda one: one["type"])
    assert tapped["button"]["payload"] == "tap:2"
    assert wrote["text"]["body"] == "¿Dónde?"
    assert "✓✓ read" in page(sandbox, f"{CHAT}/bubbles")


def test_a_strange_address_is_not_found(sandbox: SandboxProcess) -> None:
    for path in ("/chats/1/2", "/nothing", "/chats/../.."):
        assert requests.get(f"{sandbox.base_url}{path}", timeout=10).status_code in (200, 404)
    assert requests.get(f"{sandbox.base_url}/nothing", timeout=10).status_code == 404


def test_a_nonsense_tap_changes_nothing(sender: Sender, sandbox: SandboxProcess) -> None:
    sender.send(reminder())

    answer = requests.post(f"{sandbox.base_url}{CHAT}/tap", {"tap": "99"}, timeout=10)

    assert answer.status_code == 200
