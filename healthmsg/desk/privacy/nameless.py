"""Reasons that outlive the patient they are about, and so must not say who that was."""

import re
from collections.abc import Collection, Iterator
from datetime import datetime

import pgtrigger
from django.db import transaction

from healthmsg.clinic import audit
from healthmsg.clinic.folding import folded
from healthmsg.clinic.models import AuditKind, AuditNote, AuditVerb, LegalHold, Patient
from healthmsg.desk.privacy.models import Removal

# Shorter ones, such as "de" or "la", are words of every sentence.
_SHORTEST_NAME = 3
# Of a telephone number the last ones are its subscriber's.
_TELLING_DIGITS = 6
_WORD = re.compile(r"\w+")
_NO_DIGIT = re.compile(r"\D")
# Digits as people write them: +54 9 11 5551-2345.
_NUMBER = re.compile(r"\+?\d(?:[\s().\-/]*\d){5,}")
_TAKEN_OUT = "–"
# What stands in the place of a reason that was removed, before the day of it; a sign and no word,
# as people of every language read it.
_REMOVED = "– "
_KEPT = ("desk.Removal:removal_is_kept", "clinic.LegalHold:legal_hold_is_kept")

Written = Removal | LegalHold


def tells_who(text: str, patient: Patient) -> bool:
    """Say whether a text has a name, a number or the identifier of a patient, or of a contact."""
    words, digits = set(_words(text)), _NO_DIGIT.sub("", text)
    names, numbers, identifier = _telling(patient)
    return (
        not names.isdisjoint(words)
        or any(number in digits for number in numbers)
        or bool(identifier and identifier <= words)
    )


def without_names(text: str, patient: Patient) -> str:
    """Return a text without what `tells_who`; a sign stands in its place."""
    names, numbers, identifier = _telling(patient)

    def told(found: re.Match[str]) -> str:
        word = folded(found[0]).casefold()
        return _TAKEN_OUT if word in names | identifier else found[0]

    def dialed(found: re.Match[str]) -> str:
        digits = _NO_DIGIT.sub("", found[0])
        return _TAKEN_OUT if any(number in digits for number in numbers) else found[0]

    return _WORD.sub(told, _NUMBER.sub(dialed, text))


def written_before() -> Iterator[tuple[Written, bool]]:
    """
    Yield certificates and holds whose reason says who, from before that was asked.

    With each, whether that is known: whose patient is gone has to be read by a person.
    """
    for hold in LegalHold.objects.select_related("patient").order_by("pk").iterator():
        if tells_who(hold.reason, hold.patient):
            yield hold, True
    reasons = Removal.objects.exclude(reason="").exclude(reason__startswith=_REMOVED)
    for removal in reasons.order_by("pk").iterator():
        patient = Patient.objects.filter(pk=removal.patient_number or 0, erased_at=None).first()
        if patient is None or tells_who(removal.reason, patient):
            yield removal, patient is not None


@transaction.atomic
def take_out(rows: Collection[Written], *, done_by: str, now: datetime) -> int:
    """
    Put the day in the place of their reasons, for good; the audit says of each that it was done.

    The database refuses every other change of what is kept, and this one to everybody else.
    """
    with pgtrigger.ignore(*_KEPT):
        for row in rows:
            type(row)._default_manager.filter(pk=row.pk).update(
                reason=f"{_REMOVED}{now.date().isoformat()}"
            )
    # Without the reason: the audit would keep once more what has just been let go of.
    audit.note([_noted(row, done_by, now) for row in rows])
    return len(rows)


def _telling(patient: Patient) -> tuple[set[str], set[str], set[str]]:
    """Return the words of names, the ends of numbers, and the words of the identifier."""
    contacts = list(patient.contacts.select_related("phone"))
    named = [patient.given_name, patient.family_name, *(one.name for one in contacts)]
    names = {word for name in named for word in _words(name) if len(word) >= _SHORTEST_NAME}
    numbers = {one.phone.number[-_TELLING_DIGITS:] for one in contacts if one.phone is not None}
    return names, numbers, set(_words(patient.external_id))


def _noted(row: Written, done_by: str, now: datetime) -> AuditNote:
    patient = row.patient if isinstance(row, LegalHold) else None
    return AuditNote(
        at=now,
        kind=AuditKind.CHANGE,
        verb=AuditVerb.UPDATE,
        done_by=done_by,
        model=row._meta.label_lower,
        row_id=str(row.pk),
        clinic_id=row.clinic_id if isinstance(row, Removal) else row.patient.clinic_id,
        patient_id=patient.pk if patient else None,
    )


def _words(text: str) -> Iterator[str]:
    return (word.casefold() for word in _WORD.findall(folded(text)))
