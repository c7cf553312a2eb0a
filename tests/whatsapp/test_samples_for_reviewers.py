"""The sample of a picture or document goes to Meta's reviewers before the template does."""

import json
import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from tests import factories, header_files
from whatsapp import submitting
from whatsapp.graph import Graph
from whatsapp.models import Sender
from whatsapp.samples import samples
from whatsapp.submitting import Handing

pytestmark = pytest.mark.django_db


class Meta(BaseHTTPRequestHandler):
    """Answers as Meta's documentation prints it, and keeps what it was asked."""

    asked: ClassVar[list[tuple[str, dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.asked.append((self.path, dict(self.headers), body))
        answers = {"uploads": {"id": "upload:MTphd"}, "MTphd": {"h": "4::aW1h"}}
        known = next((answers[part] for part in answers if part in self.path), None)
        self.answer(known or {"id": "300000000000777", "status": "PENDING", "category": "UTILITY"})

    def do_GET(self) -> None:
        self.answer({"error": {"code": 100, "message": "not yet"}})

    def answer(self, said: dict[str, Any]) -> None:
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's own name
        """Say nothing."""


@pytest.fixture
def meta() -> Iterator[str]:
    Meta.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Meta)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_document_is_shown_to_the_reviewers(meta: str, sender: Sender, noon: datetime) -> None:
    file = header_files.make_file(sender.clinic)
    draft = factories.make_draft(sender.account, header_format="DOCUMENT", file=file)
    graph = Graph(base_url=meta, version="v25.0", token="secret")
    handing = Handing(graph, None, noon, samples(sender.clinic, "en", now=noon), "42")

    template = submitting.submit(draft, handing)

    begun, sent, created = Meta.asked
    assert begun[0].startswith("/v25.0/42/uploads?file_name=preparation.pdf&file_length=18")
    assert sent[0] == "/v25.0/upload:MTphd"
    assert (sent[1]["Authorization"], sent[1]["file_offset"]) == ("OAuth secret", "0")
    assert sent[2] == bytes(file.content)
    asked = json.loads(created[2])
    assert asked["components"][0] == {
        "type": "HEADER",
        "format": "DOCUMENT",
        "example": {"header_handle": ["4::aW1h"]},
    }
    assert asked["message_send_ttl_seconds"] == 43_200
    # What cannot be asked back is kept as it was answered.
    assert (template.meta_id, template.status, template.file) == (
        "300000000000777",
        "PENDING",
        file,
    )
