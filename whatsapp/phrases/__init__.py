"""What we say in answers of our own: in the clinic's words, else in the shipped ones."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from healthmsg.clinic.models import Clinic
from whatsapp.models import ClinicWords
from whatsapp.phrases import ar, en, es, fr, hi, pt
from whatsapp.template_languages import isolated

# Native check needed: all of them, the English ones too.
BOOKS: dict[str, dict[str, str]] = {
    "en": en.PHRASES,
    "es": es.PHRASES,
    "pt": pt.PHRASES,
    "fr": fr.PHRASES,
    "ar": ar.PHRASES,
    "hi": hi.PHRASES,
}

_Place = tuple[int, str, tuple[str, ...]]
_read: ContextVar[dict[_Place, dict[str, str]] | None] = ContextVar("read", default=None)


def say(language: str, key: str, *, clinic: Clinic, **values: str) -> str:
    """
    Return a phrase, else in the clinic's first language, else in English.

    In each language the clinic's own words go before the shipped ones.

    :param language: WhatsApp's code, such as pt_BR; a relative of it serves as well
    :param values: what the phrase's gaps need beyond the clinic's name, phone and emergency number
    """
    fills = fills_of(clinic) | values
    roots = tuple(dict.fromkeys(_roots(language, clinic)))
    own = _own(clinic, key, roots)
    for root in roots:
        for words in filter(None, (own.get(root), BOOKS.get(root, {}).get(key))):
            said = filled(words, fills, root)
            if said is not None:
                return said
    raise KeyError(key)


def fills_of(clinic: Clinic) -> dict[str, str]:
    """Return what every phrase may say of the clinic."""
    return {
        "clinic_name": clinic.name,
        "clinic_phone": clinic.phone,
        "emergency_number": clinic.emergency_number,
    }


def filled(words: str, fills: dict[str, str], root: str) -> str | None:
    """Return the words with their gaps filled; None where one is not among them."""
    try:
        return words.format(**{gap: isolated(fill, root) for gap, fill in fills.items()})
    except (KeyError, IndexError, ValueError, AttributeError):
        # Words that were good for an older release: the shipped ones are said instead.
        return None


def root_of(language: str) -> str:
    """Return the language alone: pt for pt_BR."""
    return language.replace("-", "_").split("_")[0].lower()


@contextmanager
def looked_up_once() -> Iterator[None]:
    """Read a clinic's own words once for all that is said within."""
    token = _read.set({})
    try:
        yield
    finally:
        _read.reset(token)


def _own(clinic: Clinic, key: str, roots: tuple[str, ...]) -> dict[str, str]:
    if clinic._state.adding:
        return {}
    read, place = _read.get(), (clinic.pk, key, roots)
    if read is None:
        return _newest(clinic, key, roots)
    if place not in read:
        read[place] = _newest(clinic, key, roots)
    return read[place]


def _newest(clinic: Clinic, key: str, roots: tuple[str, ...]) -> dict[str, str]:
    versions = ClinicWords.objects.filter(clinic=clinic.pk, key=key, language__in=roots)
    newest = versions.order_by("language", "-number").distinct("language")
    return dict(newest.values_list("language", "text"))


def _roots(language: str, clinic: Clinic) -> Iterator[str]:
    for code in (language, clinic.languages[0], "en"):
        yield root_of(code)
