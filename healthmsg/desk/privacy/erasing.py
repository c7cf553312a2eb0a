"""Deletes a patient: names, numbers and words go, that something happened stays."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.db.models import Q

from campaigns import forgetting as campaigns_forgetting
from healthmsg.clinic import erasure, patient_keys
from healthmsg.clinic.models import Patient, StaffUser
from healthmsg.desk.merging.models import PatientMerge
from healthmsg.desk.privacy import register
from healthmsg.desk.privacy.models import Removal, RemovalKind
from reminders import forgetting as reminders_forgetting
from whatsapp import forgetting as whatsapp_forgetting


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

    Locks go the way they always go: visit, reminder, message, then the ground floor's rows.

    :raises OnHold: the data must be kept; nothing was changed
    """
    if erasure.is_on_hold(patient):
        raise erasure.OnHold
    if Patient.objects.filter(pk=patient.pk, erased_at__isnull=False).exists():
        return None
    phones = erasure.own_phones(patient)
    visits = reminders_forgetting.forget(patient, now=now)
    said = whatsapp_forgetting.forget(patient, phones, directory=files, now=now)
    invitations = campaigns_forgetting.forget(patient)
    # While names and numbers are known: they are looked for.
    register.forget(patient, phones)
    erasure.forget(patient, phones, key=key, now=now)
    # What one record had of the other, should they be parted again.
    merges = PatientMerge.objects.filter(Q(kept=patient) | Q(merged=patient))
    merges.update(filled={})
    # What the audit has in words of the patient, and of this deletion, can be read by nobody.
    patient_keys.destroy(patient.pk, now=now)
    return Removal.objects.create(
        clinic_id=patient.clinic_id,
        kind=RemovalKind.PATIENT,
        patient_number=patient.pk,
        reason=reason,
        counts={
            "visits": visits,
            "invitations": invitations,
            "numbers": len(phones),
            **asdict(said),
        },
        decided_by=by,
        decided_at=now,
    )
