"""
Seals a stream piece by piece, in little memory (pure).

Each piece is sealed by AES-GCM under its number, and the last one under a mark of its own: a piece
that was changed, moved, left out or cut off is noticed. Source: Hoang, Reyhanitabar, Rogaway and
Vizár, "Online authenticated-encryption and its nonce-reuse misuse-resistance", 2015 (STREAM).
"""

from collections.abc import Callable, Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PIECE = 1 << 20
TAG = 16


class Damaged(Exception):
    """Not as it was written: changed, put in another order, or cut off."""

    def __init__(self, number: int) -> None:
        super().__init__("a sealed piece does not open")
        # Counted from 0; another key opens not even the first.
        self.number = number


def seal(parts: Iterable[bytes], write: Callable[[bytes], object], *, cipher: AESGCM) -> int:
    """
    Seal what comes, in parts of any length; return how many bytes that was before.

    :param cipher: with a key that nothing else was sealed with, as the numbers begin at 0
    """
    total = 0
    for number, (piece, is_last) in enumerate(_even(parts, PIECE)):
        write(cipher.encrypt(_nonce(number, is_last=is_last), piece, None))
        total += len(piece)
    return total


def unseal(read: Callable[[int], bytes], *, cipher: AESGCM) -> Iterator[bytes]:
    """
    Yield what was sealed, piece by piece; only the end says that all of it was there.

    :raises Damaged: the key is another one, or it is not as it was written
    """
    parts = iter(lambda: read(PIECE + TAG), b"")
    for number, (piece, is_last) in enumerate(_even(parts, PIECE + TAG)):
        try:
            yield cipher.decrypt(_nonce(number, is_last=is_last), piece, None)
        except InvalidTag:
            raise Damaged(number) from None


def length_of(size: int) -> int:
    """Return how long a stream of so many bytes is once it is sealed."""
    return size + TAG * max(1, -(-size // PIECE))


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _even(parts: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """Yield pieces of one size, and whether each is the last; there is always a last one."""
    kept = bytearray()
    for part in parts:
        kept += part
        # Not before something follows: a last piece may be as long as the others.
        while len(kept) > size:
            yield bytes(kept[:size]), False
            del kept[:size]
    yield bytes(kept), True
