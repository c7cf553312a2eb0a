"""A notice as it came, sealed for its own row, and whom it names, by keyed hashes alone."""

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache

from django.conf import settings

from healthmsg.clinic import strongbox
from healthmsg.clinic.strongbox import WrongKeys

# As the database's driver hands it over.
Stored = bytes | memoryview
# Said of a notice that waits for its key.
UNREADABLE = "it cannot be read: a key is missing in AUDIT_KEYS"

# A string that is a number or a user id, and nothing else. Source: E.164; WhatsApp Cloud API,
# business-scoped user ids, such as AR.1349 and AR.ENT.1349, two letters of a country and up to 128
# more, read 2026-11.
_names = re.compile(rb'"\+?([0-9]{7,15}|[A-Z]{2}\.[A-Za-z0-9.]{1,138})(?=")').findall
# Ids of WhatsApp's own, and our numbers, stand in every notice: no person is looked for by them.
# Two patterns: each begins with words that are found at the speed of memory.
_our_numbers = re.compile(rb'number(_id)?"\s*:\s*"([0-9]+)"').findall
_ids = re.compile(rb'"id"\s*:\s*"([0-9]+)"').findall
# Seconds since 1970 until 2033: no number of ten digits begins with 1, as +1 has eleven.
_SECONDS_DIGITS, _SECONDS = 10, b"1"
_HASH_BYTES = 8


def seal(body: bytes, *, notice: int) -> bytes:
    """Seal under the newest of the house's keys."""
    return strongbox.seal(body, of=whose(notice))


def unseal(sealed: bytes, *, notice: int) -> bytes:
    """
    Return what was sealed for this row.

    :raises WrongKeys: a key is missing in AUDIT_KEYS, or it is another row's
    """
    return strongbox.unseal(sealed, of=whose(notice))


def opened(body: Stored, sealed: Stored | None, *, notice: int) -> bytes | None:
    """Return what stands in a row, in clear or sealed; None where none of our keys opens it."""
    if sealed is None:
        return bytes(body)
    try:
        return unseal(bytes(sealed), notice=notice)
    except WrongKeys:
        return None


def whose(notice: int) -> str:
    return f"notice {notice}"


def seal_news(content: str, *, fingerprint: str) -> bytes:
    """Seal what a notice told about an account or number, as JSON, for its own row."""
    return strongbox.seal(content.encode(), of=whose_news(fingerprint))


def unseal_news(sealed: bytes, *, fingerprint: str) -> bytes:
    """
    Return the same.

    :raises WrongKeys: a key is missing in AUDIT_KEYS, or it is another row's
    """
    return strongbox.unseal(sealed, of=whose_news(fingerprint))


def whose_news(fingerprint: str) -> str:
    return f"news {fingerprint}"


def named(body: bytes) -> list[int]:
    """
    Return whom a notice names, as `marks` has them, and for which of our numbers it came.

    Of people, every string that is a number or a user id and nothing else, whatever its key:
    WhatsApp has a dozen keys for them, and new ones come. Of ours, what `ours` makes of the
    number's id, or of every id in it where it is about no number.
    """
    names = {
        name
        for name in _names(body)
        if len(name) != _SECONDS_DIGITS or not name.startswith(_SECONDS)
    }
    numbers, ids = _our_numbers(body), _ids(body)
    people = names.difference((number for _is_id, number in numbers), ids)
    mine = {number for is_id, number in numbers if is_id} or set(ids)
    return sorted({*marks(people), *ours(mine)})


def marks(names: Iterable[bytes]) -> list[int]:
    """Return what numbers, without +, and WhatsApp's user ids are looked for by."""
    key = _key_of(settings.NUMBERS_KEY)
    return sorted({_mark(name, key) for name in names})


def ours(ids: Iterable[bytes]) -> list[int]:
    """Return what notices for our own numbers and accounts are looked for by, by WhatsApp's ids."""
    key = _key_of(settings.NUMBERS_KEY)
    return sorted({_mark(b"for " + one, key) for one in ids})


def _mark(name: bytes, key: bytes) -> int:
    digest = hashlib.blake2b(name, key=key, digest_size=_HASH_BYTES).digest()
    return int.from_bytes(digest, signed=True)


@lru_cache(maxsize=4)
def _key_of(key: str) -> bytes:
    return hashlib.sha256(f"named in notices {key}".encode()).digest()
