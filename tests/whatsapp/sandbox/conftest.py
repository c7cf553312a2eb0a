"""The sandbox, a sender that speaks to it, and a receiver of its webhooks."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from tests.sandbox_process import PHONE_NUMBER_ID, TOKEN, SandboxProcess, sandbox, sandbox_process

__all__ = ["sandbox", "sandbox_process"]

Json = dict[str, Any]
PATIENT = "+5491155550101"


@dataclass
class Sender:
    """The clinic's side of the wire."""

    sandbox: SandboxProcess
    session: requests.Session = field(default_factory=requests.Session)

    def post(
        self, message: Json | bytes, *, token: str = TOKEN, number: str = PHONE_NUMBER_ID
    ) -> requests.Response:
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        url = f"{self.sandbox.base_url}/v25.0/{number}/messages"
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return self.session.post(url, data=body, headers=headers, timeout=10)

    def send(self, message: Json) -> str:
        """Send what must be accepted; returns its wamid."""
        response = self.post(message)
        assert response.status_code == 200, response.text
        return str(response.json()["messages"][0]["id"])

    def get(self, path: str, **query: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        url = f"{self.sandbox.base_url}/v25.0/{path}"
        return self.session.get(url, params=query, headers=headers, timeout=10)


@dataclass
class Receiver:
    """Our side of the webhooks: keeps what it was sent and answers `status`."""

    url: str
    bodies: list[tuple[bytes, str]] = field(default_factory=list)
    status: int = 200

    def values(self, field_name: str = "messages") -> list[Json]:
        return [
            change["value"]
            for body, _ in self.bodies
            for entry in json.loads(body)["entry"]
            for change in entry["changes"]
            if change["field"] == field_name
        ]

    def statuses(self, wamid: str = "") -> list[Json]:
        told = [one for value in self.values() for one in value.get("statuses", ())]
        return [one for one in told if not wamid or one["id"] == wamid]

    def messages(self) -> list[Json]:
        return [one for value in self.values() for one in value.get("messages", ())]


@pytest.fixture
def sender(sandbox: SandboxProcess) -> Iterator[Sender]:
    with requests.Session() as session:
        yield Sender(sandbox, session)


@pytest.fixture
def receiver(sandbox: SandboxProcess) -> Iterator[Receiver]:
    """A receiver that the sandbox already writes to, each notice once."""
    with receiving() as one:
        sandbox.settings(webhooks=True, webhook_url=one.url, doubled=0, shuffled=0)
        yield one
        sandbox.reset()


def receiving(port: int = 0) -> "_Receiving":
    return _Receiving(port)


class _Receiving:
    """A receiver on a thread, for the length of a block."""

    def __init__(self, port: int) -> None:
        self._port = port

    def __enter__(self) -> Receiver:
        receiver = Receiver("")

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.status == 200:
                    receiver.bodies.append((body, self.headers["X-Hub-Signature-256"]))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._server.daemon_threads = True
        receiver.url = f"http://127.0.0.1:{self._server.server_port}/webhooks/whatsapp"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return receiver

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def text(body: str = "Hello", *, to: str = PATIENT, **more: Any) -> Json:
    return {
        "messaging_product": "whatsapp",
        "to": to,
        "type": "text",
        "text": {"body": body},
    } | more


def reminder(*, to: str = PATIENT, language: str = "es", **more: Any) -> Json:
    """A reminder with its five variables and three signed payloads."""
    names = ("contact_name", "patient_name", "clinic_name", "when", "site_name")
    return template("appointment_reminder_days", names, to=to, language=language, buttons=3) | more


def invitation(*, to: str = PATIENT, language: str = "es") -> Json:
    names = ("contact_name", "clinic_name", "site_name", "clinic_phone")
    return template("vaccination_invitation", names, to=to, language=language, buttons=3)


def template(
    name: str, variables: tuple[str, ...], *, to: str, language: str, buttons: int = 0
) -> Json:
    parameters = [{"type": "text", "parameter_name": one, "text": f"<{one}>"} for one in variables]
    taps = [
        {
            "type": "button",
            "sub_type": "quick_reply",
            "index": str(place),
            "parameters": [{"type": "payload", "payload": f"tap:{place}"}],
        }
        for place in range(buttons)
    ]
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": to,
        "type": "template",
        "template": {
            "name": name,
            "language": {"policy": "deterministic", "code": language},
            "components": [{"type": "body", "parameters": parameters}, *taps],
        },
    }


def buttons(titles: tuple[str, ...] = ("Undo",), *, to: str = PATIENT) -> Json:
    """A message with reply buttons."""
    replies = [{"type": "reply", "reply": {"id": f"id:{one}", "title": one}} for one in titles]
    interactive = {
        "type": "button",
        "body": {"text": "Your visit is cancelled."},
        "action": {"buttons": replies},
    }
    envelope = {"messaging_product": "whatsapp", "to": to, "type": "interactive"}
    return {**envelope, "interactive": interactive}


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
