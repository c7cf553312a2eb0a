"""The languages patients are written to in, in words."""

import unicodedata
from collections.abc import Iterable

from babel import Locale
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext_lazy as _

# Looked up by WhatsApp's codes; CLDR, which Babel brings, has words for nearly all others.
LANGUAGES = {
    "ar": _("Arabic"),
    "en": _("English"),
    "es": _("Spanish"),
    "fr": _("French"),
    "hi": _("Hindi"),
    "pt_BR": _("Portuguese (Brazil)"),
}
_IN_NO_BOOK = {"prs": _("Dari")}


def choices(spoken: Iterable[str]) -> list[tuple[str, str]]:
    """Return what may be chosen where these are spoken, in words and by the reader's alphabet."""
    named = [(code, _begun_large(in_words(code))) for code in {*LANGUAGES, *spoken}]
    return sorted(named, key=lambda one: _in_the_alphabet(one[1]))


def in_words(code: str) -> str:
    """Return "French (Canada)" for fr_CA in the reader's language; what is in no book stays."""
    if code in LANGUAGES:
        return str(LANGUAGES[code])
    book = Locale.parse(to_locale(get_language() or "en"))
    root, _line, land = code.partition("_")
    language = str(_IN_NO_BOOK.get(root) or book.languages.get(root, ""))
    where = book.territories.get(land, land)
    if not language:
        return code
    language = _begun_large(language)
    return f"{language} ({where})" if where else language


def _begun_large(name: str) -> str:
    return name[:1].upper() + name[1:]


def _in_the_alphabet(name: str) -> str:
    """Return what a name is sorted by: "Árabe" stands among those with an A."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(one for one in letters if not unicodedata.combining(one))
