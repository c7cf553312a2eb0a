"""Files of patients after a restore: copied beside the database, they open with its keys."""

import shutil
from pathlib import Path

import pytest
from django.conf import LazySettings

from healthmsg.clinic.models import Phone
from tests.healthmsg.test_restore import KEY, backup_into, empty_server, move_to, restore
from tests.whatsapp.test_fetching import JPEG, fetch, graph, phone, sent
from whatsapp import kept_files
from whatsapp.graph import Graph
from whatsapp.kept_files import Unopened, Why
from whatsapp.models import InboundFile, Sender

__all__ = ["empty_server", "graph", "phone"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_a_restored_house_opens_the_files_that_were_copied_beside_it(
    sender: Sender,
    phone: Phone,
    graph: Graph,
    settings: LazySettings,
    tmp_path: Path,
    empty_server: str,
) -> None:
    settings.BACKUP_KEY = KEY
    settings.STOP_JOURNAL_DIRECTORY = str(tmp_path / "stops")
    settings.MACHINE_FILE = str(tmp_path / "machine")
    settings.INBOUND_FILES_DIRECTORY = str(tmp_path / "files")
    sent(sender, phone, graph, JPEG)
    assert fetch(graph, tmp_path / "files") == 1
    backup = backup_into(tmp_path / "copies")
    shutil.copytree(tmp_path / "files", tmp_path / "copied")
    shutil.rmtree(tmp_path / "files")

    move_to(empty_server)
    restore(backup, without_journal=True)

    file = InboundFile.objects.get()
    assert b"".join(kept_files.read(file, tmp_path / "copied")) == JPEG
    settings.AUDIT_KEYS = ["of another house" * 3]
    with pytest.raises(Unopened) as refused:
        b"".join(kept_files.read(file, tmp_path / "copied"))
    assert refused.value.why == Why.NO_KEY
