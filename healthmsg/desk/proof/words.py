"""What a patient's phone is given to send, and purposes in the patient's language (pure)."""

from collections.abc import Container, Iterable

from healthmsg.clinic.models import Clinic, Purpose
from whatsapp.phrases import root_of

# Native check needed: all of them. It is evidence: who sends it has said so in these words.
_TO_SEND = {
    "en": "Yes, {clinic} may write to me on WhatsApp. Code: {code}",
    "es": "Sí, {clinic} puede escribirme por WhatsApp. Código: {code}",
    "pt": "Sim, {clinic} pode me escrever pelo WhatsApp. Código: {code}",
    "fr": "Oui, {clinic} peut m'écrire sur WhatsApp. Code : {code}",
    "ar": "نعم، يمكن لـ {clinic} أن تكتب إليّ على واتساب. الرمز: {code}",
    "hi": "हाँ, {clinic} मुझे WhatsApp पर लिख सकता है। कोड: {code}",
}
_PURPOSES = {
    "en": {
        Purpose.APPOINTMENTS: "appointments",
        Purpose.PREVENTION: "vaccinations and check-ups",
        Purpose.INFORMATION: "health information",
        Purpose.FEEDBACK: "questions about a visit",
        Purpose.MARKETING: "offers",
    },
    "es": {
        Purpose.APPOINTMENTS: "citas",
        Purpose.PREVENTION: "vacunas y controles",
        Purpose.INFORMATION: "información de salud",
        Purpose.FEEDBACK: "preguntas sobre una visita",
        Purpose.MARKETING: "ofertas",
    },
    "pt": {
        Purpose.APPOINTMENTS: "consultas",
        Purpose.PREVENTION: "vacinas e check-ups",
        Purpose.INFORMATION: "informações de saúde",
        Purpose.FEEDBACK: "perguntas sobre uma consulta",
        Purpose.MARKETING: "ofertas",
    },
    "fr": {
        Purpose.APPOINTMENTS: "rendez-vous",
        Purpose.PREVENTION: "vaccins et bilans de santé",
        Purpose.INFORMATION: "informations de santé",
        Purpose.FEEDBACK: "questions sur une visite",
        Purpose.MARKETING: "offres",
    },
    "de": {
        Purpose.APPOINTMENTS: "Termine",
        Purpose.PREVENTION: "Impfungen und Vorsorge",
        Purpose.INFORMATION: "Gesundheitsthemen",
        Purpose.FEEDBACK: "Fragen zu einem Besuch",
        Purpose.MARKETING: "Angebote",
    },
    "ar": {
        Purpose.APPOINTMENTS: "المواعيد",
        Purpose.PREVENTION: "التطعيمات والفحوص",
        Purpose.INFORMATION: "معلومات صحية",
        Purpose.FEEDBACK: "أسئلة عن زيارة",
        Purpose.MARKETING: "عروض",
    },
    "hi": {
        Purpose.APPOINTMENTS: "अपॉइंटमेंट",
        Purpose.PREVENTION: "टीके और जाँच",
        Purpose.INFORMATION: "स्वास्थ्य जानकारी",
        Purpose.FEEDBACK: "मुलाक़ात के बारे में सवाल",
        Purpose.MARKETING: "ऑफ़र",
    },
}


def to_send(code: str, *, clinic: Clinic, language: str) -> str:
    """Return the message, in the language, else in the clinic's first one, else in English."""
    return _TO_SEND[_spoken(language, clinic, _TO_SEND)].format(clinic=clinic.name, code=code)


def purposes(chosen: Iterable[str], *, clinic: Clinic, language: str) -> str:
    """Return purposes in words, parted by commas, in the order of the ledger."""
    known = _PURPOSES[_spoken(language, clinic, _PURPOSES)]
    wanted = set(chosen)
    comma = "، " if root_of(language) == "ar" else ", "
    return comma.join(words for purpose, words in known.items() if purpose.value in wanted)


def _spoken(language: str, clinic: Clinic, known: Container[str]) -> str:
    roots = (root_of(language), root_of(clinic.languages[0]))
    return next((root for root in roots if root in known), "en")
