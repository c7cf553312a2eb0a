"""Stops that outlive what they were about: a restored database, and a number that was deleted."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from healthmsg.clinic import both_forms, consent
from healthmsg.clinic.models import (
    ConsentRecord,
    GivenHow,
    Patient,
    Phone,
    PhoneState,
    Purpose,
    RememberedStop,
    StopKind,
)
from healthmsg.clinic.phone import hashed, same_number

_EVIDENCE = consent.Evidence(GivenHow.BY_RULE, text="brought back from the journal of stops")
_TOGETHER = 1000
# Arabic-Indic, its Persian form, Devanagari.
_OTHER_DIGITS = [
    str.maketrans("0123456789", "".join(map(chr, range(zero, zero + 10))))
    for zero in (0x660, 0x6F0, 0x966)
]


@dataclass(frozen=True)
class Stop:
    """One line of the journal."""

    kind: StopKind
    clinic_id: int
    # "" where it is about no number; of somebody who was deleted also that of an identifier.
    number_hash: str
    patient_id: int | None  # None: the number itself
    purpose: str
    since: datetime


def replay(stops: Iterable[Stop], *, key: str, now: datetime) -> int:
    """
    Bring back the stops that a restored database has lost; twice is once.

    What it knows of later counts on: a line keeps the moment when it was given.

    :returns: how many that was
    """
    stops = sorted(stops, key=lambda stop: stop.since)
    phones = _phones({stop.number_hash for stop in stops if stop.number_hash}, key)
    return sum(_bring_back(stop, phones.get(stop.number_hash), now) for stop in stops)


@transaction.atomic
def _bring_back(stop: Stop, phone: Phone | None, now: datetime) -> bool:
    if stop.kind in {StopKind.DECEASED, StopKind.GONE}:
        return _of_patient(stop)
    if stop.kind == StopKind.WRONG_PERSON:
        return phone is not None and _strangers(stop, phone)
    if stop.kind == StopKind.ERASED:
        return bool(stop.number_hash) and _of_erased(stop, phone, now)
    if phone is None:
        return stop.patient_id is None and remember(
            stop.clinic_id, stop.number_hash, [Purpose(stop.purpose)], since=stop.since
        )
    return _in_the_ledger(stop, phone, now)


def _of_erased(stop: Stop, phone: Phone | None, now: datetime) -> bool:
    """No import brings back who was deleted, and their number has stopped whoever has it next."""
    if phone is None:
        return remember(stop.clinic_id, stop.number_hash, consent.LEDGER_PURPOSES, since=stop.since)
    purposes = [Purpose(purpose) for purpose in consent.LEDGER_PURPOSES]
    stops = [replace(stop, kind=StopKind.WITHDRAWN, purpose=purpose) for purpose in purposes]
    return sum(_in_the_ledger(one, phone, now) for one in stops) > 0


def theirs(stop: Stop) -> QuerySet[Patient]:
    """
    Return whom a line is about: nobody where they are not here.

    A restored database gives the keys of its lost hours to others, registered after the line.
    """
    return Patient.objects.filter(
        pk=stop.patient_id or 0, clinic=stop.clinic_id, created_at__lte=stop.since
    )


def _in_the_ledger(stop: Stop, phone: Phone, now: datetime) -> bool:
    patient = None
    if stop.patient_id is not None:
        here = Patient.objects.filter(pk=stop.patient_id, clinic=stop.clinic_id)
        # A yes or no may be written down as older than the patient: the number says whose it is.
        known = Q(pk__in=theirs(stop)) | Exists(phone.contacts.filter(patient=OuterRef("pk")))
        patient = here.filter(known).first()
        if patient is None:
            return False
    lines = ConsentRecord.objects.filter(
        patient=patient, phone=phone, purpose=stop.purpose, change=stop.kind, given_at=stop.since
    )
    if lines.exists():
        return False
    purposes = [Purpose(stop.purpose)]
    if patient is not None and stop.kind == StopKind.DECLINED:
        consent.decline(patient, phone, purposes, evidence=_EVIDENCE, at=stop.since)
    else:
        consent.withdraw(patient, phone, purposes, evidence=_EVIDENCE, at=stop.since)
    consent.let_state_follow(phone, now)
    both_forms.hold_on([phone], now=now)
    return True


def remember(
    clinic_id: int, number_hash: str, purposes: Iterable[Purpose], *, since: datetime
) -> bool:
    """Keep stops of a number that is not here; True where one was new."""
    rows = [
        RememberedStop(clinic_id=clinic_id, number_hash=number_hash, purpose=purpose, since=since)
        for purpose in purposes
    ]
    before = RememberedStop.objects.filter(clinic=clinic_id, number_hash=number_hash).count()
    RememberedStop.objects.bulk_create(rows, ignore_conflicts=True)
    after = RememberedStop.objects.filter(clinic=clinic_id, number_hash=number_hash).count()
    return after > before


def stopped(
    clinic_id: int, numbers: Collection[str], *, key: str
) -> dict[str, list[RememberedStop]]:
    """Return the remembered stops of those of these numbers that have some."""
    by_hash = {
        hashed(form, clinic_id, key=key): number
        for number in numbers
        for form in same_number(number)
    }
    found: dict[str, list[RememberedStop]] = {}
    rows = RememberedStop.objects.filter(clinic=clinic_id, number_hash__in=by_hash)
    for row in rows.order_by("pk"):
        found.setdefault(by_hash[row.number_hash], []).append(row)
    return found


def identifiers(clinic_id: int, asked: Collection[str], *, key: str) -> set[str]:
    """Return those of these identifiers whose patients were deleted."""
    by_hash = {
        identifier_hash(form, clinic_id, key=key): one for one in asked for form in spellings(one)
    }
    rows = RememberedStop.objects.filter(clinic=clinic_id, number_hash__in=by_hash)
    return {by_hash[known] for known in rows.values_list("number_hash", flat=True)}


def spellings(identifier: str) -> set[str]:
    """Return it as it is kept, and as it may have been when other digits were kept as typed."""
    return {identifier, *(identifier.translate(digits) for digits in _OTHER_DIGITS)}


def identifier_hash(identifier: str, clinic_id: int, *, key: str) -> str:
    return hashed(f"identifier {identifier}", clinic_id, key=key)


@transaction.atomic
def apply(phones: Collection[Phone], *, key: str, now: datetime) -> int:
    """
    Write the remembered stops of numbers that came back into the ledger; twice is once.

    :returns: how many numbers that was
    """
    count = 0
    for clinic_id in {phone.clinic_id for phone in phones}:
        here = {phone.number: phone for phone in phones if phone.clinic_id == clinic_id}
        for number, rows in stopped(clinic_id, here, key=key).items():
            phone = here[number]
            for row in rows:
                consent.withdraw(
                    None, phone, [Purpose(row.purpose)], evidence=_REMEMBERED, at=row.since
                )
            RememberedStop.objects.filter(pk__in=[row.pk for row in rows]).delete()
            consent.let_state_follow(phone, now)
            both_forms.hold_on([phone], now=now)
            count += 1
    return count


_REMEMBERED = consent.Evidence(
    GivenHow.BY_RULE, text="the number had stopped before whoever had it was deleted"
)


def _strangers(stop: Stop, phone: Phone) -> bool:
    changed = Phone.objects.filter(_older(stop.since), pk=phone.pk).exclude(
        state=PhoneState.WRONG_PERSON
    )
    return bool(changed.update(state=PhoneState.WRONG_PERSON, state_changed_at=stop.since))


def _of_patient(stop: Stop) -> bool:
    changed = theirs(stop).filter(_older(stop.since)).exclude(state=stop.kind)
    return bool(changed.update(state=stop.kind, state_changed_at=stop.since, paused_until=None))


def _older(since: datetime) -> Q:
    return Q(state_changed_at=None) | Q(state_changed_at__lt=since)


def _phones(wanted: set[str], key: str) -> dict[str, Phone]:
    """Find numbers by their hashes: each number is hashed, as nothing else leads to it."""
    if not wanted:
        return {}
    found: dict[str, Any] = {}
    rows = Phone.objects.values_list("pk", "clinic_id", "number")
    for pk, clinic_id, number in rows.iterator(chunk_size=_TOGETHER):
        if (known := hashed(number, clinic_id, key=key)) in wanted:
            found[known] = pk
    phones = Phone.objects.in_bulk(found.values())
    return {known: phones[pk] for known, pk in found.items()}
