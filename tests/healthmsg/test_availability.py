from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from healthmsg.clinic import availability
from healthmsg.clinic.availability import Need
from healthmsg.clinic.free_slots import Slot
from healthmsg.clinic.models import (
    Clinic,
    Clinician,
    ClosingDay,
    Leave,
    Patient,
    Site,
    SlotHold,
    VisitStatus,
    WorkingHours,
)
from tests import factories

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Noon is a Tuesday's; 12:00 in Buenos Aires is 15:00 UTC.
AFTERNOONS = {str(n): [["12:00", "14:00"]] for n in range(7)}


@pytest.fixture
def site(sunrise_clinic: Clinic) -> Site:
    return factories.make_site(sunrise_clinic, opening_hours=AFTERNOONS)


@pytest.fixture
def doctor(sunrise_clinic: Clinic) -> Clinician:
    return factories.make_clinician(sunrise_clinic)


def hours(need: Need, noon: datetime, *, days: int = 0) -> list[str]:
    begins = noon + days * DAY
    found = availability.slots(need, after=begins, before=begins + 4 * HOUR, now=noon)
    return [f"{slot.starts_at.astimezone(need.site.zone):%H:%M}" for slot in found]


def test_what_others_have_is_taken_and_the_visit_itself_is_not(
    site: Site, doctor: Clinician, willing_patient: Patient, noon: datetime
) -> None:
    other = factories.make_patient(site.clinic)
    fields = {"site": site, "clinician": doctor, "ends_at": noon + HOUR / 2}
    mine = factories.make_visit(willing_patient, starts_at=noon, **fields)
    fields["ends_at"] = noon + 2 * HOUR
    factories.make_visit(other, starts_at=noon + HOUR + HOUR / 2, **fields)

    assert hours(Need.of(mine), noon) == ["12:00", "12:30", "13:00"]


def test_a_cancelled_visit_takes_nothing_and_the_patients_own_others_do(
    site: Site, doctor: Clinician, willing_patient: Patient, noon: datetime
) -> None:
    other = factories.make_patient(site.clinic)
    gone = VisitStatus.CANCELLED_BY_PATIENT
    ends_at = noon + HOUR
    mine = factories.make_visit(
        willing_patient,
        starts_at=noon + DAY,
        ends_at=noon + DAY + HOUR,
        site=site,
        clinician=doctor,
    )
    factories.make_visit(other, starts_at=noon, site=site, clinician=doctor, status=gone)
    factories.make_visit(willing_patient, starts_at=noon, ends_at=ends_at)

    assert hours(Need.of(mine), noon) == ["13:00"]


def test_where_nobody_is_named_the_site_itself_is_taken(
    site: Site, willing_patient: Patient, noon: datetime
) -> None:
    other = factories.make_patient(site.clinic)
    factories.make_visit(other, starts_at=noon, ends_at=noon + HOUR, site=site)
    factories.make_visit(other, starts_at=noon + 3 * HOUR)  # at another site

    assert hours(Need(site, HOUR), noon) == ["13:00"]


def test_hours_leave_and_closing_days_count(site: Site, doctor: Clinician, noon: datetime) -> None:
    elsewhere = factories.make_clinician(site.clinic)
    week = {str(n): [["13:00", "20:00"]] for n in range(7)}
    WorkingHours.objects.create(clinician=doctor, site=site, hours=week)
    WorkingHours.objects.create(
        clinician=elsewhere, site=factories.make_site(site.clinic), hours=week
    )
    Leave.objects.create(clinician=doctor, first_day=date(2026, 3, 11), last_day=date(2026, 3, 11))
    ClosingDay.objects.create(site=site, closed_on=date(2026, 3, 12))
    need = Need(site, HOUR, doctor)

    assert [hours(need, noon, days=n) for n in range(4)] == [["13:00"], [], [], ["13:00"]]
    assert hours(Need(site, HOUR, elsewhere), noon) == []
    assert hours(Need(site, HOUR, is_with_anybody=True), noon) == ["13:00"]


def test_a_time_somebody_is_choosing_is_taken_until_then(
    site: Site, doctor: Clinician, willing_patient: Patient, noon: datetime
) -> None:
    other = factories.make_patient(site.clinic)
    theirs = factories.make_visit(other, starts_at=noon + DAY, site=site, clinician=doctor)
    SlotHold.objects.create(
        appointment=theirs,
        clinician=doctor,
        site=site,
        starts_at=noon,
        ends_at=noon + HOUR,
        until=noon + timedelta(minutes=10),
    )
    need = Need(site, HOUR, doctor)
    (first,) = (s for s in [*slots_at(need, noon, noon + timedelta(minutes=10))][:1])

    assert hours(need, noon) == ["13:00"]
    assert first.starts_at == noon
    assert not availability.is_free(need, first, now=noon)
    assert availability.is_free(Need(site, HOUR, doctor, theirs), first, now=noon)


def test_what_those_have_who_work_elsewhere_is_not_read(
    site: Site, doctor: Clinician, willing_patient: Patient, noon: datetime
) -> None:
    elsewhere = factories.make_site(site.clinic)
    WorkingHours.objects.create(clinician=doctor, site=elsewhere, hours=AFTERNOONS)
    factories.make_visit(willing_patient, starts_at=noon, site=elsewhere, clinician=doctor)

    with CaptureQueriesContext(connection) as asked:
        nobody = hours(Need(site, HOUR, is_with_anybody=True), noon)
    about_visits = [one for one in asked if "clinic_appointment" in one["sql"]]
    colleague = factories.make_clinician(site.clinic)
    WorkingHours.objects.create(clinician=colleague, site=site, hours=AFTERNOONS)

    assert nobody == []
    assert not about_visits
    assert hours(Need(site, HOUR, is_with_anybody=True), noon) == ["12:00", "13:00"]


def test_a_time_with_somebody_who_works_elsewhere_is_still_held_against_what_they_have(
    site: Site, doctor: Clinician, willing_patient: Patient, noon: datetime
) -> None:
    elsewhere = factories.make_site(site.clinic)
    WorkingHours.objects.create(clinician=doctor, site=elsewhere, hours=AFTERNOONS)
    factories.make_visit(willing_patient, starts_at=noon, site=elsewhere, clinician=doctor)
    need = Need(site, HOUR, is_with_anybody=True)
    taken = Slot(noon, noon + HOUR, doctor.pk)
    later = Slot(noon + HOUR, noon + 2 * HOUR, doctor.pk)

    assert not availability.is_free(need, taken, now=noon, within_hours=False)
    assert availability.is_free(need, later, now=noon, within_hours=False)
    assert not availability.is_free(need, later, now=noon)


def slots_at(need: Need, noon: datetime, now: datetime) -> list[Slot]:
    return availability.slots(need, after=noon, before=noon + 4 * HOUR, now=now)


def test_two_times_kept_never_overlap(
    site: Site, doctor: Clinician, willing_patient: Patient, noon: datetime
) -> None:
    visits = [
        factories.make_visit(willing_patient, starts_at=noon + n * DAY, site=site)
        for n in range(1, 5)
    ]
    kept = {"site": site, "starts_at": noon, "ends_at": noon + HOUR, "until": noon}
    SlotHold.objects.create(appointment=visits[0], clinician=doctor, **kept)
    SlotHold.objects.create(appointment=visits[1], clinician=None, **kept)

    for visit, clinician in ((visits[2], doctor), (visits[3], None)):
        with pytest.raises(IntegrityError), transaction.atomic():
            SlotHold.objects.create(appointment=visit, clinician=clinician, **kept)


def test_the_statements_do_not_grow_with_what_is_found(
    site: Site, willing_patient: Patient, noon: datetime
) -> None:
    def statements() -> int:
        need = Need(Site.objects.select_related("clinic").get(pk=site.pk), HOUR / 6)
        need = Need(need.site, need.length, is_with_anybody=True)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            availability.slots(need, after=noon, before=noon + 30 * DAY, now=noon)
        return len(asked)

    factories.make_clinician(site.clinic)
    few = statements()
    for n in range(5):
        doctor = factories.make_clinician(site.clinic)
        WorkingHours.objects.create(clinician=doctor, site=site, hours=AFTERNOONS)
        factories.make_visit(willing_patient, starts_at=noon + n * DAY, site=site, clinician=doctor)
        ClosingDay.objects.create(site=site, closed_on=date(2026, 3, 20 + n))

    assert statements() == few <= 6
