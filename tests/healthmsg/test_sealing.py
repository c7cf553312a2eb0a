"""A sealed stream opens with its key alone, and only as it was written."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthmsg.clinic.sealed_stream import PIECE
from healthmsg.desk.backups import sealing

KEY = "k" * 40


def sealed(words: bytes, key: str = KEY) -> bytes:
    target = io.BytesIO()
    sealing.seal(io.BytesIO(words).read, target.write, key=key)
    return target.getvalue()


def opened(file: bytes, key: str = KEY) -> bytes:
    return b"".join(sealing.unseal(io.BytesIO(file), key=key))


@given(st.binary(max_size=3000))
def test_what_was_sealed_comes_back(words: bytes) -> None:
    assert opened(sealed(words)) == words


@pytest.mark.parametrize("size", [0, PIECE - 1, PIECE, 2 * PIECE + 7])
def test_pieces_end_where_they_must(size: int) -> None:
    words = bytes(size)

    assert opened(sealed(words)) == words


@given(st.binary(min_size=20, max_size=200), st.integers(min_value=0))
def test_a_changed_sign_anywhere_is_noticed(words: bytes, at: int) -> None:
    file = bytearray(sealed(words))
    file[at % len(file)] ^= 1

    with pytest.raises(sealing.Unreadable):
        opened(bytes(file))


def test_a_missing_end_is_noticed_also_between_two_pieces() -> None:
    file = sealed(bytes(3 * PIECE))
    head = len(sealing.MAGIC) + 32
    piece = PIECE + 16

    for end in (head + piece, head + 2 * piece, len(file) - 1):
        with pytest.raises(sealing.Unreadable):
            opened(file[:end])


def test_pieces_in_another_order_are_noticed() -> None:
    file = sealed(bytes(3 * PIECE))
    head = len(sealing.MAGIC) + 32
    piece = PIECE + 16
    first, second = file[head : head + piece], file[head + piece : head + 2 * piece]

    with pytest.raises(sealing.Unreadable):
        opened(file[:head] + second + first + file[head + 2 * piece :])


def test_another_key_opens_nothing_and_says_so() -> None:
    with pytest.raises(sealing.Unreadable, match="another key"):
        opened(sealed(b"words"), key="l" * 40)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(sealing.WeakKey):
        sealed(b"words", key="short")


def test_the_same_words_are_never_sealed_the_same() -> None:
    assert sealed(b"words") != sealed(b"words")
