"""Opens a file of rows, CSV or XLSX, and reads it line by line: never all of it at once."""

import codecs
import csv
import struct
import warnings
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from itertools import chain
from typing import IO
from xml.etree.ElementTree import ParseError

from healthmsg.desk.imports import cells
from healthmsg.desk.imports.models import Failure

MOST_BYTES = 60_000_000
# What a zipped file may grow to; a bomb grows to far more.
_MOST_UNZIPPED = 1_000_000_000
# Words of all cells stand in one part that has to be held in memory.
_MOST_WORDS = 150_000_000
_MOST_COLUMNS = 200
_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_DELIMITERS = ";,\t|"
_BLOCK = 1 << 20

Row = tuple[int, list[str]]


class Unusable(Exception):
    """The file as a whole cannot be read; the message is the reason's code."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.value)
        self.failure = failure


def rows(file: IO[bytes], *, most_words: int = _MOST_WORDS) -> Generator[Row, None, None]:
    """
    Yield the number of each row that is not empty, as a spreadsheet counts, and its cells as text.

    :param most_words: bytes of a workbook that have to be held in memory
    :raises Unusable: also in the midst of it
    """
    file.seek(0)
    start = file.read(4096)
    if start.startswith(_OLD_EXCEL):
        raise Unusable(Failure.NO_TABLE)
    made = _of_sheet(file, most_words) if start.startswith(_ZIP) else _of_text(file, start)
    for number, row in made:
        if any(row):
            yield number, row[:_MOST_COLUMNS]


def _of_sheet(file: IO[bytes], most_words: int) -> Iterator[Row]:
    import openpyxl  # noqa: PLC0415 - 180 modules, which every process would begin with

    with _refusing_what_is_broken():
        _refuse_bombs(file, most_words)
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        sheet = book.worksheets[0]
        # Some programs write wrong measures into the file.
        sheet.reset_dimensions()
        for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
            yield number, [cells.plain(cell) for cell in row]


@contextmanager
def _refusing_what_is_broken() -> Iterator[None]:
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415 - as above

    try:
        with warnings.catch_warnings():
            # Of styles and extensions that nobody here needs.
            warnings.simplefilter("ignore")
            yield
    except (InvalidFileException, zipfile.BadZipFile, ParseError) as error:
        raise Unusable(Failure.NO_TABLE) from error
    except (zlib.error, struct.error, RuntimeError, TypeError, AttributeError) as error:
        # Spoiled in packing, locked by a password, packed in a way that nobody unpacks.
        raise Unusable(Failure.NO_TABLE) from error
    except (KeyError, ValueError, IndexError, EOFError, OSError) as error:
        # What openpyxl and the guards of its XML raise where parts are missing or crooked.
        raise Unusable(Failure.NO_TABLE) from error


def _refuse_bombs(file: IO[bytes], most_words: int) -> None:
    file.seek(0)
    with zipfile.ZipFile(file) as packed:
        parts = packed.infolist()
    words = sum(part.file_size for part in parts if not part.filename.startswith("xl/worksheets/"))
    if sum(part.file_size for part in parts) > _MOST_UNZIPPED or words > most_words:
        raise Unusable(Failure.TOO_LARGE)
    file.seek(0)


def _of_text(file: IO[bytes], start: bytes) -> Iterator[Row]:
    encoding = _encoding(file, start)
    file.seek(0)
    lines = TextIOWrapper(file, encoding, errors="replace", newline="")
    first = lines.readline()
    if first.lower().startswith("sep="):
        # Excel's own word on what stands between cells; it does not count as a row.
        delimiter, first = first.strip()[4:5] or ";", lines.readline()
    else:
        delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(chain((first,), lines), delimiter=delimiter)
    try:
        for number, row in enumerate(reader, start=1):
            yield number, [cells.plain(cell) for cell in row]
    except csv.Error as error:
        raise Unusable(Failure.NO_TABLE) from error
    finally:
        # The file is closed by whoever opened it.
        lines.detach()


def _encoding(file: IO[bytes], start: bytes) -> str:
    """UTF-8 where all of it is; else what Excel writes on Windows."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in start:
        raise Unusable(Failure.NO_TABLE)
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    file.seek(0)
    try:
        while block := file.read(_BLOCK):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"
