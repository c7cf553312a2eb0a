"""What stands in one cell of a file: text, numbers, days, words, and what Excel does to them."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneNumberFormat

from healthmsg.clinic.folding import latin_digits
from healthmsg.desk.imports.reasons import Reason, Unreadable

# Invisible marks that spreadsheets and chats put around numbers.
_INVISIBLE = dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, 0xFEFF, 0])
# 5,49E+12: what is left of 5491155550101 in a narrow column.
_SCIENTIFIC = re.compile(r"[+-]?\d+([.,]\d+)?[eE][+-]?\d+")
_EXCEL_ERRORS = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|#+)|#N/D|#¡\w+!|#NOMBRE\?")
# "JosÃ©": UTF-8 that was read as Latin letters.
_BROKEN = re.compile("\ufffd|[ÃÂ][\u0080-\u00bf]|Ã[\u2018-\u2122]")
_WHOLE_FLOAT = re.compile(r"(\d+)\.0+")
_BETWEEN_NUMBERS = re.compile(r"[/;,|\n]|\s(?:o|y|e|ou|et|or|and)\s", re.IGNORECASE)
_DIGITS_MOST = 15

# Excel counts days from here; it takes 1900 for a leap year, so that only days after it are sure.
_EXCEL_ZERO = date(1899, 12, 30)
_SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")
_SERIAL_MOST = 80_000  # 2119
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_COMPACT = re.compile(r"((?:19|20|21)\d{2})(\d{2})(\d{2})")
_TURNED = re.compile(r"(\d{1,2})[-/.\s](\d{1,2})[-/.\s](\d{4})")
_CLOCK = re.compile(r"(\d{1,2})[:.h](\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([ap])?\.?\s*(?:m\.?)?", re.I)
_EARLIEST = date(1880, 1, 1)


class Order(StrEnum):
    """Which of day and month comes first where only numbers stand."""

    DAY_FIRST = "DAY_FIRST"
    MONTH_FIRST = "MONTH_FIRST"


class Fits(StrEnum):
    """What a cell tells about the order of days and months in its column."""

    NOTHING = "NOTHING"  # no day, or one that only reads one way, such as 2026-03-10
    DAY_FIRST = "DAY_FIRST"
    MONTH_FIRST = "MONTH_FIRST"
    BOTH = "BOTH"  # 03/04/2020


def plain(cell: object) -> str:
    """Return what a cell of a spreadsheet says, as text; whole numbers without their ".0"."""
    if isinstance(cell, datetime):
        return cell.isoformat(" ") if cell.time() != time() else cell.date().isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return "" if cell is None else str(cell).translate(_INVISIBLE).strip()


def text(typed: str, *, most: int) -> str:
    """
    Return words on one line.

    :raises Unreadable: too long, or broken on the way
    """
    words = " ".join(typed.translate(_INVISIBLE).split()).removeprefix("'")
    if _EXCEL_ERRORS.fullmatch(words):
        raise Unreadable(Reason.EXCEL_ERROR)
    if _BROKEN.search(words):
        raise Unreadable(Reason.BROKEN_LETTERS)
    if len(words) > most:
        raise Unreadable(Reason.TOO_LONG)
    return words


def identifier(typed: str) -> str:
    """
    Return an identifier in Latin digits; what Excel made of it is refused.

    :raises Unreadable: such as 1,2E+11
    """
    words = latin_digits(text(typed, most=60))
    if _SCIENTIFIC.fullmatch(words) and re.search(r"[eE][+-]", words):
        raise Unreadable(Reason.SCIENTIFIC)
    whole = _WHOLE_FLOAT.fullmatch(words)
    return whole[1] if whole else words


def phone(typed: str, *, country: str) -> str:
    """
    Return a number in E.164, read in the clinic's country.

    :raises Unreadable: naming what Excel or a hurried hand has done to it
    """
    words = latin_digits(text(typed, most=200))
    if _SCIENTIFIC.fullmatch(words):
        raise Unreadable(Reason.SCIENTIFIC)
    words = whole[1] if (whole := _WHOLE_FLOAT.fullmatch(words)) else words
    parts = [part for part in _BETWEEN_NUMBERS.split(words) if re.search(r"\d", part)]
    if len(parts) > 1 or sum(c.isdigit() for c in words) > _DIGITS_MOST + 3:
        raise Unreadable(Reason.TWO_NUMBERS)
    if any(c.isalpha() for c in words):
        raise Unreadable(Reason.LETTERS)
    if found := _valid(words, country):
        return found
    raise Unreadable(_what_is_lost(words, country))


def day(typed: str, *, order: Order | None) -> date:
    """
    Return a day: 2026-03-10, 10/03/2026, or Excel's own count of days.

    :param order: which of two readings is meant, None where the file never needs to be asked
    :raises Unreadable: it is none, or might be two
    """
    words = latin_digits(text(typed, most=60)).removesuffix(" 00:00:00")
    if found := _ISO.fullmatch(words) or _COMPACT.fullmatch(words):
        return _day(int(found[1]), int(found[2]), int(found[3]), Reason.NO_DAY)
    if found := _TURNED.fullmatch(words):
        first, second, year = int(found[1]), int(found[2]), int(found[3])
        if order == Order.MONTH_FIRST:
            return _day(year, first, second, Reason.OTHER_ORDER)
        return _day(year, second, first, Reason.OTHER_ORDER)
    if _SERIAL.fullmatch(words):
        return _from_serial(words).date()
    raise Unreadable(Reason.YEAR_ALONE if re.fullmatch(r"\d{4}", words) else Reason.NO_DAY)


def fits(typed: str) -> Fits:
    """Return which orders of day and month a cell allows."""
    found = re.match(_TURNED.pattern + r"(?!\d)", latin_digits(typed).strip())
    if not found:
        return Fits.NOTHING
    first, second = int(found[1]), int(found[2])
    if first == second:
        return Fits.NOTHING
    if first <= 12 and second <= 12:
        return Fits.BOTH
    return Fits.MONTH_FIRST if first <= 12 else Fits.DAY_FIRST


def clock(typed: str) -> time:
    """
    Return a time of day: 9:30, 09.30, 9h30, 9:30 pm, or Excel's share of a day.

    :raises Unreadable: it is none
    """
    words = latin_digits(text(typed, most=40))
    if found := _CLOCK.fullmatch(words):
        hour, half = int(found[1]), (found[4] or "").lower()
        if half and not 1 <= hour <= 12:
            raise Unreadable(Reason.NO_TIME)
        hour = hour % 12 + (12 if half == "p" else 0) if half else hour
        try:
            return time(hour, int(found[2]), int(found[3] or 0))
        except ValueError:
            raise Unreadable(Reason.NO_TIME) from None
    if re.fullmatch(r"0[.,]\d+|0", words):
        return _share(float(words.replace(",", ".")))
    raise Unreadable(Reason.NO_TIME)


def moment(typed: str, *, order: Order | None) -> datetime:
    """
    Return a day and a time in one cell; aware only where the cell says its own offset.

    :raises Unreadable: it is none
    """
    words = latin_digits(text(typed, most=60))
    if re.match(r"\d{4}-\d\d-\d\d[T ]\d", words):
        try:
            return datetime.fromisoformat(words)
        except ValueError:
            raise Unreadable(Reason.NO_TIME) from None
    if _SERIAL.fullmatch(words):
        return _from_serial(words)
    first, _space, rest = words.replace("T", " ", 1).partition(" ")
    return datetime.combine(day(first, order=order), clock(rest.strip()))


def word(typed: str, known: Mapping[str, str], *, reason: Reason = Reason.UNKNOWN_WORD) -> str:
    """
    Return what a word stands for, however it is spelled.

    :param known: by words without accents, in small letters
    :raises Unreadable: nobody knows it
    """
    found = known.get(bare(text(typed, most=200)))
    if found is None:
        raise Unreadable(reason)
    return found


def bare(words: str) -> str:
    """Return words in small letters, without accents, signs and doubled spaces."""
    letters = unicodedata.normalize("NFKD", words.casefold())
    kept = "".join(c if c.isalnum() else " " for c in letters if not unicodedata.combining(c))
    return " ".join(kept.split())


def _valid(words: str, country: str) -> str:
    try:
        number = phonenumbers.parse(words, country)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _what_is_lost(words: str, country: str) -> Reason:
    digits = re.sub(r"\D", "", words)
    if words.lstrip().startswith("+") or not digits:
        return Reason.NO_NUMBER
    if _valid(f"0{digits}", country):
        return Reason.LOST_ZERO
    return Reason.LOST_PLUS if _valid(f"+{digits}", country) else Reason.NO_NUMBER


def _day(year: int, month: int, day_: int, reason: Reason) -> date:
    try:
        found = date(year, month, day_)
    except ValueError:
        raise Unreadable(reason) from None
    if found < _EARLIEST:
        raise Unreadable(Reason.LONG_AGO)
    return found


def _from_serial(words: str) -> datetime:
    days = float(words.replace(",", "."))
    if days > _SERIAL_MOST:
        raise Unreadable(Reason.NO_DAY)
    whole = _EXCEL_ZERO + timedelta(days=int(days))
    return datetime.combine(whole, time()) + timedelta(minutes=round((days % 1) * 1440))


def _share(of_a_day: float) -> time:
    minutes = min(round(of_a_day * 1440), 1439)
    return time(minutes // 60, minutes % 60)
