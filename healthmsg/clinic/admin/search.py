"""Reception's search: by name or its beginning, by identifier, by a number's last digits."""

import re

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import QuerySet
from django.db.models.functions import Reverse

from healthmsg.clinic.models import Contact, Patient, Phone

# Fewer would match thousands of numbers.
FEWEST_DIGITS = 4
_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")


def phones_like(phones: QuerySet[Phone], typed: str) -> QuerySet[Phone]:
    """Return the phones that end in the digits typed, however they are spelled."""
    digits = _digits(typed)
    if len(digits) < FEWEST_DIGITS:
        return phones.none()
    return phones.annotate(backwards=Reverse("number")).filter(backwards__startswith=digits[::-1])


def patients_like(patients: QuerySet[Patient], typed: str) -> QuerySet[Patient]:
    """Return patients by beginnings of names or identifier, or by the end of a number."""
    # A union of two index scans; an OR of them would read every patient.
    matches = Patient.objects.none().values("pk")
    if words := _WORD.findall(typed):
        # Served by the index patient_search, which holds this very expression.
        vector = SearchVector("given_name", "family_name", "external_id", config="simple")
        found = Patient.objects.annotate(words=vector).filter(words=_prefixes(words))
        matches = matches.union(found.values("pk"))
    phones = phones_like(Phone.objects.all(), typed)
    matches = matches.union(Contact.objects.filter(phone__in=phones).values("patient_id"))
    return patients.filter(pk__in=matches)


def _prefixes(words: list[str]) -> SearchQuery:
    quoted = (re.sub(r"[-']", " ", word).split() for word in words)
    terms = [f"'{part}':*" for parts in quoted for part in parts]
    return SearchQuery(" & ".join(terms), config="simple", search_type="raw")


def _digits(typed: str) -> str:
    digits = "".join(character for character in typed if character.isdigit())
    # A trunk zero is dialed, and stands in no E.164 number.
    return digits.lstrip("0")
