"""Words that need haste, by language, and how they are found in what a patient wrote (pure)."""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# Languages whose list a native speaker and a clinician have gone through. Check needed: all.
CHECKED: frozenset[str] = frozenset()

# Whole words: another ending is another entry. Rather an alarm too many than one too few.
WORDS: dict[str, tuple[str, ...]] = {
    "en": (
        "emergency",
        "ambulance",
        "bleeding",
        "haemorrhage",
        "hemorrhage",
        "chest pain",
        "pain in my chest",
        "chest hurts",
        "heart attack",
        "stroke",
        "can't breathe",
        "cannot breathe",
        "can not breathe",
        "cant breathe",
        "hard to breathe",
        "short of breath",
        "choking",
        "unconscious",
        "passed out",
        "fainted",
        "seizure",
        "convulsion",
        "convulsions",
        "suicide",
        "suicidal",
        "kill myself",
        "end my life",
        "want to die",
        "hurt myself",
        "self-harm",
        "overdose",
        "poisoned",
        "raped",
        "allergic reaction",
        "anaphylaxis",
        "baby is not moving",
        "baby not moving",
        "waters broke",
        "water broke",
    ),
    "es": (
        "emergencia",
        "urgencia",
        "urgente",
        "ambulancia",
        "sangrado",
        "sangrando",
        "sangro",
        "sangra",
        "hemorragia",
        "dolor de pecho",
        "dolor en el pecho",
        "me duele el pecho",
        "le duele el pecho",
        "infarto",
        "derrame cerebral",
        "no puedo respirar",
        "no puede respirar",
        "falta de aire",
        "me falta el aire",
        "le falta el aire",
        "me ahogo",
        "se ahoga",
        "inconsciente",
        "me desmayé",
        "se desmayó",
        "convulsión",
        "convulsiones",
        "convulsionando",
        "suicidio",
        "suicidarme",
        "matarme",
        "quitarme la vida",
        "quiero morir",
        "quiero morirme",
        "hacerme daño",
        "sobredosis",
        "envenenado",
        "envenenada",
        "violaron",
        "reacción alérgica",
        "el bebé no se mueve",
        "mi bebé no se mueve",
        "rompí fuente",
        "rompí bolsa",
    ),
    "pt": (
        "emergência",
        "urgência",
        "urgente",
        "ambulância",
        "sangramento",
        "sangrando",
        "hemorragia",
        "dor no peito",
        "dor de peito",
        "infarto",
        "não consigo respirar",
        "não consegue respirar",
        "falta de ar",
        "desmaiei",
        "desmaiou",
        "convulsão",
        "suicídio",
        "me matar",
        "quero morrer",
        "overdose",
        "reação alérgica",
        "a bolsa estourou",
        "o bebê não se mexe",
    ),
    "fr": (
        "urgence",
        "urgent",
        "ambulance",
        "saignement",
        "saignements",
        "je saigne",
        "hémorragie",
        "douleur à la poitrine",
        "mal à la poitrine",
        "crise cardiaque",
        "infarctus",
        "AVC",
        "je n'arrive pas à respirer",
        "du mal à respirer",
        "inconscient",
        "inconsciente",
        "évanoui",
        "évanouie",
        "convulsions",
        "suicide",
        "me suicider",
        "me tuer",
        "envie de mourir",
        "overdose",
        "réaction allergique",
        "perdu les eaux",
        "le bébé ne bouge plus",
    ),
    "de": (
        "Notfall",
        "dringend",
        "Krankenwagen",
        "Notarzt",
        "Blutung",
        "ich blute",
        "blutet stark",
        "Brustschmerzen",
        "Schmerzen in der Brust",
        "Herzinfarkt",
        "Schlaganfall",
        "bekomme keine Luft",
        "Atemnot",
        "bewusstlos",
        "ohnmächtig",
        "Krampfanfall",
        "Suizid",
        "Selbstmord",
        "mich umbringen",
        "will sterben",
        "Überdosis",
        "allergische Reaktion",
        "Fruchtblase geplatzt",
    ),
}

_MARKS = frozenset((*range(0x300, 0x370), *range(0x64B, 0x660), 0x640, 0x670))
_APOSTROPHES = frozenset(map(ord, "'’‘ʼ´`"))
# Scripts that write no spaces between words: there, words are found anywhere.
_NO_SPACES = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN")
# Beyond it every letter is looked up each time: who writes a million of them fills no memory.
_REMEMBERED = 0x3000


class _Letters(dict[int, str | None]):
    """What becomes of each letter: every message of a patient is folded, letter by letter."""

    def __missing__(self, code: int) -> str | None:
        kept = _kept(code)
        if code < _REMEMBERED:
            self[code] = kept
        return kept


def _kept(code: int) -> str | None:
    category = unicodedata.category(chr(code))
    # Soft hyphens and other invisible signs stand inside words.
    if category == "Cf" or code in _MARKS or code in _APOSTROPHES:
        return None
    return chr(code) if category[0] in "LMN" else " "


_LETTERS = _Letters()


def fold(text: str) -> str:
    """
    Return the words alone: small letters, no accents, no punctuation, single spaces.

    An apostrophe joins nothing, as on telephones it is left out: can't, cant and can’t are one.
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return " ".join(plain.translate(_LETTERS).split())


def find(text: str, words: Iterable[str]) -> str:
    """Return the first of these words that stands in the text, "" where none does."""
    folded = f" {fold(text)} "
    if folded.isspace():
        return ""
    return next((one for one, entry in _entries(tuple(words)) if entry in folded), "")


@lru_cache(64)
def _entries(words: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return each with what is looked for in folded text; a clinic's list changes rarely."""
    folded = ((one, fold(one)) for one in words)
    return tuple(
        (one, entry if _has_no_spaces(entry) else f" {entry} ") for one, entry in folded if entry
    )


def _has_no_spaces(words: str) -> bool:
    return unicodedata.name(words[0], "").startswith(_NO_SPACES)


def starters(languages: Iterable[str]) -> tuple[str, ...]:
    """Return the words we bring along for these languages; English always counts."""
    roots = dict.fromkeys(("en", *(one.replace("-", "_").split("_")[0] for one in languages)))
    return tuple(word for root in roots for word in WORDS.get(root, ()))
