"""Whoever is killed over a file, or deletes it meanwhile, leaves an old one, a new one or none."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from threading import Event, Thread, Timer

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.db import connection, transaction

from healthmsg.clinic.models import Patient, Phone
from healthmsg.desk.privacy import retention
from healthmsg.desk.privacy.models import Kept, RunState
from tests.door_process import surroundings
from tests.healthmsg.test_retention import YEAR, begin
from tests.sandbox_process import TOKEN, SandboxProcess
from tests.whatsapp.files_kept import (
    CANARY,
    CONTENT,
    A,
    B,
    clear_file,
    file,
    on_the_disk,
    place,
    read,
)
from tests.whatsapp.test_fetching import fetch, graph, phone, sent
from tests.whatsapp.test_inbox import NOON
from whatsapp import forgetting, kept_files
from whatsapp.graph import Graph
from whatsapp.models import FileState, InboundFile, Sender

__all__ = ["clear_file", "file", "graph", "phone", "place"]
pytestmark = pytest.mark.django_db(transaction=True)


_KILLED = """
import os, signal, sys
from pathlib import Path
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from whatsapp import kept_files

moment, how, place = sys.argv[1], sys.argv[2], Path(sys.argv[3])

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def hook(event, arguments):
    if event == "os.rename" and moment == "before it has its name":
        die()

def killed(execute, sql, *rest):
    says_so = 'UPDATE "whatsapp_inboundfile"' in sql
    if says_so and moment == "before the row says so":
        die()
    done = execute(sql, *rest)
    if says_so and moment == "before it is committed":
        die()
    return done

if moment == "in the midst of it":
    import shutil
    from healthmsg.clinic import sealed_stream, sealed_files
    def half(file, into, *_):
        into.write(file.read(1000000))
        into.flush()
        die()
    shutil.copyfileobj = half
    even = sealed_stream._even
    def halved(parts, size):
        for number, piece in enumerate(even(parts, size)):
            if number == 1:
                die()
            yield piece
    sealed_stream._even = halved
sys.addaudithook(hook)
with connection.execute_wrapper(killed):
    if how == "anew":
        call_command("rewrap_audit_keys")
    else:
        kept_files.seal_clear(place, seconds=9)
"""
MOMENTS = (
    "in the midst of it",
    "before it has its name",
    "before the row says so",
    "before it is committed",
)


def kill(moment: str, how: str, place: Path, settings: LazySettings) -> int:
    variables = surroundings(settings.EMBEDDED, database=str(connection.settings_dict["NAME"]))
    variables |= {"AUDIT_KEYS": f"{B},{A}", "INBOUND_FILES_DIRECTORY": str(place)}
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, moment, how, str(place)],
        env={**os.environ, **variables},
        check=False,
    )
    return done.returncode


@pytest.mark.parametrize("moment", MOMENTS)
def test_who_is_killed_while_sealing_what_lies_in_clear_loses_nothing(
    clear_file: InboundFile, place: Path, settings: LazySettings, moment: str
) -> None:
    settings.AUDIT_KEYS = [B, A]

    assert kill(moment, "clear", place, settings) == -signal.SIGKILL

    assert read(clear_file, place) == CONTENT
    kept_files.seal_clear(place, seconds=5)
    assert read(clear_file, place) == CONTENT
    assert clear_file.is_sealed
    (path,) = on_the_disk(place)
    assert CANARY not in path.read_bytes()


@pytest.mark.parametrize("moment", MOMENTS[:2])
def test_who_is_killed_while_keys_are_changed_loses_nothing(
    file: InboundFile, place: Path, settings: LazySettings, moment: str
) -> None:
    settings.AUDIT_KEYS = [B, A]

    assert kill(moment, "anew", place, settings) == -signal.SIGKILL

    assert read(file, place) == CONTENT
    call_command("rewrap_audit_keys", stdout=StringIO())
    settings.AUDIT_KEYS = [B]
    assert read(file, place) == CONTENT
    assert len(on_the_disk(place)) == 1


def leave_a_part(file: InboundFile, place: Path) -> None:
    """As somebody does who was killed while writing it anew."""
    kept_files.path_of(file, place).with_suffix(".part").write_bytes(b"half")


def test_deletion_takes_what_was_left_beside_a_file_too(
    file: InboundFile, phone: Phone, willing_patient: Patient, place: Path
) -> None:
    leave_a_part(file, place)

    done = forgetting.forget([willing_patient], [phone], directory=place, now=NOON)

    assert done.files == 1
    assert on_the_disk(place) == []


def test_retention_waits_for_a_file_that_is_being_sealed_and_takes_what_it_left(
    file: InboundFile, place: Path
) -> None:
    run = begin(file.reply.clinic, Kept.FILES, NOON + 2 * YEAR)
    held, over = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            InboundFile.objects.select_for_update().get(pk=file.pk)
            held.set()
            over.wait(20)
            leave_a_part(file, place)
        connection.close()

    sealing = Thread(target=hold)
    sealing.start()
    assert held.wait(20)
    Timer(0.3, over.set).start()
    assert retention.go_on(now=NOON + 2 * YEAR, seconds=5) == 1
    sealing.join(20)

    run.refresh_from_db()
    assert (run.state, run.removed) == (RunState.DONE, 1)
    assert on_the_disk(place) == []


class DeletesMeanwhile(Graph):
    """Fetches as ever, and before the end of a file its patient is deleted."""

    def __init__(self, base_url: str, forget: Callable[[], object]) -> None:
        super().__init__(base_url=base_url, version="v25.0", token=TOKEN)
        self._forget = forget

    def download(self, address: str, *, largest: int) -> Iterator[bytes]:
        yield from super().download(address, largest=largest)
        self._forget()


def test_who_is_deleted_while_a_file_is_fetched_leaves_none(
    sender: Sender,
    phone: Phone,
    graph: Graph,
    willing_patient: Patient,
    sandbox: SandboxProcess,
    place: Path,
) -> None:
    waiting = sent(sender, phone, graph, CONTENT)

    def forget() -> None:
        forgetting.forget([willing_patient], [phone], directory=place, now=NOON)

    fetch(DeletesMeanwhile(sandbox.base_url, forget), place)

    waiting.refresh_from_db()
    assert waiting.state == FileState.DELETED
    assert on_the_disk(place) == []
