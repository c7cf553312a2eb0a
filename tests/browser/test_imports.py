"""A file is brought in, looked at, and taken over."""

from pathlib import Path

import pytest
from django.utils import timezone

from healthmsg.clinic.models import Appointment, Clinic, Patient
from healthmsg.desk.imports import turns
from healthmsg.desk.models import Import
from tests import factories
from tests.browser.conftest import Desk
from tests.imports.bringing import brought, csv_of
from whatsapp.models import Sender

PATIENTS = csv_of(
    ("Identifier", "Given name", "Family name", "Birth date", "Phone", "Permission", "Since"),
    *(
        (f"{n:05}", f"Ana{n}", "Paz", f"{n + 1:02}/05/1980", f"011 15-5555-01{n:02}", "yes", "")
        for n in range(24)
    ),
    ("00090", "Eva", "Sol", "1985", "5,49E+12", "", ""),
    ("00091", "Mia", "Luz", "01/02/1990", "11 5555-0101 / 11 5555-0102", "", ""),
)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "patients.csv").write_bytes(PATIENTS.replace(b"Since", b"Permission date"))
    return tmp_path


def test_patients_are_brought_in(
    desk: Desk, clinic: Clinic, clinic_sender: Sender, files: Path
) -> None:
    known = factories.make_patient(clinic, external_id="00003", given_name="Anna")
    desk.sign_in("Clinic admin")
    page = desk.page

    desk.open("/admin/desk/import/")
    page.get_by_role("link", name="Bring a file in").click()
    desk.says("Which columns it may have")
    page.get_by_text("patients, contacts and permissions").last.click()
    desk.is_accessible()
    desk.picture("import-bring-in")
    page.get_by_label("What is in it").select_option("PATIENTS")
    page.locator("input[type=file]").set_input_files(files / "patients.csv")
    page.get_by_role("button", name="Read and check it").click()
    desk.says("being read")
    desk.is_accessible()
    desk.picture("import-reading")

    # The page follows by itself while a worker goes on.
    go_on()
    desk.says("waits for a look")
    assert not Patient.objects.exclude(pk=known.pk).exists()
    desk.says("date of the permission")
    desk.is_accessible()
    desk.picture("import-preview")


def test_what_was_looked_at_is_taken_over(
    desk: Desk, clinic: Clinic, clinic_sender: Sender, files: Path
) -> None:
    plain = PATIENTS.replace(b";yes;", b";;")
    (files / "patients.csv").write_bytes(plain)
    desk.sign_in("Clinic admin")
    page = desk.page
    desk.open("/admin/desk/import/bring-in/")
    page.get_by_label("What is in it").select_option("PATIENTS")
    page.locator("input[type=file]").set_input_files(files / "patients.csv")
    page.get_by_role("button", name="Read and check it").click()
    desk.says("being read")
    go_on()
    desk.says("Some that are new")
    desk.says("Ana0 Paz")
    desk.is_accessible()
    desk.picture("import-preview-good")

    desk.follow(page.get_by_role("link", name="Take it over"))
    desk.is_accessible()
    desk.picture("import-go-on")
    page.get_by_role("button", name="Take it over").click()
    desk.says("being taken over")
    go_on()
    desk.says("What became of its rows")
    desk.is_accessible()
    desk.picture("import-done")

    assert Patient.objects.count() == 24
    desk.open("/admin/desk/import/")
    desk.says("24 new")
    desk.is_accessible()
    desk.picture("imports")


def test_a_file_that_cancels_much_asks_for_a_tick(
    desk: Desk, clinic: Clinic, clinic_sender: Sender
) -> None:
    factories.make_patient(clinic, external_id="7", given_name="Ana", family_name="Paz")
    first = Import.objects.count()
    headings = ("identifier", "patient", "day", "time")
    rows = [(f"v{n}", "7", f"2030-03-{n + 10}", "10:00") for n in range(8)]
    brought(clinic, "VISITS", headings, *rows, now=timezone.now())
    desk.sign_in("Clinic admin")
    page = desk.page
    desk.open("/admin/desk/import/bring-in/")
    page.get_by_label("What is in it").select_option("VISITS")
    page.get_by_label("It holds all visits of its days").check()
    page.locator("input[type=file]").set_input_files(
        {"name": "night.csv", "mimeType": "text/csv", "buffer": csv_of(headings, rows[0], rows[-1])}
    )
    page.get_by_role("button", name="Read and check it").click()
    desk.says("being read")
    go_on()
    desk.says("Somebody has to look")
    desk.says("not in the file")
    desk.is_accessible()
    desk.picture("import-asks")

    page.get_by_role("link", name="Take it over").click()
    page.get_by_role("button", name="Take it over").click()
    desk.says("Please look at the marked fields")
    page.get_by_label("I have looked: of 8 visits ahead 6 are cancelled").check()
    desk.picture("import-tick")
    page.get_by_role("button", name="Take it over").click()
    desk.says("being taken over")
    go_on()
    desk.says("What became of its rows")

    assert Import.objects.count() == first + 2
    assert Appointment.objects.filter(status="CANCELLED_BY_CLINIC").count() == 6


def go_on() -> None:
    """What a worker does every few seconds."""
    turns.go_on(now=timezone.now(), seconds=30)
