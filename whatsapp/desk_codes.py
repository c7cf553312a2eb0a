"""Codes that the desk shows and a patient's own phone sends back (pure)."""

import re
import secrets
import unicodedata

# Neither vowels, so that no code is a word, nor what looks like something else.
_LETTERS = "BCDFGHJKMNPQRSTVWXYZ"
_SIGNS = "23456789" + _LETTERS
_HALF = 4
# Two halves that each begin with a letter: no telephone number and no date is one.
_CODE = re.compile(
    rf"(?<![0-9A-Z])([{_LETTERS}][{_SIGNS}]{{3}})[-\u2010-\u2015 ]?([{_LETTERS}][{_SIGNS}]{{3}})"
    r"(?![0-9A-Z])"
)
# Whoever writes more says more.
_LONGEST = 300


def make() -> str:
    """Return a new code, such as K7M4-Q2XP: one of 193,000 millions."""
    return "-".join(_half() for _ in range(2))


def read(text: str) -> str:
    """Return the one code in a message, as `make` writes it; "" where there is none, or several."""
    if len(text) > _LONGEST:
        return ""
    found = set(_CODE.findall(unicodedata.normalize("NFKC", text).upper()))
    return "-".join(found.pop()) if len(found) == 1 else ""


def _half() -> str:
    rest = (secrets.choice(_SIGNS) for _ in range(_HALF - 1))
    return secrets.choice(_LETTERS) + "".join(rest)
