"""The oldest lines of the audit may go after their time; what is left stays a whole chain."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from healthmsg.clinic import audit, audit_cutting, erasure, patient_keys
from healthmsg.clinic.models import AuditKind, AuditLine, AuditNote, AuditStart, Patient

NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)
YEAR = timedelta(days=365)
OLD, YOUNG = 6, 4


def write(count: int, *, sealed_at: datetime, **facts: object) -> None:
    told = {"at": sealed_at, "kind": AuditKind.VIEW, "by_id": 7, "path": "to_call"} | facts
    audit.note([AuditNote(**told) for _ in range(count)])
    while audit.seal(now=sealed_at):
        pass


@pytest.fixture
def book(db: None) -> None:
    """Six lines of eight years ago and four of today, after a few that setting up has noted."""
    with connection.cursor() as cursor:
        # Where tables were emptied and set up before, thousands.
        cursor.execute("TRUNCATE clinic_auditnote")
    write(OLD, sealed_at=NOW - 8 * YEAR)
    write(YOUNG, sealed_at=NOW)


def cut(before: datetime, *, limit: int = 2000) -> int:
    last = audit_cutting.last_to_go(before=before)
    total = 0
    while portion := audit_cutting.cut(last=last, now=NOW, limit=limit):
        total += portion
    return total


def test_audit_lines_past_their_time_go_and_the_rest_is_whole(book: None) -> None:
    there = AuditLine.objects.count()

    removed = cut(NOW - 6 * YEAR)

    assert removed >= OLD
    assert AuditLine.objects.count() == there - removed >= YOUNG
    assert not AuditLine.objects.filter(sealed_at__lt=NOW - 6 * YEAR).exists()
    assert audit.first_break() is None
    write(2, sealed_at=NOW)
    assert audit.first_break() is None
    assert cut(NOW - 6 * YEAR) == 0


def test_audit_of_today_alone_never_goes_whole(book: None) -> None:
    cut(NOW + YEAR)

    assert AuditLine.objects.count() == 1
    assert audit.first_break() is None


def test_audit_lines_of_a_patient_on_hold_and_all_after_them_stay(
    book: None, willing_patient: Patient
) -> None:
    write(1, sealed_at=NOW - 8 * YEAR, patient_id=willing_patient.pk)
    erasure.place_hold(willing_patient, reason="a court asks", by=None, now=NOW)
    first = AuditLine.objects.filter(patient_id=willing_patient.pk).order_by("pk")[0]

    cut(NOW + YEAR)

    assert AuditLine.objects.order_by("pk")[0] == first
    assert audit.first_break() is None


def test_audit_lists_that_showed_a_patient_on_hold_stay(
    book: None, willing_patient: Patient
) -> None:
    write(1, sealed_at=NOW - 7 * YEAR, after={"patients": [willing_patient.pk]})
    listed = AuditLine.objects.get(after__patients__contains=[willing_patient.pk])
    write(1, sealed_at=NOW)
    # Their own lines have gone.
    audit_cutting.cut(last=listed.pk - 1, now=NOW)
    assert audit_cutting.last_to_go(before=NOW + YEAR) >= listed.pk

    erasure.place_hold(willing_patient, reason="a court asks", by=None, now=NOW)

    assert audit_cutting.last_to_go(before=NOW + YEAR) == 0


def test_audit_that_does_not_hold_is_not_cut(book: None) -> None:
    second = AuditLine.objects.order_by("pk")[1]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE clinic_auditline DISABLE TRIGGER USER")
        cursor.execute("UPDATE clinic_auditline SET by_id = 8 WHERE number = %s", [second.pk])
        cursor.execute("ALTER TABLE clinic_auditline ENABLE TRIGGER USER")

    with pytest.raises(audit_cutting.NotWhole):
        cut(NOW - 6 * YEAR)

    assert AuditLine.objects.count() >= OLD + YOUNG
    assert audit.beginning() == 0


def test_attack_a_beginning_that_was_moved_by_hand_is_a_break(book: None) -> None:
    """Whoever can write into the database, and has none of the house's keys, cannot cut it."""
    last = AuditLine.objects.order_by("pk")[OLD - 1]
    AuditStart.objects.create(pk=1, number=last.number, hash=last.hash, vouched=b"x" * 32)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE clinic_auditline DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM clinic_auditline WHERE number <= %s", [last.number])
        cursor.execute("ALTER TABLE clinic_auditline ENABLE TRIGGER USER")

    found = audit.first_break()

    assert found is not None
    assert "beginning" in found.what
    # Nor by what vouches for an end.
    AuditStart.objects.update(vouched=patient_keys.vouch(f"{last.number}:".encode() + last.hash))
    assert audit.first_break() is not None


def test_attack_nobody_takes_a_line_out_without_the_cut(book: None) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditLine.objects.order_by("pk")[:1].get().delete()


def test_audit_a_noted_end_that_went_after_its_time_still_holds(book: None) -> None:
    old = AuditLine.objects.order_by("pk")[1]
    noted = f"{old.number}:{bytes(old.hash).hex()}"
    assert audit.still_holds(noted)

    cut(NOW - 6 * YEAR)

    assert audit.still_holds(noted)
    assert not audit.still_holds(f"{AuditLine.objects.latest('pk').pk}:{'0' * 64}")


def test_audit_keeps_its_beginning_through_a_change_of_keys(
    book: None, settings: LazySettings
) -> None:
    cut(NOW - 6 * YEAR)
    settings.AUDIT_KEYS = ["a key that is new", *settings.AUDIT_KEYS]

    audit.vouch_anew()
    settings.AUDIT_KEYS = settings.AUDIT_KEYS[:1]

    assert audit.first_break() is None


@given(limit=st.integers(1, 12), days=st.integers(-10, 10 * 365))
@given_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_audit_stopped_at_any_portion_is_whole(book: None, limit: int, days: int) -> None:
    with transaction.atomic():
        last = audit_cutting.last_to_go(before=NOW - timedelta(days=days))
        while audit_cutting.cut(last=last, now=NOW, limit=limit):
            assert audit.first_break() is None
        assert audit.first_break() is None
        transaction.set_rollback(True)


def test_audit_is_cut_only_as_far_as_somebody_has_counted(
    book: None, settings: LazySettings
) -> None:
    settings.AUDIT_KEPT_DAYS = 365.0
    write(3, sealed_at=NOW - 3 * YEAR)
    said = StringIO()
    call_command("cut_audit", stdout=said)
    counted = int(said.getvalue().split()[0])
    assert f"--remove {counted}" in said.getvalue()

    with pytest.raises(CommandError, match="Nothing was removed"):
        call_command("cut_audit", remove=counted + 1)
    call_command("cut_audit", remove=counted, stdout=said)

    assert audit.beginning() == counted
    assert AuditNote.objects.filter(model="clinic.auditline", rows=counted).exists()
    call_command("check_audit", stdout=said)
