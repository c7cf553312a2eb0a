"""One line is one row, whichever of its forms is typed, brought in, or written from."""

from datetime import datetime, timedelta

import pytest
from django.conf import settings

from healthmsg.clinic import consent, erasure, typed_numbers
from healthmsg.clinic.admin.search import patients_like
from healthmsg.clinic.models import Clinic, Contact, GivenHow, Patient, Phone
from healthmsg.desk.agenda.registering import looking_alike
from tests import factories
from tests.imports.bringing import brought, found

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
TWO_FORMS = [
    pytest.param("+5491155550101", "+541155550101", id="argentina"),
    pytest.param("+525512345678", "+5215512345678", id="mexico"),
    pytest.param("+5511987654321", "+551187654321", id="brazil"),
]
PEOPLE = ("identifier", "given name", "family name", "phone")


def take(clinic: Clinic, number: str, now: datetime) -> Phone:
    return typed_numbers.take(clinic, number, key=settings.NUMBERS_KEY, now=now)


@pytest.mark.parametrize(("one", "other"), TWO_FORMS)
def test_both_forms_of_a_number_are_one_phone(
    sunrise_clinic: Clinic, noon: datetime, one: str, other: str
) -> None:
    stored = factories.make_phone(sunrise_clinic, other)

    assert take(sunrise_clinic, one, noon) == stored
    assert take(sunrise_clinic, other, noon) == stored


def test_a_landline_is_not_the_mobile_that_looks_like_it(
    sunrise_clinic: Clinic, noon: datetime
) -> None:
    landline = factories.make_phone(sunrise_clinic, "+551134567890")

    assert take(sunrise_clinic, "+5511934567890", noon) != landline


def test_another_clinics_phone_is_not_ours(sunrise_clinic: Clinic, noon: datetime) -> None:
    theirs = factories.make_phone(factories.make_clinic(), "+5491155550101")

    assert take(sunrise_clinic, "+541155550101", noon) != theirs


def test_where_both_stand_the_one_that_was_typed_is_meant(
    sunrise_clinic: Clinic, noon: datetime
) -> None:
    both = {n: factories.make_phone(sunrise_clinic, n) for n in ("+541155550101", "+5491155550101")}

    assert typed_numbers.known(sunrise_clinic.pk, both) == both


def test_what_was_stopped_before_it_was_deleted_stays_so_in_the_other_form(
    sunrise_clinic: Clinic, noon: datetime
) -> None:
    phone = factories.make_phone(sunrise_clinic, "+5491155550101")
    patient = factories.make_patient(sunrise_clinic, phone=phone)
    told = consent.Evidence(GivenHow.BY_MESSAGE)
    consent.stop(phone, evidence=told, at=noon)
    erasure.forget([patient], [phone], key=settings.NUMBERS_KEY, now=noon + HOUR)

    again = take(sunrise_clinic, "+541155550101", noon + 2 * HOUR)

    assert consent.has_stopped(again)
    assert again != phone


def test_a_file_with_both_forms_brings_one_phone(sunrise_clinic: Clinic, noon: datetime) -> None:
    source = brought(
        sunrise_clinic,
        "PATIENTS",
        PEOPLE,
        ("1", "Ana", "Paz", "+54 9 11 5555 0101"),
        ("2", "Leo", "Paz", "+54 11 5555 0101"),
        now=noon,
    )

    assert found(source) == set()
    assert set(Contact.objects.values_list("phone__number")) == {("+5491155550101",)}
    assert Phone.objects.count() == 1


def test_a_list_of_stops_stops_the_number_as_we_have_it(
    sunrise_clinic: Clinic, noon: datetime
) -> None:
    phone = factories.make_phone(sunrise_clinic, "+5491155550101")
    rows = [("+54 11 5555 0101",), ("+54 9 11 5555 0102",), ("+54 11 5555 0102",)]

    brought(sunrise_clinic, "STOPS", ("phone",), *rows, now=noon)

    known, new = Phone.objects.order_by("pk")
    assert known == phone
    assert new.number in {"+5491155550102", "+541155550102"}
    assert all(consent.has_stopped(one) for one in (known, new))


@pytest.mark.parametrize(
    "typed", ["9 11 5555 0101", "011 15 5555 0101", "11 5555 0101", "٠١١ ١٥ ٥٥٥٥ ٠١٠١", "۵۵۵۵۰۱۰۱"]
)
@pytest.mark.parametrize("stored", ["+5491155550101", "+541155550101"])
def test_it_is_found_however_it_is_typed(sunrise_clinic: Clinic, stored: str, typed: str) -> None:
    phone = factories.make_phone(sunrise_clinic, stored)
    patient = factories.make_patient(sunrise_clinic, phone=phone)

    assert list(patients_like(Patient.objects.all(), typed, countries=["AR"])) == [patient]


def test_reception_is_shown_who_has_the_number_in_the_other_form(
    sunrise_clinic: Clinic, noon: datetime
) -> None:
    phone = factories.make_phone(sunrise_clinic, "+541155550101")
    patient = factories.make_patient(sunrise_clinic, phone=phone, given_name="Nina")
    typed = {"given_name": "Nina", "family_name": "?", "birth_date": None}

    alike = looking_alike(sunrise_clinic, {**typed, "number": "+5491155550101"}, now=noon)

    assert [one.patient for one in alike] == [patient]
