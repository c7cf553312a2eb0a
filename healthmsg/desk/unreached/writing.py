"""What reached people instead, written down for many at once, and taken back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from healthmsg.clinic.models import Clinic, Patient, StaffUser
from healthmsg.desk.unreached.models import How, UnreachedOutcome


class NotWrittenDown(Exception):
    """Nothing was written down; `why` is a word of this module."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


NOBODY, NOT_YET = "nobody", "not yet"


@dataclass(frozen=True)
class Outcome:
    """What came of it, as one click says it."""

    batch: UUID
    how: How
    happened_on: date


def write_down(
    clinic: Clinic, patient_ids: Iterable[int], outcome: Outcome, *, by: StaffUser, now: datetime
) -> int:
    """
    Write down what came of it for those patients; the same batch again changes nothing.

    :returns: for how many patients the batch stands now
    :raises NotWrittenDown: nobody was chosen, or the day has not come yet
    """
    if outcome.happened_on > now.astimezone(clinic.zone).date():
        raise NotWrittenDown(NOT_YET)
    ours = Patient.objects.filter(clinic=clinic, pk__in=list(patient_ids))
    made = [
        UnreachedOutcome(
            clinic=clinic,
            patient_id=patient_id,
            batch=outcome.batch,
            how=outcome.how,
            happened_on=outcome.happened_on,
            written_at=now,
            written_by=by,
        )
        for patient_id in ours.order_by("pk").values_list("pk", flat=True)
    ]
    if not made:
        raise NotWrittenDown(NOBODY)
    UnreachedOutcome.objects.bulk_create(made, ignore_conflicts=True)
    return UnreachedOutcome.objects.filter(clinic=clinic, batch=outcome.batch).count()


def is_known(clinics: Iterable[Clinic], batch: UUID) -> bool:
    """True where something of these clinics was written down as this batch."""
    return UnreachedOutcome.objects.filter(clinic__in=list(clinics), batch=batch).exists()


def undo(clinics: Iterable[Clinic], batch: UUID, *, by: StaffUser, now: datetime) -> int:
    """Take a batch back; return for how many patients, none where somebody was faster."""
    return UnreachedOutcome.objects.filter(
        clinic__in=list(clinics), batch=batch, undone_at=None
    ).update(undone_at=now, undone_by=by)
