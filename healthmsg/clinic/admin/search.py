"""Reception's search: by beginnings of names, birth date, identifier, a number however spelled."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.db.models.functions import Reverse

from healthmsg.clinic import phone as numbers
from healthmsg.clinic.folding import Folded, folded
from healthmsg.clinic.models import Contact, Patient, Phone

# Fewer would match thousands of numbers.
FEWEST_DIGITS = 4
# Sorting every García of a million takes seconds.
LOOKED_AT = 500
_DATE = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})")


def phones_like(
    phones: QuerySet[Phone], typed: str, *, countries: Iterable[str] = ()
) -> QuerySet[Phone]:
    """Return the phones that end in the digits typed, or are what was dialed in these countries."""
    whole = "".join(character for character in typed if character.isdigit())
    if len(whole) < FEWEST_DIGITS:
        return phones.none()
    # A trunk zero is dialed, and stands in no E.164 number; the last digits may begin with one.
    without = whole.lstrip("0")
    digits = without if len(without) >= FEWEST_DIGITS else whole
    dialed = {
        form
        for country in countries
        if (number := _dialed(typed, country))
        for form in numbers.same_number(number)
    }
    return phones.annotate(backwards=Reverse("number")).filter(
        Q(backwards__startswith=digits[::-1]) | Q(number__in=dialed)
    )


def patients_like(
    patients: QuerySet[Patient],
    typed: str,
    *,
    countries: Iterable[str] = (),
    most: int | None = None,
) -> QuerySet[Patient]:
    """
    Return patients by beginnings of names or identifier, or by the number of a contact.

    :param most: look at so many of a name at most
    """
    return patients.filter(pk__in=keys_like(patients, typed, countries=countries, most=most))


def nearest_like(
    patients: QuerySet[Patient], typed: str, *, countries: Iterable[str] = ()
) -> QuerySet[Patient]:
    """Return the same by name, before all others who are called just what was typed."""
    found = patients_like(patients, typed, countries=countries, most=LOOKED_AT)
    _days, words = _days_and_words(_parts(typed))
    if words:
        is_whole = ExpressionWrapper(Q(words=_query(words)), output_field=BooleanField())
        found = found.annotate(words=_vector()).annotate(is_whole=is_whole)
        return found.order_by("-is_whole", "family_name", "given_name", "pk")
    return found.order_by("family_name", "given_name", "pk")


def keys_like(
    patients: QuerySet[Patient],
    typed: str,
    *,
    countries: Iterable[str] = (),
    most: int | None = None,
) -> QuerySet[Any, Any]:
    """
    Return the primary keys of the same, for whoever looks for what is theirs.

    Those found by a number may be of any clinic: what is looked for stops at the person's own.
    """
    # A union of index scans; an OR of them would read every patient.
    matches = Patient.objects.none().values("pk")
    days, words = _days_and_words(_parts(typed))
    if words or days:
        found = patients.filter(birth_date__in=days) if days else patients
        if words:
            found = found.annotate(words=_vector())
            if most:
                # Of thousands whose names begin so, the one called Li must not be left out.
                whole = found.filter(words=_query(words))
                matches = matches.union(whole.order_by().values("pk")[:most])
            found = found.filter(words=_query(words, are_beginnings=True))
        matches = matches.union(found.order_by().values("pk")[:most])
    phones = phones_like(Phone.objects.all(), typed, countries=countries)
    return matches.union(Contact.objects.filter(phone__in=phones).values("patient_id"))


def _parts(typed: str) -> list[str]:
    return typed.replace("\0", "").split()


def _days_and_words(parts: list[str]) -> tuple[set[date], list[str]]:
    """Take birth dates out of what was typed; 3/4/1980 may be either day."""
    days: set[date] = set()
    words = []
    for part in parts:
        found = days_of(part)
        days |= found
        words += [] if found else [part]
    return days, words


def days_of(typed: str) -> set[date]:
    """Return the days that somebody may mean; none where it is no date."""
    if not (found := _DATE.fullmatch(typed)):
        return set()
    first, second, third = map(int, found.groups())
    is_year_first = first > 31
    orders = (
        ((first, second, third),)
        if is_year_first
        else (
            (third, second, first),
            (third, first, second),
        )
    )
    return {day for order in orders if (day := _day(*order))}


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _vector() -> SearchVector:
    # Served by the index patient_words, which holds this very expression.
    return SearchVector(Folded("given_name"), Folded("family_name"), "external_id", config="simple")


def _query(words: list[str], *, are_beginnings: bool = False) -> SearchQuery:
    # Quoted, so that PostgreSQL cuts each word as it cut the names: O'Brien, H-77.
    plain = map(folded, words)
    quoted = (word.replace("\\", "\\\\").replace("'", "''") for word in plain)
    ending = ":*" if are_beginnings else ""
    query = " & ".join(f"'{word}'{ending}" for word in quoted)
    return SearchQuery(query, config="simple", search_type="raw")


def _dialed(typed: str, country: str) -> str:
    try:
        return numbers.e164(typed, country=country)
    except numbers.Impossible:
        return ""
