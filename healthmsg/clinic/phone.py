"""Numbers as people type them, read in the clinic's country (pure)."""

import hashlib
import hmac
from functools import lru_cache

import phonenumbers
from django.utils.translation import gettext as _
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

# So much of an E.164 number, its + counted in, says the country: codes have up to three digits, and
# who shares +1 or +7 differs by the next three.
BEGINNING = 5
# How Brazil's landlines begin, after the area code. Source: Brazil's numbering plan (Anatel).
_LANDLINES = "2345"


class Impossible(ValueError):
    """No such number can exist; the message never repeats what was typed."""


def e164(typed: str, *, country: str) -> str:
    """
    Return the number in E.164, such as +5491155550101.

    Argentina's mobiles get the 9 that WhatsApp needs where a caller would dial 15.

    :param country: two letters; read where the number has no country code of its own
    :raises Impossible: what was typed cannot be a number of that country
    """
    try:
        number = phonenumbers.parse(typed, country)
    except NumberParseException as error:
        raise Impossible(_("This is not a telephone number.")) from error
    written = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if _is_real(number):
        return written
    # Mexico's 1 and Brazil's missing 9 are still typed as they were dialed for years.
    found = next(filter(_exists, same_line(written)), None)
    if found is None:
        raise Impossible(_("No such telephone number exists."))
    return found


def dialed(wa_id: str) -> str:
    """Return the E.164 number that people dial for WhatsApp's id; the id itself where none is."""
    forms = same_line(wa_id)
    return next(filter(_exists, forms), forms[0])


def _exists(number: str) -> bool:
    try:
        return _is_real(phonenumbers.parse(number))
    except NumberParseException:
        return False


def _is_real(number: PhoneNumber) -> bool:
    return phonenumbers.is_possible_number(number) and phonenumbers.is_valid_number(number)


def hashed(number: str, clinic_id: int, *, key: str) -> str:
    """
    Return what a number of a clinic is remembered by where the number itself must not stand.

    Without the key the ten thousand million numbers there are could be tried one after the other.
    """
    words = f"{clinic_id}:{number}".encode()
    return hmac.new(key.encode(), words, hashlib.sha256).hexdigest()


def spoken(number: str) -> str:
    """Return an E.164 number as people read it."""
    return phonenumbers.format_number(phonenumbers.parse(number), PhoneNumberFormat.INTERNATIONAL)


def same_line(wa_id: str) -> tuple[str, ...]:
    """
    Return every E.164 number that WhatsApp's id may stand for, likeliest first.

    WhatsApp drops or adds a digit for Brazil, Mexico and Argentina. Source: WhatsApp Cloud API,
    "send messages", and threads of other clients, read 2026-11.
    """
    digits = wa_id.lstrip("+")
    forms = [digits]
    if digits.startswith("55") and len(digits) == 12:
        forms.append(digits[:4] + "9" + digits[4:])
    elif digits.startswith("55") and len(digits) == 13 and digits[4] == "9":
        forms.append(digits[:4] + digits[5:])
    elif digits.startswith("521") and len(digits) == 13:
        forms.append("52" + digits[3:])
    elif digits.startswith("52") and len(digits) == 12:
        forms.append("521" + digits[2:])
    elif digits.startswith("549") and len(digits) == 13:
        forms.append("54" + digits[3:])
    elif digits.startswith("54") and len(digits) == 12:
        forms.append("549" + digits[2:])
    return tuple("+" + form for form in forms)


def same_number(number: str) -> tuple[str, ...]:
    """
    Return the number and the other form of it that can be nobody else's, as they are looked for.

    Brazil's landlines have eight digits too: with a 9 before them they are other people's.

    :param number: E.164
    """
    forms = same_line(number)
    digits = forms[0].lstrip("+")
    is_brazilian = digits.startswith("55")
    is_landlines = is_brazilian and digits[5 if len(digits) == 13 else 4] in _LANDLINES
    return forms[:1] if is_landlines else forms


def country_prefix(number: str, *, home: str) -> str:
    """
    Return how the numbers of a foreign country begin, such as +53; "" for the home country.

    Where countries share a code, the digits behind it tell them apart: +1 787 is not +1 212.

    :param number: E.164
    :param home: two letters
    """
    parsed = phonenumbers.parse(number)
    if phonenumbers.region_code_for_number(parsed) == home:
        return ""
    shared = {1: 3, 7: 1}.get(parsed.country_code or 0, 0)
    return f"+{parsed.country_code}{str(parsed.national_number)[:shared]}"


@lru_cache(maxsize=4096)
def country_of(beginning: str) -> str:
    """
    Return the two letters of the country that numbers beginning so belong to, "" where unknown.

    Where countries share a code other than +1 and +7 it is the one the code was given to.

    :param beginning: the first `BEGINNING` signs of an E.164 number, or more
    """
    digits = beginning[1:BEGINNING]
    code = next((n for n in (1, 2, 3) if digits[:n].isdigit() and _is_code(digits[:n])), 0)
    if not code:
        return ""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(digits[:code])]
    if digits[0] not in "17":
        # Codes of no country, such as +800, stand for "001".
        return regions[0] if regions[0].isalpha() else ""
    # No rule tells who has an area code; some number or other of it does.
    tries = (digits.ljust(11, filler) for filler in "2345678901")
    found = (phonenumbers.region_code_for_number(phonenumbers.parse(f"+{one}")) for one in tries)
    return next(filter(None, found), "")


def _is_code(digits: str) -> bool:
    return int(digits) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE
