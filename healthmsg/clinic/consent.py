"""Permissions: what may be written to whom, asked of a ledger in which no line means no."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import CharField, Expression, F, Func, Value

from healthmsg.clinic import number_lines, proof
from healthmsg.clinic.models import (
    Change,
    ConsentRecord,
    Contact,
    GivenHow,
    Patient,
    Phone,
    PhoneState,
    Purpose,
    StaffUser,
    Wording,
)
from healthmsg.clinic.signals import stop_written

GRANTED = Change.GRANTED.value
# What a patient may allow.
LEDGER_PURPOSES = tuple(p for p in Purpose if p not in (Purpose.REPLY, Purpose.TEAM))
# How a yes reaches us where a person says it; the database keeps the others out of numbers' lines.
TOLD_TO_US = (GivenHow.AT_DESK, GivenHow.ON_PAPER, GivenHow.BY_PHONE, GivenHow.BY_MESSAGE)


@dataclass(frozen=True)
class Evidence:
    """How a permission was given or taken back, and who wrote it down."""

    how: GivenHow
    given_by: str = ""
    recorded_by: StaffUser | None = None
    wording: Wording | None = None
    text: str = ""


def grant(
    patient: Patient,
    phone: Phone,
    purposes: Iterable[Purpose],
    *,
    evidence: Evidence,
    at: datetime,
    expires_at: datetime | None = None,
) -> list[ConsentRecord]:
    """Write down that somebody allowed these purposes for this patient on this number."""
    return [
        _line(patient, phone, p, change=Change.GRANTED, evidence=evidence, at=at, ends=expires_at)
        for p in purposes
    ]


def decline(
    patient: Patient, phone: Phone, purposes: Iterable[Purpose], *, evidence: Evidence, at: datetime
) -> list[ConsentRecord]:
    """Write down a no: they were asked, which differs from never having been asked."""
    lines = [
        _line(patient, phone, p, change=Change.DECLINED, evidence=evidence, at=at) for p in purposes
    ]
    stop_written.send(sender=ConsentRecord)
    return lines


def withdraw(
    patient: Patient | None,
    phone: Phone,
    purposes: Iterable[Purpose],
    *,
    evidence: Evidence,
    at: datetime,
) -> list[ConsentRecord]:
    """Write down a stop; without a patient it holds for everybody ever on the number."""
    lines = [
        _line(patient, phone, p, change=Change.WITHDRAWN, evidence=evidence, at=at)
        for p in purposes
    ]
    stop_written.send(sender=ConsentRecord)
    return lines


@transaction.atomic
def grant_again(
    patient: Patient,
    phone: Phone,
    purposes: Iterable[Purpose],
    *,
    evidence: Evidence,
    at: datetime,
    expires_at: datetime | None = None,
) -> list[ConsentRecord]:
    """
    Write down a fresh yes that ends the number's own stop for these purposes.

    :raises ValueError: nobody heard it; a program or an import never ends a stop
    """
    if evidence.recorded_by is None or evidence.how not in TOLD_TO_US:
        raise ValueError("only a yes that somebody heard ends the stop of a number")
    purposes = tuple(purposes)
    for purpose in sorted(number_lines.withdrawn(phone).keys() & set(purposes)):
        _line(None, phone, purpose, change=Change.GRANTED, evidence=evidence, at=at)
    lines = grant(patient, phone, purposes, evidence=evidence, at=at, expires_at=expires_at)
    let_state_follow(phone, at)
    return lines


@transaction.atomic
def stop(phone: Phone, *, evidence: Evidence, at: datetime) -> None:
    """Take back every purpose for every patient on the number, and for all who will share it."""
    for row in number_lines.rows_of(phone):
        ours = (Purpose.TEAM,) if number_lines.allows_team(row) else ()
        withdraw(None, row, (*LEDGER_PURPOSES, *ours), evidence=evidence, at=at)
        for patient in patients_on(row):
            withdraw(patient, row, LEDGER_PURPOSES, evidence=evidence, at=at)
        let_state_follow(row, at)


@transaction.atomic
def keep(phone: Phone, purpose: Purpose, *, evidence: Evidence, at: datetime) -> None:
    """
    After a stop, a fresh permission from the number itself, for one purpose.

    It brings back who had allowed it; who had said no, or was never asked, has not said yes now.
    """
    for row in number_lines.rows_of(phone):
        if row.pk == phone.pk or purpose in number_lines.withdrawn(row):
            had_allowed = number_lines.who_had_allowed(row, purpose, at=at)
            for patient in (None, *had_allowed):
                _line(patient, row, purpose, change=Change.GRANTED, evidence=evidence, at=at)
            let_state_follow(row, at)


@transaction.atomic
def stop_for_one(phone: Phone, patient: Patient, *, evidence: Evidence, at: datetime) -> None:
    """
    After a stop of the whole number, a word that it was meant for one patient alone.

    The number's own stop ends, and who else had allowed something has allowed it again. What the
    number had stopped before this stop stays stopped.
    """
    for row in number_lines.rows_of(phone):
        for purpose, since in number_lines.withdrawn(row).items():
            if purpose in number_lines.withdrawn(row, before=since):
                continue
            had_allowed = number_lines.who_had_allowed(row, purpose, at=at)
            others = [other for other in had_allowed if other.pk != patient.pk]
            for other in (None, *others):
                _line(other, row, purpose, change=Change.GRANTED, evidence=evidence, at=at)
        let_state_follow(row, at)


def grant_team(phone: Phone, *, evidence: Evidence, at: datetime) -> ConsentRecord:
    """
    Write down that a clinician wants notices about their own list on their own number.

    :raises ValueError: nobody heard it
    """
    if evidence.recorded_by is None or evidence.how not in TOLD_TO_US:
        raise ValueError("a clinician says so themselves")
    return _line(None, phone, Purpose.TEAM, change=Change.GRANTED, evidence=evidence, at=at)


def has_stopped(phone: Phone) -> bool:
    """True while the number takes messages for no purpose at all."""
    stopped = number_lines.withdrawn(phone).keys() >= set(LEDGER_PURPOSES)
    return stopped and not number_lines.allows_team(phone)


@transaction.atomic
def correct(record: ConsentRecord, *, evidence: Evidence, at: datetime) -> ConsentRecord:
    """
    Write down that a line was entered by mistake; it stays, and no longer counts.

    What the number's word wrote with it goes with it: a stop is taken back for every purpose and
    every patient, and a yes that ended a stop ends it no longer.
    """
    others = [line for line in number_lines.of_one_act(record) if line.pk != record.pk]
    for line in others:
        _correction(line, evidence, at)
    correction = _correction(record, evidence, at)
    if others or record.patient_id is None:
        for row in number_lines.rows_of(record.phone):
            let_state_follow(row, at)
    return correction


def standing(patient: Patient | int, phone: Phone | int, purpose: Purpose, *, at: datetime) -> str:
    """
    Return how a permission stands: a value of Change, or "" where nobody ever asked.

    The very database function that the claim asks in the last second.
    """
    return standings(patient, phone, [(purpose, at)])[0]


def standings(
    patient: Patient | int, phone: Phone | int, asked: Sequence[tuple[Purpose, datetime]]
) -> list[str]:
    """Return the same for several purposes, each at its own moment; asks the database once."""
    if not asked:
        return []
    stands = {
        f"standing_{number}": standing_expression(
            patient=Value(patient if isinstance(patient, int) else patient.pk),
            phone=F("pk"),
            purpose=Value(purpose),
            at=at,
        )
        for number, (purpose, at) in enumerate(asked)
    }
    rows = Phone.objects.filter(pk=phone if isinstance(phone, int) else phone.pk)
    return list(map(str, rows.annotate(**stands).values_list(*stands).get()))


def standing_expression(
    *, patient: Expression | F, phone: Expression | F, purpose: Expression | F, at: datetime
) -> Func:
    """Return `clinic_standing(...)` for annotations; see migration 0002."""
    return Func(
        patient, phone, purpose, Value(at), function="clinic_standing", output_field=CharField()
    )


def patients_on(phone: Phone) -> list[Patient]:
    """Return the patients some contact of whom is reached on this number, oldest first."""
    ids = Contact.objects.filter(phone=phone).values("patient_id")
    return list(Patient.objects.filter(pk__in=ids).order_by("pk"))


def let_state_follow(phone: Phone, at: datetime) -> None:
    """A number is stopped as long as the ledger says so of every purpose."""
    phones = Phone.objects.filter(pk=phone.pk)
    if has_stopped(phone):
        phones.exclude(state=PhoneState.WRONG_PERSON).update(
            state=PhoneState.STOPPED, state_changed_at=at
        )
        return
    stopped = phones.filter(state=PhoneState.STOPPED)
    has_written = stopped.exclude(last_inbound_at=None)
    has_written.update(state=PhoneState.REACHED, state_changed_at=at)
    stopped.update(state=PhoneState.NEW, state_changed_at=at)


def _correction(record: ConsentRecord, evidence: Evidence, at: datetime) -> ConsentRecord:
    error = ConsentRecord.objects.create(
        clinic_id=record.clinic_id,
        patient_id=record.patient_id,
        phone_id=record.phone_id,
        purpose=record.purpose,
        change=Change.ENTERED_IN_ERROR,
        corrects=record,
        given_by=evidence.given_by,
        recorded_by=evidence.recorded_by,
        given_how=evidence.how,
        given_at=at,
    )
    _keep_text(error, evidence)
    return error


def _line(  # noqa: PLR0913 - a line of the ledger has as many parts
    patient: Patient | None,
    phone: Phone,
    purpose: Purpose,
    *,
    change: Change,
    evidence: Evidence,
    at: datetime,
    ends: datetime | None = None,
) -> ConsentRecord:
    record = ConsentRecord.objects.create(
        clinic_id=phone.clinic_id,
        patient=patient,
        phone=phone,
        purpose=purpose,
        change=change,
        given_by=evidence.given_by,
        recorded_by=evidence.recorded_by,
        given_how=evidence.how,
        wording=evidence.wording,
        given_at=at,
        expires_at=ends,
    )
    _keep_text(record, evidence)
    return record


def _keep_text(record: ConsentRecord, evidence: Evidence) -> None:
    if evidence.text:
        proof.keep([(record, evidence.text)])
