"""Short answers in a patient's own words: yes, no, a number, a thumb; by language (pure)."""

import unicodedata
from collections.abc import Iterable
from enum import StrEnum

from whatsapp.stop_words import fold


class Short(StrEnum):
    YES = "YES"
    NO = "NO"


# Native check needed: all of them. English always counts.
_YES = {
    "en": "yes|y|yeah|yep|yup|ok|okay|sure|of course|confirm|confirmed|i confirm|yes i confirm"
    "|i will come|i am coming|i will be there|i ll be there|yes i will|alright|all right",
    "es": "si|ok|okey|vale|dale|claro|claro que si|por supuesto|de acuerdo|confirmo|confirmado"
    "|confirmada|si confirmo|si voy|voy|asistire|si asistire|ahi estare|alli estare",
    "pt": "sim|ok|claro|certo|pode ser|combinado|confirmo|confirmado|confirmada|sim confirmo|eu vou"
    "|sim eu vou|estarei la",
    "fr": "oui|ok|d accord|bien sur|je confirme|oui je confirme|confirme|je viens|entendu",
    "de": "ja|ok|okay|gerne|klar|bestatigt|ich komme|ja ich komme|einverstanden",
    "ar": "نعم|ايوه|أيوه|اي|تمام|موافق|اوكي|أوكي|أكيد|حسنا|أؤكد",
    "hi": "हाँ|हां|जी|जी हाँ|जी हां|ठीक|ठीक है|haan|han|ji|ji haan|theek hai|thik hai",
}
_NO = {
    "en": "no|n|nope|no i can t|i can t|i cannot|i can t come|i cannot come|i am not coming"
    "|i will not come",
    "es": "no|no puedo|no voy|no puedo ir|no asistire",
    "pt": "nao|nao posso|nao vou|nao posso ir",
    "fr": "non|je ne peux pas|je ne viens pas",
    "de": "nein|ich kann nicht|ich komme nicht",
    "ar": "لا|لا أستطيع|لن آتي",
    "hi": "नहीं|नही|जी नहीं|nahi|nahin",
}
_COURTESY = frozenset(
    fold(word)
    for word in (
        *("thanks", "thank", "you", "please", "hi", "hello", "gracias", "muchas", "por", "favor"),
        *("hola", "obrigado", "obrigada", "merci", "bonjour", "danke", "bitte", "hallo", "शुक्रिया"),
        *("شكرا", "شكراً", "धन्यवाद", "dhanyavad"),
    )
)
# "Option 2", "la 2".
_BEFORE_A_NUMBER = frozenset(
    {"option", "number", "opcion", "numero", "la", "el", "opcao", "choix", "le", "رقم", "विकल्प"}
)
_YES_SIGNS = frozenset("👍👌✅✔☑🆗💯")
_NO_SIGNS = frozenset("👎❌✖🚫")
# Said beside an answer without changing it.
_DECORATION = frozenset("🙏😊🙂😀😃😄☺❤💙💚👋🤗🌹🌷✨🙌👏")
# What a sign is dressed in: shapes, skin tones, the box around a digit, what joins two of them.
_DRESS = frozenset(
    chr(c) for c in (0xFE0E, 0xFE0F, 0x20E3, 0x200D, 0x200E, 0x200F, *range(0x1F3FB, 0x1F400))
)
_QUESTION_MARKS = frozenset("?¿؟？")
# Whoever writes more says more.
_LONGEST = 40
_HIGHEST = 10


def read(text: str, languages: Iterable[str]) -> Short | int | None:
    """
    Return what a whole message answers: YES, NO, or the number of a choice from 1; None otherwise.

    A question is no answer, and neither is a sign we do not know beside a yes.
    """
    if len(text) > _LONGEST or _QUESTION_MARKS & set(text):
        return None
    bare = "".join(letter for letter in text if letter not in _DRESS)
    signs = {letter for letter in bare if unicodedata.category(letter)[0] == "S"} - _DECORATION
    if not signs <= _YES_SIGNS | _NO_SIGNS:
        return None
    # Before folding takes them apart: an apostrophe parts words, as it does in the lists.
    words = fold("".join(" " if unicodedata.category(c)[0] == "S" else c for c in bare))
    found: set[Short | int | None] = {
        Short.YES if sign in _YES_SIGNS else Short.NO for sign in signs
    }
    if words:
        found.add(_words(words.split(), languages))
    return found.pop() if len(found) == 1 else None


def holds_no(text: str, languages: Iterable[str]) -> bool:
    """True where a no stands among the words: whatever else is said, it is no plain yes."""
    roots = {"en", *(language.replace("-", "_").split("_")[0] for language in languages)}
    noes = {said for root in roots for said in _FOLDED_NO.get(root, ())}
    return any(word in noes for word in fold(text).split())


def _words(words: list[str], languages: Iterable[str]) -> Short | int | None:
    words = _without_courtesy(words)
    if len(words) > 1 and len(set(words)) == 1:
        words = words[:1]
    if len(words) > 1 and words[0] in _BEFORE_A_NUMBER:
        number = _number(words[1:])
    else:
        number = _number(words)
    if number is not None:
        return number
    roots = {"en", *(language.replace("-", "_").split("_")[0] for language in languages)}
    said = " ".join(words)
    meanings = [
        meaning
        for meaning, lists in ((Short.YES, _FOLDED_YES), (Short.NO, _FOLDED_NO))
        if any(said in lists.get(root, ()) for root in roots)
    ]
    return meanings[0] if len(meanings) == 1 else None


def _without_courtesy(words: list[str]) -> list[str]:
    begin, end = 0, len(words)
    while end - begin > 1 and words[end - 1] in _COURTESY:
        end -= 1
    while end - begin > 1 and words[begin] in _COURTESY:
        begin += 1
    return words[begin:end]


def _number(words: list[str]) -> int | None:
    """Read digits of any script; "10 30" is an hour, and no choice."""
    if len(words) != 1 or not words[0].isdecimal() or len(words[0]) > 2:
        return None
    number = int(words[0])
    return number if 1 <= number <= _HIGHEST else None


def _folded(lists: dict[str, str]) -> dict[str, frozenset[str]]:
    return {root: frozenset(map(fold, words.split("|"))) for root, words in lists.items()}


_FOLDED_YES, _FOLDED_NO = _folded(_YES), _folded(_NO)
