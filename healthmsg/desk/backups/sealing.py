"""Seals a backup with `BACKUP_KEY`, which stands nowhere else (pure)."""

import secrets
from collections.abc import Callable, Iterator
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from healthmsg.clinic import sealed_stream
from healthmsg.clinic.sealed_stream import PIECE

MAGIC = b"healthmsg backup 1\n"
_SALT = 32
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
    # A pipe gives what it has.
    parts = iter(lambda: read(PIECE), b"")
    return sealed_stream.seal(parts, write, cipher=_cipher(key, salt))


def unseal(source: BinaryIO, *, key: str) -> Iterator[bytes]:
    """
    Yield what was sealed, piece by piece; only the end says that all of it was there.

    :raises Unreadable: the key is another one, or the file is not as it was written
    """
    if source.read(len(MAGIC)) != MAGIC:
        raise Unreadable("This is no backup of healthmsg.")
    cipher = _cipher(key, source.read(_SALT))
    try:
        yield from sealed_stream.unseal(source.read, cipher=cipher)
    except sealed_stream.Damaged as error:
        raise Unreadable(
            "It was sealed with another key."
            if error.number == 0
            else "It is damaged, or its end is missing."
        ) from error


def _cipher(key: str, salt: bytes) -> AESGCM:
    if len(key) < LEAST_LENGTH:
        raise WeakKey(f"The key has fewer than {LEAST_LENGTH} signs.")
    return AESGCM(HKDF(SHA256(), 32, salt, MAGIC).derive(key.encode()))
