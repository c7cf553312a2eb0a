"""Appointments of another system go through the booking code, and are told apart."""

from datetime import datetime, timedelta

import pytest

from healthmsg.clinic.models import Appointment, Clinic, Patient, VisitStatus
from healthmsg.desk.models import Import
from reminders import booking, patients
from tests import factories
from tests.imports.bringing import brought, checked, found, go_on
from tests.reminders.desk import Desk, plan_of, told_of_booking
from whatsapp.models import Sender

pytestmark = pytest.mark.django_db
HEADINGS = ("identifier", "patient", "day", "time", "kind", "site", "clinician", "status")
CONFIRMATION = "appointment_confirmation"


@pytest.fixture
def desk(sunrise_clinic: Clinic, sender: Sender) -> Desk:
    return Desk(sunrise_clinic, sender)


@pytest.fixture
def ana(sunrise_clinic: Clinic) -> Patient:
    return factories.make_patient(sunrise_clinic, external_id="7")


def row(identifier: str, day: str, time: str = "10:00", **said: str) -> tuple[str, ...]:
    cells = {"patient": "7", "kind": "", "site": "", "clinician": "", "status": ""} | said
    return (
        *(identifier, cells["patient"], day, time),
        *(cells["kind"], cells["site"], cells["clinician"], cells["status"]),
    )


def second(clinic: Clinic, *rows: tuple[str, ...], now: datetime, **wishes: object) -> Import:
    """A file after the first, which announces what it brings."""
    return brought(clinic, "VISITS", HEADINGS, *rows, now=now, **wishes)


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
