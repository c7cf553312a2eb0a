"""Deletes a patient: names, numbers and words go, that something happened stays."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.db.models import Q

from campaigns import forgetting as campaigns_forgetting
from healthmsg.clinic import erasure, patient_keys
from healthmsg.clinic.models import Patient, Phone, StaffUser
from healthmsg.desk.merging import one_person
from healthmsg.desk.merging.models import PatientMerge
from healthmsg.desk.privacy import register
from healthmsg.desk.privacy.models import Removal, RemovalKind
from reminders import forgetting as reminders_forgetting
from whatsapp import forgetting as whatsapp_forgetting


class PutToAnother(Exception):
    """The record was put to another one, with which the person is deleted whole."""


@transaction.atomic
def erase(
    patient: Patient,
    *,
    reason: str,
    by: StaffUser | None,
    key: str,
    files: Path,
    now: datetime,
) -> Removal | None:
    """
    Delete a patient for good, and keep a certificate that names nobody; None: it was done before.

    Records that were put to this one are the same person: they go with it.

    :raises OnHold: the data must be kept; nothing was changed
    :raises PutToAnother: nothing was changed
    """
    # Whoever puts two records together at this moment waits, or has done it.
    records = one_person.lock_all(patient)
    if one_person.is_on_hold(patient):
        raise erasure.OnHold
    if one_person.put_to(patient) is not None and records[0].erased_at is None:
        raise PutToAnother
    return erase_records(records, reason=reason, by=by, key=key, files=files, now=now)


@transaction.atomic
def erase_records(
    records: Sequence[Patient],
    *,
    reason: str,
    by: StaffUser | None,
    key: str,
    files: Path,
    now: datetime,
) -> Removal | None:
    """
    Delete these records of one person, and no other; None: the first one was deleted before.

    Locks go the way they always go: visit, reminder, message, then the ground floor's rows.

    :raises OnHold: the data must be kept; nothing was changed
    """
    patient = records[0]
    if one_person.is_on_hold(patient):
        raise erasure.OnHold
    if Patient.objects.filter(pk=patient.pk, erased_at__isnull=False).exists():
        return None
    phones = erasure.own_phones(*records)
    counts = _forget(records, phones, key=key, files=files, now=now)
    # What the audit has in words of the person, and of this deletion, can be read by nobody.
    for record in records:
        patient_keys.destroy(record.pk, now=now)
    return Removal.objects.create(
        clinic_id=patient.clinic_id,
        kind=RemovalKind.PATIENT,
        patient_number=patient.pk,
        reason=reason,
        counts=counts,
        decided_by=by,
        decided_at=now,
    )


def _forget(
    records: Collection[Patient],
    phones: Collection[Phone],
    *,
    key: str,
    files: Path,
    now: datetime,
) -> dict[str, int]:
    """Take a person out of every floor; return how much there was of what."""
    visits = sum(reminders_forgetting.forget(record, now=now) for record in records)
    said = whatsapp_forgetting.forget(records, phones, directory=files, now=now)
    invitations = sum(campaigns_forgetting.forget(record) for record in records)
    # While names and numbers are known: they are looked for.
    register.forget(records, phones)
    identifiers = one_person.identifiers_of(records)
    erasure.forget(records, phones, identifiers, key=key, now=now)
    # What one record had of the other, should they be parted again.
    merges = PatientMerge.objects.filter(Q(kept__in=records) | Q(merged__in=records))
    merges.update(filled={})
    return {
        "visits": visits,
        "invitations": invitations,
        "numbers": len(phones),
        **asdict(said),
    }
