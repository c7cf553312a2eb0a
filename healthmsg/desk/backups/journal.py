"""
Stops, written into a file beside the database too: what a backup forgets, and must not.

A line names no number, only its keyed hash, the purpose and the moment. Lines are only ever added;
each month has its file, so that old ones can go.
"""

import json
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db import transaction

from healthmsg.clinic.models import Purpose, StopKind, UnkeptStop
from healthmsg.clinic.phone import hashed
from healthmsg.clinic.remembered import Stop

CHUNK = 1000
# Longer than anybody should keep a backup.
KEPT = timedelta(days=400)


def keep(directory: Path, *, key: str, now: datetime) -> int:
    """
    Write what is not in the journal yet, and let go of it once it is on the disk.

    :returns: how many stops that was
    :raises OSError: the file could not be written; they stay, and are written later
    """
    total, done = 0, CHUNK
    while done == CHUNK:
        done = _keep_some(directory, key, now)
        total += done
    return total


@transaction.atomic
def _keep_some(directory: Path, key: str, now: datetime) -> int:
    rows = list(
        UnkeptStop.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("phone")
        .order_by("pk")[:CHUNK]
    )
    if not rows:
        return 0
    append(_file(directory, now), "".join(_line(row, key) for row in rows))
    # Killed between the two, they are written twice; reading twice is once.
    UnkeptStop.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def _line(row: UnkeptStop, key: str) -> str:
    number_hash = row.number_hash
    if row.phone is not None:
        number_hash = hashed(row.phone.number, row.clinic_id, key=key)
    said = {
        "kind": row.kind,
        "clinic": row.clinic_id,
        "number": number_hash,
        "patient": row.patient_number,
        "purpose": row.purpose,
        "since": row.since.astimezone(UTC).isoformat(),
    }
    return json.dumps(said) + "\n"


def append(path: Path, lines: str) -> None:
    """
    Add whole lines to a file, on the disk when this returns.

    :raises OSError: they may be there in part; what broke off swallows no later line
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600)
    try:
        # What a full disk cut off must not swallow the next line.
        torn = os.fstat(descriptor).st_size and os.pread(descriptor, 1, _last(descriptor)) != b"\n"
        remaining = ("\n" if torn else "").encode() + lines.encode()
        while remaining:
            remaining = remaining[os.write(descriptor, remaining) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _last(descriptor: int) -> int:
    return os.fstat(descriptor).st_size - 1


def _file(directory: Path, now: datetime) -> Path:
    # Hosts that share a directory do not write into one file.
    return directory / f"stops-{socket.gethostname()}-{now:%Y-%m}.jsonl"


def read(directory: Path) -> Iterator[Stop]:
    """Yield what every host has written, old files first; a line that broke off is no line."""
    for path in sorted(directory.glob("stops-*.jsonl")):
        # A spoiled byte costs its own line, and not the restore.
        with path.open(encoding="utf-8", errors="replace", newline="\n") as lines:
            for line in lines:
                if (stop := _stop(line)) is not None:
                    yield stop


def _stop(line: str) -> Stop | None:
    try:
        said = json.loads(line)
        return Stop(
            kind=StopKind(said["kind"]),
            clinic_id=int(said["clinic"]),
            number_hash=str(said["number"]),
            patient_id=None if said["patient"] is None else int(said["patient"]),
            purpose=Purpose(said["purpose"]) if said["purpose"] else "",
            since=_moment(said["since"]),
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _moment(written: str) -> datetime:
    moment = datetime.fromisoformat(written)
    if moment.tzinfo is None:
        raise ValueError("a moment of nowhere")
    return moment


def forget_old(directory: Path, *, now: datetime) -> int:
    """Delete the files of months so long ago that no backup of theirs is left."""
    oldest = f"{now - KEPT:%Y-%m}"
    old = [path for path in directory.glob("stops-*.jsonl") if path.stem[-7:] < oldest]
    for path in old:
        path.unlink()
    return len(old)
