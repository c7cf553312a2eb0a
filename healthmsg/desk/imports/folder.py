"""
The watched folder: other systems leave files in it, each in the folder of its clinic and kind.

A file is taken once it has stood still from one look to the next, and each content once. It stays
where it is until its import is over, and lies in `done` or `failed` beside it then, for some days.
"""

import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError

from healthmsg.clinic.models import Clinic
from healthmsg.desk.imports import receiving, tables
from healthmsg.desk.imports.models import (
    OVER,
    Failure,
    FolderFile,
    Import,
    ImportKind,
    ImportState,
)
from healthmsg.desk.imports.receiving import Wish

logger = logging.getLogger(__name__)

# The folders of a clinic, by what is left in them.
PATIENTS, STOPS, DOSES, VISITS, ALL_VISITS = (
    "patients",
    "stops",
    "vaccinations",
    "appointments",
    "appointments-complete",
)
KINDS = {
    PATIENTS: ImportKind.PATIENTS,
    STOPS: ImportKind.STOPS,
    DOSES: ImportKind.DOSES,
    VISITS: ImportKind.VISITS,
    # Each file holds every visit from its first day to its last: what it lacks is cancelled.
    ALL_VISITS: ImportKind.VISITS,
}
DONE, ASIDE = "done", "failed"
_ENDINGS = {".csv", ".txt", ".tsv", ".xlsx"}
_STILL_FOR = timedelta(seconds=50)


def look(*, now: datetime) -> int:
    """Take what stands still, and put aside what is over; return how many files were taken."""
    home = Path(settings.IMPORT_DIRECTORY)
    # A machine without the directory must not forget what another one has seen in it.
    if not settings.IMPORT_DIRECTORY or not home.is_dir():
        return 0
    _put_aside(home)
    _forget(home, kept=timedelta(days=settings.IMPORT_FILES_KEPT_DAYS))
    taken = 0
    seen: set[str] = set()
    for path, clinic, folder in _files(home):
        place = str(path.relative_to(home))
        seen.add(place)
        if _stands_still(path, place, now):
            taken += _take(path, place, Wish(clinic, KINDS[folder], path.name), folder, now)
    FolderFile.objects.exclude(path__in=seen).delete()
    return taken


def is_watched() -> bool:
    return bool(settings.IMPORT_DIRECTORY)


def folders_of(clinic: Clinic) -> list[str]:
    """Return where a clinic's files are left."""
    return [str(Path(settings.IMPORT_DIRECTORY, str(clinic.pk), folder)) for folder in KINDS]


def _files(home: Path) -> Iterator[tuple[Path, Clinic, str]]:
    for clinic in Clinic.objects.order_by("pk"):
        for folder in KINDS:
            place = home / str(clinic.pk) / folder
            if not place.is_dir():
                continue
            for path in sorted(place.iterdir()):
                # A link could lead anywhere; what is still being copied has another ending.
                is_file = path.is_file() and not path.is_symlink()
                if is_file and path.suffix.lower() in _ENDINGS and not path.name.startswith("."):
                    yield path, clinic, folder


def _stands_still(path: Path, place: str, now: datetime) -> bool:
    """True where nothing has been written to it since an earlier look."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return False
    measures = {"size": stat.st_size, "modified_ns": stat.st_mtime_ns}
    known = FolderFile.objects.filter(path=place).first()
    if known is None or (known.size, known.modified_ns) != (stat.st_size, stat.st_mtime_ns):
        fresh = {**measures, "seen_at": now, "is_settled": False}
        FolderFile.objects.update_or_create(path=place, defaults=fresh)
        return False
    return not known.is_settled and now - known.seen_at >= _STILL_FOR


def _take(path: Path, place: str, wish: Wish, folder: str, now: datetime) -> int:
    wish = Wish(
        wish.clinic,
        wish.kind,
        wish.file_name,
        is_complete=folder == ALL_VISITS,
        found_at=place,
    )
    try:
        with path.open("rb") as file:
            if path.stat().st_size > tables.MOST_BYTES:
                _refuse(wish, now)
            else:
                receiving.take(wish, file, by=None, now=now)
    except IntegrityError:
        # The same content was taken before, or by another worker just now.
        _move_twice_brought(path, wish)
        return 0
    except OSError as error:
        logger.warning("a file could not be read", extra={"error": type(error).__name__})
        return 0
    FolderFile.objects.filter(path=place).update(is_settled=True)
    return 1


def _refuse(wish: Wish, now: datetime) -> None:
    Import.objects.create(
        clinic=wish.clinic,
        kind=wish.kind,
        file_name=wish.file_name[-120:],
        is_automatic=True,
        found_at=wish.found_at,
        state=ImportState.FAILED,
        failure=Failure.TOO_LARGE,
        created_at=now,
        finished_at=now,
    )


def _move_twice_brought(path: Path, wish: Wish) -> None:
    """Put a file aside whose content was brought in before, unless it is just being brought in."""
    open_ones = Import.objects.filter(found_at=wish.found_at).exclude(state__in=OVER)
    if not open_ones.exists():
        _move(path, DONE)


def _put_aside(home: Path) -> None:
    """Move the files of imports that are over; one that was written anew meanwhile stays."""
    over = Import.objects.filter(is_automatic=True, state__in=OVER).exclude(found_at="")
    for source in over:
        path = home / source.found_at
        if _is_still(path, source):
            _move(path, DONE if source.state == ImportState.DONE else ASIDE)
        Import.objects.filter(pk=source.pk).update(found_at="")


def _forget(home: Path, *, kept: timedelta) -> None:
    """Delete what was put aside long ago: whole lists of patients, which no deletion reaches."""
    # The clock of the disk, whatever the business clock shows.
    before = time.time() - kept.total_seconds()
    for place in (ours / aside for ours in _ours(home) for aside in (DONE, ASIDE)):
        for path in place.iterdir() if place.is_dir() else ():
            # When it was put aside: renaming changes this time, and not the other one.
            if path.is_file() and path.lstat().st_ctime < before:
                path.unlink(missing_ok=True)


def _ours(home: Path) -> Iterator[Path]:
    for clinic_id in Clinic.objects.order_by("pk").values_list("pk", flat=True):
        yield from (home / str(clinic_id) / folder for folder in KINDS)


def _is_still(path: Path, source: Import) -> bool:
    try:
        with path.open("rb") as file:
            return not source.content_hash or receiving.digest(file) == source.content_hash
    except OSError:
        return False


def _move(path: Path, folder: str) -> None:
    target = path.parent / folder
    try:
        target.mkdir(exist_ok=True)
        place = target / path.name
        number = 1
        while place.exists():
            number += 1
            place = target / f"{path.stem} ({number}){path.suffix}"
        path.rename(place)
    except OSError as error:
        logger.warning("a file could not be put aside", extra={"error": type(error).__name__})
