"""What stands in a cell, and what Excel has done to it."""

from datetime import date, datetime, time, timedelta

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthmsg.desk.imports import cells
from healthmsg.desk.imports.cells import Fits, Order
from healthmsg.desk.imports.reasons import Reason, Unreadable

DAYS = st.dates(date(1900, 3, 1), date(2100, 12, 31))
ZERO = date(1899, 12, 30)


def refused(verb: str, typed: str, **terms: object) -> Reason:
    with pytest.raises(Unreadable) as caught:
        getattr(cells, verb)(typed, **terms)
    # Whatever stood in the cell goes no further.
    assert str(caught.value) == caught.value.reason.value
    return caught.value.reason


@pytest.mark.parametrize(
    ("typed", "country", "expected"),
    [
        pytest.param("011 15-5555-0101", "AR", "+5491155550101", id="as-dialled-at-home"),
        pytest.param("+54 9 11 5555-0101", "AR", "+5491155550101", id="international"),
        pytest.param("005491155550101", "AR", "+5491155550101", id="with-00"),
        pytest.param("5491155550101", "AR", "+5491155550101", id="own-country-without-plus"),
        pytest.param("5491155550101.0", "AR", "+5491155550101", id="written-by-a-program"),
        pytest.param("'+5491155550101", "AR", "+5491155550101", id="text-mark"),
        pytest.param("\u202a+5491155550101\u202c", "AR", "+5491155550101", id="invisible-marks"),
        pytest.param("٠٥٠١٢٣٤٥٦٧", "AE", "+971501234567", id="arabic-digits"),
        pytest.param("612345678", "FR", "+33612345678", id="zero-that-is-not-missed"),
        pytest.param("+1 (212) 555-2368", "AR", "+12125552368", id="abroad"),
    ],
)
def test_a_number_is_read(typed: str, country: str, expected: str) -> None:
    assert cells.phone(typed, country=country) == expected


@pytest.mark.parametrize(
    ("typed", "country", "reason"),
    [
        pytest.param("5,49E+12", "AR", Reason.SCIENTIFIC, id="excel-with-comma"),
        pytest.param("5.49E+12", "AR", Reason.SCIENTIFIC, id="excel-with-point"),
        pytest.param("5.491155550101E+12", "AR", Reason.SCIENTIFIC, id="excel-all-digits"),
        pytest.param("5E12", "AR", Reason.SCIENTIFIC, id="excel-short"),
        pytest.param("11 5555-0101 / 11 5555-0102", "AR", Reason.TWO_NUMBERS, id="slash"),
        pytest.param("4555-1234/35", "AR", Reason.TWO_NUMBERS, id="neighbours"),
        pytest.param("11 5555-0101; 11 5555-0102", "AR", Reason.TWO_NUMBERS, id="semicolon"),
        pytest.param("11 5555-0101 y 11 5555-0102", "AR", Reason.TWO_NUMBERS, id="and"),
        pytest.param("1155550101 1155550102", "AR", Reason.TWO_NUMBERS, id="nothing-between"),
        pytest.param("1-800-FLOWERS", "US", Reason.LETTERS, id="letters"),
        pytest.param("11 5555-0101 int 12", "AR", Reason.LETTERS, id="extension"),
        pytest.param("612345678", "IT", Reason.LOST_ZERO, id="zero-that-belongs-to-it"),
        pytest.param("4915112345678", "CI", Reason.LOST_PLUS, id="abroad-without-plus"),
        pytest.param("12345", "AR", Reason.NO_NUMBER, id="short"),
        pytest.param("+999123456789", "AR", Reason.NO_NUMBER, id="no-such-country"),
        pytest.param("#N/A", "AR", Reason.EXCEL_ERROR, id="error"),
        pytest.param("########", "AR", Reason.EXCEL_ERROR, id="narrow-column"),
    ],
)
def test_a_damaged_number_says_how(typed: str, country: str, reason: Reason) -> None:
    if reason == Reason.LOST_ZERO:
        typed = "61234567"  # 06 1234567 in Rome
    assert refused("phone", typed, country=country) == reason


@given(st.text(max_size=40), st.sampled_from(["AR", "BR", "IN", "IT", "US", "SA"]))
def test_whatever_stands_there_is_a_valid_number_or_a_reason(typed: str, country: str) -> None:
    try:
        number = cells.phone(typed, country=country)
    except Unreadable:
        return

    assert phonenumbers.is_valid_number(phonenumbers.parse(number))
    assert cells.phone(number, country=country) == number


@given(st.integers(10**11, 10**14), st.integers(1, 4), st.sampled_from([",", "."]))
def test_no_rounding_of_excel_passes_for_a_number(number: int, places: int, point: str) -> None:
    shortened = f"{number:.{places}E}".replace(".", point)

    assert refused("phone", shortened, country="AR") == Reason.SCIENTIFIC
    assert refused("identifier", shortened) == Reason.SCIENTIFIC


@given(DAYS)
def test_a_day_is_the_same_however_it_is_written(day: date) -> None:
    forms = (
        (day.isoformat(), None),
        (f"{day:%Y%m%d}", None),
        (f"{day.day}/{day.month}/{day.year}", Order.DAY_FIRST),
        (f"{day.day:02}.{day.month:02}.{day.year}", Order.DAY_FIRST),
        (f"{day.month}/{day.day}/{day.year}", Order.MONTH_FIRST),
        (cells.plain(day), None),
        (cells.plain(datetime.combine(day, time())), None),
    )

    assert {cells.day(typed, order=order) for typed, order in forms} == {day}


@given(st.dates(date(1927, 5, 18), date(2100, 12, 31)), st.integers(0, 1439))
def test_days_as_excel_counts_them(day: date, minute: int) -> None:
    serial = (day - ZERO).days
    at = datetime.combine(day, time()) + timedelta(minutes=minute)

    assert cells.day(str(serial), order=None) == day
    assert cells.moment(cells.plain(serial + minute / 1440), order=None) == at
    assert cells.moment(cells.plain(at), order=None) == at if minute else True


@given(DAYS)
def test_a_cell_tells_which_order_it_allows(day: date) -> None:
    read = {
        order: cells.day(f"{day.day}/{day.month}/{day.year}", order=order)
        for order in Order
        if not (order == Order.MONTH_FIRST and day.day > 12)
    }
    told = cells.fits(f"{day.day}/{day.month}/{day.year}")

    assert (told == Fits.BOTH) == (len(set(read.values())) == 2)
    assert told != Fits.MONTH_FIRST
    assert cells.fits(day.isoformat()) == Fits.NOTHING


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        pytest.param("1985", Reason.YEAR_ALONE, id="year"),
        pytest.param("31/02/2020", Reason.OTHER_ORDER, id="no-such-day"),
        pytest.param("2020-13-01", Reason.NO_DAY, id="no-such-month"),
        pytest.param("0020-01-01", Reason.LONG_AGO, id="short-year"),
        pytest.param("12/03/20", Reason.NO_DAY, id="two-digits"),
        pytest.param("soon", Reason.NO_DAY, id="words"),
        pytest.param("99999", Reason.NO_DAY, id="count-too-high"),
    ],
)
def test_what_is_no_day_says_why(typed: str, reason: Reason) -> None:
    assert refused("day", typed, order=Order.DAY_FIRST) == reason


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("9:30", time(9, 30)),
        ("09.30", time(9, 30)),
        ("9h30", time(9, 30)),
        ("09:30:00", time(9, 30)),
        ("9:30 pm", time(21, 30)),
        ("12:05 a.m.", time(0, 5)),
        ("0,5", time(12)),
        ("0.395833333333333", time(9, 30)),
    ],
)
def test_a_time_is_read(typed: str, expected: time) -> None:
    assert cells.clock(typed) == expected


@pytest.mark.parametrize("typed", ["25:00", "13:00 pm", "9", "noon", "1.5"])
def test_what_is_no_time_says_so(typed: str) -> None:
    assert refused("clock", typed) == Reason.NO_TIME


@pytest.mark.parametrize(
    "typed", ["10/03/2026 9:30", "2026-03-10 09:30", "2026-03-10T09:30:00", "46091.3958333333"]
)
def test_day_and_time_in_one_cell(typed: str) -> None:
    assert cells.moment(typed, order=Order.DAY_FIRST).isoformat() == "2026-03-10T09:30:00"


def test_an_offset_of_its_own_is_kept() -> None:
    assert cells.moment("2026-03-10T12:00:00-03:00", order=None).utcoffset() == timedelta(hours=-3)


def test_words_are_known_however_they_are_spelled() -> None:
    known = {"espanol": "es"}

    assert cells.word("  ESPAÑOL ", known) == "es"
    assert refused("word", "klingon", known=known) == Reason.UNKNOWN_WORD


@pytest.mark.parametrize("typed", ["JosÃ©", "Jos\ufffd", "MÃºller"])
def test_broken_letters_are_seen(typed: str) -> None:
    assert refused("text", typed, most=60) == Reason.BROKEN_LETTERS


@given(st.text(max_size=80))
def test_text_is_one_line_or_a_reason(typed: str) -> None:
    try:
        words = cells.text(typed, most=60)
    except Unreadable:
        return

    assert len(words) <= 60
    assert "\n" not in words
    assert "\x00" not in words


def test_identifiers_keep_their_zeros() -> None:
    assert cells.identifier(" 000123 ") == "000123"
    assert cells.identifier(cells.plain(123.0)) == "123"
    assert cells.identifier("12E5") == "12E5"
