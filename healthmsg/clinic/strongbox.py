"""Secrets that must lie where copies are made: under the keys of the house, a copy opens none."""

import base64
import hashlib
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_NONCE_BYTES, _TAG_BYTES = 12, 16
# No digit of a number in base 16: so a text that is not sealed yet is told apart.
MARK = "*"


class WrongKeys(Exception):
    """None of the house's keys opens it: a key is missing in AUDIT_KEYS."""


def seal(secret: bytes, *, of: str) -> bytes:
    """
    Seal under the newest of the house's keys.

    :param of: whose it is; what was copied to another row does not open there
    """
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _ring()[0].encrypt(nonce, secret, of.encode())


def unseal(sealed: bytes, *, of: str) -> bytes:
    """
    Return what was sealed, under whichever of the house's keys.

    :raises WrongKeys: it was sealed by another house, or for another row
    """
    nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    for key in _ring():
        try:
            return key.decrypt(nonce, rest, of.encode())
        except (InvalidTag, ValueError):  # another key's; or shorter than a nonce
            continue
    raise WrongKeys


def seal_anew(sealed: bytes, *, of: str) -> bytes | None:
    """
    Return what was sealed, under the newest of the house's keys; None where it is already.

    :raises WrongKeys: it was sealed by another house, or for another row
    """
    nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        _ring()[0].decrypt(nonce, rest, of.encode())
    except (InvalidTag, ValueError):
        return seal(unseal(sealed, of=of), of=of)
    return None


def seal_length(length: int) -> int:
    """Return how long a secret of so many bytes is once it is sealed."""
    return _NONCE_BYTES + length + _TAG_BYTES


def seal_text(secret: bytes, *, of: str) -> str:
    """Seal for a column of text: 65 characters for 20 bytes."""
    return MARK + base64.urlsafe_b64encode(seal(secret, of=of)).decode()


def unseal_text(text: str, *, of: str) -> bytes:
    """
    Return what `seal_text` sealed, or what stands there in base 16 from before it did.

    :raises WrongKeys: it was sealed by another house, or for another row
    """
    if not text.startswith(MARK):
        return bytes.fromhex(text)
    return unseal(base64.urlsafe_b64decode(text[len(MARK) :]), of=of)


def _ring() -> tuple[AESGCM, ...]:
    return _ring_of(tuple(settings.AUDIT_KEYS))


@lru_cache(maxsize=4)
def _ring_of(keys: tuple[str, ...]) -> tuple[AESGCM, ...]:
    return tuple(AESGCM(hashlib.sha256(f"strongbox {key}".encode()).digest()) for key in keys)
