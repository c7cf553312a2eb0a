"""
Letters without their accents, alike in Python and in an index: José is found by jose.

Digits of other scripts are those of Latin too.
"""

import unicodedata
from collections.abc import Iterator

from django.db.models import CharField, Func, Value

# Latin with its additions and the Vietnamese ones, Greek, Cyrillic.
_BLOCKS = ((0xC0, 0x24F), (0x1E00, 0x1EFF), (0x386, 0x3CE), (0x400, 0x45F))
# Accents that are letters' own signs: deleted, as systems differ in how they write é.
_MARKS = "".join(map(chr, range(0x300, 0x370)))
# What decomposes into nothing simpler, and how Arabic spells one letter in several ways.
_OTHERS = dict(zip("øØđĐłŁıßðÐħĦæÆœŒأإآٱىة", "ooddllisddhhaaooاااايه", strict=True))


def _simpler() -> Iterator[tuple[str, str]]:
    for first, last in _BLOCKS:
        for letter in map(chr, range(first, last + 1)):
            plain = unicodedata.normalize("NFD", letter)[0].lower()
            if plain != letter and letter not in _OTHERS:
                yield letter, plain


_TABLE = dict(_simpler()) | _OTHERS
# The index patient_words holds these two: whoever changes them writes a migration for it.
FROM = "".join(_TABLE) + _MARKS
TO = "".join(_TABLE.values())
_FOLDS = str.maketrans(FROM[: len(TO)], TO, _MARKS)


def folded(text: str) -> str:
    return text.translate(_FOLDS)


def latin_digits(words: str) -> str:
    """Return the same with the digits of other scripts as 0 to 9."""
    if words.isascii():
        return words
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in words)


class Folded(Func):
    """The same in the database, by a function that every server has."""

    function = "translate"
    output_field = CharField()

    def __init__(self, expression: object) -> None:
        super().__init__(expression, Value(FROM), Value(TO))
