"""Appointments in files that are at odds with what stands here, or with the clock."""

from datetime import datetime, timedelta

import pytest

from healthmsg.clinic.models import Appointment, Clinic, Patient, VisitStatus
from healthmsg.desk.privacy.models import Kept
from reminders import booking
from reminders.models import Reminder
from tests import factories
from tests.healthmsg.test_past_visits import remove
from tests.imports.bringing import brought, checked, found, go_on
from tests.imports.visit_rows import HEADINGS, row, second
from tests.reminders.desk import Desk, plan_of, told_of_booking

pytestmark = pytest.mark.django_db


def test_what_the_patient_cancelled_here_stays_cancelled(
    sunrise_clinic: Clinic, desk: Desk, ana: Patient, noon: datetime
) -> None:
    brought(sunrise_clinic, "VISITS", HEADINGS, row("v1", "2026-03-20"), now=noon)
    visit = Appointment.objects.get()
    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_PATIENT, now=noon)

    source = second(sunrise_clinic, row("v1", "2026-03-20"), now=noon)

    assert found(source) == {(2, "identifier", "CANCELLED_HERE")}
    assert Appointment.objects.get().status == VisitStatus.CANCELLED_BY_PATIENT


def test_what_a_file_cancelled_another_file_brings_back(
    sunrise_clinic: Clinic, desk: Desk, ana: Patient, noon: datetime
) -> None:
    brought(sunrise_clinic, "VISITS", HEADINGS, row("v1", "2026-03-20"), now=noon)
    second(sunrise_clinic, row("v1", "2026-03-20", status="cancelled"), now=noon)

    source = second(sunrise_clinic, row("v1", "2026-03-20", "11:00"), now=noon)

    visit = Appointment.objects.get()
    assert source.applied_counts == {"NEW": 1}
    assert visit.status == VisitStatus.BOOKED
    assert f"{visit.starts_at.astimezone(sunrise_clinic.zone):%H:%M}" == "11:00"


def test_who_was_told_hears_of_a_move(
    sunrise_clinic: Clinic, desk: Desk, ana: Patient, noon: datetime
) -> None:
    brought(sunrise_clinic, "VISITS", HEADINGS, row("v0", "2026-03-19"), now=noon)
    second(sunrise_clinic, row("v1", "2026-03-20"), now=noon)
    visit = Appointment.objects.get(external_id="v1")
    told_of_booking(visit, now=noon)

    second(sunrise_clinic, row("v1", "2026-03-21"), now=noon + timedelta(hours=1))

    assert plan_of(visit)["appointment_moved"] == "PLANNED"


def test_two_visits_swap_their_times(
    sunrise_clinic: Clinic, desk: Desk, ana: Patient, noon: datetime
) -> None:
    factories.make_clinician(sunrise_clinic, name="Dra. Luz")
    first = (
        row("v0", "2026-03-20", "10:00", clinician="dra luz"),
        row("v1", "2026-03-20", "11:00", clinician="Dra. Luz"),
    )
    brought(sunrise_clinic, "VISITS", HEADINGS, *first, now=noon)

    source = second(
        sunrise_clinic, row("v0", "2026-03-20", "11:05"), row("v1", "2026-03-20", "10:05"), now=noon
    )

    local = {
        visit.external_id: f"{visit.starts_at.astimezone(sunrise_clinic.zone):%H:%M}"
        for visit in Appointment.objects.all()
    }
    assert local == {"v0": "11:05", "v1": "10:05"}
    assert (2, "clinician", "BESIDE") in found(source)


def test_what_a_row_names_must_be_known(
    sunrise_clinic: Clinic, desk: Desk, ana: Patient, noon: datetime
) -> None:
    factories.make_patient(sunrise_clinic, external_id="0042")
    source = brought(
        *(sunrise_clinic, "VISITS", HEADINGS),
        row("v1", "2026-03-20", patient="8"),
        row("v2", "2026-03-20", patient="42"),
        row("v3", "2026-03-20", kind="Zauberei"),
        row("v4", "2026-03-20", site="Mars"),
        row("v5", "2026-03-20", clinician="Nobody"),
        row("v6", "2026-03-20", "25:00"),
        row("v7", "2026-03-01"),
        row("v8", "2026-03-20", "10:00"),
        row("v9", "2026-03-20", "10:00"),
        row("v8", "2026-03-21"),
        now=noon,
    )

    assert found(source) == {
        (2, "patient", "UNKNOWN_PATIENT"),
        (3, "patient", "LOST_ZEROS"),
        (4, "kind", "UNKNOWN_KIND"),
        (5, "site", "UNKNOWN_SITE"),
        (6, "clinician", "UNKNOWN_CLINICIAN"),
        (7, "time", "NO_TIME"),
        (10, "starts", "SAME_TIME"),
        (11, "identifier", "TWICE"),
    }
    # What is over is neither wrong nor taken over.
    assert source.counts["LEFT_OUT"] == 1
    assert [visit.external_id for visit in Appointment.objects.all()] == ["v8"]


def test_an_hour_that_does_not_exist_says_so(noon: datetime) -> None:
    clinic = factories.make_clinic(time_zone="America/New_York", country="US")
    factories.make_site(clinic)
    factories.make_kind(clinic)
    factories.make_patient(clinic, external_id="7")
    before = datetime.fromisoformat("2026-03-01T12:00:00+00:00")

    source = brought(
        *(clinic, "VISITS", HEADINGS),
        row("v1", "2026-03-08", "02:30"),
        row("v2", "2026-03-08", "03:30"),
        now=before,
    )

    assert found(source) == {(2, "time", "NO_SUCH_HOUR")}
    assert Appointment.objects.get().starts_at.isoformat() == "2026-03-08T07:30:00+00:00"


def test_a_visit_changed_here_since_the_look_is_not_cancelled_as_missing(
    sunrise_clinic: Clinic, desk: Desk, ana: Patient, noon: datetime
) -> None:
    brought(
        *(sunrise_clinic, "VISITS", HEADINGS),
        *(row("v0", "2026-03-20"), row("v1", "2026-03-21"), row("v2", "2026-03-22")),
        now=noon,
    )
    there = (row("v0", "2026-03-20"), row("v2", "2026-03-22"))
    source = checked(sunrise_clinic, "VISITS", HEADINGS, *there, now=noon, is_complete=True)
    visit = Appointment.objects.get(external_id="v1")
    booking.move(visit, booking.Change(noon + timedelta(days=30)), by=None, now=noon)

    go_on(source, now=noon)

    visit.refresh_from_db()
    assert visit.status == VisitStatus.BOOKED


@pytest.mark.parametrize(("moved", "asks"), [(1, False), (2, True)], ids=["a-tenth", "more"])
def test_more_than_a_tenth_asks(
    sunrise_clinic: Clinic, desk: Desk, ana: Patient, noon: datetime, moved: int, asks: bool
) -> None:
    days = [f"2026-03-{day}" for day in range(15, 25)]
    first = [row(f"v{n}", day) for n, day in enumerate(days)]
    brought(sunrise_clinic, "VISITS", HEADINGS, *first, now=noon)

    later = [row(f"v{n}", day, "11:00" if n < moved else "10:00") for n, day in enumerate(days)]
    source = checked(sunrise_clinic, "VISITS", HEADINGS, *later, now=noon)

    assert (source.question == "MANY_CHANGES") is asks


def test_visits_whose_identifiers_lost_their_zeros_are_neither_booked_nor_cancelled(
    sunrise_clinic: Clinic, desk: Desk, ana: Patient, noon: datetime
) -> None:
    days = ("2026-03-20", "2026-03-21")
    first = [row(f"000{n}", day) for n, day in enumerate(days, start=1)]
    brought(sunrise_clinic, "VISITS", HEADINGS, *first, now=noon)

    damaged = [row(f"{n}", day) for n, day in enumerate(days, start=1)]
    source = checked(sunrise_clinic, "VISITS", HEADINGS, *damaged, now=noon, is_complete=True)

    assert found(source) == {(2, "identifier", "LOST_ZEROS"), (3, "identifier", "LOST_ZEROS")}
    assert source.question == "UNSURE_MISSING"
    assert source.counts == {"ERROR": 2}


def test_a_visit_that_a_rule_removed_comes_back_by_no_file(
    sunrise_clinic: Clinic, desk: Desk, ana: Patient, noon: datetime
) -> None:
    brought(sunrise_clinic, "VISITS", HEADINGS, row("v1", "2026-03-20"), now=noon)
    later = noon + timedelta(days=800)
    Reminder.objects.update(status="SKIPPED")
    assert remove(sunrise_clinic, later).kind == Kept.PAST_VISITS
    assert not Appointment.objects.exists()

    source = second(sunrise_clinic, row("v1", "2026-03-20"), now=later)

    assert source.counts == {"LEFT_OUT": 1}
    assert not Appointment.objects.exists()
    assert not Reminder.objects.exists()
