"""What patients sent lies sealed, and opens in its own place alone."""

import os
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from healthmsg.clinic.models import Phone
from healthmsg.clinic.sealed_stream import PIECE
from healthmsg.desk.tasks import seal_audit
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
from tests.whatsapp.test_fetching import JPEG, fetch, graph, phone, sent
from whatsapp import kept_files
from whatsapp.graph import Graph
from whatsapp.kept_files import Unopened, Why
from whatsapp.models import InboundFile, Sender

__all__ = ["clear_file", "file", "graph", "phone", "place"]
pytestmark = pytest.mark.django_db(transaction=True)


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
