"""A patient's file as it lies on the disk, for tests of how it is sealed."""

from pathlib import Path

import pytest
from django.conf import LazySettings

from healthmsg.clinic.models import Phone
from healthmsg.clinic.sealed_stream import PIECE
from tests.whatsapp.test_fetching import JPEG, fetch, sent
from whatsapp import kept_files
from whatsapp.graph import Graph
from whatsapp.models import InboundFile, Sender

CANARY = b"Zwitscherfink"
# Three pieces of it.
CONTENT = JPEG + CANARY * (5 * PIECE // 2 // len(CANARY))
A, B = "a" * 40, "b" * 40


@pytest.fixture(autouse=True)
def place(settings: LazySettings, tmp_path: Path) -> Path:
    settings.INBOUND_FILES_DIRECTORY = str(tmp_path)
    settings.AUDIT_KEYS = [A]
    return tmp_path


@pytest.fixture
def file(sender: Sender, phone: Phone, graph: Graph, place: Path) -> InboundFile:
    waiting = sent(sender, phone, graph, CONTENT)
    assert fetch(graph, place) == 1
    waiting.refresh_from_db()
    assert waiting.is_sealed
    return waiting


@pytest.fixture
def clear_file(file: InboundFile, place: Path) -> InboundFile:
    """As the release before has left it."""
    kept_files.path_of(file, place).write_bytes(CONTENT)
    InboundFile.objects.update(is_sealed=False)
    file.refresh_from_db()
    return file


def read(file: InboundFile, place: Path) -> bytes:
    file.refresh_from_db()
    kept_files.look(file, place)
    return b"".join(kept_files.read(file, place))


def on_the_disk(place: Path) -> list[Path]:
    return [path for path in place.rglob("*") if path.is_file()]
