"""What we say in answers of our own, in the patient's language."""

from collections.abc import Iterator

from healthmsg.clinic.models import Clinic
from whatsapp.phrases import ar, en, es, fr, hi, pt
from whatsapp.template_languages import isolated

# Native check needed for all but English.
BOOKS: dict[str, dict[str, str]] = {
    "en": en.PHRASES,
    "es": es.PHRASES,
    "pt": pt.PHRASES,
    "fr": fr.PHRASES,
    "ar": ar.PHRASES,
    "hi": hi.PHRASES,
}


def say(language: str, key: str, *, clinic: Clinic, **values: str) -> str:
    """
    Return a phrase, else in the clinic's first language, else in English.

    :param language: WhatsApp's code, such as pt_BR; a relative of it serves as well
    :param values: what the phrase's gaps need beyond the clinic's name, phone and emergency number
    """
    root = next(root for root in _roots(language, clinic) if key in BOOKS[root])
    fills = {
        "clinic_name": clinic.name,
        "clinic_phone": clinic.phone,
        "emergency_number": clinic.emergency_number,
        **values,
    }
    return BOOKS[root][key].format(**{gap: isolated(fill, root) for gap, fill in fills.items()})


def _roots(language: str, clinic: Clinic) -> Iterator[str]:
    for code in (language, clinic.languages[0], "en"):
        root = code.replace("-", "_").split("_")[0]
        if root in BOOKS:
            yield root
