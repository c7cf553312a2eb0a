"""People of a scenario, registered and booked as reception does it."""

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Appointment,
    Contact,
    GivenHow,
    Patient,
    Phone,
    Purpose,
    Relationship,
    VisitKind,
)
from healthmsg.clinic.sending_hours import wall_clock
from healthmsg.desk.demo import cast
from healthmsg.desk.demo.house import House
from reminders import booking
from reminders.booking import Booking

EVERYTHING = (Purpose.APPOINTMENTS, Purpose.PREVENTION, Purpose.INFORMATION)
# Old enough that no confirmation goes out, too late for the reminder three days before.
BOOKED_BEFORE = timedelta(hours=12)
# They read, and some confirm: a scenario's own people alone do anything surprising.
_QUIET = {"reads": 60, "confirms": 40}


def phone(home: House) -> Phone:
    """Add a phone whose pretend owner reads, and does nothing unless told to."""
    known = set(Phone.objects.filter(clinic=home.clinic).values_list("number", flat=True))
    chance = random.Random(len(known))  # noqa: S311 - repeatable, no secrets
    numbers = cast.pretend_numbers(home.clinic.country, chance, {"reads": 1})
    number = next(number for number in numbers if number not in known)
    return Phone.objects.create(clinic=home.clinic, number=number)


def patient(home: House, name: str, on: Phone, *, parent: str = "", now: datetime) -> Patient:
    """
    Register a patient who allows everything on this number.

    :param name: given and family name
    :param parent: the given name of who is written to, where that is not the patient
    """
    given_name, _, family_name = name.partition(" ")
    registered = Patient.objects.create(
        clinic=home.clinic,
        given_name=given_name,
        family_name=family_name,
        birth_date=date(2019, 5, 4) if parent else date(1971, 5, 4),
    )
    Contact.objects.create(
        patient=registered,
        name=parent or given_name,
        language="en",
        phone=on,
        relationship=Relationship.PARENT if parent else Relationship.SELF,
    )
    told = consent.Evidence(
        GivenHow.AT_DESK, given_by="parent" if parent else "patient", recorded_by=home.reception
    )
    consent.grant(registered, on, EVERYTHING, evidence=told, at=now - timedelta(days=30))
    return registered


def visit(
    home: House,
    of: Patient,
    at: datetime,
    *,
    kind: VisitKind | None = None,
    clinician: int = 0,
    now: datetime,
) -> Appointment:
    """Book a visit that was agreed on by word of mouth last night."""
    request = Booking(
        patient=of,
        kind=kind or home.kinds[1],
        site=home.site_of(home.clinicians[clinician]),
        starts_at=at,
        contact=of.contacts.get(),
        clinician=home.clinicians[clinician],
        is_told_elsewhere=True,
    )
    return booking.book(request, by=home.reception, now=now - BOOKED_BEFORE)


def local(home: House, hour: int, minute: int = 0, *, days: int = 1, now: datetime) -> datetime:
    """Return an hour of a day from today, by the clinic's clocks."""
    zone = home.clinic.zone
    day = now.astimezone(zone).date() + timedelta(days=days)
    return wall_clock(datetime.combine(day, time(12), zone), time(hour, minute))


def others(home: House, *, count: int = 20, now: datetime) -> Sequence[Patient]:
    """Register other people, and book a visit tomorrow for most of them."""
    gathered = cast.gather(
        home.clinic, count=count, by=home.reception, now=now, behaviours=_QUIET
    ).patients
    for place, one in enumerate(gathered[: count * 2 // 3]):
        at = local(home, 9 + place // 2, 40 * (place % 2), now=now)
        visit(home, one, at, clinician=len(home.clinicians) - 1, now=now)
    return gathered
