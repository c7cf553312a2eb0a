"""Amounts of money in the words of whoever looks (pure)."""

from decimal import Decimal

from babel.numbers import format_currency, list_currencies
from django.utils.translation import get_language, to_locale


def words(amount: Decimal, currency: str) -> str:
    """Return an amount as people write it, such as €1,234.50."""
    return format_currency(amount, currency, locale=_locale())


def price_in_words(amount: Decimal, currency: str) -> str:
    """Return the price of one message with all its digits: most are fractions of a cent."""
    digits = max(2, -int(amount.normalize().as_tuple().exponent))
    pattern = "¤#,##0." + "0" * digits
    return format_currency(amount, currency, pattern, locale=_locale(), currency_digits=False)


def is_currency(code: str) -> bool:
    return code in list_currencies()


def _locale() -> str:
    return to_locale(get_language() or "en")
