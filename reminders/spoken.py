"""Puts how a tap was taken into a language: the words, and what stands on each button."""

from collections.abc import Sequence

from healthmsg.clinic.models import Appointment, Clinic
from reminders.said import Choice, Said
from reminders.wording import hour_and_name
from whatsapp import phrases
from whatsapp.fill_ins import day_in_words, moment_in_words


def words(said: Said, clinic: Clinic, language: str) -> str:
    values = {gap: words(language) for gap, words in said.values.items()}
    if said.visits:
        values["when"] = when(said.visits, language)
        values["site_name"] = said.visits[0].site.name
    return phrases.say(language, said.phrase, clinic=clinic, **values)


def title(choice: Choice, clinic: Clinic, language: str) -> str:
    """Return what stands on a button or row."""
    if callable(choice.title):
        return choice.title(language)
    return phrases.say(language, choice.title, clinic=clinic)


def when(visits: Sequence[Appointment], language: str) -> str:
    first = visits[0]
    if len(visits) == 1:
        return moment_in_words(first.starts_at, zone=first.site.zone, language=language)
    day = day_in_words(first.starts_at, zone=first.site.zone, language=language)
    return ", ".join([day, *(hour_and_name(visit, language) for visit in visits)])


def language_of(visit: Appointment) -> str:
    """Return the language of whoever is told of a visit."""
    return visit.contact.language if visit.contact else str(visit.clinic.languages[0])
