"""Rates are read as they are pasted, and the newest that is valid counts."""

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection
from hypothesis import given
from hypothesis import strategies as st

from campaigns import rates
from campaigns.models import Rate
from campaigns.rates import PastedRate, Price, Prices
from healthmsg.clinic.models import Clinic
from tests import factories

NEW_YEAR = date(2026, 1, 1)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("AR,MARKETING,0.0618", id="commas"),
        pytest.param("ar; marketing; 0,0618", id="semicolons-and-a-decimal-comma"),
        pytest.param("Argentina\tMarketing\t0.0618", id="out-of-a-spreadsheet"),
        pytest.param('"AR","MARKETING","0.0618"', id="quoted"),
    ],
)
def test_a_line_is_read_however_it_was_copied(line: str) -> None:
    found, wrong = rates.read(line)

    assert found == [PastedRate("AR", "MARKETING", Decimal("0.0618"))]
    assert not wrong


def test_headings_and_empty_lines_are_left_out() -> None:
    found, wrong = rates.read("Country;Category;Price\n\nIN;UTILITY;0.1\n  \n")

    assert [rate.country for rate in found] == ["IN"]
    assert not wrong


@pytest.mark.parametrize(
    ("line", "why"),
    [
        pytest.param("Atlantis;MARKETING;1", "“Atlantis” is not a country", id="no-country"),
        pytest.param("AR;PROMOTION;1", "“PROMOTION” is not one of", id="no-category"),
        pytest.param("AR;MARKETING;free", "“free” is not a price", id="no-price"),
        pytest.param("AR;MARKETING;-1", "“-1” is not a price", id="negative"),
        pytest.param("AR;MARKETING;NaN", "“NaN” is not a price", id="not-a-number"),
        pytest.param("AR;MARKETING;1000000", "“1000000” is not a price", id="too-much"),
        pytest.param("AR;MARKETING;0.0000001", "“0.0000001” is not a price", id="too-fine"),
        pytest.param("AR,MARKETING,0,06", "it needs country, category and price", id="four-parts"),
        pytest.param("AR 1", "it needs country, category and price", id="one-part"),
    ],
)
def test_a_wrong_line_is_named_with_what_is_wrong(line: str, why: str) -> None:
    found, wrong = rates.read(f"IN;UTILITY;0.1\n{line}")

    assert len(found) == 1
    assert len(wrong) == 1
    assert wrong[0].startswith(f"Line 2: {why}")


def test_two_prices_for_the_same_are_refused_and_the_same_twice_is_once() -> None:
    found, wrong = rates.read("AR;MARKETING;1\nAR;MARKETING;1.0\nArgentina;MARKETING;2")

    assert len(found) == 1
    assert wrong == ["Line 3: another line gives another price for the same."]


@given(st.text(max_size=60))
def test_whatever_is_pasted_is_a_rate_or_named(text: str) -> None:
    found, wrong = rates.read(text)

    assert all(0 <= rate.price < rates.MOST for rate in found)
    assert all(words.startswith("Line ") for words in wrong)


@pytest.mark.django_db
def test_the_newest_rate_that_is_valid_counts(sunrise_clinic: Clinic) -> None:
    factories.make_rate(sunrise_clinic, price=Decimal("0.05"), valid_from=NEW_YEAR)
    factories.make_rate(
        sunrise_clinic, price=Decimal("0.06"), valid_from=NEW_YEAR + timedelta(days=90)
    )
    factories.make_rate(factories.make_clinic(), country="BR")
    prices = Prices(sunrise_clinic.pk)

    def on(days: int) -> Price | None:
        return prices.of("AR", "MARKETING", on=NEW_YEAR + timedelta(days=days))

    assert [on(-1), on(0), on(89), on(90)] == [
        None,
        Price(Decimal("0.05"), "USD"),
        Price(Decimal("0.05"), "USD"),
        Price(Decimal("0.06"), "USD"),
    ]
    assert prices.of("AR", "UTILITY", on=NEW_YEAR) is None
    assert prices.of("BR", "MARKETING", on=NEW_YEAR) is None
    assert prices.dearest("USD", ["MARKETING"], on=NEW_YEAR) == Decimal("0.05")
    assert prices.dearest("EUR", ["MARKETING"], on=NEW_YEAR) == 0


@pytest.mark.django_db
def test_what_is_pasted_again_replaces_what_stood_there(sunrise_clinic: Clinic) -> None:
    for price in ("1", "2"):
        pasted = [PastedRate("AR", "MARKETING", Decimal(price))]
        assert rates.keep(sunrise_clinic, pasted, currency="USD", valid_from=NEW_YEAR) == 1

    assert Rate.objects.get().price == 2
    assert rates.currency_of(sunrise_clinic) == "USD"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields", [{"price": Decimal(-1)}, {"country": "ar"}, {"currency": "$"}, {"category": "GIFT"}]
)
def test_the_database_refuses_what_is_no_rate(
    sunrise_clinic: Clinic, fields: dict[str, object]
) -> None:
    with pytest.raises(IntegrityError):
        factories.make_rate(sunrise_clinic, **fields)


@pytest.mark.django_db(transaction=True)
def test_two_people_who_paste_at_once_do_not_wait_for_each_other(sunrise_clinic: Clinic) -> None:
    pasted = [PastedRate(code, "MARKETING", Decimal(1)) for code, _name in rates.countries()]
    gate = threading.Barrier(2)
    kept: list[int] = []

    def paste(lines: list[PastedRate]) -> None:
        try:
            gate.wait(5)
            kept.extend(
                rates.keep(sunrise_clinic, lines, currency="USD", valid_from=NEW_YEAR)
                for _ in range(5)
            )
        finally:
            connection.close()

    people = [threading.Thread(target=paste, args=(each,)) for each in (pasted, pasted[::-1])]
    for person in people:
        person.start()
    for person in people:
        person.join(30)

    assert kept == [len(pasted)] * 10
    assert Rate.objects.count() == len(pasted)
