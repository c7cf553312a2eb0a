"""What reached people instead, written down for many at once, and taken back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from healthmsg.clinic.models import Clinic, Patient, StaffUser
from healthmsg.desk.unreached import comparing
from healthmsg.desk.unreached.filled import Told
from healthmsg.desk.unreached.models import How, UnreachedOutcome

# Any number that no other advisory lock of ours begins with.
_LOCK = 1_862_337
# As many as a file holds: Django's rows would be most of the work.
_WRITE = """
INSERT INTO desk_unreachedoutcome
       (clinic_id, patient_id, batch, how, happened_on, written_at, written_by_id)
SELECT %(clinic)s, told.patient_id, %(batch)s, told.how, %(on)s, %(now)s, %(by)s
  FROM unnest(%(patients)s::bigint[], %(hows)s::text[]) AS told(patient_id, how)
    ON CONFLICT DO NOTHING
"""
_TAKE_BACK = """
UPDATE desk_unreachedoutcome SET undone_at = %s, undone_by_id = %s
 WHERE id = ANY(%s) AND undone_at IS NULL
"""


class NotWrittenDown(Exception):
    """Nothing was written down; `why` is a word of this module."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


NOBODY, NOT_YET, BEFORE = "nobody", "not yet", "before"


@dataclass(frozen=True)
class Outcome:
    """What came of it, as one click says it."""

    batch: UUID
    how: How
    happened_on: date


@dataclass(frozen=True)
class FromFile:
    """What somebody was shown of a file before they pressed."""

    batch: UUID
    happened_on: date
    since: date  # what is written down for earlier days is about something else
    fresh: tuple[Told, ...]
    otherwise: tuple[Told, ...]
    standing: frozenset[int]  # the outcomes that stood in the way of `otherwise`, by their keys


@dataclass(frozen=True)
class Written:
    """How many outcomes a file wrote, for how many of them another one went, and who was left."""

    written: int
    replaced: int
    meanwhile: int


@transaction.atomic
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
    told = [(one, outcome.how) for one in ours.order_by("pk").values_list("pk", flat=True)]
    if not told:
        raise NotWrittenDown(NOBODY)
    _take_turns(clinic)
    _write(clinic, told, outcome.batch, outcome.happened_on, by=by, now=now)
    return UnreachedOutcome.objects.filter(clinic=clinic, batch=outcome.batch).count()


@transaction.atomic
def write_file_down(
    clinic: Clinic, file: FromFile, *, replaces: bool, by: StaffUser, now: datetime
) -> Written:
    """
    Write down what a file tells, all of it or nothing.

    Whatever was written down since it was shown stands: nobody has two outcomes of one thing.

    :param replaces: also where another outcome stood when it was shown, which is taken back
    :raises NotWrittenDown: this was pressed before
    """
    _take_turns(clinic)
    if is_known([clinic], file.batch):
        raise NotWrittenDown(BEFORE)
    told = (*file.fresh, *file.otherwise) if replaces else file.fresh
    found = comparing.compare(clinic, told, since=file.since)
    replaced = {
        standing.outcome_id: one
        for one, standing in found.otherwise
        if replaces and standing.outcome_id in file.standing
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_BACK, [now, by.pk, list(replaced)])
    new = [*found.fresh, *replaced.values()]
    pairs = sorted((one.patient_id, one.how) for one in new)
    _write(clinic, pairs, file.batch, file.happened_on, by=by, now=now)
    return Written(len(new), len(replaced), len(told) - len(new))


def is_known(clinics: Iterable[Clinic], batch: UUID) -> bool:
    """True where something of these clinics was written down as this batch."""
    return UnreachedOutcome.objects.filter(clinic__in=list(clinics), batch=batch).exists()


@transaction.atomic
def undo(clinics: Iterable[Clinic], batch: UUID, *, by: StaffUser, now: datetime) -> int:
    """
    Take a batch back, and bring back what it had replaced.

    :returns: for how many patients, none where somebody was faster
    """
    rows = UnreachedOutcome.objects.filter(clinic__in=list(clinics), batch=batch, undone_at=None)
    first = rows.order_by("pk").first()
    undone = rows.update(undone_at=now, undone_by=by)
    if first and undone:
        # What a file replaces is taken back in the moment in which the file's outcomes are written.
        theirs = UnreachedOutcome.objects.filter(batch=batch).values("patient")
        UnreachedOutcome.objects.filter(
            ~Q(batch=batch),
            clinic=first.clinic_id,
            patient__in=theirs,
            undone_at=first.written_at,
            undone_by=first.written_by_id,
        ).update(undone_at=None, undone_by=None)
    return undone


def _take_turns(clinic: Clinic) -> None:
    """Wait for whoever writes outcomes of this clinic down, so that theirs are seen."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, clinic.pk])


def _write(
    clinic: Clinic,
    told: Sequence[tuple[int, str]],
    batch: UUID,
    happened_on: date,
    *,
    by: StaffUser,
    now: datetime,
) -> None:
    written: dict[str, Any] = {
        "clinic": clinic.pk,
        "batch": batch,
        "on": happened_on,
        "now": now,
        "by": by.pk,
        "patients": [patient_id for patient_id, _how in told],
        "hows": [str(how) for _patient_id, how in told],
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, written)
