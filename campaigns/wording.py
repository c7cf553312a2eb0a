"""
What a template must not say on a locked screen, and what it must: flags for a person to look at.

The words are beginnings that are rarely innocent in a message from a clinic; those in capitals are
short ones that stand whole, as "IST" does not in "isto". They are a help, not a proof: each list
still needs the eye of somebody who speaks the language.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from whatsapp.buttons import Verb
from whatsapp.catalog import Approved
from whatsapp.models import Category
from whatsapp.stop_words import is_stop

# Illnesses, tests, medicines, parts of life that are nobody's business, by language.
TELLING = {
    "en": (
        *("HIV", "AIDS", "cancer", "tumour", "tumor", "diabet", "hepatitis", "syphilis", "gonorr"),
        *("chlamyd", "tubercul", "depress", "psychiat", "schizo", "addict", "pregnan", "abort"),
        *("contracepti", "fertilit", "biops", "mammogra", "smear", "colonoscop", "test result"),
        *("chemo", "insulin", "antidepress", "methadone", "dialys", "STD"),
    ),
    "es": (
        *(
            "VIH",
            "SIDA",
            "cáncer",
            "tumor",
            "diabet",
            "hepatitis",
            "sífilis",
            "gonorre",
            "clamidia",
        ),
        *("tubercul", "depresi", "psiquiat", "esquizo", "adicci", "embaraz", "abort", "anticoncep"),
        *("fertilidad", "biopsia", "mamograf", "papanicola", "colonoscop", "resultado", "quimio"),
        *("insulina", "antidepres", "metadona", "diálisis", "ETS"),
    ),
    "pt": (
        *("HIV", "AIDS", "câncer", "tumor", "diabet", "hepatite", "sífilis", "gonorre", "clamídia"),
        *(
            "tubercul",
            "depressã",
            "depressiv",
            "psiquiat",
            "esquizo",
            "vício",
            "grávida",
            "gravidez",
        ),
        *("abort", "anticoncep", "fertilidade", "biópsia", "mamograf", "papanicola", "colonoscop"),
        *("resultado", "quimio", "insulina", "antidepres", "metadona", "diálise", "IST"),
    ),
    "fr": (
        *("VIH", "SIDA", "cancer", "tumeur", "diabèt", "diabét", "hépatite", "syphilis", "gonorr"),
        *(
            "chlamyd",
            "tubercul",
            "dépress",
            "psychiat",
            "schizo",
            "addict",
            "enceinte",
            "grossesse",
        ),
        *("avort", "contracept", "fertilité", "biopsie", "mammograph", "frottis", "coloscop"),
        *("résultat", "chimio", "insuline", "antidépress", "méthadone", "dialyse", "IST"),
    ),
}
# Words that say somebody missed something: our records may be incomplete, so it may be untrue, and
# an invitation reproaches nobody.
REPROACHING = {
    "en": ("overdue", "past due", "you missed", "you have missed", "you failed", "late for"),
    "es": ("atrasad", "vencid", "le falta", "le faltan", "incumpl", "no ha cumplido"),
    "pt": ("atrasad", "vencid", "em atraso", "está faltando", "deixou de"),
    "fr": ("en retard", "retard", "vous avez manqué", "échu", "vous avez oublié"),
    "hi": ("बकाया", "अतिदेय", "विलंब"),
    "ar": ("متأخر", "المتأخر", "متأخّر", "فاتك"),
}
# What a person may tap, or read, to be left alone.
_WAYS_OUT = {Verb.STOP_ALL, Verb.NOT_THIS}
# With the signs above and below letters, which are no letters to `\w`: a word of Hindi has them.
_LETTER = r"(?:[^\W\d_]|[\u0300-\u036f\u064b-\u0652\u0900-\u0903\u093a-\u094f])"
_WORD = re.compile(rf"{_LETTER}+")


class Kind(StrEnum):
    """What is wrong with a wording."""

    TELLS = "TELLS"
    # It speaks of something missed in place of inviting to it.
    REPROACHES = "REPROACHES"
    NO_CLINIC = "NO_CLINIC"
    NO_WAY_OUT = "NO_WAY_OUT"
    # There is no list of words in this language: somebody has to read it.
    UNREAD = "UNREAD"


@dataclass(frozen=True)
class Flag:
    """One thing to look at, in one language; `word` where it is a word."""

    kind: Kind
    language: str
    word: str = ""


def flags(approved: Approved, *, clinic_name: str) -> tuple[Flag, ...]:
    """Return what a person has to look at before this template goes to many."""
    return tuple(_flags(approved, clinic_name))


def is_neutral(found: Iterable[Flag]) -> bool:
    """True where nothing tells why somebody is written to, as far as we can read."""
    return all(flag.kind not in {Kind.TELLS, Kind.UNREAD} for flag in found)


def invites(found: Iterable[Flag]) -> bool:
    """True where nothing says that somebody missed something, as far as we can read."""
    return all(flag.kind != Kind.REPROACHES for flag in found)


def fits(purpose: str, category: str) -> bool:
    """
    Say whether a purpose may be told by a template of a category.

    An offer that is no marketing template would reach who stopped offers in WhatsApp itself; a
    marketing template about a visit would not reach them.
    """
    if purpose == "MARKETING":
        return category == Category.MARKETING
    if purpose in {"APPOINTMENTS", "FEEDBACK"}:
        return category != Category.MARKETING
    return True


def _flags(approved: Approved, clinic_name: str) -> Iterator[Flag]:
    texts = [str(part.get("text") or "") for part in _parts(approved)]
    language = approved.language
    root = language.split("_", maxsplit=1)[0]
    for word in _found(TELLING.get(root, ()), texts):
        yield Flag(Kind.TELLS, language, word)
    for word in _found(REPROACHING.get(root, ()), texts):
        yield Flag(Kind.REPROACHES, language, word)
    if root not in TELLING:
        yield Flag(Kind.UNREAD, language)
    bound = {approved.bindings[gap] for gap in approved.gaps}
    if "clinic_name" not in bound and not any(clinic_name in text for text in texts):
        yield Flag(Kind.NO_CLINIC, language)
    words = [word for text in texts for word in _WORD.findall(text)]
    says_stop = any(is_stop(word, (root, "en")) for word in words)
    if not says_stop and not _WAYS_OUT & {verb for _index, verb in approved.taps}:
        yield Flag(Kind.NO_WAY_OUT, language)


def _parts(approved: Approved) -> Iterator[Mapping[str, object]]:
    for component in approved.version.components:
        yield component
        yield from component.get("buttons", ())


def _found(telling: tuple[str, ...], texts: Iterable[str]) -> Iterator[str]:
    if not telling:
        return
    seen = (match[0] for text in texts for match in _borders(telling).finditer(text.casefold()))
    yield from dict.fromkeys(seen)


@cache
def _borders(telling: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds any of the words: from where a word begins, whole ones until it ends."""
    beginnings = [re.escape(word) for word in telling if not word.isupper()]
    whole = [f"{re.escape(word.casefold())}s?" for word in telling if word.isupper()]
    ends = [rf"(?:{'|'.join(whole)})(?!{_LETTER})"] if whole else []
    starts = [rf"(?:{'|'.join(beginnings)}){_LETTER}*"] if beginnings else []
    return re.compile(rf"(?<!{_LETTER})(?:{'|'.join([*starts, *ends])})")
