"""A clinician's own number: they agree to notices about their list, or want no more of them."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from healthmsg.clinic import consent, number_lines, typed_numbers
from healthmsg.clinic.models import Clinician, GivenHow, Purpose, StaffUser


@transaction.atomic
def agree(
    clinician: Clinician,
    number: str,
    *,
    language: str,
    evidence: consent.Evidence,
    now: datetime,
) -> None:
    """Write down that a clinician said yes to notices on this number (E.164)."""
    phone = typed_numbers.take(clinician.clinic, number, key=settings.NUMBERS_KEY, now=now)
    if clinician.phone_id not in (None, phone.pk):
        _withdraw(clinician, by=evidence.recorded_by, now=now)
    clinician.phone, clinician.language = phone, language
    clinician.save(update_fields=["phone", "language"])
    consent.grant_team(phone, evidence=evidence, at=now)
    consent.let_state_follow(phone, now)


@transaction.atomic
def end(clinician: Clinician, *, by: StaffUser, now: datetime) -> None:
    """Write down that they want no more notices, and forget whose number it is."""
    _withdraw(clinician, by=by, now=now)
    clinician.phone = None
    clinician.save(update_fields=["phone"])


def takes_notices(clinician: Clinician) -> bool:
    phone = clinician.phone
    return clinician.is_active and phone is not None and number_lines.allows_team(phone)


def _withdraw(clinician: Clinician, *, by: StaffUser | None, now: datetime) -> None:
    phone = clinician.phone
    others = Clinician.objects.filter(phone=phone).exclude(pk=clinician.pk)
    if phone is None or others.exists() or not number_lines.allows_team(phone):
        return
    told = consent.Evidence(GivenHow.AT_DESK, recorded_by=by)
    consent.withdraw(None, phone, [Purpose.TEAM], evidence=told, at=now)
    consent.let_state_follow(phone, now)
