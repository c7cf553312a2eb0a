"""The phones' pages over HTTP, as a browser without scripts asks for them."""

import requests

from tests.sandbox_process import PHONE_NUMBER_ID, TOKEN, SandboxProcess
from tests.whatsapp.sandbox.conftest import PATIENT, Json

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
