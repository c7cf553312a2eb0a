"""Reception's search: by name or its beginning, by identifier, by a number however spelled."""

from collections.abc import Iterable

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Q, QuerySet
from django.db.models.functions import Reverse

from healthmsg.clinic import phone as numbers
from healthmsg.clinic.models import Contact, Patient, Phone

# Fewer would match thousands of numbers.
FEWEST_DIGITS = 4


def phones_like(
    phones: QuerySet[Phone], typed: str, *, countries: Iterable[str] = ()
) -> QuerySet[Phone]:
    """Return the phones that end in the digits typed, or are what was dialed in these countries."""
    # A trunk zero is dialed, and stands in no E.164 number.
    digits = "".join(character for character in typed if character.isdigit()).lstrip("0")
    if len(digits) < FEWEST_DIGITS:
        return phones.none()
    dialed = {number for country in countries if (number := _dialed(typed, country))}
    return phones.annotate(backwards=Reverse("number")).filter(
        Q(backwards__startswith=digits[::-1]) | Q(number__in=dialed)
    )


def patients_like(
    patients: QuerySet[Patient], typed: str, *, countries: Iterable[str] = ()
) -> QuerySet[Patient]:
    """Return patients by beginnings of names or identifier, or by the number of a contact."""
    # A union of two index scans; an OR of them would read every patient.
    matches = Patient.objects.none().values("pk")
    if words := typed.replace("\0", "").split():
        # Served by the index patient_search, which holds this very expression.
        vector = SearchVector("given_name", "family_name", "external_id", config="simple")
        found = Patient.objects.annotate(words=vector).filter(words=_prefixes(words))
        matches = matches.union(found.values("pk"))
    phones = phones_like(Phone.objects.all(), typed, countries=countries)
    matches = matches.union(Contact.objects.filter(phone__in=phones).values("patient_id"))
    return patients.filter(pk__in=matches)


def _prefixes(words: list[str]) -> SearchQuery:
    # Quoted, so that PostgreSQL cuts each word as it cut the names: O'Brien, H-77.
    quoted = (word.replace("\\", "\\\\").replace("'", "''") for word in words)
    return SearchQuery(
        " & ".join(f"'{word}':*" for word in quoted), config="simple", search_type="raw"
    )


def _dialed(typed: str, country: str) -> str:
    try:
        return numbers.e164(typed, country=country)
    except numbers.Impossible:
        return ""
