"""The sealed book: what is filed how, what the check finds, and what goes with a patient."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidTag
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from healthmsg.clinic import audit, patient_keys
from healthmsg.clinic.models import (
    AuditHead,
    AuditKind,
    AuditLine,
    AuditNote,
    Clinic,
    Patient,
    PatientKey,
)
from tests import factories

NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)
LINES = 6


def write(count: int = LINES, **facts: object) -> None:
    told = {"at": NOW, "kind": AuditKind.VIEW, "by_id": 7, "path": "to_call"} | facts
    audit.note([AuditNote(**told) for _ in range(count)])


def unprotected(statement: str, *values: int) -> None:
    """As somebody with the database's own rights, who switches off what stands in the way."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE clinic_auditline DISABLE TRIGGER USER")
        cursor.execute(statement, values)
        cursor.execute("ALTER TABLE clinic_auditline ENABLE TRIGGER USER")


@pytest.fixture
def book(db: None) -> None:
    """Six lines, and nothing else."""
    while audit.seal(now=NOW):
        pass
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE clinic_auditnote, clinic_auditline, clinic_audithead")
    write()
    assert audit.seal(now=NOW) == LINES


@pytest.mark.django_db
def test_audit_lines_are_numbered_and_their_notes_gone(book: None) -> None:
    assert list(AuditLine.objects.order_by("pk").values_list("pk", flat=True)) == [*range(1, 7)]
    assert not AuditNote.objects.exists()
    assert audit.first_break() is None
    assert audit.seal(now=NOW) == 0


@pytest.mark.django_db
def test_audit_keeps_words_of_a_patient_under_the_patients_key_alone(
    book: None, willing_patient: Patient
) -> None:
    Patient.objects.filter(pk=willing_patient.pk).update(family_name="Canary")

    audit.seal(now=NOW)

    line = AuditLine.objects.filter(model="clinic.patient", verb="UPDATE").get()
    assert (line.before, line.after) == (None, None)
    assert b"Canary" not in bytes(line.secret or b"")
    assert audit.told([line])[line.number] == (
        {"family_name": willing_patient.family_name},
        {"family_name": "Canary"},
    )


@pytest.mark.django_db
def test_audit_keeps_words_of_the_clinics_own_in_clear(book: None, sunrise_clinic: Clinic) -> None:
    Clinic.objects.filter(pk=sunrise_clinic.pk).update(phone="+54 11 5555 7777")

    audit.seal(now=NOW)

    line = AuditLine.objects.filter(model="clinic.clinic", verb="UPDATE").get()
    assert audit.told([line])[line.number] == (line.before, {"phone": "+54 11 5555 7777"})
    assert audit.first_break() is None


@pytest.mark.django_db
def test_audit_of_a_patient_whose_key_was_destroyed_stays_whole_and_cannot_be_read(
    book: None, willing_patient: Patient
) -> None:
    Patient.objects.filter(pk=willing_patient.pk).update(family_name="Sol")
    audit.seal(now=NOW)

    assert patient_keys.destroy(willing_patient.pk, now=NOW)
    assert not patient_keys.destroy(willing_patient.pk, now=NOW)

    # What blanks the row afterwards names what it was, and is sealed without words.
    Patient.objects.filter(pk=willing_patient.pk).update(family_name="", given_name="")
    audit.seal(now=NOW)
    lines = AuditLine.objects.filter(patient_id=willing_patient.pk).exclude(path="to_call")
    assert set(audit.told(lines).values()) == {None}
    assert lines.latest("pk").is_removed
    assert "Sol" not in json.dumps([[line.before, line.after] for line in lines])
    assert audit.first_break() is None


@pytest.mark.django_db
def test_audit_words_cannot_be_moved_to_another_line(book: None, willing_patient: Patient) -> None:
    """The ciphertext is bound to its line's facts, besides the chain."""
    for name in ("Sol", "Mar"):
        Patient.objects.filter(pk=willing_patient.pk).update(family_name=name)
    audit.seal(now=NOW)
    first, second = AuditLine.objects.filter(model="clinic.patient", verb="UPDATE").order_by("pk")

    second.secret = first.secret

    assert audit.told([second])[second.number] is None


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["update", "delete"])
def test_audit_lines_are_changed_by_nobody(book: None, how: str) -> None:
    rows = AuditLine.objects.filter(pk=3)

    with pytest.raises(DatabaseError, match="pgtrigger"), transaction.atomic():
        rows.update(by_id=8) if how == "update" else rows.delete()


DAMAGES: dict[str, Callable[[int], None]] = {
    "changed": lambda n: unprotected("UPDATE clinic_auditline SET by_id = 8 WHERE number = %s", n),
    "changed with its hash": lambda n: unprotected(
        "UPDATE clinic_auditline SET by_id = 8, hash = sha256('x') WHERE number = %s", n
    ),
    "missing": lambda n: unprotected("DELETE FROM clinic_auditline WHERE number = %s", n),
    "reordered": lambda n: unprotected(
        "UPDATE clinic_auditline SET at = at + interval '1 h', note_id = -note_id"
        " WHERE number IN (%s, %s)",
        n,
        n % LINES + 1,
    ),
    "inserted": lambda n: unprotected(
        "INSERT INTO clinic_auditline SELECT at, kind, verb, by_id, done_by, address, path,"
        " clinic_id, model, row_id, patient_id, rows, before, after, %s, -1, sealed_at, secret,"
        " is_removed, hash FROM clinic_auditline WHERE number = %s",
        LINES + n,
        n,
    ),
}


@pytest.mark.django_db
@given_settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(damage=st.sampled_from(sorted(DAMAGES)), number=st.integers(1, LINES))
def test_audit_check_finds_every_kind_of_damage(book: None, damage: str, number: int) -> None:
    with transaction.atomic():
        DAMAGES[damage](number)
        found = audit.first_break()
        transaction.set_rollback(True)

    assert found is not None
    expected = min(number, number % LINES + 1) if damage == "reordered" else number
    assert found.line == (LINES + number if damage == "inserted" else expected)


@pytest.mark.django_db
def test_audit_check_finds_a_tail_that_was_cut_off_by_the_end_that_was_noted(book: None) -> None:
    noted = audit.end()
    assert audit.still_holds(noted)
    unprotected("DELETE FROM clinic_auditline WHERE number > %s", 4)

    assert audit.first_break() == audit.Break(5, "missing")

    # Whoever makes the end fit too has no key to vouch for it, and cannot forge what was noted.
    last = AuditLine.objects.get(pk=4)
    AuditHead.objects.update(number=4, hash=last.hash)
    found = audit.first_break()
    assert found is not None
    assert "vouched" in found.what
    assert not audit.still_holds(noted)


@pytest.mark.django_db
def test_audit_command_says_whether_it_is_whole(
    book: None, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("check_audit", noted=audit.end())
    assert "The audit is whole" in capsys.readouterr().out

    DAMAGES["changed"](3)

    with pytest.raises(CommandError, match="broken at line 3: changed"):
        call_command("check_audit")


@pytest.mark.django_db
def test_audit_keys_are_rotated_without_a_line_changing(
    book: None, willing_patient: Patient, settings: LazySettings
) -> None:
    settings.AUDIT_KEYS = ["old"]
    write(1, patient_id=willing_patient.pk, after={"name": "Sol"})
    audit.seal(now=NOW)
    line = AuditLine.objects.filter(path="to_call").latest("pk")

    settings.AUDIT_KEYS = ["new", "old"]
    call_command("rewrap_audit_keys")
    settings.AUDIT_KEYS = ["new"]

    assert audit.told([line])[line.number] == (None, {"name": "Sol"})
    assert audit.first_break() is None


@pytest.mark.django_db
def test_audit_without_the_houses_key_tells_nothing(
    book: None, willing_patient: Patient, settings: LazySettings
) -> None:
    key = patient_keys.keys_of([willing_patient.pk], now=NOW)[willing_patient.pk]
    assert key is not None
    stored = bytes(PatientKey.objects.get(pk=willing_patient.pk).wrapped or b"")

    with pytest.raises(InvalidTag):
        key.decrypt(b"\0" * 12, b"\0" * 32, b"")
    settings.AUDIT_KEYS = ["another house's"]

    with pytest.raises(Exception, match=r"^$"):
        patient_keys.known_keys([willing_patient.pk])
    assert len(stored) > 80


@pytest.mark.django_db(transaction=True)
def test_audit_sealed_by_two_at_once_is_one_book() -> None:
    for _ in range(4):
        write(50)
    count = AuditNote.objects.count()
    start, sealed = threading.Barrier(2), list[int]()

    def work() -> None:
        start.wait()
        try:
            while AuditNote.objects.exists():
                sealed.append(audit.seal(now=NOW, limit=20))
        finally:
            connection.close()

    both = [threading.Thread(target=work) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert sum(sealed) == AuditLine.objects.count() == count
    assert audit.first_break() is None


_SEALER = """
import django, sys, time
django.setup()
from django.db import connections
from django.utils import timezone
connections.databases["default"]["NAME"] = sys.argv[1]
from healthmsg.clinic import audit
while audit.seal(now=timezone.now(), limit=5):
    print("sealed", flush=True)
"""


@pytest.mark.django_db(transaction=True)
def test_audit_sealer_that_is_killed_leaves_a_whole_book() -> None:
    write(3000)
    process = subprocess.Popen(
        [sys.executable, "-c", _SEALER, connection.settings_dict["NAME"]],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    for _ in range(4):
        assert process.stdout.readline() == b"sealed\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()

    assert AuditLine.objects.count() + AuditNote.objects.count() >= 3000
    assert 20 <= AuditLine.objects.count() < 3000
    assert audit.first_break() is None
    while audit.seal(now=NOW):
        pass
    assert audit.first_break() is None
    assert AuditLine.objects.filter(path="to_call").count() == 3000


@pytest.mark.django_db(transaction=True)
def test_audit_of_somebody_else_in_the_middle_of_sealing_waits_for_nobody() -> None:
    write(1)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [audit._LOCK])
        assert audit.seal(now=NOW) == 0
        # A server takes a moment to notice that a connection was closed.
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [audit._LOCK])
    finally:
        other.close()

    assert audit.seal(now=NOW) > 0


@pytest.mark.django_db
def test_audit_notes_that_come_late_are_numbered_late(book: None) -> None:
    """A slow transaction's note has a smaller id than lines that are sealed already."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO clinic_auditnote (id, at, kind) OVERRIDING SYSTEM VALUE"
            " VALUES (-5, %s, 'VIEW')",
            [NOW],
        )

    audit.seal(now=NOW)

    assert AuditLine.objects.get(note_id=-5).number == LINES + 1
    assert audit.first_break() is None


@pytest.mark.django_db
def test_audit_of_many_patients_makes_one_key_each(book: None, sunrise_clinic: Clinic) -> None:
    for _ in range(3):
        factories.make_patient(sunrise_clinic)

    audit.seal(now=NOW)

    assert PatientKey.objects.count() == 3
    assert PatientKey.objects.filter(destroyed_at=None).count() == 3
