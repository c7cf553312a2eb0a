"""
Files on the disk, sealed: each under a key of its own, and that one under the house's keys.

So a file of any size goes under the newest of the house's keys by its first 78 bytes alone.
"""

import shutil
from collections.abc import Iterable, Iterator
from typing import IO

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from healthmsg.clinic import sealed_stream, strongbox
from healthmsg.clinic.sealed_stream import Damaged

# No kind of file that anybody keeps begins with it: what is not sealed is told apart.
MAGIC = b"\x00healthmsg file 1\n"
_BITS = 256
_SEALED_KEY = strongbox.seal_length(_BITS // 8)


def seal(parts: Iterable[bytes], into: IO[bytes], *, of: str) -> int:
    """
    Seal what comes under the newest of the house's keys; return how many bytes that was before.

    :param of: whose it is; a copy of it in another's place does not open there
    """
    key = AESGCM.generate_key(_BITS)
    into.write(MAGIC + strongbox.seal(key, of=of))
    return sealed_stream.seal(parts, into.write, cipher=AESGCM(key))


def unseal(file: IO[bytes], *, of: str) -> Iterator[bytes]:
    """
    Yield what was sealed, piece by piece; only the end says that all of it was there.

    :raises WrongKeys: a key is missing in AUDIT_KEYS, or its beginning was changed
    :raises Damaged: it is not sealed at all, or not as it was written
    """
    key = strongbox.unseal(_sealed_key(file), of=of)
    yield from sealed_stream.unseal(file.read, cipher=AESGCM(key))


def is_sealed(file: IO[bytes]) -> bool:
    """Tell by how it begins, and go back there."""
    beginning = file.read(len(MAGIC))
    file.seek(0)
    return beginning == MAGIC


def is_newest(file: IO[bytes], *, of: str) -> bool:
    """
    True where the newest of the house's keys opens it; go back to its beginning.

    :raises WrongKeys: none of them does
    """
    anew = strongbox.seal_anew(_sealed_key(file), of=of)
    file.seek(0)
    return anew is None


def copy_anew(file: IO[bytes], into: IO[bytes], *, of: str) -> None:
    """Copy it, under the newest of the house's keys. Raises as `is_newest`."""
    key = strongbox.unseal(_sealed_key(file), of=of)
    into.write(MAGIC + strongbox.seal(key, of=of))
    shutil.copyfileobj(file, into, sealed_stream.PIECE)


def length_of(size: int) -> int:
    """Return how long a file of so many bytes is once it is sealed."""
    return len(MAGIC) + _SEALED_KEY + sealed_stream.length_of(size)


def _sealed_key(file: IO[bytes]) -> bytes:
    if file.read(len(MAGIC)) != MAGIC:
        raise Damaged(0)
    return file.read(_SEALED_KEY)
