"""Everything that happened around a patient: who did what and why, from the first day on."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pghistory
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from healthmsg.clinic import audit
from healthmsg.clinic.models import Appointment, Clinic, Patient, StaffUser, VisitStatus
from healthmsg.desk import timeline
from healthmsg.desk.merging import joining
from reminders import booking
from tests import factories
from tests.house.test_role_table import person
from tests.reminders.desk import Desk
from whatsapp.models import Sender

DAY = timedelta(days=1)


@pytest.fixture
def desk(sunrise_clinic: Clinic, sender: Sender) -> Desk:
    return Desk(sunrise_clinic, sender)


@pytest.fixture
def mara(db: None) -> StaffUser:
    return factories.make_person("mara")


@pytest.fixture(params=["noted", "sealed"])
def sealed(request: pytest.FixtureRequest, noon: datetime) -> Callable[[], None]:
    """What has just happened is told as well as what stands in the book."""

    def file() -> None:
        while request.param == "sealed" and audit.seal(now=noon):
            pass

    return file


def said(patient: Patient) -> list[str]:
    return [entry.what for entry in timeline.of_patient(patient, factories.sees_all()).entries]  # type: ignore[misc]


def of_visit(visit: Appointment) -> list[str]:
    found = booking.visits_with_parts().get(pk=visit.pk)
    return [str(entry.what) for entry in timeline.of_visit(found) if entry.kind == "visit"]


def test_a_move_is_told_with_both_times_and_who_moved(
    desk: Desk, mara: StaffUser, noon: datetime, sealed: Callable[[], None]
) -> None:
    patient = factories.make_patient(desk.clinic)
    with pghistory.context(user=mara.pk):
        visit = desk.book(patient, noon + 3 * DAY, now=noon)
        old = timeline.moment(visit.starts_at, visit)
        visit = booking.move(visit, booking.Change(starts_at=noon + 5 * DAY), by=mara, now=noon)
        new = timeline.moment(visit.starts_at, visit)
        booking.cancel(
            visit, status=VisitStatus.CANCELLED_BY_CLINIC, reason="roof leaks", now=noon + DAY
        )
    sealed()

    told = [one for one in said(patient) if "isit" in one or "ooked" in one or "oved" in one]

    assert sorted(told) == sorted(
        [
            f"Booked for {old} (mara)",
            f"Moved from {old} to {new} (mara)",
            f"Visit of {new}: cancelled by the clinic: roof leaks (mara)",
        ]
    )
    assert sorted(of_visit(visit)) == sorted(told)


def test_a_visit_from_before_the_audit_is_not_said_to_be_booked_for_its_new_time(
    desk: Desk, mara: StaffUser, noon: datetime
) -> None:
    patient = factories.make_patient(desk.clinic)
    visit = factories.make_visit(patient, starts_at=noon + DAY, version=2, booked_by=mara)
    _forget()

    assert of_visit(visit) == [f"Booked; now for {timeline.moment(visit.starts_at, visit)} (mara)"]


def test_everything_done_about_a_person_is_told_with_who_and_why(
    sunrise_clinic: Clinic, mara: StaffUser, noon: datetime, sealed: Callable[[], None]
) -> None:
    patient = factories.make_patient(sunrise_clinic)
    contact = patient.contacts.get()
    _forget()
    with pghistory.context(user=mara.pk):
        _update(patient, state="PAUSED", state_reason="abroad", paused_until="2026-05-01")
        _update(patient, birth_date="1980-01-31")
        _update(contact, language="ar")
        _update(contact, phone=None)
    sealed()

    told = said(patient)

    assert sorted(one for one in told if "(mara)" in one) == [
        "Changed: Birth date (mara)",
        "Language changed: Spanish → Arabic (mara)",
        "Number taken away (mara)",
        "Paused until 1 May 2026: abroad (mara)",
    ]


def test_a_number_marked_wrong_is_told_where_it_is_still_theirs(
    willing_patient: Patient, mara: StaffUser, sealed: Callable[[], None]
) -> None:
    phone = willing_patient.contacts.get().phone
    assert phone is not None
    with pghistory.context(user=mara.pk):
        _update(phone, state="WRONG_PERSON")
        _update(phone, state="NEW")
    sealed()

    told = [one for one in said(willing_patient) if one.startswith("Number")]

    number = f"\u2066{phone.masked}\u2069"
    assert told == [
        f"Number {number} is written to again (mara)",
        f"Number {number} marked as somebody else's (mara)",
    ]


def test_what_is_too_long_for_one_page_goes_on_earlier_without_a_gap(
    client: Client, sunrise_clinic: Clinic, sender: Sender, noon: datetime
) -> None:
    patient = factories.make_patient(sunrise_clinic)
    for n in range(timeline.LINES + 5):
        factories.make_message(sender, patient, created_at=noon + timedelta(minutes=n))
    client.force_login(person(sunrise_clinic, "Reception lead"))
    whole = {(entry.at, str(entry.what)) for entry in _pages(patient)}

    first = client.get(reverse("patient_past", args=[patient.pk]))
    second = client.get(
        reverse("patient_past", args=[patient.pk]), {"before": first.context["earlier"]}
    )

    found = [*first.context["entries"], *second.context["entries"]]
    assert len(first.context["entries"]) >= timeline.LINES
    assert "Earlier" in first.content.decode()
    assert "Earlier" not in second.content.decode()
    assert {(entry.at, str(entry.what)) for entry in found} == whole
    assert len([one for one in found if one.kind == "message"]) == timeline.LINES + 5


def test_a_long_life_asks_no_more_than_a_short_one(
    desk: Desk, mara: StaffUser, noon: datetime
) -> None:
    patient = factories.make_patient(desk.clinic)

    def asks(count: int) -> int:
        with pghistory.context(user=mara.pk):
            for n in range(count):
                visit = desk.book(patient, noon + (count + n) * DAY, now=noon)
                booking.move(
                    visit, booking.Change(starts_at=visit.starts_at + DAY / 24), by=mara, now=noon
                )
        audit.seal(now=noon)
        person = factories.sees_all()
        with CaptureQueriesContext(connection) as asked:
            timeline.of_patient(Patient.objects.get(pk=patient.pk), person)
        return len(asked)

    few = asks(1)
    assert asks(6) == few <= 11


def test_putting_together_and_taking_that_back_is_told(
    sunrise_clinic: Clinic, mara: StaffUser, noon: datetime
) -> None:
    kept, other = (factories.make_patient(sunrise_clinic) for _ in range(2))
    merge = joining.merge(kept, other, proof="1980-01-01", by=mara, now=noon)
    joining.undo(merge, by=mara, now=noon + DAY)

    told = [one for one in said(kept) if "together" in one]

    assert told == [
        "Taken back: put together with another entry (mara)",
        "Put together with another entry of the same person (mara)",
    ]


def _pages(patient: Patient) -> list[timeline.Entry]:
    found, before = [], None
    while True:
        past = timeline.of_patient(patient, factories.sees_all(), before=before)
        found += past.entries
        if past.earlier is None:
            return found
        before = past.earlier


def _update(row: Any, **columns: object) -> None:
    type(row)._default_manager.filter(pk=row.pk).update(**columns)


def _forget() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE clinic_auditnote")
