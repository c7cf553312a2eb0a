"""Reasons that outlive the patient they are about, and so must not say who that was."""

import re
from collections.abc import Iterator

from healthmsg.clinic.folding import folded
from healthmsg.clinic.models import Patient

# Shorter ones, such as "de" or "la", are words of every sentence.
_SHORTEST_NAME = 3
# Of a telephone number the last ones are its subscriber's.
_TELLING_DIGITS = 6
_WORD = re.compile(r"\w+")
_NO_DIGIT = re.compile(r"\D")


def tells_who(text: str, patient: Patient) -> bool:
    """Say whether a text has a name, a number or the identifier of a patient, or of a contact."""
    words, digits = set(_words(text)), _NO_DIGIT.sub("", text)
    contacts = patient.contacts.select_related("phone")
    named = [patient.given_name, patient.family_name, *(one.name for one in contacts)]
    names = {word for name in named for word in _words(name) if len(word) >= _SHORTEST_NAME}
    numbers = {one.phone.number[-_TELLING_DIGITS:] for one in contacts if one.phone is not None}
    identifier = set(_words(patient.external_id))
    return (
        not names.isdisjoint(words)
        or any(number in digits for number in numbers)
        or bool(identifier and identifier <= words)
    )


def _words(text: str) -> Iterator[str]:
    return (word.casefold() for word in _WORD.findall(folded(text)))
