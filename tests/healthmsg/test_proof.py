"""Words behind permissions: read by who may, in no copy of the database, gone with the patient."""

from datetime import datetime
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.db import connection

from healthmsg.clinic import consent, proof
from healthmsg.clinic.consent import Evidence
from healthmsg.clinic.models import (
    AuditNote,
    ConsentEvidence,
    ConsentRecord,
    GivenHow,
    Patient,
    PatientKey,
    Phone,
    Purpose,
)
from healthmsg.desk import tasks
from healthmsg.desk.privacy import erasing
from tests import factories

pytestmark = pytest.mark.django_db
CANARY = "Canary told me at the desk"
TOLD = Evidence(GivenHow.AT_DESK, text=CANARY)


@pytest.fixture
def phone(willing_patient: Patient) -> Phone:
    return factories.phone_of(willing_patient)


@pytest.fixture
def line(willing_patient: Patient, phone: Phone, noon: datetime) -> ConsentRecord:
    return consent.grant(willing_patient, phone, [Purpose.FEEDBACK], evidence=TOLD, at=noon)[0]


@pytest.fixture
def of_number(phone: Phone, noon: datetime) -> ConsentRecord:
    return consent.withdraw(None, phone, [Purpose.FEEDBACK], evidence=TOLD, at=noon)[0]


def words_of(line: ConsentRecord) -> str:
    return proof.read([ConsentRecord.objects.select_related("evidence").get(pk=line.pk)]).get(
        line.pk, ""
    )


def in_the_database() -> str:
    """Every row of the tables in which the words could stand."""
    tables = ("clinic_consentevidence", "clinic_consentrecord", "clinic_auditnote")
    with connection.cursor() as cursor:
        found = []
        for table in (*tables, "clinic_auditline"):
            cursor.execute(f"SELECT * FROM {table} one")  # noqa: S608 - our names
            found += [
                bytes(cell).decode(errors="replace") if isinstance(cell, memoryview) else str(cell)
                for row in cursor.fetchall()
                for cell in row
            ]
    return " ".join(found)


def written_by_the_release_before(line: ConsentRecord, text: str = CANARY) -> None:
    ConsentEvidence.objects.filter(record=line).delete()
    ConsentEvidence.objects.create(record=line, text=text)


def test_canary_words_behind_a_permission_stand_nowhere_in_clear(
    line: ConsentRecord, of_number: ConsentRecord
) -> None:
    tasks.seal_audit()

    assert "Canary" not in in_the_database()
    assert words_of(line) == words_of(of_number) == CANARY
    assert AuditNote.objects.count() == 0


def test_attack_words_copied_to_another_line_are_not_shown(
    line: ConsentRecord, willing_patient: Patient, phone: Phone, noon: datetime
) -> None:
    (other,) = consent.grant(
        willing_patient, phone, [Purpose.MARKETING], evidence=Evidence(GivenHow.AT_DESK), at=noon
    )
    secret = ConsentEvidence.objects.get(record=line).secret
    ConsentEvidence.objects.create(record=other, secret=secret)

    assert words_of(other) == ""


def test_erasure_destroys_the_key_of_the_words(
    line: ConsentRecord, willing_patient: Patient, noon: datetime, tmp_path: Path
) -> None:
    before = bytes(ConsentEvidence.objects.get(record=line).secret or b"")
    erasing.erase(willing_patient, reason="wish", by=None, key="k", files=tmp_path, now=noon)

    row = ConsentEvidence.objects.get(record=line)
    assert (row.text, row.secret, row.blanked_at) == ("", None, noon)
    assert words_of(line) == ""
    # From a backup of the row, under a key that is no more.
    ConsentEvidence.objects.filter(pk=row.pk).update(secret=before, blanked_at=None)
    assert words_of(line) == ""


def test_erasure_keeps_no_words_written_afterwards(
    willing_patient: Patient, phone: Phone, noon: datetime, tmp_path: Path
) -> None:
    erasing.erase(willing_patient, reason="wish", by=None, key="k", files=tmp_path, now=noon)

    (line,) = consent.decline(willing_patient, phone, [Purpose.MARKETING], evidence=TOLD, at=noon)

    row = ConsentEvidence.objects.get(record=line)
    assert row.secret is None
    assert row.blanked_at is not None


def test_what_the_release_before_wrote_is_read_and_sealed(
    line: ConsentRecord, of_number: ConsentRecord
) -> None:
    written_by_the_release_before(line)
    written_by_the_release_before(of_number)
    assert words_of(line) == words_of(of_number) == CANARY

    assert proof.seal_clear(limit=1) == 1
    assert proof.seal_clear() == 1
    assert proof.seal_clear() == 0

    assert not ConsentEvidence.objects.exclude(text="").exists()
    assert words_of(line) == words_of(of_number) == CANARY


def test_keys_are_rotated_and_the_words_stay(
    line: ConsentRecord, of_number: ConsentRecord, settings: LazySettings
) -> None:
    old = settings.AUDIT_KEYS
    settings.AUDIT_KEYS = ["new", *old]
    call_command("rewrap_audit_keys")
    settings.AUDIT_KEYS = ["new"]

    assert words_of(line) == words_of(of_number) == CANARY


def test_without_the_houses_keys_words_are_not_shown(
    of_number: ConsentRecord, settings: LazySettings
) -> None:
    settings.AUDIT_KEYS = ["another house's"]

    assert words_of(of_number) == ""


def test_lines_without_words_ask_for_no_key(willing_patient: Patient) -> None:
    lines = list(ConsentRecord.objects.select_related("evidence"))

    assert proof.read(lines) == {}
    assert not PatientKey.objects.filter(pk=willing_patient.pk).exists()
