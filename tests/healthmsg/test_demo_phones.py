"""What the demo says to the sandbox, and what it hears: over HTTP, to the sandbox or a double."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from healthmsg.desk.demo.cards import Card
from healthmsg.desk.demo.phones import Phones, SandboxSaysNo
from tests.sandbox_process import SandboxProcess

CARD = Card(
    title="Cancel with a tap",
    steps=("On the phone: tap “Cancel”.", "On the desk it is cancelled."),
    desk_path="admin/clinic/appointment/7/change/",
    phone="5491155557000",
)


@contextmanager
def answering(status: int, heard: list[tuple[str, Any]]) -> Iterator[Phones]:
    """A server on this machine that answers everything so, and keeps what it was asked."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.path, json.loads(body)))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b'{"error": "no such control"}')

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Phones(f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
            thread.join()


def test_cards_are_laid_beside_desk_and_phone() -> None:
    heard: list[tuple[str, Any]] = []

    with answering(200, heard) as phones:
        address = phones.show([CARD.as_json()], desk="http://127.0.0.1:8000/")

    assert address == f"{phones.address}/try"
    assert heard == [
        (
            "/_control/cards",
            {
                "desk": "http://127.0.0.1:8000/",
                "cards": [
                    {
                        "title": "Cancel with a tap",
                        "steps": ["On the phone: tap “Cancel”.", "On the desk it is cancelled."],
                        "desk_path": "admin/clinic/appointment/7/change/",
                        "phone": "5491155557000",
                    }
                ],
            },
        )
    ]


def test_a_sandbox_that_shows_no_cards_is_no_place_for_a_demo() -> None:
    with (
        answering(404, []) as phones,
        pytest.raises(SandboxSaysNo, match=r"404 to /_control/cards: .*no such control"),
    ):
        phones.show([CARD.as_json()], desk="http://127.0.0.1:8000/")


def test_a_tap_on_nothing_is_said_to_be_one(sandbox: SandboxProcess) -> None:
    with pytest.raises(SandboxSaysNo, match="no such button"):
        Phones(sandbox.base_url).tap("+5491155557000", 0)


def test_nobody_got_anything_from_a_fresh_sandbox(sandbox: SandboxProcess) -> None:
    phones = Phones(sandbox.base_url)

    assert phones.taken() == phones.taken("+5491155557000", template="any") == []
    assert phones.are_quiet()
