"""What WhatsApp takes for a message: rates as they are pasted, and the one that counts on a day."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache

from babel import Locale
from django.db import transaction
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _
from phonenumbers import SUPPORTED_REGIONS

from campaigns.models import Rate
from healthmsg.clinic.models import Clinic
from whatsapp.models import Category

MOST = Decimal(1_000_000)  # exclusive
_DECIMALS = 6
_SEPARATORS = ("\t", ";", ",")


@dataclass(frozen=True, slots=True)
class Price:
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class PastedRate:
    country: str
    category: str
    price: Decimal


class Unreadable(ValueError):
    """A line is not a rate; the message says why."""


class Prices:
    """A clinic's rates as they are now; make a new one for each turn of work."""

    def __init__(self, clinic_id: int) -> None:
        self._since: dict[tuple[str, str], list[tuple[date, Price]]] = defaultdict(list)
        rows = Rate.objects.filter(clinic=clinic_id).order_by("-valid_from")
        for country, category, amount, currency, since in rows.values_list(
            "country", "category", "price", "currency", "valid_from"
        ):
            self._since[country, category].append((since, Price(amount, currency)))

    def of(self, country: str, category: str, *, on: date) -> Price | None:
        """Return what one message costs that arrives on a day; None: nobody entered a rate."""
        known = self._since.get((country, category), ())
        return next((price for since, price in known if since <= on), None)

    def dearest(self, currency: str, categories: Iterable[str], *, on: date) -> Decimal:
        """Return what a message to anywhere costs at most, as far as rates are known."""
        wanted = set(categories)
        found = (self.of(*market, on=on) for market in self._since if market[1] in wanted)
        return max((p.amount for p in found if p and p.currency == currency), default=Decimal(0))


def currency_of(clinic: Clinic) -> str:
    """Return the currency of a clinic's rates, "" before it has any: an account has but one."""
    return Rate.objects.filter(clinic=clinic).values_list("currency", flat=True).first() or ""


def read(text: str) -> tuple[list[PastedRate], list[str]]:
    """
    Read rates one a line: country, category, price; a first line of headings is left out.

    :returns: the rates, and what is wrong in which line
    """
    found: dict[tuple[str, str], PastedRate] = {}
    wrong = []
    for number, line in enumerate(text.splitlines(), 1):
        parts = _parts(line)
        if not any(parts) or (number == 1 and not any(c.isdigit() for c in line)):
            continue
        try:
            rate = _rate(parts)
        except Unreadable as refusal:
            wrong.append(_in_line(number, str(refusal)))
            continue
        if found.setdefault((rate.country, rate.category), rate) != rate:
            wrong.append(_in_line(number, _("another line gives another price for the same")))
    return list(found.values()), wrong


@transaction.atomic
def keep(clinic: Clinic, pasted: Sequence[PastedRate], *, currency: str, valid_from: date) -> int:
    """Write rates down; one that stands for the same day already is replaced. How many."""
    rows = [
        Rate(
            clinic=clinic,
            country=rate.country,
            category=rate.category,
            price=rate.price,
            currency=currency,
            valid_from=valid_from,
        )
        # In one order: two people who paste at once must not wait for each other.
        for rate in sorted(pasted, key=lambda rate: (rate.country, rate.category))
    ]
    Rate.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["clinic", "country", "category", "valid_from"],
        update_fields=["price", "currency"],
    )
    return len(rows)


def countries() -> list[tuple[str, str]]:
    """Return countries by their two letters and as whoever looks calls them, in that order."""
    return sorted(_territories(get_language() or "en").items(), key=lambda one: one[1])


def country_name(code: str) -> str:
    """Return a country as whoever looks calls it."""
    return _territories(get_language() or "en").get(code, code)


def _in_line(number: int, why: str) -> str:
    return _("Line %(number)d: %(why)s.") % {"number": number, "why": why}


def _parts(line: str) -> list[str]:
    separator = next((one for one in _SEPARATORS if one in line), ",")
    return [part.strip() for part in next(csv.reader([line], delimiter=separator), [])]


def _rate(parts: Sequence[str]) -> PastedRate:
    if len(parts) != 3:
        raise Unreadable(_("it needs country, category and price, such as IN; MARKETING; 0.1234"))
    return PastedRate(_country(parts[0]), _category(parts[1]), _price(parts[2]))


def _country(word: str) -> str:
    for language in (get_language() or "en", "en"):
        for code, name in _territories(language).items():
            if word.casefold() in {code.casefold(), name.casefold()}:
                return code
    raise Unreadable(_("“%(word)s” is not a country") % {"word": word[:40]})


def _category(word: str) -> str:
    for value, label in Category.choices:
        if word.casefold() in {value.casefold(), str(label).casefold()}:
            return str(value)
    known = ", ".join(Category.values)
    raise Unreadable(_("“%(word)s” is not one of %(known)s") % {"word": word[:40], "known": known})


def _price(word: str) -> Decimal:
    try:
        price = Decimal(word.replace(",", "."))
    except InvalidOperation:
        price = Decimal("nan")
    if not price.is_finite() or not 0 <= price < MOST or price != round(price, _DECIMALS):
        raise Unreadable(_("“%(word)s” is not a price") % {"word": word[:40]})
    return price


@cache
def _territories(language: str) -> dict[str, str]:
    """Return the countries that have telephone numbers, by their two letters."""
    names = Locale.parse(to_locale(language)).territories
    return {code: names.get(code, code) for code in sorted(SUPPORTED_REGIONS)}
