"""The demo's patients: six languages, families on one number, phones that behave as people do."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import phonenumbers
from django.db import transaction
from faker import Faker
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Clinic,
    Contact,
    GivenHow,
    Need,
    Patient,
    Phone,
    Purpose,
    Relationship,
    StaffUser,
)
from whatsapp.sandbox.behaviours import SUFFIX_OF

# Shares of patients, in percent, by how the sandbox lets their phones behave; the rest read.
BEHAVIOURS = {
    "confirms": 34,
    "reads": 22,
    "no_read_receipts": 8,
    "another_time": 4,
    "cancels": 3,
    "cancels_and_undoes": 2,
    "asks": 3,
    "stops": 2,
    "stops_but_keeps_visits": 1,
    "off": 3,
    "not_on_whatsapp": 3,
    "multi_device": 2,
    "confirms_twice": 2,
    "slow": 2,
    "blocked_us": 1,
    "stopped_marketing": 1,
    "read_without_delivered": 2,
    "confirms_then_cancels": 1,
    "fails_late": 1,
    "sends_voice": 1,
}
_LOCALES = {
    "en": "en_GB",
    "es": "es_AR",
    "pt_BR": "pt_BR",
    "fr": "fr_FR",
    "ar": "ar_AA",
    "hi": "hi_IN",
}
_LANGUAGE_SHARES = {"es": 30, "en": 25, "pt_BR": 15, "ar": 12, "fr": 10, "hi": 8}
_EVERYTHING = (Purpose.APPOINTMENTS, Purpose.PREVENTION, Purpose.INFORMATION)


@dataclass(frozen=True)
class Cast:
    patients: tuple[Patient, ...]
    due_for_vaccination: tuple[Patient, ...]


@transaction.atomic
def gather(
    clinic: Clinic,
    *,
    count: int,
    by: StaffUser,
    now: datetime,
    behaviours: Mapping[str, int] = BEHAVIOURS,
    seed: int = 7,
) -> Cast:
    """
    Register `count` patients with contacts, numbers and permissions.

    :param behaviours: of their phones in the sandbox, with shares
    """
    chance = random.Random(seed)  # noqa: S311 - a repeatable demo, no secrets
    fakers = {language: _faker(locale, seed) for language, locale in _LOCALES.items()}
    numbers = pretend_numbers(clinic.country, chance, behaviours)
    patients: list[Patient] = []
    while len(patients) < count:
        language = _pick(_LANGUAGE_SHARES, chance)
        phone = Phone.objects.create(clinic=clinic, number=next(numbers))
        size = chance.choice((2, 3, 4)) if chance.random() < 0.06 else 1
        size = min(size, count - len(patients))
        patients += _household(clinic, fakers[language], language, phone, size)
    for patient in patients:
        _ask(patient, chance, by, now)
    due = tuple(p for p in patients if chance.random() < 0.35)
    return Cast(tuple(patients), due)


def _household(
    clinic: Clinic, faker: Faker, language: str, phone: Phone, size: int
) -> list[Patient]:
    """One patient on a number of their own, or children whose parent is written to."""
    parent, family = faker.first_name(), faker.last_name()
    members = []
    for n in range(size):
        is_child = size > 1
        patient = Patient.objects.create(
            clinic=clinic,
            given_name=faker.first_name() if is_child else parent,
            family_name=family,
            birth_date=_birth_date(faker, is_child=is_child),
            external_id=f"A-{phone.pk:05d}-{n}",
            needs=[Need.NO_PHONE_CALLS] if faker.random.random() < 0.02 else [],
        )
        Contact.objects.create(
            patient=patient,
            name=parent,
            language=language,
            phone=phone,
            relationship=Relationship.PARENT if is_child else Relationship.SELF,
        )
        members.append(patient)
    return members


def _ask(patient: Patient, chance: random.Random, by: StaffUser, now: datetime) -> None:
    """Most said yes, some to appointments only, some no; a few were never asked."""
    phone = Phone.objects.get(contacts__patient=patient)
    told = consent.Evidence(GivenHow.AT_DESK, given_by="patient", recorded_by=by)
    asked_at = now - timedelta(days=chance.randint(20, 400))
    roll = chance.random()
    if roll < 0.70:
        consent.grant(patient, phone, _EVERYTHING, evidence=told, at=asked_at)
    elif roll < 0.92:
        consent.grant(patient, phone, [Purpose.APPOINTMENTS], evidence=told, at=asked_at)
    elif roll < 0.96:
        consent.decline(patient, phone, _EVERYTHING, evidence=told, at=asked_at)


def pretend_numbers(
    country: str, chance: random.Random, behaviours: Mapping[str, int] = BEHAVIOURS
) -> Iterator[str]:
    """
    Yield numbers that exist nowhere, valid in the country, whose last four digits choose a
    behaviour of the sandbox.
    """
    example = phonenumbers.example_number_for_type(country, PhoneNumberType.MOBILE)
    if example is None:
        raise AssertionError("every country of the demo has mobile phones")
    national = phonenumbers.national_significant_number(example)
    head, code = national[: max(1, len(national) - 8)], example.country_code
    width = len(national) - len(head) - 4
    seen: set[str] = set()
    while True:
        middle = "".join(chance.choice("0123456789") for _ in range(width))
        digits = head + middle + SUFFIX_OF[_pick(behaviours, chance)]
        number = phonenumbers.parse(f"+{code}{digits}")
        if digits not in seen and phonenumbers.is_valid_number(number):
            seen.add(digits)
            yield phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _pick(shares: Mapping[str, int], chance: random.Random) -> str:
    return chance.choices(list(shares), weights=list(shares.values()))[0]


def _birth_date(faker: Faker, *, is_child: bool) -> date:
    born: date = faker.date_of_birth(
        minimum_age=1 if is_child else 18, maximum_age=12 if is_child else 90
    )
    return born


def _faker(locale: str, seed: int) -> Faker:
    faker = Faker(locale)
    faker.seed_instance(seed)
    return faker
