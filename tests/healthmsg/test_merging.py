"""Two records of one person become one, and can be parted again; nothing is lost."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from django.apps import apps

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Clinic,
    ConsentRecord,
    GivenHow,
    Need,
    Patient,
    PatientState,
    Purpose,
    StaffUser,
    VisitStatus,
)
from healthmsg.desk.merging import belongings, joining, suspecting
from healthmsg.desk.merging.joining import BothCome, NotAlike, NotProven
from healthmsg.desk.merging.models import SuspectedDuplicate
from reminders import booking, patients
from reminders.models import Reminder
from tests import factories
from tests.reminders.desk import Desk, leaves, plan_of, reminder, told_of_booking
from whatsapp.models import Message, Sender

DAY, WEEK = timedelta(days=1), timedelta(days=7)
EVIDENCE = consent.Evidence(GivenHow.AT_DESK)
BORN = "1980-01-01"
APPOINTMENTS, MARKETING = Purpose.APPOINTMENTS, Purpose.MARKETING


@pytest.fixture
def desk(sunrise_clinic: Clinic, sender: Sender) -> Desk:
    return Desk(sunrise_clinic, sender)


@pytest.fixture
def lead(db: None) -> StaffUser:
    return factories.make_person("lead")


@pytest.fixture
def kept(desk: Desk) -> Patient:
    return factories.make_patient(desk.clinic, given_name="Ana", family_name="Ruiz")


@pytest.fixture
def merged(desk: Desk) -> Patient:
    return factories.make_patient(
        desk.clinic, given_name="Ana", family_name="Ruíz", needs=[Need.LOW_VISION]
    )


def everything() -> dict[str, int]:
    """How many rows there are of all that can belong to a patient."""
    labels = {label for label, _field in belongings.kinds()}
    labels |= {"clinic.appointment", "clinic.contact", "clinic.patient"}
    return {label: apps.get_model(label)._default_manager.count() for label in sorted(labels)}


def stands(patient: Patient, phone: object, purpose: Purpose, noon: datetime) -> str:
    return consent.standing(patient, phone, purpose, at=noon)  # type: ignore[arg-type]


def test_visits_messages_and_contacts_follow_and_reminders_are_planned_again(
    desk: Desk, kept: Patient, merged: Patient, lead: StaffUser, noon: datetime
) -> None:
    ahead = desk.book(merged, noon + WEEK, now=noon)
    told = told_of_booking(ahead, now=noon)
    past = factories.make_visit(merged, starts_at=noon - DAY, status=VisitStatus.SEEN)
    before = everything()

    done = joining.merge(kept, merged, proof=BORN, by=lead, now=noon + DAY)

    assert everything() == before
    for visit in (ahead, past):
        visit.refresh_from_db()
        assert (visit.patient, visit.contact and visit.contact.patient) == (kept, kept)
    told.refresh_from_db()
    assert told.patient == kept
    assert plan_of(ahead)["appointment_reminder_tomorrow"] == "PLANNED"
    merged.refresh_from_db()
    kept.refresh_from_db()
    assert (merged.state, kept.needs) == (PatientState.GONE, [Need.LOW_VISION])
    assert kept.contacts.count() == 2
    assert set(done.moved) == {"clinic.appointment", "clinic.contact", "whatsapp.message"}


def test_undone_everything_is_where_it_was(
    desk: Desk, kept: Patient, merged: Patient, lead: StaffUser, noon: datetime
) -> None:
    Patient.objects.filter(pk=merged.pk).update(external_id="H-7")
    ahead = desk.book(merged, noon + WEEK, now=noon)
    told = told_of_booking(ahead, now=noon)
    phone = factories.phone_of(merged)
    done = joining.merge(kept, merged, proof="H-7", by=lead, now=noon + DAY)
    kept.refresh_from_db()
    assert kept.external_id == "H-7"
    since = desk.book(kept, noon + 2 * WEEK, now=noon + DAY)
    before = everything()

    assert joining.undo(done, by=lead, now=noon + 2 * DAY)
    assert not joining.undo(done, by=lead, now=noon + 2 * DAY)

    assert everything() == before
    for row in (kept, merged, ahead, told, since):
        row.refresh_from_db()
    assert (ahead.patient, told.patient, since.patient) == (merged, merged, kept)
    assert ahead.contact is not None
    assert (ahead.contact.phone, ahead.contact.patient) == (phone, merged)
    assert (kept.external_id, merged.external_id) == ("", "H-7")
    assert (merged.state, kept.needs) == (PatientState.ACTIVE, [])
    assert stands(kept, phone, APPOINTMENTS, noon + 3 * DAY) == ""
    assert stands(merged, phone, APPOINTMENTS, noon + 3 * DAY) == "GRANTED"
    assert plan_of(ahead)["appointment_reminder_tomorrow"] == "PLANNED"


def test_after_a_month_it_stays(
    kept: Patient, merged: Patient, lead: StaffUser, noon: datetime
) -> None:
    done = joining.merge(kept, merged, proof=BORN, by=lead, now=noon)

    assert not joining.undo(done, by=lead, now=noon + timedelta(days=31))


def test_on_one_number_the_stricter_permission_holds(
    desk: Desk, lead: StaffUser, noon: datetime
) -> None:
    phone = factories.make_phone(desk.clinic)
    both = (APPOINTMENTS, MARKETING)
    kept, merged = (
        factories.make_patient(desk.clinic, phone=phone, consents=both) for _ in range(2)
    )
    consent.decline(merged, phone, [MARKETING], evidence=EVIDENCE, at=noon)
    visit = desk.book(merged, noon + WEEK, now=noon)

    done = joining.merge(kept, merged, proof=BORN, by=lead, now=noon)

    assert stands(kept, phone, MARKETING, noon) == "DECLINED"
    assert stands(kept, phone, APPOINTMENTS, noon) == "GRANTED"
    visit.refresh_from_db()
    # Two contacts on one number would be one too many: the kept record's stands for the other.
    assert visit.contact == kept.contacts.get()
    assert merged.contacts.count() == 1
    joining.undo(done, by=lead, now=noon + DAY)
    assert stands(kept, phone, MARKETING, noon + DAY) == "GRANTED"
    visit.refresh_from_db()
    assert visit.contact == merged.contacts.get()


def test_a_stop_stays_and_a_yes_comes_along_with_its_end(
    kept: Patient, merged: Patient, lead: StaffUser, noon: datetime
) -> None:
    stopped, granted = factories.phone_of(kept), factories.phone_of(merged)
    consent.stop(stopped, evidence=EVIDENCE, at=noon)
    consent.grant(merged, granted, [MARKETING], evidence=EVIDENCE, at=noon, expires_at=noon + WEEK)
    lines = ConsentRecord.objects.count()

    joining.merge(kept, merged, proof=BORN, by=lead, now=noon + DAY)

    assert stands(kept, stopped, APPOINTMENTS, noon + DAY) == "WITHDRAWN"
    assert stands(kept, granted, APPOINTMENTS, noon + DAY) == "GRANTED"
    assert stands(kept, granted, MARKETING, noon + DAY) == "GRANTED"
    assert stands(kept, granted, MARKETING, noon + 2 * WEEK) == "EXPIRED"
    assert ConsentRecord.objects.count() == lines + 2


def test_what_has_left_counts_as_told_of_the_kept_record(
    desk: Desk, kept: Patient, merged: Patient, lead: StaffUser, noon: datetime
) -> None:
    visit = desk.book(merged, noon + WEEK, now=noon)
    told_of_booking(visit, now=noon)
    confirmations = Message.objects.count()

    joining.merge(kept, merged, proof=BORN, by=lead, now=noon + DAY)

    row = reminder(visit, "appointment_confirmation")
    assert (row.status, Message.objects.count()) == ("QUEUED", confirmations)
    assert leaves(row.message, at=noon).patient == kept
    assert Reminder.objects.filter(appointment=visit, status="PLANNED").count() == 2


@pytest.mark.parametrize(
    "proof",
    ["31/01/1980", "31.1.1980", "01/31/1980", "1980-1-31", "31.1.80", "31011980", "٣١/١/١٩٨٠"],
)
def test_a_birth_date_proves_it_however_it_is_written(
    kept: Patient, merged: Patient, lead: StaffUser, noon: datetime, proof: str
) -> None:
    Patient.objects.update(birth_date=date(1980, 1, 31))

    done = joining.merge(kept, merged, proof=proof, by=lead, now=noon)

    assert done.merged == merged


@pytest.mark.parametrize("proof", ["", "1980-01-02", "02/01/1980", "H-8", "nonsense"])
def test_without_a_second_identifier_nothing_happens(
    kept: Patient, merged: Patient, lead: StaffUser, noon: datetime, proof: str
) -> None:
    with pytest.raises(NotProven):
        joining.merge(kept, merged, proof=proof, by=lead, now=noon)

    merged.refresh_from_db()
    assert merged.state == PatientState.ACTIVE


def test_what_contradicts_each_other_is_not_one_person(
    desk: Desk, kept: Patient, merged: Patient, lead: StaffUser, noon: datetime
) -> None:
    elsewhere = factories.make_patient(factories.make_clinic())
    dead = factories.make_patient(desk.clinic)
    patients.decease(dead, now=noon)
    younger = factories.make_patient(desk.clinic, birth_date=date(1999, 1, 1))

    for other in (kept, elsewhere, dead, younger):
        with pytest.raises(NotAlike):
            joining.merge(kept, other, proof=BORN, by=lead, now=noon)


def test_who_has_one_visit_on_both_cancels_one_first(
    desk: Desk, kept: Patient, merged: Patient, lead: StaffUser, noon: datetime
) -> None:
    ours, theirs = (desk.book(one, noon + WEEK, now=noon) for one in (kept, merged))
    with pytest.raises(BothCome):
        joining.merge(kept, merged, proof=BORN, by=lead, now=noon)
    theirs.refresh_from_db()
    assert (theirs.patient, merged.contacts.count()) == (merged, 1)

    booking.cancel(ours, status=VisitStatus.CANCELLED_BY_CLINIC, now=noon)

    assert joining.merge(kept, merged, proof=BORN, by=lead, now=noon).undone_at is None


def test_a_pause_of_either_is_a_pause_and_undone_it_is_theirs_again(
    kept: Patient, merged: Patient, lead: StaffUser, noon: datetime
) -> None:
    until = (noon + WEEK).date()
    patients.pause(merged, until=until, reason="abroad", now=noon)

    done = joining.merge(kept, merged, proof=BORN, by=lead, now=noon)
    kept.refresh_from_db()
    assert (kept.state, kept.paused_until) == (PatientState.PAUSED, until)

    joining.undo(done, by=lead, now=noon + DAY)
    for one in (kept, merged):
        one.refresh_from_db()
    assert (kept.state, merged.state) == (PatientState.ACTIVE, PatientState.PAUSED)
    assert (merged.paused_until, merged.state_reason) == (until, "abroad")


def suspected() -> Iterator[tuple[int, int, str]]:
    yield from SuspectedDuplicate.objects.order_by("pk").values_list("one", "other", "why")


def test_who_may_be_registered_twice_is_found_once(desk: Desk, noon: datetime) -> None:
    clinic, phone = desk.clinic, factories.make_phone(desk.clinic)
    one, same, _elsewhere = (
        factories.make_patient(where, given_name="Ana", family_name="Ruiz")
        for where in (clinic, clinic, factories.make_clinic())
    )
    factories.make_patient(clinic, given_name="ANA", family_name="Sosa")
    first, twin = (
        factories.make_patient(clinic, phone=phone, given_name=name, birth_date=date(1990, 1, n))
        for n, name in enumerate(("Eva", "eva"), start=1)
    )
    factories.make_patient(clinic, phone=phone, given_name="Omar", birth_date=date(2015, 1, 1))

    assert suspecting.look(now=noon) == 2
    assert set(suspected()) == {(one.pk, same.pk, "NAME"), (first.pk, twin.pk, "NUMBER")}
    SuspectedDuplicate.objects.update(dismissed_at=noon)
    assert suspecting.look(now=noon) == 0
