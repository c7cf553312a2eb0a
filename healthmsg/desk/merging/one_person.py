"""Which records are one person's, now that they were put together."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from healthmsg.clinic import erasure
from healthmsg.clinic.models import Appointment, LegalHold, Patient, PatientState, StaffUser
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


def lock(*records: Patient) -> dict[int, Patient]:
    """Lock visits first, as everywhere, then the records in the order of their keys; by key."""
    list(visits_to_lock(*records))
    rows = Patient.objects.filter(pk__in=[one.pk for one in records]).order_by("pk")
    return {row.pk: row for row in rows.select_for_update(no_key=True)}


def lock_all(patient: Patient) -> list[Patient]:
    """Return `records_of`, locked: nothing is put to them or parted until the transaction ends."""
    locked: set[int] = set()
    while more := [one for one in records_of(patient) if one.pk not in locked]:
        locked |= lock(*more).keys()
    return records_of(patient)


def visits_to_lock(*whose: Patient) -> QuerySet[Appointment]:
    visits = Appointment.objects.filter(patient__in=whose).select_related("contact")
    return visits.order_by("pk").select_for_update(of=("self",), no_key=True)


def put_to(patient: Patient) -> Patient | None:
    """Return the record that this one was put to; None where it is a person's own."""
    done = _STANDING.filter(merged=patient).select_related("kept").first()
    return done.kept if done is not None else None


def is_on_hold(patient: Patient) -> bool:
    """Say whether any record of the person must be kept, also one that this one was put to."""
    above: list[Patient] = []
    newest = put_to(patient)
    while newest is not None and newest not in above:
        above.append(newest)
        newest = put_to(newest)
    return erasure.is_on_hold(*records_of(patient), *above)


@transaction.atomic
def place_hold(patient: Patient, *, reason: str, by: StaffUser | None, now: datetime) -> bool:
    """Keep every record of the person: lines about one may stand with another."""
    # Whoever puts a record to this one at the moment waits, and finds the hold; or has done it.
    records = lock_all(patient)
    placed = [erasure.place_hold(one, reason=reason, by=by, now=now) for one in records]
    return any(placed)


def hold_together(records: Collection[Patient], *, by: StaffUser | None, now: datetime) -> None:
    """
    Place a hold that keeps one of a person's records on all of them.

    It stays when two are parted again: nobody knows whose rows it was about.
    """
    hold = LegalHold.objects.filter(patient__in=records, ended_at=None).order_by("pk").first()
    if hold is not None:
        for one in records:
            erasure.place_hold(one, reason=hold.reason, by=by, now=now)


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
    hold_together(records, by=by, now=now)
    return bool(ended)


def identifiers_of(records: Collection[Patient]) -> set[str]:
    """Return the identifiers that changed hands when these records were put together."""
    merges = PatientMerge.objects.filter(merged__in=records, undone_at=None)
    return {filled.get("external_id", "") for filled in merges.values_list("filled", flat=True)}
