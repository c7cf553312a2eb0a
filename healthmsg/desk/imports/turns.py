"""Brings every import a bit further; one turn at a time in the whole house."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import monotonic

from django.db import InterfaceError, OperationalError, connection

from healthmsg.desk.imports import applying, checking, reading, receiving
from healthmsg.desk.imports.models import GOING, Failure, Import, ImportState

logger = logging.getLogger(__name__)

# A turn takes one of a worker's two processes, and reminders need the other.
SECONDS = 8.0
# What nobody looks at is forgotten, with all that stands in it.
WAITS_AT_MOST = timedelta(days=14)
_TRIES = 3
# Any number that no other advisory lock of ours begins with.
_LOCK = 0x1A7A


def go_on(*, now: datetime, seconds: float = SECONDS) -> int:
    """
    Go on with every import until time is up.

    :returns: how many portions that were; 0 also where another turn is under way
    """
    until = monotonic() + seconds
    _forget_the_old(now)
    with _alone() as is_alone:
        if not is_alone:
            return 0
        ids = Import.objects.filter(state__in=GOING).order_by("pk").values_list("pk", flat=True)
        return sum(_one(import_id, until, now) for import_id in list(ids))


def _one(import_id: int, until: float, now: datetime) -> int:
    """Go on with one; what breaks three times is given up."""
    portions = 0
    try:
        while monotonic() < until and _step(import_id, until, now):
            portions += 1
    except (OperationalError, InterfaceError):
        raise  # the database is gone: nothing can be said about the file
    except Exception as error:  # noqa: BLE001 - imports are independent of each other
        # Frames only: the words of errors may repeat what stands in a row.
        logger.error(  # noqa: TRY400
            "an import broke\n%s",
            "".join(traceback.format_tb(error.__traceback__)),
            extra={"import_id": import_id, "error": type(error).__name__},
        )
        _count_try(import_id, now)
    return portions


def _step(import_id: int, until: float, now: datetime) -> bool:
    source = Import.objects.select_related("clinic").get(pk=import_id)
    if source.state == ImportState.READING:
        reading.read(source, until=until, now=now)
        return True
    if source.state == ImportState.CHECKING:
        return checking.check(source, now=now) or _stands(source, ImportState.APPLYING)
    return source.state == ImportState.APPLYING and applying.apply(source, now=now)


def _stands(source: Import, state: ImportState) -> bool:
    return Import.objects.filter(pk=source.pk, state=state).exists()


def _count_try(import_id: int, now: datetime) -> None:
    source = Import.objects.get(pk=import_id)
    if source.tries + 1 >= _TRIES:
        receiving.close(source, ImportState.FAILED, failure=Failure.BROKE, now=now)
    else:
        Import.objects.filter(pk=import_id).update(tries=source.tries + 1)


def _forget_the_old(now: datetime) -> None:
    old = Import.objects.filter(state=ImportState.WAITS, created_at__lt=now - WAITS_AT_MOST)
    for source in old:
        receiving.close(source, ImportState.STOPPED, now=now)


@contextmanager
def _alone() -> Iterator[bool]:
    """Hold the turn, on this connection: a process that dies gives it back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        is_alone: bool = cursor.fetchone()[0]
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
