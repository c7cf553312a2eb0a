"""Reasons that outlive the patient they are about, and so must not say who that was."""

import re
from collections.abc import Iterator

from healthmsg.clinic.folding import folded
from healthmsg.clinic.models import LegalHold, Patient
from healthmsg.desk.privacy.models import Removal

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


def written_before() -> Iterator[tuple[Removal | LegalHold, bool]]:
    """
    Yield certificates and holds whose reason says who, from before that was asked.

    With each, whether that is known: whose patient is gone has to be read by a person.
    """
    for hold in LegalHold.objects.select_related("patient").order_by("pk").iterator():
        if tells_who(hold.reason, hold.patient):
            yield hold, True
    for removal in Removal.objects.exclude(reason="").order_by("pk").iterator():
        patient = Patient.objects.filter(pk=removal.patient_number or 0, erased_at=None).first()
        if patient is None or tells_who(removal.reason, patient):
            yield removal, patient is not None


def _words(text: str) -> Iterator[str]:
    return (word.casefold() for word in _WORD.findall(folded(text)))
