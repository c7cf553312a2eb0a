"""The key of a row in the file: it says nothing to anybody, and counts in one clinic alone."""

import hmac
from collections.abc import Iterator

from django.conf import settings

# Without vowels no words come of it, without digits nothing that a spreadsheet takes for a number
# or a day, and it begins with nothing that it takes for a formula.
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
_DIGITS = str.maketrans(_LETTERS, "0123456789ABCDEFGHIJ")
_LENGTH, _GROUP = 19, 5
_BITS = 40
_BYTES = _BITS // 8


def key_of(clinic_id: int, patient_id: int) -> str:
    """
    Return the key of a patient's row, the same in every file of the clinic.

    It is sealed: what stands in it cannot be read, and nobody can make one up.
    """
    said = _mac(settings.SECRET_KEY, f"vouched {clinic_id} {patient_id}".encode())
    number = said << _BITS | patient_id ^ _mask(settings.SECRET_KEY, said)
    letters = ""
    for _place in range(_LENGTH):
        number, letter = divmod(number, len(_LETTERS))
        letters = _LETTERS[letter] + letters
    return "-".join(letters[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))


def patient_of(clinic_id: int, key: str) -> int | None:
    """Return whose row a key names; None where it is no key that this clinic was given."""
    letters = "".join(one for one in key.upper() if one.isalnum())
    if len(letters) != _LENGTH or not set(letters) <= set(_LETTERS):
        return None
    number = int(letters.translate(_DIGITS), len(_LETTERS))
    said, hidden = number >> _BITS, number & (1 << _BITS) - 1
    for secret in _secrets():
        patient_id = hidden ^ _mask(secret, said)
        vouched = _mac(secret, f"vouched {clinic_id} {patient_id}".encode())
        if vouched == said:
            return patient_id
    return None


def _secrets() -> Iterator[str]:
    """Yield today's, and those under which files were handed out before."""
    yield settings.SECRET_KEY
    yield from map(str, settings.SECRET_KEY_FALLBACKS)


def _mask(secret: str, said: int) -> int:
    return _mac(secret, f"hides {said}".encode())


def _mac(secret: str, words: bytes) -> int:
    whole = hmac.digest(f"rows of who is not reached {secret}".encode(), words, "sha256")
    return int.from_bytes(whole[:_BYTES])
