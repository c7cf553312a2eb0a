"""Files in, and everything done with them, in few words."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime

import openpyxl

from healthmsg.clinic.models import Clinic, StaffUser
from healthmsg.desk.imports import deciding, receiving, turns
from healthmsg.desk.imports.receiving import Wish
from healthmsg.desk.models import Finding, Import

Cells = Sequence[object]


def csv_of(*rows: Cells, delimiter: str = ";", encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_of(*rows: Cells) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def take(clinic: Clinic, kind: str, content: bytes, *, now: datetime, **wishes: object) -> Import:
    wish = Wish(clinic, kind, "file.csv", **wishes)  # type: ignore[arg-type]
    return receiving.take(wish, io.BytesIO(content), by=None, now=now)


def checked(clinic: Clinic, kind: str, *rows: Cells, now: datetime, **wishes: object) -> Import:
    """The file was read and checked; it waits for a look."""
    source = take(clinic, kind, csv_of(*rows), now=now, **wishes)
    turns.go_on(now=now, seconds=60)
    source.refresh_from_db()
    return source


def brought(clinic: Clinic, kind: str, *rows: Cells, now: datetime, **wishes: object) -> Import:
    """The file was read, checked, let go on and taken over."""
    source = checked(clinic, kind, *rows, now=now, **wishes)
    return go_on(source, now=now)


def go_on(source: Import, *, now: datetime) -> Import:
    assert deciding.let_go_on(source, by=somebody(), now=now), source.state
    turns.go_on(now=now, seconds=60)
    source.refresh_from_db()
    return source


def somebody() -> StaffUser:
    return StaffUser.objects.get_or_create(username="admin", defaults={"is_staff": True})[0]


def found(source: Import) -> set[tuple[int, str, str]]:
    rows = Finding.objects.filter(source=source)
    return set(rows.values_list("row", "column", "reason"))
