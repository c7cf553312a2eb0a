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


def is_on_hold(patient: Patient) -> bool:
    return LegalHold.objects.filter(patient=patient, ended_at=None).exists()


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


def own_phones(patient: Patient) -> list[Phone]:
    """Return the numbers on which nobody else of the clinic is reached, staff neither."""
    others = Contact.objects.filter(phone=OuterRef("pk")).exclude(patient=patient)
    staff = Clinician.objects.filter(phone=OuterRef("pk"))
    mine = Phone.objects.filter(contacts__patient=patient).exclude(Exists(others) | Exists(staff))
    return list(mine.distinct().order_by("pk"))


@transaction.atomic
def forget(patient: Patient, phones: Collection[Phone], *, key: str, now: datetime) -> None:
    """
    Blank names, numbers and words; remember by keyed hashes that nothing may bring them back.

    :param phones: as `own_phones` said, before anything was blanked
    """
    for phone in phones:
        known = hashed(phone.number, phone.clinic_id, key=key)
        remembered.remember(phone.clinic_id, known, LEDGER_PURPOSES, since=now)
    if patient.external_id:
        known = remembered.identifier_hash(patient.external_id, patient.clinic_id, key=key)
        remembered.remember(patient.clinic_id, known, LEDGER_PURPOSES, since=now)
    lines = Q(record__patient=patient) | Q(record__patient=None, record__phone__in=phones)
    proof.blank(ConsentEvidence.objects.filter(lines), now=now)
    PatientTag.objects.filter(patient=patient).delete()
    Contact.objects.filter(patient=patient).update(name="", phone=None)
    for phone in phones:
        _blank_number(phone, now)
    Patient.objects.filter(pk=patient.pk).update(
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
    UnkeptStop.objects.create(
        clinic_id=patient.clinic_id, patient_number=patient.pk, kind=StopKind.ERASED, since=now
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
