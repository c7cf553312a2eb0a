"""Names are found without their accents, by an index that holds the same expression."""

import unicodedata
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from healthmsg.clinic.admin import search
from healthmsg.clinic.admin.search import days_of, nearest_like, patients_like
from healthmsg.clinic.folding import folded
from healthmsg.clinic.models import Clinic, Patient
from tests import factories


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    ("name", "plain"),
    [("García", "garcia"), ("ÑANDÚ", "nandu"), ("Nguyễn", "nguyen"), ("Łukasz", "lukasz")],
)
def test_accents_fall_away_however_they_are_written(name: str, plain: str, form: str) -> None:
    written = unicodedata.normalize(form, name)  # type: ignore[arg-type]

    assert folded(written).lower() == plain


@pytest.mark.parametrize(
    "typed",
    ["sofia", "SOFÍA gar", "garc sof", "García", "1980-03-04", "4.3.1980", "4/3/1980 gar", "H-77"],
)
def test_a_patient_is_found_by_what_people_type(sunrise_clinic: Clinic, typed: str) -> None:
    sofia = factories.make_patient(
        sunrise_clinic,
        given_name="Sofía",
        family_name=unicodedata.normalize("NFD", "García"),
        birth_date=date(1980, 3, 4),
        external_id="H-77",
    )
    factories.make_patient(sunrise_clinic, given_name="Bruno", family_name="Gómez")

    assert list(patients_like(Patient.objects.all(), typed)) == [sofia]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        pytest.param("25.3.80", {date(1980, 3, 25)}, id="of-the-last-century"),
        pytest.param("25.3.26", {date(2026, 3, 25)}, id="of-this-century"),
        pytest.param("25.12.26", {date(1926, 12, 25)}, id="not-to-come"),
        pytest.param("10/11/26", {date(2026, 11, 10), date(2026, 10, 11)}, id="of-either-order"),
        pytest.param("29.2.00", {date(2000, 2, 29)}, id="of-a-leap-year"),
        pytest.param("80-3-25", {date(1980, 3, 25)}, id="the-year-first"),
        pytest.param("25031980", {date(1980, 3, 25)}, id="eight-digits"),
        pytest.param("01021980", {date(1980, 2, 1), date(1980, 1, 2)}, id="eight-of-either-order"),
        pytest.param("٢٥/٣/١٩٨٠", {date(1980, 3, 25)}, id="arabic-digits"),
        pytest.param("۲۵۰۳۱۹۸۰", {date(1980, 3, 25)}, id="persian-digits"),
        pytest.param("11150012", set(), id="a-number"),
        pytest.param("1.2.345", set(), id="an-identifier"),
        pytest.param("29.2.01", set(), id="no-day"),
    ],
)
def test_a_birth_date_is_read_as_people_write_it(typed: str, meant: set[date]) -> None:
    assert days_of(typed, now=datetime(2026, 11, 27, 12, tzinfo=UTC)) == meant


@pytest.mark.parametrize(
    "typed",
    ["25.3.80", "25031980", "garcia 25031980", "٢٥٠٣١٩٨٠", "30111985", "٣٠١١١٩٨٥", "garc ٣٠١١"],
)
def test_eight_digits_are_a_birth_date_or_an_identifier(sunrise_clinic: Clinic, typed: str) -> None:
    sofia = factories.make_patient(
        sunrise_clinic,
        family_name="García",
        birth_date=date(1980, 3, 25),
        external_id="30111985",
    )
    factories.make_patient(sunrise_clinic, birth_date=date(1980, 1, 2), external_id="2")

    assert list(patients_like(Patient.objects.all(), typed)) == [sofia]


def test_whose_identifier_it_is_comes_before_who_was_born_then(sunrise_clinic: Clinic) -> None:
    born = factories.make_patient(sunrise_clinic, family_name="Abad", birth_date=date(1985, 11, 30))
    has_it = factories.make_patient(sunrise_clinic, family_name="Zorn", external_id="30111985")

    assert list(nearest_like(Patient.objects.all(), "30111985")) == [has_it, born]


def test_an_identifier_written_in_other_digits_is_found_by_them(sunrise_clinic: Clinic) -> None:
    patient = factories.make_patient(sunrise_clinic, external_id="H-٧٧")

    assert list(patients_like(Patient.objects.all(), "h-٧٧")) == [patient]


def test_who_is_called_just_so_is_found_among_any_number_whose_names_begin_so(
    sunrise_clinic: Clinic,
) -> None:
    Patient.objects.bulk_create(
        Patient(clinic=sunrise_clinic, given_name="Lidia", family_name="Paz")
        for _ in range(search.LOOKED_AT)
    )
    named = factories.make_patient(sunrise_clinic, given_name="Li")

    assert nearest_like(Patient.objects.all(), "li").first() == named


def test_the_search_is_served_by_its_index(sunrise_clinic: Clinic) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = patients_like(Patient.objects.all(), "garcia").explain()

    assert "patient_words" in plan
