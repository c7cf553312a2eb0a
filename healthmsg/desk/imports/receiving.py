"""Takes a file in: kept in the database alone, in pieces, until its lines are read."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from tempfile import TemporaryFile
from typing import IO

from django.db import transaction

from healthmsg.clinic.models import Clinic, StaffUser
from healthmsg.desk.imports.models import Import, ImportPiece, ImportRow, ImportState

_PIECE = 1 << 20


@dataclass(frozen=True)
class Wish:
    """What is known of a file before it is read."""

    clinic: Clinic
    kind: str
    file_name: str
    date_order: str = ""
    is_complete: bool = False
    complete_from: date | None = None
    complete_until: date | None = None
    # Where it lay in the watched folder; it goes on by itself then.
    found_at: str = ""


@transaction.atomic
def take(wish: Wish, file: IO[bytes], *, by: StaffUser | None, now: datetime) -> Import:
    """
    Keep a file; it is read in the background.

    :raises IntegrityError: the watched folder's file was taken already
    """
    source = Import.objects.create(
        clinic=wish.clinic,
        kind=wish.kind,
        file_name=wish.file_name[-120:],
        content_hash=digest(file),
        is_automatic=bool(wish.found_at),
        found_at=wish.found_at,
        date_order=wish.date_order,
        is_complete=wish.is_complete,
        complete_from=wish.complete_from,
        complete_until=wish.complete_until,
        created_by=by,
        created_at=now,
    )
    file.seek(0)
    for number, content in enumerate(iter(lambda: file.read(_PIECE), b"")):
        ImportPiece.objects.create(source=source, number=number, content=content)
    return source


def digest(file: IO[bytes]) -> str:
    """Return what tells one content from another."""
    file.seek(0)
    made = hashlib.sha256()
    while block := file.read(_PIECE):
        made.update(block)
    return made.hexdigest()


@contextmanager
def opened(source: Import) -> Iterator[IO[bytes]]:
    """Put a file together again, on a place that has no name and is gone when it is closed."""
    with TemporaryFile() as file:
        pieces = ImportPiece.objects.filter(source=source).order_by("number")
        for piece in pieces.iterator(chunk_size=4):
            file.write(piece.content)
        yield file


def forget(source: Import) -> None:
    """Delete what stood in the file; counts and findings stay."""
    ImportPiece.objects.filter(source=source).delete()
    ImportRow.objects.filter(source=source)._raw_delete(ImportRow.objects.db)


def close(source: Import, state: ImportState, *, now: datetime, failure: str = "") -> bool:
    """End an import, for good; False where it was over already."""
    with transaction.atomic():
        ended = Import.objects.filter(pk=source.pk).exclude(
            state__in=[ImportState.DONE, ImportState.STOPPED, ImportState.FAILED]
        )
        if not ended.update(state=state, failure=failure, question="", finished_at=now):
            return False
        forget(source)
    return True
