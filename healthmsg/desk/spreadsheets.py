"""Tables for spreadsheets, in which no cell becomes a formula."""

import csv
from collections.abc import Iterable, Sequence

from django.http import HttpResponse

from campaigns.admin.downloads import plain


def answer(name: str, rows: Iterable[Sequence[object]]) -> HttpResponse:
    """Return rows as a file to be kept; the mark at its beginning is for Excel."""
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    writer = csv.writer(response)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return response


def _cell(value: object) -> str:
    return plain(value) if isinstance(value, str) else str(value)
