"""Patients, contacts and permissions come in, and nothing a person said here is undone."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from healthmsg.clinic import proof
from healthmsg.clinic.models import (
    Clinic,
    ConsentRecord,
    Contact,
    Patient,
    Phone,
    PhoneState,
)
from healthmsg.desk.imports import deciding, turns
from healthmsg.desk.imports.cells import Order
from healthmsg.desk.imports.models import ImportPiece, ImportRow
from tests import factories
from tests.imports.ana import ANA, HEADINGS
from tests.imports.bringing import brought, checked, csv_of, found, go_on, take, xlsx_of
from tests.reminders.desk import Desk, plan_of

pytestmark = pytest.mark.django_db


def test_a_patient_comes_with_contact_and_permission(
    sunrise_clinic: Clinic, noon: datetime
) -> None:
    source = brought(sunrise_clinic, "PATIENTS", HEADINGS, ANA, now=noon)

    patient = Patient.objects.get()
    contact = Contact.objects.select_related("phone").get()
    line = ConsentRecord.objects.get()
    assert source.state == "DONE", source.failure
    assert (patient.external_id, patient.full_name) == ("00017", "Ana Paz")
    assert (patient.birth_date, patient.sex) == (date(1980, 12, 31), "FEMALE")
    assert (contact.name, contact.language, contact.phone and contact.phone.number) == (
        *("Ana", "es"),
        "+5491155550101",
    )
    assert (line.purpose, line.change, line.given_how) == ("APPOINTMENTS", "GRANTED", "IMPORTED")
    assert line.given_at.astimezone(sunrise_clinic.zone).date() == date(2026, 2, 25)
    assert line.recorded_by == source.approved_by
    assert proof.read([line]) == {line.pk: "Form 12"}
    assert source.applied_counts == {"NEW": 1}


def test_checking_writes_nothing(sunrise_clinic: Clinic, noon: datetime) -> None:
    source = checked(sunrise_clinic, "PATIENTS", HEADINGS, ANA, now=noon)

    assert (source.state, source.counts) == ("WAITS", {"NEW": 1})
    assert not Patient.objects.exists()
    assert not Phone.objects.exists()


def test_the_same_file_again_changes_nothing(sunrise_clinic: Clinic, noon: datetime) -> None:
    brought(sunrise_clinic, "PATIENTS", HEADINGS, ANA, now=noon)
    later = noon + timedelta(days=1)
    source = checked(sunrise_clinic, "PATIENTS", HEADINGS, ANA, now=later)
    before = ConsentRecord.objects.count()

    with CaptureQueriesContext(
        connection,
    ) as asked:
        go_on(source, now=later)

    assert source.counts == {"UNCHANGED": 1}
    assert ConsentRecord.objects.count() == before
    written = [q["sql"] for q in asked if q["sql"].startswith(("INSERT", "UPDATE"))]
    assert [sql for sql in written if '"clinic_' in sql and "staffuser" not in sql] == []


def test_what_differs_is_changed_and_the_rest_stays(sunrise_clinic: Clinic, noon: datetime) -> None:
    brought(sunrise_clinic, "PATIENTS", HEADINGS, ANA, now=noon)
    moved = ("00017", "Ana", "", "", "", "011 15-5555-0199", "en")

    source = brought(sunrise_clinic, "PATIENTS", HEADINGS[:7], moved, now=noon)

    patient, contact = Patient.objects.get(), Contact.objects.select_related("phone").get()
    assert source.counts == {"CHANGED": 1}
    assert (patient.family_name, patient.birth_date) == ("Paz", date(1980, 12, 31))
    assert (contact.language, contact.phone and contact.phone.number) == ("en", "+5491155550199")


def test_what_stood_in_the_file_is_gone_once_it_is_over(
    sunrise_clinic: Clinic, noon: datetime
) -> None:
    brought(sunrise_clinic, "PATIENTS", HEADINGS, ANA, now=noon)

    assert not ImportRow.objects.exists()
    assert not ImportPiece.objects.exists()


def test_a_mother_is_a_contact_of_her_child(sunrise_clinic: Clinic, noon: datetime) -> None:
    headings = ("id", "nombre", "apellido", "telefono", "contacto", "parentesco")
    source = brought(
        *(sunrise_clinic, "PATIENTS", headings),
        ("1", "Luz", "Paz", "", "", ""),
        ("1", "", "", "011 15-5555-0101", "Ana", "madre"),
        now=noon,
    )

    contact = Contact.objects.get()
    assert (source.state, found(source)) == ("DONE", set())
    assert (contact.patient.given_name, contact.name, contact.relationship) == (
        "Luz",
        "Ana",
        "PARENT",
    )


def test_rows_with_errors_stop_no_others(sunrise_clinic: Clinic, noon: datetime) -> None:
    headings = ("identifier", "given name", "phone", "birth date", "language", "site")
    good = ("1", "Ana", "011 15-5555-0101", "1980-01-01", "es", "")
    source = brought(
        *(sunrise_clinic, "PATIENTS", headings, good),
        ("2", "Luz", "5,49E+12", "1980-01-01", "es", ""),
        ("", "Eva", "", "", "", ""),
        ("3", "", "", "", "", ""),
        ("4", "Sol", "1155550102 / 1155550103", "1985", "klingon", "Mars"),
        ("1", "Ana", "011 15-5555-0101", "", "", ""),
        ("5", "Mia", "", "01/01/2999", "", ""),
        now=noon,
    )

    assert found(source) == {
        (3, "phone", "SCIENTIFIC"),
        (4, "identifier", "MISSING"),
        (5, "given_name", "MISSING"),
        (6, "phone", "TWO_NUMBERS"),
        (6, "birth_date", "YEAR_ALONE"),
        (6, "language", "NO_LANGUAGE"),
        (7, "identifier", "TWICE"),
        (8, "birth_date", "IN_FUTURE"),
    }
    assert [patient.external_id for patient in Patient.objects.all()] == ["1"]


def test_lost_zeros_are_seen(sunrise_clinic: Clinic, noon: datetime) -> None:
    factories.make_patient(sunrise_clinic, external_id="00017")

    source = checked(
        sunrise_clinic,
        "PATIENTS",
        ("identifier", "given name"),
        ("17", "Ana"),
        ("18", "Eva"),
        now=noon,
    )

    assert found(source) == {(2, "identifier", "LOST_ZEROS")}
    assert source.counts == {"ERROR": 1, "NEW": 1}


def test_an_order_that_nobody_can_know_is_asked_for(sunrise_clinic: Clinic, noon: datetime) -> None:
    rows = (("identifier", "given name", "birth date"), ("1", "Ana", "03/04/1980"))
    source = checked(sunrise_clinic, "PATIENTS", *rows, now=noon)
    assert (source.state, source.question) == ("WAITS", "DATE_ORDER")

    assert not deciding.let_go_on(source, by=factories.make_person("eager"), now=noon)
    assert deciding.say_order(source, Order.MONTH_FIRST)
    turns.go_on(now=noon, seconds=60)
    source.refresh_from_db()
    go_on(source, now=noon)

    assert Patient.objects.get().birth_date == date(1980, 3, 4)


def test_one_cell_tells_the_order_of_its_column(sunrise_clinic: Clinic, noon: datetime) -> None:
    rows = (("1", "Ana", "03/04/1980"), ("2", "Eva", "12/31/1980"))
    source = brought(
        sunrise_clinic, "PATIENTS", ("identifier", "given name", "birth date"), *rows, now=noon
    )

    assert source.state == "DONE"
    assert Patient.objects.get(external_id="1").birth_date == date(1980, 3, 4)


def test_a_spreadsheet_is_read_with_its_own_days(sunrise_clinic: Clinic, noon: datetime) -> None:
    content = xlsx_of(
        ("identifier", "given name", "birth date", "phone"),
        (17, "Ana", date(1980, 12, 31), 5491155550101),
        ("#N/A", "Eva", None, None),
        (18, "Sol", 29586, None),
    )

    source = take(sunrise_clinic, "PATIENTS", content, now=noon)
    turns.go_on(now=noon, seconds=60)
    source.refresh_from_db()
    go_on(source, now=noon)

    assert found(source) == {(3, "identifier", "EXCEL_ERROR")}
    ana, sol = Patient.objects.order_by("external_id")
    assert (ana.external_id, ana.birth_date, sol.birth_date) == (
        "17",
        date(1980, 12, 31),
        date(1980, 12, 31),
    )
    assert Contact.objects.get().phone == Phone.objects.get(number="+5491155550101")


def test_a_number_of_somebody_else_is_not_put_back(sunrise_clinic: Clinic, noon: datetime) -> None:
    brought(sunrise_clinic, "PATIENTS", HEADINGS, ANA, now=noon)
    Phone.objects.update(state=PhoneState.WRONG_PERSON)
    Contact.objects.update(phone=factories.make_phone(sunrise_clinic, "+5491155550188"))

    source = brought(sunrise_clinic, "PATIENTS", HEADINGS[:7], ANA[:7], now=noon)

    assert found(source) == {(2, "phone", "WRONG_PERSON")}
    contact = Contact.objects.select_related("phone").get()
    assert contact.phone is not None
    assert contact.phone.number == "+5491155550188"


def test_reminders_follow_what_a_file_brings(
    sunrise_clinic: Clinic, sender: object, noon: datetime
) -> None:
    desk = Desk(
        sunrise_clinic, factories.make_sender(sunrise_clinic, phone_number_id="2", waba_id="3")
    )
    patient = factories.make_patient(sunrise_clinic, external_id="7", consents=())
    Contact.objects.update(phone=None)
    visit = desk.book(patient, noon + timedelta(days=7), now=noon)
    assert set(plan_of(visit).values()) == {"NO_NUMBER"}

    headings = ("identifier", "phone", "permission", "permission date")
    brought(
        *(sunrise_clinic, "PATIENTS", headings, ("7", "011 15-5555-0101", "yes", "2026-03-01")),
        now=noon,
    )

    assert "PLANNED" in plan_of(visit).values()


def test_latin_letters_of_windows_are_read(sunrise_clinic: Clinic, noon: datetime) -> None:

    content = csv_of(("identifier", "given name"), ("1", "José"), delimiter=",", encoding="cp1252")
    source = take(sunrise_clinic, "PATIENTS", content, now=noon)
    turns.go_on(now=noon, seconds=60)
    source.refresh_from_db()
    go_on(source, now=noon)

    assert Patient.objects.get().given_name == "José"
