"""Turns a file into rows, a portion at a time; killed at any moment, it goes on where it was."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from itertools import islice
from time import monotonic

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from healthmsg.desk.imports import cells, columns, receiving, tables
from healthmsg.desk.imports.models import Failure, Import, ImportPiece, ImportState
from healthmsg.desk.imports.tables import Row, Unusable

PORTION = 1000
MOST_ROWS = 300_000
_COPY = (
    "COPY desk_importrow (source_id, number, cells, key, outcome, is_applied, changes) FROM STDIN"
)


def read(source: Import, *, until: float, now: datetime) -> None:
    """
    Read a file until it is read or time is up.

    :param until: by `time.monotonic`
    """
    try:
        with receiving.opened(source) as file, closing(tables.rows(file)) as rows:
            _read(source, rows, until)
    except Unusable as unusable:
        receiving.close(source, ImportState.FAILED, failure=unusable.failure, now=now)


def _read(source: Import, rows: Iterator[Row], until: float) -> None:
    first = next(rows, None)
    if first is None:
        raise Unusable(Failure.EMPTY)
    known = _headings(source, first[1])
    left = (row for row in rows if row[0] > source.last_row)
    while portion := list(islice(left, PORTION)):
        if not _keep(source, portion, known):
            return
        if monotonic() > until:
            return
    _end(source)


def _headings(source: Import, row: list[str]) -> dict[int, str]:
    """
    Find our columns.

    :raises Unusable: one is missing that such a file needs, or is there twice
    """
    known = columns.headings(source.kind, row)
    missing = columns.missing(source.kind, set(known.values()))
    Import.objects.filter(pk=source.pk).update(
        columns=sorted(set(known.values())),
        missing_columns=missing,
        unused_columns=sum(bool(heading) for heading in row) - len(known),
    )
    if missing:
        raise Unusable(Failure.NO_COLUMN)
    if len(set(known.values())) < len(known):
        raise Unusable(Failure.COLUMN_TWICE)
    return known


@transaction.atomic
def _keep(source: Import, portion: list[Row], known: dict[int, str]) -> bool:
    """Keep some rows; False where somebody else reads this file, or it was stopped."""
    stands = _locked(source)
    if stands is None or stands.last_row != source.last_row:
        return False
    if stands.rows_read + len(portion) > MOST_ROWS:
        raise Unusable(Failure.TOO_LARGE)
    made = [(number, _cells(row, known)) for number, row in portion]
    _copy(stands, made)
    _weigh_days(stands, made)
    stands.last_row = portion[-1][0]
    stands.rows_read += len(portion)
    stands.save(update_fields=["last_row", "rows_read", "date_evidence"])
    source.last_row = stands.last_row
    return True


def _cells(row: list[str], known: dict[int, str]) -> dict[str, str]:
    return {known[place]: cell for place, cell in enumerate(row) if cell and place in known}


def _copy(source: Import, rows: list[tuple[int, dict[str, str]]]) -> None:
    """Write rows down, in a third of the time that one statement of inserts takes."""
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for number, typed in rows:
            copy.write_row((source.pk, number, Jsonb(typed), "", "", False, []))


def _weigh_days(source: Import, rows: list[tuple[int, dict[str, str]]]) -> None:
    """Remember which orders of day and month each column allows."""
    for name in columns.LAYOUTS[source.kind].days:
        seen = source.date_evidence.setdefault(name, {})
        for _number, row in rows:
            if (typed := row.get(name)) and (told := cells.fits(typed)) != cells.Fits.NOTHING:
                seen[told.value] = seen.get(told.value, 0) + 1


@transaction.atomic
def _end(source: Import) -> None:
    stands = _locked(source)
    if stands is None:
        return
    if not stands.rows_read:
        raise Unusable(Failure.EMPTY)
    ImportPiece.objects.filter(source=source).delete()
    Import.objects.filter(pk=source.pk).update(state=ImportState.CHECKING)


def _locked(source: Import) -> Import | None:
    """Return the import while it is still being read and nobody else has it."""
    return (
        Import.objects.select_for_update(skip_locked=True)
        .filter(pk=source.pk, state=ImportState.READING)
        .first()
    )
