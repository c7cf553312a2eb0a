"""Files of patients: fetched at once, looked at, kept privately; what is wrong is said in words."""

import io
import struct
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from healthmsg.clinic.models import Patient, Phone
from tests import factories
from tests.sandbox_process import TOKEN, SandboxProcess
from tests.whatsapp.test_inbox import NOON, hear, written
from whatsapp import fetching, file_kinds, kept_files
from whatsapp.errors import TryAgain
from whatsapp.graph import Graph, TooLarge
from whatsapp.models import FileState, InboundFile, Sender

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, height) + b"\x08\x02"


def zip_bomb() -> bytes:
    """A thousand times as large once somebody opens it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes(20 << 20))
    return packed.getvalue()


@pytest.fixture
def graph(sandbox: SandboxProcess) -> Graph:
    return Graph(base_url=sandbox.base_url, version="v25.0", token=TOKEN)


@pytest.fixture
def phone(willing_patient: Patient) -> Phone:
    return factories.phone_of(willing_patient)


def sent(
    sender: Sender,
    phone: Phone,
    graph: Graph,
    content: bytes,
    *,
    kind: str = "image",
    mime_type: str = "image/jpeg",
    **told: str,
) -> InboundFile:
    """A file that WhatsApp has, and a message of the patient that names it."""
    number = sender.phone_number_id
    media_id = graph.upload(number, name="x", mime_type=mime_type, content=content)
    fields: dict[str, Any] = {kind: {"id": media_id, "mime_type": mime_type, **told}}
    hear(written(phone, "", wamid=f"wamid.{media_id}", type=kind, **fields))
    return InboundFile.objects.get(media_id=media_id)


def fetch(graph: Graph, directory: Path) -> int:
    return fetching.fetch_due(graph=graph, directory=directory, now=NOON, seconds=20)


@pytest.mark.django_db
def test_a_picture_is_kept_where_nobody_else_reads(
    sender: Sender, phone: Phone, graph: Graph, tmp_path: Path
) -> None:
    file = sent(sender, phone, graph, JPEG)

    assert fetch(graph, tmp_path) == 1
    assert fetch(graph, tmp_path) == 0

    file.refresh_from_db()
    assert (file.state, file.mime_type, file.is_shown) == (FileState.KEPT, "image/jpeg", True)
    kept = kept_files.path_of(file, tmp_path)
    assert b"".join(kept_files.read(file, tmp_path)) == JPEG
    assert file.is_sealed
    assert JPEG not in kept.read_bytes()
    assert file.size == len(JPEG)
    assert kept.stat().st_mode & 0o077 == 0
    assert kept.parent.stat().st_mode & 0o077 == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "mime_type", "content", "state"),
    [
        pytest.param("image", "audio/mpeg", bytes(6 << 20), FileState.TOO_LARGE, id="huge"),
        pytest.param("image", "image/jpeg", b"<html>", FileState.WRONG_KIND, id="page"),
        pytest.param("audio", "audio/ogg", JPEG, FileState.WRONG_KIND, id="picture-as-sound"),
        pytest.param("document", "application/pdf", b"MZ\x90", FileState.WRONG_KIND, id="program"),
        pytest.param("document", "text/plain", b"a\x00b", FileState.WRONG_KIND, id="no-text"),
        pytest.param("image", "image/jpeg", b"", FileState.WRONG_KIND, id="empty"),
    ],
)
def test_what_is_wrong_is_not_kept(
    sender: Sender,
    phone: Phone,
    graph: Graph,
    tmp_path: Path,
    kind: str,
    mime_type: str,
    content: bytes,
    state: FileState,
) -> None:
    file = sent(sender, phone, graph, content, kind=kind, mime_type=mime_type)

    assert fetch(graph, tmp_path) == 1

    file.refresh_from_db()
    assert (file.state, file.is_shown) == (state, False)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.django_db
def test_attack_a_zip_bomb_stays_packed(
    sender: Sender, phone: Phone, graph: Graph, tmp_path: Path
) -> None:
    bomb = zip_bomb()
    file = sent(sender, phone, graph, bomb, kind="document", mime_type=WORD, filename="cv.docx")

    fetch(graph, tmp_path)

    file.refresh_from_db()
    assert (file.state, file.mime_type, file.is_shown) == (FileState.KEPT, WORD, False)
    assert file.size == len(bomb) < (1 << 20)


@pytest.mark.django_db
def test_a_picture_too_large_to_unpack_is_not_shown(
    sender: Sender, phone: Phone, graph: Graph, tmp_path: Path
) -> None:
    file = sent(sender, phone, graph, png(60_000, 60_000), mime_type="image/png")

    fetch(graph, tmp_path)

    file.refresh_from_db()
    assert (file.state, file.is_shown) == (FileState.KEPT, False)


@pytest.mark.django_db
def test_what_whatsapp_has_no_more_is_gone(
    sender: Sender, phone: Phone, graph: Graph, tmp_path: Path
) -> None:
    hear(written(phone, "", type="image", image={"id": "123456789012345"}))

    assert fetch(graph, tmp_path) == 1

    assert InboundFile.objects.get().state == FileState.GONE


@pytest.mark.django_db
def test_who_dies_over_a_file_leaves_it_to_the_next(
    sender: Sender, phone: Phone, graph: Graph, tmp_path: Path
) -> None:
    file = sent(sender, phone, graph, JPEG)
    # As a process leaves it that was killed in the middle.
    later = timezone.now() + fetching.LEASE
    InboundFile.objects.update(fetch_after=later, tries=1)
    part = kept_files.path_of(file, tmp_path).with_suffix(".part")
    part.parent.mkdir(parents=True)
    part.write_bytes(b"half of something else, and longer than the whole")
    assert fetch(graph, tmp_path) == 0

    InboundFile.objects.update(fetch_after=timezone.now())

    assert fetch(graph, tmp_path) == 1
    file.refresh_from_db()
    assert (file.state, file.tries) == (FileState.KEPT, 2)
    assert b"".join(kept_files.read(file, tmp_path)) == JPEG
    assert not part.exists()


@pytest.mark.django_db
def test_whatsapp_out_of_reach_is_asked_again(
    sender: Sender, phone: Phone, graph: Graph, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    file = sent(sender, phone, graph, JPEG)
    gone = Graph(base_url="http://127.0.0.1:9", version="v25.0", token=TOKEN)

    assert fetch(gone, tmp_path) == 0

    file.refresh_from_db()
    assert file.state == FileState.WAITS
    assert file.fetch_after is not None
    assert file.fetch_after > timezone.now()
    InboundFile.objects.update(fetch_after=timezone.now())
    assert fetch(graph, tmp_path) == 1


class _Answers(BaseHTTPRequestHandler):
    """An endless file, one that ends early, and none at all."""

    def do_GET(self) -> None:
        self.send_response(404 if "gone" in self.path else 200)
        if "short" in self.path:
            self.send_header("Content-Length", "100")
        self.end_headers()
        try:
            self.wfile.write(b"x" * 10)
            while "endless" in self.path:
                self.wfile.write(bytes(65536))
        except ConnectionError:
            return

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Answers) as answering:
        thread = threading.Thread(target=answering.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{answering.server_port}"
        answering.shutdown()
        thread.join(5)


@pytest.mark.parametrize(
    ("path", "error"),
    [
        pytest.param("endless", TooLarge, id="without-end"),
        pytest.param("short", TryAgain, id="cut-off"),
        pytest.param("gone", TryAgain, id="address-over"),
    ],
)
def test_a_download_that_goes_wrong(server: str, path: str, error: type[Exception]) -> None:
    graph = Graph(base_url=server, version="v25.0", token=TOKEN)

    with pytest.raises(error):
        list(graph.download(f"{server}/{path}", largest=1 << 20))


def test_our_token_goes_nowhere_unprotected(server: str) -> None:
    graph = Graph(base_url="https://graph.example", version="v25.0", token=TOKEN)

    with pytest.raises(TryAgain):
        list(graph.download(f"{server}/fine", largest=100))


@given(st.binary(max_size=200), st.sampled_from(["image", "audio", "video", "document", "sticker"]))
def test_no_bytes_break_the_look(content: bytes, kind: str) -> None:
    found = file_kinds.look(content, kind=kind, said_type="application/pdf")

    assert found is None or file_kinds.ending_of(found.mime_type) != ".bin"


@given(st.binary(max_size=40))
def test_what_is_no_picture_is_never_shown_as_one(content: bytes) -> None:
    found = file_kinds.look(b"<svg " + content, kind="image", said_type="image/svg+xml")

    assert found is None
