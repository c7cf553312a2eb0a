"""Appointments of another system go through the booking code, and are told apart."""

from datetime import datetime, timedelta

import pytest

from healthmsg.clinic.models import Appointment, Clinic, Patient, VisitStatus
from reminders import patients
from tests.imports.bringing import brought, checked
from tests.imports.visit_rows import HEADINGS, row, second
from tests.reminders.desk import Desk, plan_of

pytestmark = pytest.mark.django_db
CONFIRMATION = "appointment_confirmation"


def test_the_first_file_books_and_sends_no_confirmation(
    sunrise_clinic: Clinic, desk: Desk, ana: Patient, noon: datetime
) -> None:
    source = brought(sunrise_clinic, "VISITS", HEADINGS, row("v1", "2026-03-20"), now=noon)

    visit = Appointment.objects.get()
    assert (source.state, source.is_first, source.applied_counts) == ("DONE", True, {"NEW": 1})
    assert (
        visit.starts_at.astimezone(sunrise_clinic.zone).isoformat() == "2026-03-20T10:00:00-03:00"
    )
    assert visit.external_id == "v1"
    assert visit.contact == ana.contacts.get()
    assert CONFIRMATION not in plan_of(visit)
    assert plan_of(visit)["appointment_reminder_days"] == "PLANNED"


def test_no_later_change_of_the_patient_brings_the_confirmation_back(
    sunrise_clinic: Clinic, desk: Desk, ana: Patient, noon: datetime
) -> None:
    brought(sunrise_clinic, "VISITS", HEADINGS, row("v1", "2026-03-20"), now=noon)

    patients.replan_future(ana, now=noon + timedelta(hours=1))

    assert CONFIRMATION not in plan_of(Appointment.objects.get())


def test_a_later_file_confirms_what_is_new(
    sunrise_clinic: Clinic, desk: Desk, ana: Patient, noon: datetime
) -> None:
    brought(sunrise_clinic, "VISITS", HEADINGS, row("v1", "2026-03-20"), now=noon)

    rows = (row("v1", "2026-03-20"), row("v2", "2026-03-27"))
    source = second(sunrise_clinic, *rows, now=noon)

    assert source.counts == {"NEW": 1, "UNCHANGED": 1}
    assert plan_of(Appointment.objects.get(external_id="v2"))[CONFIRMATION] == "PLANNED"


def test_new_moved_cancelled_and_unchanged_are_told_apart(
    sunrise_clinic: Clinic, desk: Desk, ana: Patient, noon: datetime
) -> None:
    days = ("2026-03-20", "2026-03-21", "2026-03-22", "2026-03-23")
    first = [row(f"v{n}", day) for n, day in enumerate(days)]
    brought(sunrise_clinic, "VISITS", HEADINGS, *first, now=noon)

    source = second(
        sunrise_clinic,
        row("v0", "2026-03-20"),
        row("v1", "2026-03-21", "11:30"),
        row("v2", "2026-03-22", status="cancelled"),
        row("v3", "2026-03-23", status="cancelled by the patient"),
        row("v4", "2026-03-24"),
        now=noon,
    )

    assert source.counts == {"NEW": 1, "MOVED": 1, "CANCELLED": 2, "UNCHANGED": 1}
    assert source.applied_counts == {"NEW": 1, "MOVED": 1, "CANCELLED": 2}
    stand = dict(Appointment.objects.values_list("external_id", "status"))
    assert stand == {
        "v0": "BOOKED",
        "v1": "BOOKED",
        "v2": "CANCELLED_BY_CLINIC",
        "v3": "CANCELLED_BY_PATIENT",
        "v4": "BOOKED",
    }
    moved = Appointment.objects.get(external_id="v1")
    assert (moved.version, f"{moved.starts_at.astimezone(sunrise_clinic.zone):%H:%M}") == (
        2,
        "11:30",
    )


def test_the_same_file_again_writes_no_visit(
    sunrise_clinic: Clinic, desk: Desk, ana: Patient, noon: datetime
) -> None:
    brought(sunrise_clinic, "VISITS", HEADINGS, row("v1", "2026-03-20"), now=noon)
    before = list(Appointment.objects.values())

    source = second(sunrise_clinic, row("v1", "2026-03-20"), now=noon + timedelta(days=1))

    assert (source.counts, source.applied_counts) == ({"UNCHANGED": 1}, {})
    assert list(Appointment.objects.values()) == before


def test_only_a_complete_file_cancels_what_it_lacks(
    sunrise_clinic: Clinic, desk: Desk, ana: Patient, noon: datetime
) -> None:
    days = ("2026-03-20", "2026-03-21", "2026-03-22", "2026-03-30")
    first = [row(f"v{n}", day) for n, day in enumerate(days)]
    brought(sunrise_clinic, "VISITS", HEADINGS, *first, now=noon)
    by_hand = desk.book(ana, noon + timedelta(days=11, hours=1), now=noon)
    there = (row("v0", "2026-03-20"), row("v2", "2026-03-22"))

    partial = second(sunrise_clinic, *there, now=noon)
    assert partial.counts == {"UNCHANGED": 2}

    complete = second(sunrise_clinic, *there, now=noon, is_complete=True)
    assert complete.counts == {"UNCHANGED": 2, "CANCELLED": 1}
    cancelled = Appointment.objects.exclude(status=VisitStatus.BOOKED)
    # v3 is after the file's last day, and what was booked by hand is no file's to cancel.
    assert [visit.external_id for visit in cancelled] == ["v1"]
    by_hand.refresh_from_db()
    assert by_hand.status == VisitStatus.BOOKED


def test_an_identifier_that_cannot_be_read_cancels_nothing(
    sunrise_clinic: Clinic, desk: Desk, ana: Patient, noon: datetime
) -> None:
    brought(
        *(sunrise_clinic, "VISITS", HEADINGS),
        *(row("v0", "2026-03-20"), row("v1", "2026-03-21"), row("v2", "2026-03-22")),
        now=noon,
    )

    source = checked(
        *(sunrise_clinic, "VISITS", HEADINGS),
        *(row("v0", "2026-03-20"), row("1,2E+11", "2026-03-21"), row("v2", "2026-03-22")),
        now=noon,
        is_complete=True,
    )

    assert source.question == "UNSURE_MISSING"
    assert "CANCELLED" not in source.counts


def test_a_row_with_an_error_is_not_missing(
    sunrise_clinic: Clinic, desk: Desk, ana: Patient, noon: datetime
) -> None:
    brought(
        *(sunrise_clinic, "VISITS", HEADINGS),
        *(row("v0", "2026-03-20"), row("v1", "2026-03-21"), row("v2", "2026-03-22")),
        now=noon,
    )

    source = checked(
        *(sunrise_clinic, "VISITS", HEADINGS),
        *(row("v0", "2026-03-20"), row("v1", "2026-03-21", "25:99"), row("v2", "2026-03-22")),
        now=noon,
        is_complete=True,
    )

    assert source.counts == {"UNCHANGED": 2, "ERROR": 1}
