"""Who was deleted after the backup goes again, and nobody else does."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic import consent, erasure, remembered
from healthmsg.clinic.models import Clinic, Patient, PatientState, StaffUser
from healthmsg.desk.backups import after, journal, standstills
from healthmsg.desk.merging import joining
from healthmsg.desk.privacy import erasing
from reminders import patients
from tests import factories

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KEY, COURT, BORN = "key-of-numbers-of-the-tests", "a court asks", "1980-01-01"


@pytest.fixture(autouse=True)
def _house(settings: LazySettings, tmp_path: Path) -> None:
    settings.STOP_JOURNAL_DIRECTORY = str(tmp_path / "stops")
    settings.INBOUND_FILES_DIRECTORY = str(tmp_path / "files")
    settings.NUMBERS_KEY = KEY


@pytest.fixture
def here_before(sunrise_clinic: Clinic, noon: datetime) -> Patient:
    """Somebody whom the backup has."""
    return registered(sunrise_clinic, noon - DAY)


def registered(clinic: Clinic, at: datetime, **fields: object) -> Patient:
    patient = factories.make_patient(clinic, **fields)  # type: ignore[arg-type]
    Patient.objects.filter(pk=patient.pk).update(created_at=at)
    return Patient.objects.get(pk=patient.pk)


@contextmanager
def lost_hours(tmp_path: Path, now: datetime) -> Iterator[None]:
    """What is done here no backup knows; the journal beside the database does."""
    before = transaction.savepoint()
    yield
    journal.keep(tmp_path / "stops", key=KEY, now=now)
    transaction.savepoint_rollback(before)


def erase(patient: Patient, now: datetime) -> None:
    done = erasing.erase(patient, reason="asked", by=None, key=KEY, files=Path("none"), now=now)
    assert done is not None


def settle(tmp_path: Path, now: datetime) -> dict[str, int]:
    return after.settle(
        tmp_path / "stops", key=KEY, host="here", files=Path("none"), copied_at=None, now=now
    )


@pytest.mark.parametrize("what", ["deleted", "died", "gone"])
def test_restore_tells_who_has_the_key_of_somebody_whom_no_backup_knows(
    sunrise_clinic: Clinic, noon: datetime, tmp_path: Path, what: str
) -> None:
    with lost_hours(tmp_path, noon):
        lost = registered(sunrise_clinic, noon - HOUR)
        if what == "deleted":
            erase(lost, noon)
        else:
            verb = {"died": patients.decease, "gone": patients.let_go}[what]
            assert verb(lost, now=noon)
    settle(tmp_path, noon + HOUR)
    innocent = registered(sunrise_clinic, noon + DAY, pk=lost.pk, given_name="Ines")

    found = settle(tmp_path, noon + 2 * DAY)

    innocent.refresh_from_db()
    assert (innocent.given_name, innocent.state) == ("Ines", PatientState.ACTIVE)
    assert (innocent.erased_at, found["erased"]) == (None, 0)


def test_restore_gives_no_key_anew_that_the_journal_knows(
    sunrise_clinic: Clinic, noon: datetime, tmp_path: Path
) -> None:
    with lost_hours(tmp_path, noon):
        lost = registered(sunrise_clinic, noon - HOUR)
        erase(lost, noon)
    with connection.cursor() as cursor:
        # As the backup has it.
        cursor.execute("SELECT setval('clinic_patient_id_seq', %s)", [lost.pk - 1])
    spoiled = next((tmp_path / "stops").iterdir())
    journal.append(spoiled, spoiled.read_text().replace(f" {lost.pk},", f" {10**17},"))

    settle(tmp_path, noon + HOUR)

    assert registered(sunrise_clinic, noon + DAY).pk == lost.pk + 1


@pytest.mark.parametrize("what", ["died", "gone"])
def test_restore_brings_back_how_it_ended_with_a_patient(
    here_before: Patient, noon: datetime, tmp_path: Path, what: str
) -> None:
    verb = {"died": patients.decease, "gone": patients.let_go}[what]
    with lost_hours(tmp_path, noon):
        assert verb(here_before, now=noon)

    settle(tmp_path, noon + HOUR)

    here_before.refresh_from_db()
    ended = {"died": PatientState.DECEASED, "gone": PatientState.GONE}[what]
    assert here_before.state == ended


def test_erasure_waits_for_a_hold_that_the_backup_brings_back(
    here_before: Patient, noon: datetime, tmp_path: Path, client: Client
) -> None:
    other = registered(here_before.clinic, noon - DAY)
    name = here_before.given_name
    erasure.place_hold(here_before, reason=COURT, by=None, now=noon - DAY)
    with lost_hours(tmp_path, noon):
        erasure.end_hold(here_before, by=None, now=noon)
        erase(here_before, noon)
        erase(other, noon)
    client.force_login(StaffUser.objects.create(username="ada"))

    assert settle(tmp_path, noon + HOUR)["erased"] == 1
    assert settle(tmp_path, noon + HOUR)["erased"] == 0

    here_before.refresh_from_db()
    other.refresh_from_db()
    assert (other.given_name, other.erased_at) == ("", noon + HOUR)
    assert (here_before.given_name, here_before.state) == (name, PatientState.GONE)
    assert standstills.to_delete() == [here_before]
    assert not Session.objects.exists()
    assert after.complete(key=KEY, files=Path("none"), now=noon + DAY) == set()

    erasure.end_hold(here_before, by=None, now=noon + DAY)
    assert after.complete(key=KEY, files=Path("none"), now=noon + DAY) == {here_before.pk}

    here_before.refresh_from_db()
    assert (here_before.given_name, here_before.erased_at) == ("", noon + DAY)
    assert standstills.to_delete() == []


def test_erasure_that_waits_is_told_of_and_done_when_a_person_ends_the_hold(
    here_before: Patient, tmp_path: Path, client: Client
) -> None:
    now = timezone.now()
    erasure.place_hold(here_before, reason=COURT, by=None, now=now - DAY)
    with lost_hours(tmp_path, now):
        erasure.end_hold(here_before, by=None, now=now)
        erase(here_before, now)
    told = StringIO()
    call_command("standstill", journal=tmp_path / "stops", stdout=told)
    assert f"legal hold ends: #{here_before.pk}" in told.getvalue()
    user = StaffUser.objects.create(username="ada", is_staff=True)
    user.clinics.add(here_before.clinic)
    user.groups.add(Group.objects.get(name="Clinic admin"))
    client.force_login(user)
    assert f"#{here_before.pk}</dd>" in client.get(reverse("standstill")).content.decode()
    page = reverse("admin:clinic_patient_legal_hold", args=[here_before.pk])
    assert "they are deleted again" in client.get(page).content.decode()

    client.post(page)

    here_before.refresh_from_db()
    assert here_before.erased_at is not None


def test_erasure_of_whom_no_backup_knows_is_remembered_after_a_restore(
    sunrise_clinic: Clinic, noon: datetime, tmp_path: Path
) -> None:
    number = "+5491155512345"
    with lost_hours(tmp_path, noon):
        phone = factories.make_phone(sunrise_clinic, number)
        lost = registered(sunrise_clinic, noon - HOUR, phone=phone, external_id="H-771")
        erase(lost, noon)
    written = "".join(one.read_text() for one in (tmp_path / "stops").iterdir())
    assert "5512345" not in written
    assert "H-771" not in written

    assert settle(tmp_path, noon + HOUR)["stops"] == 2
    assert settle(tmp_path, noon + HOUR)["stops"] == 0

    assert remembered.stopped(sunrise_clinic.pk, [number], key=KEY)
    assert remembered.identifiers(sunrise_clinic.pk, {"H-771"}, key=KEY) == {"H-771"}


def test_restore_stops_the_number_of_who_was_deleted_where_others_have_it(
    here_before: Patient, noon: datetime, tmp_path: Path
) -> None:
    phone = factories.phone_of(here_before)
    with lost_hours(tmp_path, noon):
        erase(here_before, noon)
    child = registered(here_before.clinic, noon + HOUR, phone=phone)

    settle(tmp_path, noon + 2 * HOUR)
    settle(tmp_path, noon + 2 * HOUR)

    assert factories.phone_of(child).number == phone.number
    assert consent.has_stopped(phone)


def test_restore_reads_what_an_earlier_release_wrote_of_an_erasure(
    here_before: Patient, noon: datetime, tmp_path: Path
) -> None:
    line = (
        f'{{"kind": "ERASED", "clinic": {here_before.clinic_id}, "number": "", "patient":'
        f' {here_before.pk}, "purpose": "", "since": "{noon.isoformat()}"}}\n'
    )
    journal.append(tmp_path / "stops" / "stops-here-2026-03.jsonl", line)

    assert settle(tmp_path, noon + HOUR)["erased"] == 1


def test_erasure_of_two_records_made_one_is_done_again_after_a_restore(
    here_before: Patient, noon: datetime, tmp_path: Path
) -> None:
    twin = registered(here_before.clinic, noon - DAY, phone=factories.phone_of(here_before))
    lead = factories.make_person("lead")
    joining.merge(here_before, twin, proof=BORN, by=lead, now=noon - HOUR)
    with lost_hours(tmp_path, noon):
        erase(here_before, noon)

    assert settle(tmp_path, noon + HOUR)["erased"] == 2

    assert set(Patient.objects.values_list("given_name", flat=True)) == {""}


def test_erasure_leaves_who_was_parted_after_the_backup(
    here_before: Patient, noon: datetime, tmp_path: Path
) -> None:
    twin = registered(here_before.clinic, noon - DAY)
    lead = factories.make_person("lead")
    done = joining.merge(here_before, twin, proof=BORN, by=lead, now=noon - HOUR)
    with lost_hours(tmp_path, noon):
        assert joining.undo(done, by=lead, now=noon)
        erase(here_before, noon)

    assert settle(tmp_path, noon + HOUR)["erased"] == 1

    twin.refresh_from_db()
    assert twin.given_name
    assert twin.erased_at is None
