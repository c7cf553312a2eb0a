"""Fetches what patients sent, looks at it, and keeps it privately."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from whatsapp import file_kinds, kept_files, watching
from whatsapp.errors import Refused, SendError
from whatsapp.graph import Graph, TooLarge
from whatsapp.models import FileState, InboundFile

# Source: WhatsApp Cloud API, media, read 2025-12: what a patient sent is there for 7 days.
GONE_AFTER = timedelta(days=7)
# Longer than the longest try: after it whoever had it has died.
LEASE = timedelta(minutes=4)
_AGAIN = tuple(timedelta(seconds=s) for s in (10, 30, 60, 300, 900, 3600, 6 * 3600))
_PORTION = 100
# Source: WhatsApp Cloud API, error codes: an object that is not there, or not ours.
_NO_SUCH_OBJECT = {100, 131052}


def fetch_due(*, graph: Graph, directory: Path, now: datetime, seconds: float) -> int:
    """
    Fetch what waits, the newest first, those of a flood last; what it takes is nobody else's.

    :param seconds: after so long the rest is left to the next call
    :returns: how many are settled, one way or the other
    """
    ends = time.monotonic() + seconds
    due = InboundFile.objects.filter(fetch_after__lte=Now()).select_related("reply__sender")
    settled = 0
    for file in due.order_by("reply__is_flood", "-fetch_after", "-pk")[:_PORTION]:
        if time.monotonic() > ends:
            break
        if _take(file):
            settled += _fetch(file, graph=graph, directory=directory, now=now)
    return settled


def _fetch(file: InboundFile, *, graph: Graph, directory: Path, now: datetime) -> bool:
    try:
        # Looked up anew each time: an address is good for five minutes.
        told = graph.media(file.media_id, phone_number_id=file.reply.sender.phone_number_id)
        state, found = _load(file, str(told.get("url") or ""), graph=graph, directory=directory)
    except TooLarge:
        state, found = FileState.TOO_LARGE, None
    except SendError as error:
        is_gone = isinstance(error, Refused) and error.code in _NO_SUCH_OBJECT
        if not is_gone and watching.real_now() - file.reply.stored_at < GONE_AFTER:
            return _put_off(file)
        state, found = FileState.GONE, None
    return _settle(file, state, found, directory=directory, now=now)


def _take(file: InboundFile) -> bool:
    """Move it ahead, on disk, before it is tried: one of two processes wins, a crash loses none."""
    until = watching.real_now() + LEASE
    mine = InboundFile.objects.filter(pk=file.pk, fetch_after=file.fetch_after)
    taken = mine.update(fetch_after=until, tries=F("tries") + 1)
    file.fetch_after = until
    return bool(taken)


def _put_off(file: InboundFile) -> bool:
    wait = _AGAIN[min(file.tries, len(_AGAIN) - 1)]
    mine = InboundFile.objects.filter(pk=file.pk, fetch_after=file.fetch_after)
    mine.update(fetch_after=watching.real_now() + wait)
    return False


def _load(
    file: InboundFile, address: str, *, graph: Graph, directory: Path
) -> tuple[FileState, file_kinds.Found | None]:
    """Write the file beside its place, never more of it than its kind may have."""
    beginning = bytearray()

    def coming() -> Iterator[bytes]:
        for piece in graph.download(address, largest=_largest(file)):
            beginning.extend(piece[: max(0, file_kinds.BEGINNING - len(beginning))])
            yield piece

    kept_files.write(file, coming(), directory)
    found = file_kinds.look(bytes(beginning), kind=file.reply.kind, said_type=file.said_type)
    return (FileState.KEPT if found else FileState.WRONG_KIND), found


def _largest(file: InboundFile) -> int:
    return file_kinds.LARGEST.get(file.reply.kind, file_kinds.LARGEST["image"])


@transaction.atomic
def _settle(
    file: InboundFile,
    state: FileState,
    found: file_kinds.Found | None,
    *,
    directory: Path,
    now: datetime,
) -> bool:
    # Locked first: a file whose patient is deleted meanwhile must not be put in its place after it.
    row = InboundFile.objects.select_for_update(no_key=True).filter(pk=file.pk).first()
    if row is None or row.fetch_after != file.fetch_after:
        # Whoever took it meanwhile, because this try lasted too long, settles it.
        if row is None or row.state != FileState.WAITS:
            kept_files.discard(file, directory)
        return False
    is_kept = state == FileState.KEPT
    if is_kept:
        kept_files.put(file, directory)
    else:
        kept_files.remove(file, directory)
    settled = InboundFile.objects.filter(pk=file.pk).update(
        state=state,
        fetch_after=None,
        fetched_at=now,
        size=file.size if is_kept else None,
        is_sealed=is_kept and file.is_sealed,
        mime_type=found.mime_type if found else "",
        is_shown=found.is_shown if found else False,
    )
    return bool(settled)
