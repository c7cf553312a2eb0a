"""Takes a person out of the ground floor's rows; what happened stays, nobody it happened to."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from healthmsg.clinic import proof, remembered
from healthmsg.clinic.consent import LEDGER_PURPOSES
from healthmsg.clinic.models import (
    Clinician,
    ConsentEvidence,
    Contact,
    LegalHold,
    Patient,
    PatientState,
    PatientTag,
    Phone,
    PhoneState,
    StaffUser,
    StopKind,
    UnkeptStop,
)
from healthmsg.clinic.phone import hashed
from healthmsg.clinic.signals import stop_written

# No country has this code, and none may: what stands behind it is a row's own key.
NOWHERE = "+999"


class OnHold(Exception):
    """The patient's data must be kept: somebody placed a legal hold."""


def is_on_hold(*patients: Patient) -> bool:
    return LegalHold.objects.filter(patient__in=patients, ended_at=None).exists()


def place_hold(patient: Patient, *, reason: str, by: StaffUser | None, now: datetime) -> bool:
    """Keep the patient's data from being deleted; False where it was kept already."""
    if is_on_hold(patient):
        return False
    LegalHold.objects.create(patient=patient, reason=reason, placed_at=now, placed_by=by)
    return True


def end_hold(patient: Patient, *, by: StaffUser | None, now: datetime) -> bool:
    """Let rules and wishes count again; False where nothing kept them from it."""
    holds = LegalHold.objects.filter(patient=patient, ended_at=None)
    return bool(holds.update(ended_at=now, ended_by=by))


def own_phones(*records: Patient) -> list[Phone]:
    """
    Return the numbers on which nobody else of the clinic is reached, staff neither.

    :param records: of one person
    """
    others = Contact.objects.filter(phone=OuterRef("pk")).exclude(patient__in=records)
    staff = Clinician.objects.filter(phone=OuterRef("pk"))
    mine = Phone.objects.filter(contacts__patient__in=records)
    mine = mine.exclude(Exists(others) | Exists(staff))
    return list(mine.distinct().order_by("pk"))


@transaction.atomic
def forget(
    records: Collection[Patient],
    phones: Collection[Phone],
    identifiers: Collection[str] = (),
    *,
    key: str,
    now: datetime,
) -> None:
    """
    Blank names, numbers and words; remember by keyed hashes that nothing may bring them back.

    :param records: of one person
    :param phones: as `own_phones` said, before anything was blanked
    :param identifiers: that were the person's beside those that stand in the records
    """
    clinic_id = next(iter(records)).clinic_id
    known = {record.external_id for record in records} | set(identifiers)
    hashes = [
        *(hashed(phone.number, phone.clinic_id, key=key) for phone in phones),
        *(remembered.identifier_hash(one, clinic_id, key=key) for one in sorted(known - {""})),
    ]
    for number_hash in hashes:
        remembered.remember(clinic_id, number_hash, LEDGER_PURPOSES, since=now)
    lines = Q(record__patient__in=records) | Q(record__patient=None, record__phone__in=phones)
    proof.blank(ConsentEvidence.objects.filter(lines), now=now)
    PatientTag.objects.filter(patient__in=records).delete()
    Contact.objects.filter(patient__in=records).update(name="", phone=None)
    for phone in phones:
        _blank_number(phone, now)
    Patient.objects.filter(pk__in=[record.pk for record in records]).update(
        given_name="",
        family_name="",
        birth_date=None,
        sex="UNKNOWN",
        external_id="",
        needs=[],
        state=PatientState.GONE,
        state_reason="",
        state_changed_at=now,
        paused_until=None,
        erased_at=now,
    )
    # A backup that is restored brings the person back: the journal then says that they go again.
    # Whose number and identifier it was stands in none of its lines.
    erased = {"clinic_id": clinic_id, "kind": StopKind.ERASED, "since": now}
    UnkeptStop.objects.bulk_create(
        [
            *(UnkeptStop(**erased, patient_number=record.pk) for record in records),
            *(UnkeptStop(**erased, number_hash=one) for one in hashes),
        ]
    )
    stop_written.send(sender=Patient)


def _blank_number(phone: Phone, now: datetime) -> None:
    Phone.objects.filter(pk=phone.pk).update(
        number=f"{NOWHERE}{phone.pk:010d}",
        state=PhoneState.WRONG_PERSON,
        state_changed_at=now,
        wa_id="",
        user_id="",
        parent_user_id="",
        last_inbound_at=None,
        last_failed_on=None,
    )
