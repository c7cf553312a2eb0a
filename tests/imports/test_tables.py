"""Files as other programs write them, read line by line."""

import io
import zipfile

import pytest

from healthmsg.desk.imports import tables
from healthmsg.desk.imports.models import Failure
from healthmsg.desk.imports.tables import Unusable
from tests.imports.bringing import csv_of, xlsx_of

ROWS = (("id", "nombre"), ("1", "José"), ("2", "Eva"))


def read(content: bytes) -> list[tuple[int, list[str]]]:
    return list(tables.rows(io.BytesIO(content)))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(csv_of(*ROWS), id="semicolons"),
        pytest.param(csv_of(*ROWS, delimiter=","), id="commas"),
        pytest.param(csv_of(*ROWS, delimiter="\t"), id="tabs"),
        pytest.param(b"\xef\xbb\xbf" + csv_of(*ROWS), id="excel-utf-8"),
        pytest.param(csv_of(*ROWS, encoding="cp1252"), id="windows"),
        pytest.param(csv_of(*ROWS, delimiter="\t", encoding="utf-16"), id="excel-unicode-text"),
        pytest.param(b"sep=;\r\n" + csv_of(*ROWS), id="with-excels-separator"),
        pytest.param(xlsx_of(*ROWS), id="xlsx"),
    ],
)
def test_a_table_is_read(content: bytes) -> None:
    assert read(content) == [(1, ["id", "nombre"]), (2, ["1", "José"]), (3, ["2", "Eva"])]


def test_rows_are_numbered_as_a_spreadsheet_does() -> None:
    numbered = [(1, ["id", "name"]), (4, ["7", "Ana"])]

    assert read(csv_of(("id", "name"), ("", ""), (), ("7", "Ana"))) == numbered
    assert read(xlsx_of(("id", "name"), (None, None), (), (7, "Ana"))) == numbered


def test_a_cell_of_several_lines_is_one_cell() -> None:
    assert read(csv_of(("id", "note"), ("7", "a\nb"))) == [(1, ["id", "note"]), (2, ["7", "a\nb"])]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xd0\xcf\x11\xe0" + b"\0" * 600, id="old-excel"),
        pytest.param(b"PK\x03\x04 and nothing", id="broken-zip"),
        pytest.param(b"%PDF-1.4\x00\x01", id="something-else"),
    ],
)
def test_what_is_no_table_says_so(content: bytes) -> None:
    with pytest.raises(Unusable) as caught:
        read(content)

    assert caught.value.failure == Failure.NO_TABLE


def test_a_zip_that_is_no_spreadsheet_says_so() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        packed.writestr("letter.txt", "hello")

    with pytest.raises(Unusable) as caught:
        read(made.getvalue())

    assert caught.value.failure == Failure.NO_TABLE


def test_attack_a_bomb_is_not_unpacked() -> None:
    made = io.BytesIO(xlsx_of(*ROWS))
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/sharedStrings2.xml", b"0" * 160_000_000)

    with pytest.raises(Unusable) as caught:
        read(made.getvalue())

    assert caught.value.failure == Failure.TOO_LARGE


def test_entities_that_multiply_are_refused() -> None:
    sheet = xlsx_of(*ROWS)
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sheet)) as old, zipfile.ZipFile(made, "w") as new:
        for part in old.infolist():
            name = part.filename
            new.writestr(name, bomb if name == "xl/workbook.xml" else old.read(name))

    with pytest.raises(Unusable):
        read(made.getvalue())
