"""What patients sent lies sealed, opens in its own place alone, and survives whoever is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from threading import Event, Thread

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from healthmsg.clinic.models import Patient, Phone
from healthmsg.clinic.sealed_stream import PIECE
from healthmsg.desk.tasks import seal_audit
from tests.door_process import surroundings
from tests.sandbox_process import TOKEN, SandboxProcess
from tests.whatsapp.test_fetching import JPEG, fetch, graph, phone, sent
from tests.whatsapp.test_inbox import NOON
from whatsapp import fetching, forgetting, kept_files
from whatsapp.graph import Graph
from whatsapp.kept_files import Unopened, Why
from whatsapp.models import FileState, InboundFile, Sender

__all__ = ["graph", "phone"]
pytestmark = pytest.mark.django_db(transaction=True)

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


def test_a_file_lies_sealed_and_comes_back_whole(file: InboundFile, place: Path) -> None:
    (path,) = on_the_disk(place)

    assert path == kept_files.path_of(file, place)
    assert CANARY not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    assert file.size == len(CONTENT)
    assert read(file, place) == CONTENT


def cut_off(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def cut_between_pieces(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 16 - len(CONTENT) % PIECE)


def change_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[PIECE] ^= 1
    path.write_bytes(content)


def change_its_beginning(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[40] ^= 1
    path.write_bytes(content)


def put_clear_words_there(path: Path) -> None:
    path.write_bytes(JPEG)


def take_it_away(path: Path) -> None:
    path.unlink()


SPOILT = {
    cut_off: Why.DAMAGED,
    cut_between_pieces: Why.DAMAGED,
    change_a_bit: Why.DAMAGED,
    change_its_beginning: Why.NO_KEY,
    put_clear_words_there: Why.DAMAGED,
    take_it_away: Why.MISSING,
}


@pytest.mark.parametrize(
    ("spoil", "why"), SPOILT.items(), ids=lambda one: getattr(one, "__name__", "")
)
def test_attack_a_spoilt_file_does_not_open_and_it_is_known_why(
    file: InboundFile, place: Path, spoil: Callable[[Path], None], why: Why
) -> None:
    spoil(kept_files.path_of(file, place))

    with pytest.raises(Unopened) as refused:
        b"".join(kept_files.read(file, place))

    assert refused.value.why == why
    # Its beginning and length tell all but a change in the midst of it.
    if spoil is not change_a_bit:
        with pytest.raises(Unopened) as refused:
            kept_files.look(file, place)
        assert refused.value.why == why


def test_attack_a_file_in_anothers_place_does_not_open(
    file: InboundFile, sender: Sender, phone: Phone, graph: Graph, place: Path
) -> None:
    other = sent(sender, phone, graph, JPEG)
    fetch(graph, place)
    other.refresh_from_db()

    kept_files.path_of(file, place).replace(kept_files.path_of(other, place))

    with pytest.raises(Unopened):
        b"".join(kept_files.read(other, place))


def test_what_the_release_before_left_is_read_and_sealed_by_the_minute(
    clear_file: InboundFile, place: Path
) -> None:
    assert read(clear_file, place) == CONTENT

    seal_audit()

    assert read(clear_file, place) == CONTENT
    assert clear_file.is_sealed
    assert CANARY not in kept_files.path_of(clear_file, place).read_bytes()
    assert kept_files.seal_clear(place, seconds=5) == 0
    assert len(on_the_disk(place)) == 1


def test_while_the_release_before_runs_files_are_written_in_clear(
    sender: Sender, phone: Phone, graph: Graph, place: Path, settings: LazySettings
) -> None:
    settings.SEAL_MESSAGES = False
    waiting = sent(sender, phone, graph, CONTENT)
    fetch(graph, place)

    assert kept_files.path_of(waiting, place).read_bytes() == CONTENT
    assert kept_files.seal_clear(place, seconds=5) == 0
    call_command("rewrap_audit_keys", stdout=StringIO())
    assert read(waiting, place) == CONTENT
    assert not waiting.is_sealed


def test_new_keys_reach_every_file_also_those_in_clear(
    file: InboundFile,
    sender: Sender,
    phone: Phone,
    graph: Graph,
    place: Path,
    settings: LazySettings,
) -> None:
    in_clear = sent(sender, phone, graph, CONTENT)
    settings.SEAL_MESSAGES = False
    fetch(graph, place)
    settings.SEAL_MESSAGES = True
    settings.AUDIT_KEYS = [B, A]

    call_command("rewrap_audit_keys", stdout=StringIO())
    written = [path.stat().st_ino for path in on_the_disk(place)]
    call_command("rewrap_audit_keys", stdout=StringIO())

    # What lies under the newest already is only looked at.
    assert [path.stat().st_ino for path in on_the_disk(place)] == written
    settings.AUDIT_KEYS = [B]
    for one in (file, in_clear):
        assert read(one, place) == CONTENT
    settings.AUDIT_KEYS = [A]
    with pytest.raises(Unopened) as refused:
        read(file, place)
    assert refused.value.why == Why.NO_KEY


def test_a_file_that_no_key_opens_is_counted_and_one_that_is_elsewhere_is_told(
    file: InboundFile, place: Path, settings: LazySettings
) -> None:
    settings.AUDIT_KEYS = [B]
    with pytest.raises(CommandError, match="1 files of patients"):
        call_command("rewrap_audit_keys", stdout=StringIO())

    settings.AUDIT_KEYS = [A]
    kept_files.remove(file, place)
    told = StringIO()
    call_command("rewrap_audit_keys", stdout=StringIO(), stderr=told)

    assert "1 files of patients do not lie in" in told.getvalue()


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

    done = forgetting.forget(willing_patient, [phone], directory=place, now=NOON)

    assert done.files == 1
    assert on_the_disk(place) == []


def test_retention_leaves_a_file_that_is_being_sealed_to_its_next_turn(
    file: InboundFile, place: Path
) -> None:
    leave_a_part(file, place)
    held, over = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            InboundFile.objects.select_for_update().get(pk=file.pk)
            held.set()
            over.wait(20)
        connection.close()

    sealing = Thread(target=hold)
    sealing.start()
    assert held.wait(20)
    late = NOON + timedelta(days=31)
    deleted = fetching.delete_old(directory=place, now=late, kept=timedelta(days=30))
    there = len(on_the_disk(place))
    over.set()
    sealing.join(20)

    assert (deleted, there) == (0, 2)
    assert fetching.delete_old(directory=place, now=late, kept=timedelta(days=30)) == 1
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
        forgetting.forget(willing_patient, [phone], directory=place, now=NOON)

    fetch(DeletesMeanwhile(sandbox.base_url, forget), place)

    waiting.refresh_from_db()
    assert waiting.state == FileState.DELETED
    assert on_the_disk(place) == []
