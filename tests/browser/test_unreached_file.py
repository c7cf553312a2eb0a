"""Reception fills in the file of whom WhatsApp does not reach, and brings it back."""

import csv
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from healthmsg.clinic.models import Clinic, Patient
from healthmsg.desk.unreached.models import UnreachedOutcome
from tests import factories
from tests.browser.conftest import Desk, faults_in_the_dark, find_faults
from tests.browser.test_narrow import cut

NAMES = ("Ana Ruiz", "Omar Nasr", "Lía Sosa", "Eva Gómez", "Noor Haddad")


@pytest.fixture
def patients(clinic: Clinic) -> list[Patient]:
    found = []
    for n, name in enumerate(NAMES):
        given, family = name.split()
        patient = factories.make_patient(
            clinic, given_name=given, family_name=family, consents=(), language=("es", "ar")[n % 2]
        )
        factories.make_visit(
            patient,
            starts_at=timezone.now() + timedelta(days=1 + n),
            kind=clinic.visit_kinds.get(),
            site=clinic.sites.get(),
        )
        found.append(patient)
    return found


def filled_in(file: Path, words: list[str]) -> None:
    """As a spreadsheet does: the last column of each line, and a line that nobody knows."""
    head, *lines = csv.reader(file.read_text("utf-8-sig").splitlines())
    table = [[*line[:-1], word] for line, word in zip(lines, words, strict=True)]
    table += [[*table[0][:-2], "BCDFG-HJKLM-NPQRS-TVWX", "letter"], table[0]]
    with file.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text, delimiter=";").writerows([head, *table])


def keep(desk: Desk, file: Path) -> None:
    with desk.page.expect_download() as loaded:
        desk.page.get_by_role("link", name="Keep as a file").click()
    loaded.value.save_as(file)


def tick(desk: Desk, who: str, how: str, words: str) -> None:
    desk.page.get_by_role("checkbox", name=who).check()
    desk.page.locator("#how").select_option(how)
    desk.page.get_by_role("button", name="Write down for those ticked").click()
    desk.says(f"Written down for 1 patient: {words}")


def looks_well(desk: Desk, name: str) -> None:
    width = desk.page.evaluate("innerWidth")
    desk.picture(f"{name}-{width}")
    assert not find_faults(desk.page)
    assert cut(desk.page) == []
    assert faults_in_the_dark(desk.page) == []


@pytest.mark.parametrize("page", [320, 768, 1280], indirect=True, ids=["320", "768", "1280"])
def test_a_file_is_kept_filled_in_and_brought_back(
    desk: Desk, patients: list[Patient], tmp_path: Path
) -> None:
    desk.sign_in("Reception")
    page, file = desk.page, tmp_path / "list.csv"
    desk.open("/desk/unreached/?days=14")
    looks_well(desk, "unreached-page")
    keep(desk, file)
    tick(desk, "Omar Nasr", "SMS", "reached by SMS")
    tick(desk, "Lía Sosa", "LETTER", "reached by letter")

    desk.follow(page.get_by_role("button", name="Show what would be written down"))
    expect(page.get_by_text("Choose the file first.")).to_be_visible()
    expect(page.get_by_label("File with outcomes")).to_have_attribute("aria-invalid", "true")
    looks_well(desk, "unreached-refused")
    filled_in(file, ["Alcanzado por carta", "not reached", "LETTER", "pigeon", ""])
    page.get_by_label("File with outcomes").set_input_files(file)
    page.get_by_role("button", name="Show what would be written down").press("Enter")

    desk.says("1 outcome of")
    desk.says("2 rows cannot be used")
    assert UnreachedOutcome.objects.count() == 2
    looks_well(desk, "unreached-preview")
    page.get_by_label("Replace 1 outcome").check()
    page.get_by_role("button", name="Write down 1 outcome").press("Enter")

    desk.says("Written down from the file for 2 patients. In 1 of them an earlier outcome")
    standing = UnreachedOutcome.objects.filter(undone_at=None)
    told = {row.patient.given_name: row.how for row in standing.select_related("patient")}
    assert told == {"Ana": "LETTER", "Omar": "NOT_REACHED", "Lía": "LETTER"}
    looks_well(desk, "unreached-brought-back")
    page.get_by_role("button", name="Undo: reached by letter (1), not reached (1)").click()
    desk.says("Taken back for 2 patients.")
    assert UnreachedOutcome.objects.filter(undone_at=None, how="SMS").exists()


@pytest.mark.parametrize("page", [320, 1280], indirect=True, ids=["320", "1280"])
def test_the_way_back_in_arabic(desk: Desk, patients: list[Patient], tmp_path: Path) -> None:
    desk.sign_in("Reception")
    page, file = desk.page, tmp_path / "list.csv"
    page.set_extra_http_headers({"Accept-Language": "ar"})
    desk.open("/desk/unreached/?days=14")
    with page.expect_download() as loaded:
        page.locator(".beside-title a[href*='unreached/file/']").click()
    loaded.value.save_as(file)
    filled_in(file, ["وصلته رسالة بالبريد", "لم نصل إليه", "SMS", "?", ""])

    page.locator("input[type=file]").set_input_files(file)
    desk.follow(page.locator(".call-file button"))

    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    looks_well(desk, "unreached-preview-ar")
    desk.follow(page.locator("main .act.main"))
    told = UnreachedOutcome.objects.values_list("patient__given_name", "how")
    assert dict(told) == {"Ana": "LETTER", "Omar": "NOT_REACHED", "Lía": "SMS"}
