"""The watched folder: taken once it stands still, once for each content, put aside when over."""

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import LazySettings
from django.utils import timezone

from healthmsg.clinic.models import Appointment, Clinic, Patient, VisitStatus
from healthmsg.desk.alarms import files as look_at_files
from healthmsg.desk.alarms import words
from healthmsg.desk.alarms.kinds import Kind
from healthmsg.desk.alarms.moment import Moment
from healthmsg.desk.alarms.watching import Watch, watch
from healthmsg.desk.imports import folder, turns
from healthmsg.desk.models import Alarm, Import
from tests import factories
from tests.imports.bringing import csv_of, go_on

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
PATIENTS = csv_of(("identifier", "given name"), ("1", "Ana"), ("2", "Eva"))
VISITS = ("identifier", "patient", "day", "time")


@pytest.fixture
def home(tmp_path: Path, settings: LazySettings) -> Path:
    settings.IMPORT_DIRECTORY = str(tmp_path)
    return tmp_path


def put(home: Path, clinic: Clinic, where: str, content: bytes, name: str = "night.csv") -> Path:
    place = home / str(clinic.pk) / where
    place.mkdir(parents=True, exist_ok=True)
    path = place / name
    path.write_bytes(content)
    return path


def night(now: datetime) -> datetime:
    """Two looks a minute apart, and all that follows from them; returns when it is over."""
    folder.look(now=now)
    folder.look(now=now + MINUTE)
    turns.go_on(now=now + MINUTE, seconds=60)
    folder.look(now=now + 2 * MINUTE)
    return now + 2 * MINUTE


def alarms(now: datetime) -> list[Alarm]:
    watch(Moment(now, now), (Watch(look_at_files.not_taken_over, (Kind.IMPORT_WAITS,)),))
    return list(Alarm.objects.filter(closed_at=None))


def test_a_file_goes_through_by_itself(home: Path, sunrise_clinic: Clinic, noon: datetime) -> None:
    path = put(home, sunrise_clinic, "patients", PATIENTS)

    later = night(noon)

    source = Import.objects.get()
    assert (source.state, source.is_automatic, source.created_by) == ("DONE", True, None)
    assert Patient.objects.count() == 2
    assert not path.exists()
    assert (path.parent / "done" / "night.csv").read_bytes() == PATIENTS
    assert alarms(later) == []


def test_a_file_that_grows_is_left_alone(
    home: Path, sunrise_clinic: Clinic, noon: datetime
) -> None:
    path = put(home, sunrise_clinic, "patients", PATIENTS[:20])
    folder.look(now=noon)
    path.write_bytes(PATIENTS)

    assert folder.look(now=noon + MINUTE) == 0
    assert folder.look(now=noon + 2 * MINUTE) == 1


def test_old_clocks_on_a_copy_do_not_count(
    home: Path, sunrise_clinic: Clinic, noon: datetime
) -> None:
    """Copying programs give a file its old time of change while they still write it."""
    path = put(home, sunrise_clinic, "patients", PATIENTS)
    os.utime(path, (1, 1))

    assert folder.look(now=noon) == 0
    assert folder.look(now=noon + timedelta(seconds=10)) == 0
    assert folder.look(now=noon + MINUTE) == 1


def test_the_same_content_is_taken_once(home: Path, sunrise_clinic: Clinic, noon: datetime) -> None:
    put(home, sunrise_clinic, "patients", PATIENTS)
    later = night(noon)
    again = put(home, sunrise_clinic, "patients", PATIENTS, "copy.csv")

    night(later)

    assert Import.objects.count() == 1
    assert not again.exists()
    assert (again.parent / "done" / "copy.csv").exists()


def test_the_same_name_every_night_is_another_file(
    home: Path, sunrise_clinic: Clinic, noon: datetime
) -> None:
    path = put(home, sunrise_clinic, "patients", PATIENTS)
    later = night(noon)
    put(home, sunrise_clinic, "patients", PATIENTS + b"3;Sol\r\n")

    night(later)

    assert Patient.objects.count() == 3
    kept = sorted(one.name for one in (path.parent / "done").iterdir())
    assert kept == ["night (2).csv", "night.csv"]


def test_what_was_put_aside_is_deleted_after_some_days(
    home: Path, sunrise_clinic: Clinic, noon: datetime, settings: LazySettings
) -> None:
    path = put(home, sunrise_clinic, "patients", PATIENTS)
    later = night(noon)
    put(home, sunrise_clinic, "stops", b"PK\x03\x04", "night.xlsx")
    later = night(later)
    waiting = put(home, sunrise_clinic, "patients", PATIENTS + b"3;Sol\r\n", "new.csv")
    aside = [path.parent / "done", home / str(sunrise_clinic.pk) / "stops" / "failed"]
    assert [len(list(one.iterdir())) for one in aside] == [1, 1]

    with time_machine.travel(timezone.now() + timedelta(days=6)):
        folder.look(now=later)
    assert [len(list(one.iterdir())) for one in aside] == [1, 1]
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        folder.look(now=later)

    assert [len(list(one.iterdir())) for one in aside] == [0, 0]
    assert waiting.exists()


def test_a_file_that_cannot_be_read_lies_aside_and_somebody_is_told(
    home: Path, sunrise_clinic: Clinic, noon: datetime
) -> None:
    path = put(home, sunrise_clinic, "patients", b"PK\x03\x04", "night.xlsx")

    later = night(noon)

    assert (path.parent / "failed" / "night.xlsx").exists()
    (alarm,) = alarms(later)
    assert "neither a CSV nor an XLSX" in words.headline(alarm)
    assert words.page_of(alarm).endswith(f"/import/{Import.objects.get().pk}/change/")
    put(home, sunrise_clinic, "patients", PATIENTS)
    assert alarms(night(later)) == []


def test_too_many_errors_ask(home: Path, sunrise_clinic: Clinic, noon: datetime) -> None:
    path = put(home, sunrise_clinic, "patients", PATIENTS + b"3;\r\n")

    later = night(noon)

    source = Import.objects.get()
    assert (source.state, source.question) == ("WAITS", "MANY_ERRORS")
    assert path.exists()
    (alarm,) = alarms(later)
    assert "more than a tenth" in words.headline(alarm)
    go_on(source, now=later)
    assert alarms(later) == []


def test_a_complete_file_that_cancels_much_asks_first(
    home: Path, sunrise_clinic: Clinic, noon: datetime
) -> None:
    factories.make_site(sunrise_clinic)
    factories.make_kind(sunrise_clinic)
    factories.make_patient(sunrise_clinic, external_id="7")
    rows = [(f"v{n}", "7", f"2026-03-{n + 12}", "10:00") for n in range(10)]
    put(home, sunrise_clinic, "appointments-complete", csv_of(VISITS, *rows))
    later = night(noon)
    assert Appointment.objects.count() == 10

    # One in ten goes by itself, more asks.
    put(home, sunrise_clinic, "appointments-complete", csv_of(VISITS, *rows[:4], *rows[5:]))
    later = night(later)
    assert Appointment.objects.filter(status=VisitStatus.CANCELLED_BY_CLINIC).count() == 1
    put(home, sunrise_clinic, "appointments-complete", csv_of(VISITS, *rows[:3], *rows[8:]))
    later = night(later)

    source = Import.objects.get(state="WAITS")
    assert (source.question, source.counts["CANCELLED"]) == ("MANY_CHANGES", 4)
    assert Appointment.objects.filter(status=VisitStatus.CANCELLED_BY_CLINIC).count() == 1
    assert len(alarms(later)) == 1


def test_a_file_in_the_folder_of_no_clinic_is_not_touched(
    home: Path, sunrise_clinic: Clinic, noon: datetime
) -> None:
    path = put(home, sunrise_clinic, "holiday-pictures", PATIENTS)
    hidden = put(home, sunrise_clinic, "patients", PATIENTS, ".night.csv")
    partial = put(home, sunrise_clinic, "patients", PATIENTS, "night.csv.part")
    (partial.parent / "link.csv").symlink_to(path)

    night(noon)

    assert not Import.objects.exists()
    assert path.exists()
    assert hidden.exists()
    assert partial.exists()


def test_no_folder_is_looked_for_unless_one_is_named(
    sunrise_clinic: Clinic, settings: LazySettings, noon: datetime
) -> None:
    assert settings.IMPORT_DIRECTORY == ""
    assert folder.look(now=noon) == 0
