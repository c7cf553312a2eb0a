"""Reception's search: by beginnings of names, birth date, identifier, a number however spelled."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.db.models.functions import Reverse

from healthmsg import clock
from healthmsg.clinic import phone as numbers
from healthmsg.clinic.folding import Folded, folded, latin_digits
from healthmsg.clinic.models import Contact, Patient, Phone

# Fewer would match thousands of numbers.
FEWEST_DIGITS = 4
# Sorting every García of a million takes seconds.
LOOKED_AT = 500
_DATE = re.compile(r"(\d{1,2}|\d{4})[./-](\d{1,2})[./-](\d{1,2}|\d{4})")
# 01011980. The year keeps numbers of phones and papers from being days.
_RUN = re.compile(r"(\d\d)(\d\d)((?:19|20)\d\d)")


def phones_like(
    phones: QuerySet[Phone], typed: str, *, countries: Iterable[str] = ()
) -> QuerySet[Phone]:
    """Return the phones that end in the digits typed, or are what was dialed in these countries."""
    typed = latin_digits(typed)
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
    keys = keys_like(patients, typed, countries=countries, most=LOOKED_AT)
    is_whole = Q()
    for days, words in _readings(typed):
        if words:
            is_whole |= Q(words=_query(words))
            # Of thousands whose names begin so, the one called Li must not be left out.
            found = _fitting(patients, days, _query(words))
            keys = keys.union(found.order_by().values("pk")[:LOOKED_AT])
    found, by_name = patients.filter(pk__in=keys), ("family_name", "given_name", "pk")
    if not is_whole:
        return found.order_by(*by_name)
    whole = ExpressionWrapper(is_whole, output_field=BooleanField())
    return found.annotate(words=_vector()).annotate(is_whole=whole).order_by("-is_whole", *by_name)


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
    for days, words in _readings(typed):
        beginnings = _query(words, are_beginnings=True) if words else None
        found = _fitting(patients, days, beginnings)
        matches = matches.union(found.order_by().values("pk")[:most])
    phones = phones_like(Phone.objects.all(), typed, countries=countries)
    return matches.union(Contact.objects.filter(phone__in=phones).values("patient_id"))


def _fitting(
    patients: QuerySet[Patient], days: set[date], query: SearchQuery | None
) -> QuerySet[Patient]:
    if days:
        patients = patients.filter(birth_date__in=days)
    return patients.annotate(words=_vector()).filter(words=query) if query else patients


def _readings(typed: str) -> list[tuple[set[date], list[str]]]:
    """
    Return what may be meant: birth dates, and words of names or identifiers.

    Eight digits may be either: people's papers have as many.
    """
    parts, now = typed.replace("\0", "").split(), clock.now()
    readings: list[tuple[set[date], list[str]]] = []
    for are_runs_days in (True, False):
        days: set[date] = set()
        words = []
        for part in parts:
            may_be = are_runs_days or not part.isdecimal()
            found = days_of(part, now=now) if may_be else set()
            days |= found
            words += [] if found else [part]
        if parts and (days, words) not in readings:
            readings.append((days, words))
    return readings


def days_of(typed: str, *, now: datetime) -> set[date]:
    """Return the days that somebody may mean, 3/4/1980 either one; none where it is no date."""
    typed = latin_digits(typed)
    if not (found := _DATE.fullmatch(typed) or _RUN.fullmatch(typed)):
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
    # Nowhere is it later: who is born today must not be a hundred.
    latest = (now.astimezone(UTC) + timedelta(days=1)).date()
    return {day for order in orders if (day := _day(*order, latest=latest))}


def _day(year: int, month: int, day: int, *, latest: date) -> date | None:
    """Return the day; one of a year in two digits is the last that is not to come."""
    if year > 99:
        return _existing(year, month, day)
    this = latest.year - latest.year % 100 + year
    days = (_existing(one, month, day) for one in (this, this - 100))
    return next((one for one in days if one and one <= latest), None)


def _existing(year: int, month: int, day: int) -> date | None:
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
    quoted = [word.replace("\\", "\\\\").replace("'", "''") for word in plain]
    ending = ":*" if are_beginnings else ""
    # An identifier may stand there in the digits of either script.
    query = " & ".join(
        "(" + " | ".join(f"'{form}'{ending}" for form in sorted({word, latin_digits(word)})) + ")"
        for word in quoted
    )
    return SearchQuery(query, config="simple", search_type="raw")


def _dialed(typed: str, country: str) -> str:
    try:
        return numbers.e164(typed, country=country)
    except numbers.Impossible:
        return ""
