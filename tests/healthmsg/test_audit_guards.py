"""Somebody with the database's password at the audit: what is refused, and what is found out."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from healthmsg.clinic import audit, patient_keys, protections
from healthmsg.clinic.models import (
    AuditHead,
    AuditKind,
    AuditLine,
    AuditNote,
    Clinic,
    Patient,
)
from healthmsg.desk import tasks
from healthmsg.desk.alarms import watching, words
from healthmsg.desk.alarms.kinds import Kind
from healthmsg.desk.alarms.moment import Moment
from healthmsg.desk.backups import ends
from healthmsg.desk.models import Alarm
from tests import factories
from tests.house.source import ROOT

pytestmark = pytest.mark.django_db
KINDS = (Kind.AUDIT_BROKEN, Kind.AUDIT_OFF)
LOOKS = tuple(one for one in watching.LOOKS if one.kinds[0] in KINDS)
BOOK = "clinic_auditnote, clinic_auditline, clinic_audithead"


@pytest.fixture(autouse=True)
def beside(db: None, settings: LazySettings, tmp_path: Path) -> Path:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {BOOK}, clinic_patientkey")
    settings.STOP_JOURNAL_DIRECTORY = str(tmp_path / "stops")
    return tmp_path / "stops"


def sealed(count: int) -> None:
    now = timezone.now()
    audit.note([AuditNote(at=now, kind=AuditKind.VIEW, path="to_call") for _ in range(count)])
    while audit.seal(now=now):
        pass


def emptied() -> None:
    """As an owner of the tables does, who knows of the triggers."""
    run(f"SET LOCAL pgtrigger.ignore = '{{{','.join(_guards())}}}'")
    run(f"DO $$ BEGIN TRUNCATE {BOOK} RESTART IDENTITY; END $$")
    run("SET LOCAL pgtrigger.ignore = '{}'")


def _guards() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger%%'")
        return [name for (name,) in cursor]


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def look() -> list[str]:
    watching.watch(Moment(timezone.now(), factories.NOON), LOOKS)
    return list(Alarm.objects.filter(closed_at=None).values_list("kind", flat=True))


@pytest.mark.parametrize(
    "table",
    [
        *("clinic_auditnote", "clinic_auditline", "clinic_audithead", "clinic_patientkey"),
        *("clinic_consentrecord", "clinic_wording", "whatsapp_clinicwords", BOOK, "clinic_patient"),
    ],
)
def test_attack_no_table_of_evidence_is_emptied(table: str) -> None:
    with pytest.raises(DatabaseError, match="pgtrigger: Cannot empty"), transaction.atomic():
        run(f"DO $$ BEGIN TRUNCATE {table} CASCADE; END $$")


def test_attack_the_end_of_the_audit_is_removed_by_nobody() -> None:
    sealed(2)

    with pytest.raises(DatabaseError, match="pgtrigger"), transaction.atomic():
        AuditHead.objects.all().delete()


def test_attack_an_emptied_audit_is_an_alarm_though_it_begins_anew(
    beside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sealed(5)
    tasks.keep_stops()
    assert look() == []

    emptied()
    sealed(9)

    assert audit.first_break() is None
    assert look() == [Kind.AUDIT_BROKEN]
    assert "from line 5" in words.headline(Alarm.objects.get())
    with pytest.raises(CommandError, match="Line 5 was noted"):
        call_command("check_audit")
    # Nothing is noted over what proves it.
    assert not ends.note(beside, now=timezone.now() + timedelta(days=1))
    assert look() == [Kind.AUDIT_BROKEN]

    call_command("check_audit", accept=True)

    assert "The audit is whole" in capsys.readouterr().out
    assert look() == []


def test_attack_an_audit_emptied_with_its_end_is_missed_by_the_keys_of_patients(
    sunrise_clinic: Clinic,
) -> None:
    patient = factories.make_patient(sunrise_clinic)
    sealed(3)
    assert patient_keys.known_keys([patient.pk])
    assert audit.first_break() is None

    emptied()

    assert look() == [Kind.AUDIT_BROKEN]
    assert audit.first_break() == audit.Break(1, "missing, with all that came after it")


def test_audit_of_a_new_house_is_whole_before_its_first_line_is_sealed(
    willing_patient: Patient,
) -> None:
    # As the first permission with words of hers does.
    assert patient_keys.keys_of([willing_patient.pk], now=None)

    assert AuditNote.objects.exists()
    assert audit.first_break() is None


def test_audit_of_a_new_house_is_whole_while_its_first_line_is_sealed(
    sunrise_clinic: Clinic,
) -> None:
    factories.make_patient(sunrise_clinic)

    # The look at the end is answered before the first line stands, all others afterwards.
    def sealing_meanwhile(execute: Any, sql: str, *rest: Any) -> Any:
        answer = execute(sql, *rest)
        if not meanwhile and AuditHead._meta.db_table in sql:
            meanwhile.append(sql)
            sealed(3)
        return answer

    meanwhile: list[str] = []
    with connection.execute_wrapper(sealing_meanwhile):
        found = audit.first_break()

    assert meanwhile
    assert AuditHead.objects.get().number > 0
    assert found is None


def test_an_audit_that_had_no_line_yet_may_have_any(beside: Path) -> None:
    ends.begin_anew(beside, now=timezone.now())

    sealed(3)

    assert ends.cut_off(beside) is None


def test_the_end_is_noted_every_ten_minutes_and_the_newest_counts(beside: Path) -> None:
    now = timezone.now()
    sealed(3)
    assert ends.note(beside, now=now)
    sealed(1)
    assert not ends.note(beside, now=now + timedelta(minutes=9))
    assert ends.note(beside, now=now + timedelta(minutes=11))

    # Another host's, cut off in the middle of a line.
    (beside / "audit-ends-other-2026-01.jsonl").write_text(
        '{"at": "2026-01-01T00:00:00+00:00", "en'
    )

    noted = ends.last(beside)
    assert noted is not None
    assert noted[1] == audit.end() == f"4:{bytes(AuditLine.objects.get(pk=4).hash).hex()}"
    assert ends.cut_off(beside) is None
    long_after = now + timedelta(days=800)
    assert ends.forget_old(beside, now=long_after) == 1
    assert ends.last(beside) == noted


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("ALTER TABLE clinic_auditline DISABLE TRIGGER USER", id="lines-off"),
        pytest.param("ALTER TABLE clinic_consentrecord DISABLE TRIGGER USER", id="permissions-off"),
        pytest.param("ALTER TABLE clinic_wording DISABLE TRIGGER USER", id="wordings-off"),
        pytest.param(
            "ALTER TABLE clinic_patient ENABLE REPLICA TRIGGER audit_update", id="for-replays"
        ),
        pytest.param(
            "CREATE OR REPLACE FUNCTION audit_clinic_patient() RETURNS trigger LANGUAGE plpgsql"
            " AS $$ BEGIN RETURN NULL; END $$",
            id="notes-nothing",
        ),
        pytest.param(
            'CREATE OR REPLACE FUNCTION "public"._pgtrigger_should_ignore(trigger_name name)'
            " RETURNS boolean LANGUAGE sql AS 'SELECT true'",
            id="refuses-nothing",
        ),
        pytest.param(
            "ALTER DATABASE this_one SET pgtrigger.ignore = '{a}'",
            id="lifted-for-all",
        ),
    ],
)
def test_attack_a_guard_that_is_switched_off_is_an_alarm(statement: str) -> None:
    assert protections.missing() == set()
    assert look() == []

    run(statement.replace("this_one", connection.settings_dict["NAME"]))

    assert look() == [Kind.AUDIT_OFF]
    assert "clinic_" in words.headline(Alarm.objects.get())
    with pytest.raises(CommandError, match=r"not noted|not refused"):
        call_command("check_audit")


def test_attack_a_role_that_owns_no_table_switches_nothing_off(sunrise_clinic: Clinic) -> None:
    grants = re.search(r"```sql\n( *CREATE ROLE healthmsg_app.*?)```", README, re.DOTALL)
    assert grants is not None
    run(grants[1].replace("healthmsg_app", "tests_app"))
    run("SET LOCAL ROLE tests_app")

    refused = (
        "ALTER TABLE clinic_auditline DISABLE TRIGGER USER",
        "DO $$ BEGIN TRUNCATE clinic_auditline; END $$",
        "DROP TRIGGER audit_update ON clinic_patient",
        "CREATE OR REPLACE FUNCTION audit_clinic_patient() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RETURN NULL; END $$",
    )
    for statement in refused:
        with (
            pytest.raises(DatabaseError, match=r"must be owner|permission denied"),
            transaction.atomic(),
        ):
            run(statement)

    # What the processes do is theirs: changes are noted, sealed and watched.
    Clinic.objects.update(name="Dawn")
    assert AuditNote.objects.filter(model="clinic.clinic", verb="UPDATE").exists()
    assert audit.seal(now=timezone.now())
    assert look() == []


README = (ROOT / "README.md").read_text()
