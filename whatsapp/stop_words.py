"""Whole messages that mean "stop writing to me", by language (pure)."""

import unicodedata
from collections.abc import Iterable

# Languages whose list a native speaker has gone through. Native check needed: all of them.
CHECKED: frozenset[str] = frozenset()

# Words that may mean "cancel my visit" (cancel, cancelar, annuler, إلغاء, रद्द) do not belong here:
# a patient who cancels a visit still wants to be reminded of the next one.
WORDS: dict[str, tuple[str, ...]] = {
    "en": (
        "stop",
        "stop all",
        "stopall",
        "stop it",
        "stop please",
        "please stop",
        "stop messages",
        "stop messaging me",
        "stop writing",
        "stop texting me",
        "unsubscribe",
        "opt out",
        "optout",
        "quit",
        "no more messages",
        "remove me",
    ),
    "es": (
        "alto",
        "baja",
        "basta",
        "parar",
        "pare",
        "paren",
        "dar de baja",
        "darme de baja",
        "dame de baja",
        "detener",
        "detener todo",
        "no más mensajes",
        "no quiero más mensajes",
        "no me escriban más",
    ),
    "pt": (
        "sair",
        "parar",
        "pare",
        "parem",
        "parar tudo",
        "descadastrar",
        "me descadastre",
        "remover",
        "chega",
        "não quero mais mensagens",
        "não me mandem mais mensagens",
    ),
    "fr": (
        "arrêt",
        "arrêter",
        "arrêtez",
        "arrête",
        "tout arrêter",
        "désabonner",
        "me désabonner",
        "désinscrire",
        "me désinscrire",
        "désinscription",
        "désabonnement",
        "plus de messages",
        "ne m'écrivez plus",
    ),
    "ar": (
        "توقف",
        "توقفوا",
        "قف",
        "أوقف",
        "أوقفوا",
        "إيقاف",
        "إيقاف الكل",
        "أوقفوا الرسائل",
        "إيقاف الرسائل",
        "كفى",
        "إلغاء الاشتراك",
        "لا أريد رسائل",
    ),
    "hi": (
        "बंद",
        "बंद करो",
        "बंद करें",
        "बन्द करो",
        "बन्द करें",
        "सब बंद करें",
        "रोको",
        "रोकें",
        "रोक दो",
        "मैसेज बंद करो",
        "संदेश बंद करें",
        "band karo",
        "band karen",
        "message band karo",
    ),
}
# Among other words they speak of a body: "colesterol alto".
_ONLY_ALONE = frozenset({"alto"})
# Longer messages are read by a person, whatever they begin with.
_LONGEST = 60

# Accents of Latin letters and vowel marks of Arabic. Devanagari's signs are marks as well, and
# without them its words are others.
_DROPPED = frozenset((*range(0x300, 0x370), *range(0x64B, 0x660), 0x640, 0x670, 0x200C, 0x200D))
# Beyond it every letter is looked up each time: who writes a million of them fills no memory.
_REMEMBERED = 0x3000


class _Letters(dict[int, str | None]):
    """What becomes of each letter; every message is folded several times, letter by letter."""

    def __missing__(self, code: int) -> str | None:
        kept = _kept(code)
        if code < _REMEMBERED:
            self[code] = kept
        return kept


def _kept(code: int) -> str | None:
    if code in _DROPPED:
        return None
    return chr(code) if unicodedata.category(chr(code))[0] in "LMN" else " "


_LETTERS = _Letters()


def is_stop(text: str, languages: Iterable[str]) -> bool:
    """True where the whole message is a stop in one of the languages; English always counts."""
    if not text or len(text) > _LONGEST:
        return False
    words = fold(text)
    roots = {"en", *(language.replace("-", "_").split("_")[0] for language in languages)}
    return any(words in _FOLDED.get(root, ()) for root in roots)


def holds_stop(text: str, languages: Iterable[str]) -> bool:
    """
    True where a stop stands among other words: "please stop sending me offers".

    It may mean something else ("no puedo parar de toser"): a person reads it.
    """
    said = f" {fold(text)} "
    roots = {"en", *(language.replace("-", "_").split("_")[0] for language in languages)}
    return any(words in said for root in roots for words in _AMONG_OTHERS.get(root, ()))


def fold(text: str) -> str:
    """Return the words alone: small letters, no accents, no punctuation, single spaces."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(spread.translate(_LETTERS).split())


_FOLDED = {language: frozenset(fold(w) for w in words) for language, words in WORDS.items()}
_AMONG_OTHERS = {
    language: tuple(f" {words} " for words in phrases - _ONLY_ALONE)
    for language, phrases in _FOLDED.items()
}
