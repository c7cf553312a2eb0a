"""No cell of any file we hand out becomes a program in a spreadsheet, whatever a name is."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.models import CharField, Model, Value
from django.db.models.functions import Cast, Concat
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from campaigns.admin.downloads import plain
from campaigns.models import Campaign, ListEntry, Recipient, Run
from healthmsg.clinic.models import Clinic, Clinician, Contact, Patient, Site, StaffUser, VisitKind
from healthmsg.cockpit import again
from healthmsg.desk.daily.models import Cut, DayCount
from healthmsg.desk.imports.models import Finding, Import
from healthmsg.desk.imports.reasons import Reason as Found
from reminders.models import ReminderRule
from tests import factories
from tests.house import addresses
from tests.house.source import modules
from tests.house.test_admin_pages import rows

__all__ = ["rows"]

WORD = '=HYPERLINK("http://evil.example","x")'
_RUNS = re.compile(r"\s*[=+\-@＝＋－＠\t\r\n]")
# Every address that hands out a table, and whether words that people typed stand in it.
EXPORTS = {
    "desk/trends/?table=rules": True,
    "desk/trends/?table=kinds": True,
    "desk/trends/?table=sites": True,
    "desk/unreached/file/": True,
    "admin/desk/import/<id>/findings/": True,
    "admin/campaigns/campaign/<id>/who/": True,
    "admin/campaigns/run/<id>/csv/": True,
    "admin/campaigns/run/<id>/xlsx/": True,
}
# What writes tables; each is behind one of the addresses above.
_WRITERS = {
    "campaigns/admin/downloads.py",
    "healthmsg/desk/admin/imports.py",
    "healthmsg/desk/spreadsheets.py",
    "healthmsg/desk/unreached/shown.py",
}


@pytest.fixture
def root(client: Client) -> Client:
    client.force_login(StaffUser.objects.create(username="root", is_staff=True, is_superuser=True))
    session = client.session
    session[again.KEY] = int(timezone.now().timestamp())
    session.save()
    return client


@pytest.fixture
def planted(rows: dict[str, Model]) -> dict[str, Model]:
    """Everything that people may name is named like a formula, and stands in every table."""
    site, kind, rule = (
        rows[label] for label in ("clinic.Site", "clinic.VisitKind", "reminders.ReminderRule")
    )
    for named in (Clinic, Site, Clinician, VisitKind, ReminderRule, Campaign, Contact):
        word = Concat(Value(WORD), Cast("pk", CharField()))
        named.objects.update(name=word)
    patient = rows["clinic.Patient"]
    assert isinstance(patient, Patient)
    Patient.objects.update(given_name=WORD, family_name=WORD, external_id=word)
    never_asked = factories.make_patient(
        patient.clinic, given_name=WORD, external_id=f"{WORD}-2", consents=()
    )
    factories.make_visit(never_asked, starts_at=timezone.now() + timedelta(days=2))
    campaign, run = rows["campaigns.Campaign"], rows["campaigns.Run"]
    assert isinstance(site, Site)
    assert isinstance(campaign, Campaign)
    assert isinstance(run, Run)
    ListEntry.objects.get_or_create(patient_list=campaign.audience.lists.get(), patient=never_asked)
    Recipient.objects.create(run=run, patient=patient, reason="REFUSED")
    source = rows["desk.Import"]
    assert isinstance(source, Import)
    Finding.objects.create(source=source, row=1, column=WORD[:30], reason=Found.values[0])
    # By the clinic's own clocks: late in the evening it is tomorrow elsewhere.
    today = timezone.localdate(timezone=site.zone)
    for cut, key in ((Cut.WHOLE, ""), (Cut.RULE, rule.pk), (Cut.KIND, kind.pk)):
        DayCount.objects.create(
            clinic=patient.clinic, site=site, day=today, cut=cut, key=str(key), sent=1, visits=1
        )
    return rows


def cells(answer: Any) -> list[str]:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if "csv" in answer["Content-Type"]:
        table = csv.reader(io.StringIO(body.decode("utf-8-sig")))
        return [cell for line in table for cell in line]
    sheet = load_workbook(io.BytesIO(body)).worksheets[0]
    found = [cell for line in sheet.iter_rows() for cell in line]
    assert not [cell for cell in found if cell.data_type == "f"]
    return [str(cell.value or "") for cell in found]


def is_table(answer: Any) -> bool:
    kind = answer.get("Content-Type", "")
    return "csv" in kind or "spreadsheet" in kind


@pytest.mark.parametrize("export", EXPORTS)
def test_attack_a_formula_is_a_word_in_every_table(
    export: str, planted: dict[str, Model], root: Client
) -> None:
    pattern, _mark, query = export.partition("?")

    answer = root.get(f"{addresses.filled(pattern, planted)}?{query}")

    assert is_table(answer), answer
    found = cells(answer)
    assert [cell for cell in found if _RUNS.match(cell)] == []
    assert any("HYPERLINK" in cell for cell in found) is EXPORTS[export]


def test_attack_nothing_writes_tables_that_are_not_tried_above() -> None:
    writes = {
        module.name
        for module in modules("healthmsg", "whatsapp", "reminders", "campaigns")
        if "csv.writer(" in module.text or "Workbook(" in module.text
    }
    assert writes == _WRITERS


def test_attack_nobody_takes_a_table_without_signing_in(planted: dict[str, Model]) -> None:
    opened = [
        export
        for export in EXPORTS
        if addresses.asked(addresses.filled(export.partition("?")[0], planted), AnonymousUser())
        != 403
    ]

    assert opened == []


@pytest.mark.parametrize("sign", [*"=+-@\t\r\n＝＋－＠", "  =", "\u00a0="])
def test_attack_no_file_of_ours_is_a_program_in_a_spreadsheet(sign: str) -> None:
    assert plain(f'{sign}HYPERLINK("http://evil.example","x")').startswith("'")


@pytest.mark.parametrize("word", ["Ana", "O'Neill", "a=b", "12-7", ""])
def test_a_word_that_is_no_formula_stays_as_it_is(word: str) -> None:
    assert plain(word) == word
