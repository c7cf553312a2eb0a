"""Which records are one person's, now that they were put together."""

from collections.abc import Collection
from datetime import datetime

from healthmsg.clinic import erasure
from healthmsg.clinic.models import LegalHold, Patient, PatientState, StaffUser
from healthmsg.desk.merging.models import PatientMerge

# Whoever was taken back by hand, without parting the two, is somebody of their own again.
_STANDING = PatientMerge.objects.filter(undone_at=None).exclude(
    merged__state__in=(PatientState.ACTIVE, PatientState.PAUSED)
)


def records_of(patient: Patient) -> list[Patient]:
    """Return this record as it stands now, then every one that was put to it, and to those."""
    found = {patient.pk: Patient.objects.select_related("clinic", "site").get(pk=patient.pk)}
    newest: Collection[int] = [patient.pk]
    while newest:
        merges = _STANDING.filter(kept__in=newest).exclude(merged__in=found)
        put = [
            done.merged
            for done in merges.select_related("merged__clinic", "merged__site").order_by("pk")
        ]
        found |= {record.pk: record for record in put}
        newest = [record.pk for record in put]
    return list(found.values())


def is_on_hold(patient: Patient) -> bool:
    """Say whether any record of the person must be kept, also one that this one was put to."""
    above: list[Patient] = []
    newest: Patient | None = patient
    while newest is not None:
        done = _STANDING.filter(merged=newest).exclude(kept__in=above).select_related("kept")
        newest = next((one.kept for one in done), None)
        above += [newest] if newest else []
    return erasure.is_on_hold(*records_of(patient), *above)


def hold_too(
    kept: Patient, others: Collection[Patient], *, by: StaffUser | None, now: datetime
) -> bool:
    """
    Place a hold that keeps one of the other records on this one too, which has their rows now.

    It stays when two are parted again: nobody knows whose rows it was about.

    :returns: False where there is none, or this one is held already
    """
    hold = LegalHold.objects.filter(patient__in=others, ended_at=None).order_by("pk").first()
    if hold is None:
        return False
    return erasure.place_hold(kept, reason=hold.reason, by=by, now=now)


def end_hold(patient: Patient, *, by: StaffUser, now: datetime) -> bool:
    """
    End the hold that the patient's page shows, on every record; False where there was none.

    Where another record is held for another reason, that one keeps them all from then on.
    """
    records = records_of(patient)
    holds = LegalHold.objects.filter(patient__in=records, ended_at=None)
    shown = holds.filter(patient=patient).first() or holds.order_by("pk").first()
    if shown is None:
        return False
    ended = holds.filter(reason=shown.reason).update(ended_at=now, ended_by=by)
    hold_too(patient, records[1:], by=by, now=now)
    return bool(ended)


def identifiers_of(records: Collection[Patient]) -> set[str]:
    """Return the identifiers that changed hands when these records were put together."""
    merges = PatientMerge.objects.filter(merged__in=records, undone_at=None)
    return {filled.get("external_id", "") for filled in merges.values_list("filled", flat=True)}
