"""
Seals a stream with a key, piece by piece (pure).

Each piece is sealed by AES-GCM under its number, and the last one under a mark of its own: a piece
that was changed, moved, left out or cut off is noticed. Source: Hoang, Reyhanitabar, Rogaway and
Vizár, "Online authenticated-encryption and its nonce-reuse misuse-resistance", 2015 (STREAM).
"""

import secrets
from collections.abc import Callable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"healthmsg backup 1\n"
PIECE = 1 << 20
_SALT = 32
_TAG = 16
# What people choose is guessed; what is this long was made by a program.
LEAST_LENGTH = 32


class Unreadable(Exception):
    """A sealed file that cannot be opened: another key, or not as it was written."""


class WeakKey(ValueError):
    """A key short enough to be guessed."""


def seal(read: Callable[[int], bytes], write: Callable[[bytes], object], *, key: str) -> int:
    """Seal all that `read` gives; return how many bytes that was before."""
    salt = secrets.token_bytes(_SALT)
    write(MAGIC + salt)
    cipher, total = _cipher(key, salt), 0
    for number, (piece, is_last) in enumerate(_pieces(read, PIECE)):
        write(cipher.encrypt(_nonce(number, is_last=is_last), piece, None))
        total += len(piece)
    return total


def unseal(source: BinaryIO, *, key: str) -> Iterator[bytes]:
    """
    Yield what was sealed, piece by piece; only the end says that all of it was there.

    :raises Unreadable: the key is another one, or the file is not as it was written
    """
    if source.read(len(MAGIC)) != MAGIC:
        raise Unreadable("This is no backup of healthmsg.")
    cipher = _cipher(key, source.read(_SALT))
    for number, (piece, is_last) in enumerate(_pieces(source.read, PIECE + _TAG)):
        try:
            yield cipher.decrypt(_nonce(number, is_last=is_last), piece, None)
        except InvalidTag as error:
            raise Unreadable(
                "It was sealed with another key."
                if number == 0
                else "It is damaged, or its end is missing."
            ) from error


def _cipher(key: str, salt: bytes) -> AESGCM:
    if len(key) < LEAST_LENGTH:
        raise WeakKey(f"The key has fewer than {LEAST_LENGTH} signs.")
    return AESGCM(HKDF(SHA256(), 32, salt, MAGIC).derive(key.encode()))


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _pieces(read: Callable[[int], bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """Yield pieces of one size, and whether each is the last; there is always a last one."""
    piece = _full(read, size)
    while following := _full(read, size):
        yield piece, False
        piece = following
    yield piece, True


def _full(read: Callable[[int], bytes], size: int) -> bytes:
    """A pipe gives what it has; a piece is as long as the others."""
    parts: list[bytes] = []
    while size and (part := read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
