"""Names are found without their accents, by an index that holds the same expression."""

import unicodedata
from datetime import date

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from healthmsg.clinic.admin.search import patients_like
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


def test_who_is_called_just_so_is_found_among_any_number_whose_names_begin_so(
    sunrise_clinic: Clinic,
) -> None:
    for name in ("Lidia", "Liam", "Lina", "Li"):
        named = factories.make_patient(sunrise_clinic, given_name=name)

    assert named in patients_like(Patient.objects.all(), "li", most=1)


def test_the_search_is_served_by_its_index(sunrise_clinic: Clinic) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = patients_like(Patient.objects.all(), "garcia").explain()

    assert "patient_words" in plan
