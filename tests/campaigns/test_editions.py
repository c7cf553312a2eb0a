"""An approved edition is frozen by the database; what changes is a new one; an example arrives."""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.db import IntegrityError, transaction

from campaigns import editions, listing, vouching
from campaigns.models import Schedule, ScheduleDose
from healthmsg.clinic.models import Clinic, StaffUser, Vaccine
from tests.campaigns import vaccinating
from tests.campaigns.vaccinating import approved, person

BY = date(2026, 3, 31)


@pytest.fixture
def clinician(sunrise_clinic: Clinic) -> StaffUser:
    return person(sunrise_clinic, "clinician", "Clinician")


@pytest.fixture
def schedule(sunrise_clinic: Clinic) -> Schedule:
    return vaccinating.schedule(sunrise_clinic, ("penta", 1, "6w", ""))


def renamed(schedule: Schedule) -> object:
    return Schedule.objects.filter(pk=schedule.pk).update(edition="another")


def unapproved(schedule: Schedule) -> object:
    return Schedule.objects.filter(pk=schedule.pk).update(approved_at=None, approved_by=None)


def with_another_age(schedule: Schedule) -> object:
    return schedule.doses.update(minimum_age="5w")


def with_another_dose(schedule: Schedule) -> object:
    vaccine = vaccinating.vaccine(schedule.clinic, "mr")
    return ScheduleDose.objects.create(
        schedule=schedule, vaccine=vaccine, due_age="9m", minimum_age="9m"
    )


def with_a_dose_less(schedule: Schedule) -> object:
    return schedule.doses.all().delete()


CHANGES = [renamed, unapproved, with_another_age, with_another_dose, with_a_dose_less]


@pytest.mark.parametrize("change", CHANGES)
def test_an_approved_edition_is_frozen_and_another_is_not(
    change: Callable[[Schedule], object], schedule: Schedule, clinician: StaffUser
) -> None:
    approved(schedule, clinician)

    with pytest.raises(IntegrityError, match="is frozen"), transaction.atomic():
        change(schedule)

    new = editions.make_new(schedule, edition="2027", effective_from=BY, by=None)
    assert [row.step for row in new.doses.all()] == [row.step for row in schedule.doses.all()]
    assert not new.is_frozen
    change(new)


def test_the_example_arrives_once_unapproved_and_whole(
    sunrise_clinic: Clinic, clinician: StaffUser, noon: datetime
) -> None:
    Vaccine.objects.create(clinic=sunrise_clinic, code="bcg", name="Ours")

    example = editions.add_example(sunrise_clinic)

    assert editions.add_example(sunrise_clinic) == example
    assert (example.authority, example.approved_at, bool(example.source)) == ("WHO", None, True)
    assert example.doses.count() == 17
    assert sunrise_clinic.vaccines.get(code="bcg").name == "Ours"
    with pytest.raises(listing.NotPossible):
        listing.make(example, name="Due", by=clinician, due_by=BY, now=noon)
    vouching.approve(example, by=clinician, now=noon)
