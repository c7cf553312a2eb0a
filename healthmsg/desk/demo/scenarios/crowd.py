"""Thousands of patients at once, as an import brings them along from another system."""

import random
from datetime import datetime, timedelta
from itertools import islice

from healthmsg.clinic import brought
from healthmsg.clinic.brought import Said
from healthmsg.clinic.models import Change, Contact, Patient, Phone
from healthmsg.desk.demo import cast
from healthmsg.desk.demo.house import House
from healthmsg.desk.demo.scenarios.people import EVERYTHING


def bring(home: House, count: int, *, now: datetime) -> list[Patient]:
    """Register so many patients, each on a phone of their own, who allow everything."""
    chance = random.Random(11)  # noqa: S311 - repeatable, no secrets
    numbers = cast.pretend_numbers(home.clinic.country, chance, {"reads": 1})
    phones = Phone.objects.bulk_create(
        Phone(clinic=home.clinic, number=number) for number in islice(numbers, count)
    )
    patients = Patient.objects.bulk_create(
        Patient(
            clinic=home.clinic,
            given_name=_GIVEN[n % len(_GIVEN)],
            family_name=_FAMILY[n // len(_GIVEN) % len(_FAMILY)],
            external_id=f"B-{n:05d}",
        )
        for n in range(count)
    )
    pairs = list(zip(patients, phones, strict=True))
    Contact.objects.bulk_create(
        Contact(patient=patient, phone=phone, name=patient.given_name, language="en")
        for patient, phone in pairs
    )
    said = [
        Said(patient.pk, phone.pk, purpose, Change.GRANTED, now - timedelta(days=90), "patient")
        for patient, phone in pairs
        for purpose in EVERYTHING
    ]
    brought.write(said, home.clinic.pk, by=home.reception)
    return patients


_GIVEN = ("Ada", "Bruno", "Clara", "Daoud", "Elif", "Felix", "Grace", "Hugo", "Irma", "Jonas")
_FAMILY = ("Almeida", "Berg", "Castro", "Dahl", "Evans", "Farah", "Gomes", "Haas", "Ito", "Jansen")
