"""The languages WhatsApp takes templates in, and which are written from right to left (pure)."""

import unicodedata

# Source: WhatsApp Cloud API, supported languages, read 2025-11.
_CODES = (
    "af ar ar_AE ar_EG ar_LB ar_MA ar_QA az be_BY bg bn bn_IN ca cs da de de_AT de_CH el en "
    "en_AE en_AU en_CA en_GB en_GH en_IE en_IN en_JM en_MY en_NZ en_QA en_SG en_UG en_US "
    "en_ZA es es_AR es_CL es_CO es_CR es_DO es_EC es_ES es_HN es_MX es_PA es_PE es_UY et fa "
    "fi fil fr fr_BE fr_CA fr_CH fr_CI fr_MA ga gu ha he hi hr hu id it ja ka kk kn ko ky_KG "
    "lo lt lv mk ml mr ms nb nl nl_BE pa pl prs_AF ps_AF pt_BR pt_PT ro ru rw_RW si_LK sk sl "
    "sq sr sv sw ta te th tr uk ur uz vi zh_CN zh_HK zh_TW zu"
)
LANGUAGES = frozenset(_CODES.split())
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "prs", "ps", "ur"})
# Unicode's "first strong isolate", left to right where no letter says otherwise, and its end.
_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"
# Days that are only right on the day a text was meant for. Beginnings would catch too much: whole
# words, as they stand in reminders.
PASSING_DAYS = {
    "en": ("today", "tomorrow", "tonight", "yesterday"),
    "es": ("hoy", "mañana", "ayer"),
    "pt": ("hoje", "amanhã", "ontem"),
    "fr": ("aujourd’hui", "aujourd'hui", "demain", "hier"),
    "de": ("heute", "morgen", "gestern"),
    "ar": ("اليوم", "غدا", "غدًا", "غداً", "أمس"),
    "hi": ("आज", "कल"),
}
# "por la mañana" is a part of the day, as "am Morgen" is.
_PARTS_OF_THE_DAY = ("la mañana", "am morgen", "guten morgen")


def root_of(language: str) -> str:
    """Return "pt" for pt_BR."""
    return language.split("_", maxsplit=1)[0]


def direction_of(language: str) -> str:
    """Return "rtl" or "ltr", as HTML writes it."""
    return "rtl" if root_of(language) in RIGHT_TO_LEFT else "ltr"


def isolated(value: str, language: str) -> str:
    """
    Return a value as it stands in a text of the language: what runs otherwise is set apart.

    Without U+2068 and U+2069 around it a number such as +54 11 5555-0000 is shown as
    0000-5555 11 54+ within Arabic. WhatsApp counts both signs as letters.
    """
    if direction_of(language) == "ltr" or value.startswith(_ISOLATE):
        return value
    kinds = [unicodedata.bidirectional(letter) for letter in value]
    first = next((kind for kind in kinds if kind in ("L", "R", "AL")), "")
    runs_left_to_right = first == "L" or (not first and "EN" in kinds)
    return f"{_ISOLATE}{value}{_END_OF_ISOLATE}" if runs_left_to_right else value


def passing_day(text: str, language: str) -> str:
    """Return the word that is only right on one day, such as "tomorrow", "" where there is none."""
    lowered = text.casefold()
    for words in _PARTS_OF_THE_DAY:
        lowered = lowered.replace(words, " ")
    for word in PASSING_DAYS.get(root_of(language), ()):
        start = lowered.find(word)
        while start >= 0:
            end = start + len(word)
            if not _goes_on(lowered[start - 1 : start]) and not _goes_on(lowered[end : end + 1]):
                return word
            start = lowered.find(word, end)
    return ""


def _goes_on(letter: str) -> bool:
    return bool(letter) and (letter.isalnum() or "\u0900" <= letter <= "\u097f")
