"""The permissions of two records of one person: on each number the most restrictive one wins."""

from datetime import datetime

from healthmsg.clinic import consent, number_lines
from healthmsg.clinic.consent import LEDGER_PURPOSES, Evidence
from healthmsg.clinic.models import (
    Change,
    ConsentRecord,
    Contact,
    GivenHow,
    Patient,
    Phone,
    Purpose,
    StaffUser,
)

# The later, the more restrictive; no line says nothing about the other record's line.
_STRICTNESS = ("", Change.GRANTED, Change.EXPIRED, Change.DECLINED, Change.WITHDRAWN)


def put_together(kept: Patient, merged: Patient, *, by: StaffUser, now: datetime) -> list[int]:
    """
    Write to the kept patient's ledger what the merged one's says more strictly, or alone.

    :returns: primary keys of the lines written
    """
    written: list[ConsentRecord] = []
    for phone in _phones(kept, merged):
        for purpose in LEDGER_PURPOSES:
            theirs = consent.standing(merged, phone, purpose, at=now)
            ours = consent.standing(kept, phone, purpose, at=now)
            if _STRICTNESS.index(theirs) > _STRICTNESS.index(ours):
                written += _line(kept, merged, phone, purpose, theirs, by, now)
    return [line.pk for line in written]


def part(lines: list[int], *, by: StaffUser, now: datetime) -> None:
    """Mark the lines written for a merge as a mistake; no line is ever removed."""
    evidence = _evidence(by)
    for line in ConsentRecord.objects.filter(pk__in=lines).order_by("pk"):
        # Lines of one moment are corrected together.
        if not ConsentRecord.objects.filter(corrects=line).exists():
            consent.correct(line, evidence=evidence, at=now)


def keep_noes(kept: Patient, merged: Patient, *, since: datetime, by: StaffUser) -> None:
    """
    Say of the parted record too what was refused on its numbers while two were one.

    Nobody knows which of the two it was about: the stricter word holds, at the time it was said.
    """
    phones = merged.contacts.exclude(phone=None).values("phone")
    lines = number_lines.counting().filter(patient=kept, phone__in=phones, given_at__gte=since)
    newest = lines.order_by("phone", "purpose", "-given_at", "-pk").distinct("phone", "purpose")
    for line in newest.select_related("phone"):
        verb = {Change.DECLINED: consent.decline, Change.WITHDRAWN: consent.withdraw}.get(
            Change(line.change)
        )
        if verb is not None:
            purposes = (Purpose(line.purpose),)
            verb(merged, line.phone, purposes, evidence=_evidence(by), at=line.given_at)


def _phones(*patients: Patient) -> list[Phone]:
    ids = set(Contact.objects.filter(patient__in=patients).values_list("phone_id", flat=True))
    ids |= set(
        ConsentRecord.objects.filter(patient__in=patients).values_list("phone_id", flat=True)
    )
    return list(Phone.objects.filter(pk__in=ids - {None}).order_by("pk"))


def _line(  # noqa: PLR0913, PLR0917 - a line of the ledger has as many parts
    kept: Patient,
    merged: Patient,
    phone: Phone,
    purpose: Purpose,
    standing: str,
    by: StaffUser,
    now: datetime,
) -> list[ConsentRecord]:
    evidence, purposes = _evidence(by), (purpose,)
    # What ran out there has run out here: a yes whose end is past.
    if standing in {Change.GRANTED, Change.EXPIRED}:
        lines = number_lines.counting().filter(patient=merged, phone=phone, purpose=purpose)
        newest = lines.filter(change=Change.GRANTED).latest("given_at", "pk")
        return consent.grant(
            kept, phone, purposes, evidence=evidence, at=now, expires_at=newest.expires_at
        )
    verb = consent.decline if standing == Change.DECLINED else consent.withdraw
    return verb(kept, phone, purposes, evidence=evidence, at=now)


def _evidence(by: StaffUser) -> Evidence:
    return Evidence(GivenHow.BY_RULE, recorded_by=by, text="merge")
