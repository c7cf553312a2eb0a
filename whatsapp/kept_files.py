"""
Files of patients on our own disk: each sealed for its own row, and in nobody else's place.

What the release before left in clear is read as it stands until it is sealed. A file is written
beside its place, brought to the disk, and put there by its name alone: whoever dies leaves the old
one or the new one.
"""

import logging
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import IO

from django.db import transaction
from django.db.models import QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic import sealed_files
from healthmsg.clinic.sealed_stream import PIECE, Damaged
from healthmsg.clinic.strongbox import WrongKeys
from whatsapp import sealed_words
from whatsapp.models import FileState, InboundFile

logger = logging.getLogger(__name__)


class Why(TextChoices):
    """Why a file does not open, as staff read it after its name."""

    MISSING = "MISSING", _("is not in its place on our disk; ask for it again")
    NO_KEY = (
        "NO_KEY",
        _("cannot be opened: none of our keys fits; tell whoever runs this system"),
    )
    DAMAGED = (
        "DAMAGED",
        _("cannot be opened: it was damaged or changed on our disk; ask for it again"),
    )


class Unopened(Exception):
    """A file does not open, and `why`; what came of it before is not to be shown."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


class Became(Enum):
    """What became of a file that was to lie under the newest of the house's keys."""

    NOTHING = "nothing"
    SEALED = "sealed"
    UNOPENED = "unopened"
    MISSING = "missing"


def path_of(file: InboundFile, directory: Path) -> Path:
    """Return where a file lies: by a random name, in one of 256 folders."""
    name = file.key.hex
    return directory / name[:2] / name


def write(file: InboundFile, parts: Iterable[bytes], directory: Path) -> None:
    """Write a file beside its place; its size and whether it is sealed stand in `file` then."""
    part = _part_of(file, directory)
    part.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.is_sealed = sealed_words.are_kept()
    with _private(part) as beside:
        file.size = (
            sealed_files.seal(parts, beside, of=_whose(file))
            if file.is_sealed
            else sum(map(beside.write, parts))
        )


def put(file: InboundFile, directory: Path) -> None:
    """Give what was written beside its place its name, for good."""
    place = path_of(file, directory)
    _part_of(file, directory).replace(place)
    # The name itself reaches the disk too.
    descriptor = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def discard(file: InboundFile, directory: Path) -> None:
    """Delete what was written beside its place."""
    _part_of(file, directory).unlink(missing_ok=True)


def remove(file: InboundFile, directory: Path) -> None:
    """Delete a file, and what somebody who died has left beside it; its row is locked meanwhile."""
    path_of(file, directory).unlink(missing_ok=True)
    discard(file, directory)


def read(file: InboundFile, directory: Path) -> Iterator[bytes]:
    """
    Yield a file piece by piece; only the end says that all of it was there.

    :raises Unopened: it is not there, no key opens it, or it is not as it was written
    """
    with _opened(file, directory) as content:
        if file.is_sealed or sealed_files.is_sealed(content):
            yield from sealed_files.unseal(content, of=_whose(file))
        else:
            yield from iter(lambda: content.read(PIECE), b"")


def look(file: InboundFile, directory: Path) -> None:
    """
    Look at its beginning and its length alone, which takes as long for 25 MB as for one byte.

    What was changed further on shows when it is read. Raises as `read`.
    """
    with _opened(file, directory) as content:
        if file.is_sealed or sealed_files.is_sealed(content):
            sealed_files.is_newest(content, of=_whose(file))
            is_whole = _length(content) == sealed_files.length_of(file.size or 0)
        else:
            is_whole = _length(content) == file.size
    if not is_whole:
        raise Unopened(Why.DAMAGED)


def seal_clear(directory: Path, *, seconds: float) -> int:
    """Seal what lies in clear, for so long; return how many. It may be killed at any moment."""
    if not sealed_words.are_kept():
        return 0
    ends, sealed, last = time.monotonic() + seconds, 0, 0
    in_clear = InboundFile.objects.filter(state=FileState.KEPT, is_sealed=False)
    # One by one: each is a file to write. What does not lie here is passed over.
    while (pk := _next(in_clear, last)) and time.monotonic() < ends:
        sealed += seal_anew(pk, directory) is Became.SEALED
        last = pk
    return sealed


def every() -> Iterator[int]:
    """Yield the primary keys of all files that lie on the disk, also of what comes meanwhile."""
    kept, last = InboundFile.objects.filter(state=FileState.KEPT), 0
    while pk := _next(kept, last):
        yield pk
        last = pk


@transaction.atomic
def seal_anew(pk: int, directory: Path) -> Became:
    """Keep a file under the newest of the house's keys, whatever it lies under."""
    # Locked: who deletes it meanwhile waits, and deletes what was put in its place as well.
    kept = InboundFile.objects.select_for_update(no_key=True).filter(state=FileState.KEPT)
    file = kept.filter(pk=pk).first()
    if file is None:
        return Became.NOTHING
    try:
        return _seal(file, directory)
    except Unopened as error:
        logger.warning(
            "a file of a patient does not open", extra={"file_id": pk, "why": error.why.value}
        )
        return Became.MISSING if error.why == Why.MISSING else Became.UNOPENED


def _seal(file: InboundFile, directory: Path) -> Became:
    whose = _whose(file)
    with _opened(file, directory) as content:
        # Put in its place by somebody who died before the row said so.
        is_sealed = file.is_sealed or sealed_files.is_sealed(content)
        became = Became.SEALED
        if not is_sealed and not sealed_words.are_kept():
            return Became.NOTHING
        if is_sealed and sealed_files.is_newest(content, of=whose):
            became = Became.NOTHING
        elif is_sealed:
            with _private(_part_of(file, directory)) as beside:
                sealed_files.copy_anew(content, beside, of=whose)
        else:
            write(file, iter(lambda: content.read(PIECE), b""), directory)
    if became is Became.SEALED:
        put(file, directory)
    InboundFile.objects.filter(pk=file.pk, is_sealed=False).update(is_sealed=True)
    return became


def _next(files: QuerySet[InboundFile], last: int) -> int | None:
    return files.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True).first()


def _whose(file: InboundFile) -> str:
    return f"file {file.key.hex}"


def _part_of(file: InboundFile, directory: Path) -> Path:
    return path_of(file, directory).with_suffix(".part")


@contextmanager
def _opened(file: InboundFile, directory: Path) -> Iterator[IO[bytes]]:
    try:
        with path_of(file, directory).open("rb") as content:
            yield content
    except FileNotFoundError:
        raise Unopened(Why.MISSING) from None
    except WrongKeys:
        raise Unopened(Why.NO_KEY) from None
    except Damaged:
        raise Unopened(Why.DAMAGED) from None


@contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file that only the house's own user may read; at the end all of it is on disk."""
    # Another file than one that was left there: who was only frozen must not write into this one.
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _length(content: IO[bytes]) -> int:
    return os.fstat(content.fileno()).st_size
