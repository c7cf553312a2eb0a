"""A sealed file opens with the house's keys alone, in its own place, and only as it was written."""

import io
from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from hypothesis import HealthCheck, example, given
from hypothesis import settings as tried
from hypothesis import strategies as st

from healthmsg.clinic import sealed_files
from healthmsg.clinic.sealed_stream import PIECE, TAG, Damaged
from healthmsg.clinic.strongbox import WrongKeys

MINE, OTHER = "file mine", "file other"
HEAD = sealed_files.length_of(0) - TAG
A, B = "a" * 40, "b" * 40


@pytest.fixture(autouse=True)
def keys(settings: LazySettings) -> None:
    settings.AUDIT_KEYS = [A]


def sealed(content: bytes, *, of: str = MINE, steps: int = 7_777) -> bytes:
    target = io.BytesIO()
    parts = (content[at : at + steps] for at in range(0, len(content), steps))
    assert sealed_files.seal(parts, target, of=of) == len(content)
    return target.getvalue()


def opened(file: bytes, *, of: str = MINE) -> bytes:
    return b"".join(sealed_files.unseal(io.BytesIO(file), of=of))


@pytest.mark.parametrize(
    "size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 7], ids=str
)
@pytest.mark.parametrize("steps", [65_536, PIECE, 5 * PIECE], ids=str)
def test_what_was_sealed_comes_back_whatever_its_length(size: int, steps: int) -> None:
    content = (b"Zwitscherfink" * (1 + size // 13))[:size]

    file = sealed(content, steps=steps)

    assert opened(file) == content
    assert len(file) == sealed_files.length_of(size)
    assert b"Zwitscherfink" not in file
    assert file != sealed(content)


@given(st.integers(min_value=0))
@example(0)
@tried(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_attack_a_changed_bit_anywhere_is_noticed(at: int) -> None:
    file = bytearray(sealed(b"Zwitscherfink" * 20))
    at %= len(file) * 8
    file[at // 8] ^= 1 << at % 8

    with pytest.raises((WrongKeys, Damaged)):
        opened(bytes(file))


def spoiled(file: bytes) -> Iterator[bytes]:
    """A file of three pieces, cut off and put together in other ways."""
    ends = [HEAD + n * (PIECE + TAG) for n in range(3)]
    first, second, third = file[ends[0] : ends[1]], file[ends[1] : ends[2]], file[ends[2] :]
    head = file[:HEAD]
    yield from (head + second + first + third, head + first + third, head + second + third)
    yield from (head + first + second + third + third, file + b"x", head + first + first + third)
    # Also where it ends between two pieces, in its beginning, and at once.
    yield from (file[:end] for end in (*ends, len(file) - 1, HEAD - 1, len(sealed_files.MAGIC), 0))


def test_attack_a_file_that_was_cut_or_put_together_anew_does_not_open() -> None:
    tried_ways = list(spoiled(sealed(b"x" * (2 * PIECE + 5))))

    for file in tried_ways:
        with pytest.raises((WrongKeys, Damaged)):
            opened(file)
    assert len(tried_ways) == 13


def test_attack_a_file_in_anothers_place_or_with_anothers_beginning_does_not_open() -> None:
    mine, other = sealed(b"mine"), sealed(b"other")

    with pytest.raises(WrongKeys):
        opened(mine, of=OTHER)
    with pytest.raises(Damaged):
        opened(mine[:HEAD] + other[HEAD:])


def test_a_new_key_changes_the_beginning_alone(settings: LazySettings) -> None:
    content = b"x" * (PIECE + 5)
    before = sealed(content)
    settings.AUDIT_KEYS = [B, A]
    assert opened(before) == content
    assert not sealed_files.is_newest(io.BytesIO(before), of=MINE)

    target = io.BytesIO()
    sealed_files.copy_anew(io.BytesIO(before), target, of=MINE)

    settings.AUDIT_KEYS = [B]
    after = target.getvalue()
    assert opened(after) == content
    assert sealed_files.is_newest(io.BytesIO(after), of=MINE)
    assert after[HEAD:] == before[HEAD:]
    with pytest.raises(WrongKeys):
        opened(before)


def test_what_is_not_sealed_is_told_apart() -> None:
    assert sealed_files.is_sealed(io.BytesIO(sealed(b"")))
    for content in (b"", b"%PDF-1.7", b"healthmsg file 1\n"):
        assert not sealed_files.is_sealed(io.BytesIO(content))
        with pytest.raises(Damaged):
            opened(content)
