"""Who may bring files in, and what their pages tell to whom."""

import io
from collections.abc import Callable
from datetime import datetime

import openpyxl
import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from healthmsg.clinic.models import Clinic, Patient, StaffUser
from healthmsg.desk.admin.import_forms import looked_at
from healthmsg.desk.imports import columns, turns
from healthmsg.desk.imports.models import ImportKind
from healthmsg.desk.models import Import
from tests import factories
from tests.imports.bringing import brought, checked, csv_of

pytestmark = pytest.mark.django_db
HEADINGS = ("identifier", "given name", "birth date")


@pytest.fixture
def signed_in(client: Client, sunrise_clinic: Clinic) -> Callable[[str], Client]:
    def sign_in(role: str) -> Client:
        user = StaffUser.objects.create(username=role, is_staff=True)
        user.clinics.add(sunrise_clinic)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client

    return sign_in


def page(name: str, *args: object) -> str:
    return reverse(f"admin:desk_import_{name}", args=args)


def wish(clinic: Clinic, **said: object) -> dict[str, object]:
    content = csv_of(HEADINGS, ("1", "Ana", "1980-01-01"))
    file = SimpleUploadedFile("people.csv", content, "text/csv")
    return {"clinic": clinic.pk, "kind": "PATIENTS", "file": file, "date_order": "", **said}


def test_an_administrator_brings_a_file_in(
    sunrise_clinic: Clinic, signed_in: Callable[[str], Client], noon: datetime
) -> None:
    client = signed_in("Clinic admin")

    answer = client.post(page("bring_in"), wish(sunrise_clinic))

    source = Import.objects.get()
    assert answer["Location"] == page("change", source.pk)
    assert (source.file_name, source.created_by and source.created_by.username) == (
        *("people.csv",),
        "Clinic admin",
    )
    turns.go_on(now=noon, seconds=60)
    assert "Ana" in client.get(page("progress", source.pk)).content.decode()
    client.post(page("go_on", source.pk))
    turns.go_on(now=noon, seconds=60)
    source.refresh_from_db()
    assert (source.state, source.approved_by_id) == ("DONE", source.created_by_id)
    assert Patient.objects.get().given_name == "Ana"


@pytest.mark.parametrize("role", ["Reception", "Clinician", "Campaign author", "Approver"])
def test_nobody_else_does(
    sunrise_clinic: Clinic, signed_in: Callable[[str], Client], noon: datetime, role: str
) -> None:
    source = checked(sunrise_clinic, "PATIENTS", HEADINGS, ("1", "Ana", ""), now=noon)
    client = signed_in(role)

    for name in ("change", "progress", "go_on", "stop", "order", "findings"):
        assert client.get(page(name, source.pk)).status_code == 403, name
    assert client.post(page("bring_in"), wish(sunrise_clinic)).status_code == 403
    assert client.get(page("empty", "PATIENTS", "csv")).status_code == 403
    assert Import.objects.count() == 1


def test_an_administrator_of_another_clinic_finds_nothing(
    signed_in: Callable[[str], Client], noon: datetime
) -> None:
    other = factories.make_clinic()
    source = checked(other, "PATIENTS", HEADINGS, ("1", "Ana", ""), now=noon)
    client = signed_in("Clinic admin")

    for name in ("progress", "go_on", "stop", "order", "findings"):
        assert client.get(page(name, source.pk)).status_code == 404, name
    client.post(page("bring_in"), wish(other))
    assert Import.objects.count() == 1


def test_names_are_shown_to_those_who_may_see_patients(
    sunrise_clinic: Clinic, signed_in: Callable[[str], Client], noon: datetime
) -> None:
    source = checked(sunrise_clinic, "PATIENTS", HEADINGS, ("1", "Ana", ""), now=noon)
    client = signed_in("Clinic admin")
    assert "Ana" in client.get(page("change", source.pk)).content.decode()

    group = Group.objects.get(name="Clinic admin")
    group.permissions.remove(group.permissions.get(codename="view_patient_details"))

    shown = client.get(page("change", source.pk)).content.decode()
    assert "Some that are new" in shown
    assert "Ana" not in shown


def test_findings_name_row_column_and_reason_and_nothing_else(
    sunrise_clinic: Clinic, signed_in: Callable[[str], Client], noon: datetime
) -> None:
    rows = (("1", "Ana", "=1+1"), ("5,49E+12", "Eva", "1985"))
    source = brought(sunrise_clinic, "PATIENTS", HEADINGS, *rows, now=noon)
    client = signed_in("Clinic admin")

    answer = client.get(page("findings", source.pk))

    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert lines[0] == "\ufeffrow,column,reason,left out"
    assert lines[1] == "2,birth date,this is not a day,yes"
    assert {line.split(",")[1] for line in lines[2:]} == {"birth date", "identifier"}
    assert "Eva" not in "".join(lines)
    assert "1+1" not in "".join(lines)


@pytest.mark.parametrize("kind", ImportKind.values)
def test_an_empty_file_has_the_headings_that_are_understood(
    kind: str, signed_in: Callable[[str], Client]
) -> None:
    client = signed_in("Clinic admin")

    text = client.get(page("empty", kind, "csv")).content.decode()
    book = openpyxl.load_workbook(io.BytesIO(client.get(page("empty", kind, "xlsx")).content))

    headings = text.strip().split(",")
    assert list(columns.headings(kind, headings).values()) == list(columns.LAYOUTS[kind].names)
    assert [cell.value for cell in book.worksheets[0][1]] == headings


def test_a_file_that_asks_for_an_order_gets_it(
    sunrise_clinic: Clinic, signed_in: Callable[[str], Client], noon: datetime
) -> None:
    source = checked(sunrise_clinic, "PATIENTS", HEADINGS, ("1", "Ana", "03/04/1980"), now=noon)
    client = signed_in("Clinic admin")
    assert "Say how days are written" in client.get(page("change", source.pk)).content.decode()

    client.post(page("order", source.pk), {"date_order": "DAY_FIRST"})
    turns.go_on(now=noon, seconds=60)

    source.refresh_from_db()
    assert (source.state, source.date_order, source.question) == ("WAITS", "DAY_FIRST", "")


def test_what_is_out_of_the_ordinary_needs_a_tick(
    sunrise_clinic: Clinic, signed_in: Callable[[str], Client], noon: datetime
) -> None:
    source = checked(sunrise_clinic, "PATIENTS", HEADINGS, ("1", "", ""), now=noon)
    client = signed_in("Clinic admin")
    assert looked_at(source) == "I have looked: 1 of 1 rows are left out"

    client.post(page("go_on", source.pk))
    source.refresh_from_db()
    assert source.state == "WAITS"

    client.post(page("go_on", source.pk), {"looked": "on"})
    source.refresh_from_db()
    assert source.state == "APPLYING"


def test_the_form_refuses_what_makes_no_sense(
    sunrise_clinic: Clinic, signed_in: Callable[[str], Client]
) -> None:
    client = signed_in("Clinic admin")

    said = {"is_complete": "on", "complete_from": "2026-03-02", "complete_until": "2026-03-01"}
    shown = client.post(page("bring_in"), wish(sunrise_clinic, **said)).content.decode()

    assert "This is before the first day." in shown
    assert "Only a file of visits can say this." in shown
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    "content",
    [b"MZ\x00\xff" * 100, b"\x89PNG\r\n\x1a\n\x00", b""],
    ids=["program", "picture", "empty"],
)
def test_a_file_that_is_no_table_is_refused_beside_its_field(
    sunrise_clinic: Clinic, signed_in: Callable[[str], Client], content: bytes
) -> None:
    file = SimpleUploadedFile("people.csv", content, "text/csv")

    answer = signed_in("Clinic admin").post(page("bring_in"), wish(sunrise_clinic, file=file))

    words = "neither a CSV nor an XLSX file" if content else "The submitted file is empty"
    assert words in answer.content.decode()
    assert not Import.objects.exists()
