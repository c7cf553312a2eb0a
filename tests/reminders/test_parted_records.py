"""What was said and booked while two records were one, once they are parted again."""

from datetime import datetime, timedelta

import pytest

from healthmsg.clinic import consent
from healthmsg.clinic.models import Appointment, GivenHow, Purpose, StaffUser
from healthmsg.desk.merging import joining
from tests import factories
from tests.reminders.desk import Desk

WEEK, DAY, HOUR = timedelta(days=7), timedelta(days=1), timedelta(hours=1)
EVIDENCE = consent.Evidence(GivenHow.AT_DESK)
BORN = "1980-01-01"
APPOINTMENTS = Purpose.APPOINTMENTS


@pytest.fixture
def lead(db: None) -> StaffUser:
    return factories.make_person("lead")


def test_a_yes_that_ran_out_does_not_live_on_in_a_merge(
    desk: Desk, lead: StaffUser, noon: datetime
) -> None:
    kept = factories.make_patient(desk.clinic, given_name="Ana", consents=())
    merged = factories.make_patient(desk.clinic, given_name="Ana", consents=())
    phone = factories.phone_of(merged)
    consent.grant(
        merged, phone, [APPOINTMENTS], evidence=EVIDENCE, at=noon - 2 * DAY, expires_at=noon - HOUR
    )
    [wrong] = consent.grant(merged, phone, [APPOINTMENTS], evidence=EVIDENCE, at=noon - DAY)
    consent.correct(wrong, evidence=EVIDENCE, at=noon - DAY)
    assert consent.standing(merged, phone, APPOINTMENTS, at=noon) == "EXPIRED"

    joining.merge(kept, merged, proof=BORN, by=lead, now=noon)

    assert consent.standing(kept, phone, APPOINTMENTS, at=noon) != "GRANTED"


def test_a_no_said_while_two_were_one_stays_when_they_are_parted(
    desk: Desk, lead: StaffUser, noon: datetime
) -> None:
    kept = factories.make_patient(desk.clinic, given_name="Ana")
    merged = factories.make_patient(desk.clinic, given_name="Ana")
    phone = factories.phone_of(merged)
    done = joining.merge(kept, merged, proof=BORN, by=lead, now=noon)
    consent.withdraw(kept, phone, [APPOINTMENTS], evidence=EVIDENCE, at=noon + HOUR)

    joining.undo(done, by=lead, now=noon + 2 * HOUR)

    assert consent.standing(merged, phone, APPOINTMENTS, at=noon + 3 * HOUR) != "GRANTED"


def test_a_visit_booked_meanwhile_keeps_a_contact_of_its_own_patient(
    desk: Desk, lead: StaffUser, noon: datetime
) -> None:
    kept = factories.make_patient(desk.clinic, given_name="Ana")
    merged = factories.make_patient(desk.clinic, given_name="Ana")
    theirs = merged.contacts.get()
    done = joining.merge(kept, merged, proof=BORN, by=lead, now=noon)
    theirs.refresh_from_db()
    visit = desk.book(kept, noon + WEEK, now=noon, contact=theirs)

    joining.undo(done, by=lead, now=noon + HOUR)

    visit = Appointment.objects.get(pk=visit.pk)
    assert visit.contact is None or visit.contact.patient_id == visit.patient_id


def test_a_yes_said_after_a_no_leaves_the_parted_record_as_it_was(
    desk: Desk, lead: StaffUser, noon: datetime
) -> None:
    kept = factories.make_patient(desk.clinic, given_name="Ana")
    merged = factories.make_patient(desk.clinic, given_name="Ana")
    phone = factories.phone_of(merged)
    done = joining.merge(kept, merged, proof=BORN, by=lead, now=noon)
    consent.withdraw(kept, phone, [APPOINTMENTS], evidence=EVIDENCE, at=noon + HOUR)
    consent.grant(kept, phone, [APPOINTMENTS], evidence=EVIDENCE, at=noon + 2 * HOUR)

    joining.undo(done, by=lead, now=noon + 3 * HOUR)

    assert consent.standing(merged, phone, APPOINTMENTS, at=noon + 4 * HOUR) == "GRANTED"
