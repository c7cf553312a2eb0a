"""A clinic's vaccines, schedules and seasons, and the people who write and approve them."""

from datetime import date, datetime
from typing import TypeVar

from django.contrib.auth.models import Group

from campaigns import vouching
from campaigns.models import PatientList, Schedule, ScheduleDose, Season
from healthmsg.clinic.models import Clinic, Immunisation, Patient, StaffUser, Vaccine
from tests.factories import NOON

V = TypeVar("V", Schedule, Season, PatientList)


def person(clinic: Clinic, name: str, *roles: str) -> StaffUser:
    user = StaffUser.objects.create(username=name, is_staff=True)
    user.clinics.add(clinic)
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


def vaccine(clinic: Clinic, code: str) -> Vaccine:
    return Vaccine.objects.get_or_create(clinic=clinic, code=code, defaults={"name": code})[0]


def schedule(clinic: Clinic, *rows: tuple[str, int, str, str], **fields: object) -> Schedule:
    """Rows as (vaccine, dose, age at which it is due and possible, interval)."""
    defaults: dict[str, object] = {
        "name": "Children",
        "authority": "Ministry",
        "edition": "2026",
        "effective_from": date(2026, 1, 1),
    }
    made = Schedule.objects.create(clinic=clinic, **(defaults | fields))
    for code, number, age, interval in rows:
        ScheduleDose.objects.create(
            schedule=made,
            vaccine=vaccine(clinic, code),
            number=number,
            due_age=age,
            minimum_age=age,
            interval=interval,
        )
    return made


def season(clinic: Clinic, **fields: object) -> Season:
    defaults: dict[str, object] = {
        "name": "Flu 2026",
        "vaccine": vaccine(clinic, "flu"),
        "first_day": date(2026, 3, 1),
        "last_day": date(2026, 5, 31),
    }
    return Season.objects.create(clinic=clinic, **(defaults | fields))


def dose(
    patient: Patient, code: str, given_on: date | None = None, **fields: object
) -> Immunisation:
    defaults: dict[str, object] = {"recorded_at": NOON}
    return Immunisation.objects.create(
        patient=patient,
        vaccine=vaccine(patient.clinic, code),
        given_on=given_on,
        **(defaults | fields),
    )


def approved(row: V, by: StaffUser, now: datetime = NOON) -> V:
    vouching.approve(row, by=by, now=now)
    return row
