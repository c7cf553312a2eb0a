"""
The end of the audit, noted in files beside the database, where whoever empties it does not reach.

Lines are only ever added, and none after an end that the book no longer contains.
"""

import json
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from healthmsg.clinic import audit
from healthmsg.desk.backups import journal

_EVERY = timedelta(minutes=10)
# More than one line; what broke off before it is no line.
_TAIL_BYTES = 1024
_FILES = "audit-ends-*.jsonl"


def note(directory: Path, *, now: datetime) -> bool:
    """
    Note the end as it is, every ten minutes; False where it is not yet time, or the book was cut.

    :param now: real time, as the book itself has it
    :raises OSError: the file could not be written; it is tried again
    """
    noted = last(directory)
    if noted is not None and (noted[0] > now - _EVERY or not _holds(noted[1])):
        return False
    begin_anew(directory, now=now)
    return True


def begin_anew(directory: Path, *, now: datetime) -> None:
    """Note the end whatever was noted before: a backup holds less of the book."""
    said = json.dumps({"at": now.astimezone(UTC).isoformat(), "end": audit.end()})
    journal.append(directory / f"audit-ends-{socket.gethostname()}-{now:%Y-%m}.jsonl", said + "\n")


def cut_off(directory: Path) -> int | None:
    """Return the line that was noted last and is not in the book anymore; None where it is."""
    noted = last(directory)
    if noted is None or _holds(noted[1]):
        return None
    return int(noted[1].partition(":")[0])


def last(directory: Path) -> tuple[datetime, str] | None:
    """Return when which end was noted last, by whichever host."""
    return max((one for path in directory.glob(_FILES) for one in _lines(path)), default=None)


def forget_old(directory: Path, *, now: datetime) -> int:
    """Delete the files of months long ago; the newest always stays."""
    oldest = f"{now - journal.KEPT:%Y-%m}"
    newest = last(directory)
    old = [path for path in directory.glob(_FILES) if path.stem[-7:] < oldest]
    gone = [path for path in old if newest not in list(_lines(path))]
    for path in gone:
        path.unlink()
    return len(gone)


def _holds(end: str) -> bool:
    # A book that had no line yet is the beginning of any.
    return end.startswith("0:") or audit.still_holds(end)


def _lines(path: Path) -> Iterator[tuple[datetime, str]]:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL_BYTES))
        tail = file.read()
    for line in tail.decode(errors="replace").splitlines():
        try:
            said = json.loads(line)
            number, _colon, _digits = said["end"].partition(":")
            yield datetime.fromisoformat(said["at"]), f"{int(number)}:{_digits}"
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
