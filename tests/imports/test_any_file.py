"""Whatever bytes a file has: rows, or one reason why not; nothing else."""

import io
import zipfile

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from healthmsg.desk.imports import tables
from healthmsg.desk.imports.tables import Unusable
from tests.imports.bringing import csv_of, xlsx_of

ROWS = (("id", "nombre"), ("1", "José"), ("2", "Eva"))
SHEET, TEXT = xlsx_of(*ROWS), csv_of(*ROWS)
_ZIP, _OLD_EXCEL, _UTF_8 = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\xef\xbb\xbf"
_BEGINNINGS = (b"", _ZIP, b"\xff\xfe", b"\xfe\xff", _UTF_8, b"sep=", _OLD_EXCEL)
_harms = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6
)
_chance = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def is_read_or_refused(content: bytes) -> bool:
    try:
        return all(isinstance(row, list) for _number, row in tables.rows(io.BytesIO(content)))
    except Unusable:
        return True


def harmed(content: bytes, harms: list[tuple[float, int]], cut: float) -> bytes:
    changed = bytearray(content)
    for place, byte in harms:
        changed[int(place * len(changed))] = byte
    return bytes(changed[: int(len(changed) * cut)])


@_chance
@given(st.sampled_from(_BEGINNINGS), st.binary(max_size=300))
def test_attack_any_bytes_are_read_or_refused(beginning: bytes, rest: bytes) -> None:
    assert is_read_or_refused(beginning + rest)


@_chance
@given(st.sampled_from([SHEET, TEXT]), _harms, st.floats(0.3, 1))
def test_attack_a_harmed_file_is_read_or_refused(
    content: bytes, harms: list[tuple[float, int]], cut: float
) -> None:
    assert is_read_or_refused(harmed(content, harms, cut))


@_chance
@given(st.data(), _harms)
def test_attack_a_workbook_with_a_harmed_part_is_read_or_refused(
    data: st.DataObject, harms: list[tuple[float, int]]
) -> None:
    """Packed anew, so that the sum of the part is right and what reads it is what meets it."""
    with zipfile.ZipFile(io.BytesIO(SHEET)) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    name = data.draw(st.sampled_from(sorted(parts)))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as new:
        for part, content in parts.items():
            new.writestr(part, harmed(content, harms, 1) if part == name else content)

    assert is_read_or_refused(packed.getvalue())


def test_attack_a_workbook_that_is_locked_or_packed_in_an_odd_way_is_refused() -> None:
    for offset, value in ((6, 1), (8, 99)):  # the flag of a password, an unknown way to pack
        changed = bytearray(SHEET)
        for mark, at in ((b"PK\x03\x04", offset), (b"PK\x01\x02", offset + 2)):
            place = -1
            while (place := changed.find(mark, place + 1)) >= 0:
                changed[place + at] = value
        assert is_read_or_refused(bytes(changed))
