"""Takes checked rows over, each once; what is killed in the midst goes on where it was."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from healthmsg.clinic.models import Patient
from healthmsg.desk.imports import checking, diary, doses, people, receiving, stops, visits
from healthmsg.desk.imports.diary import Diary
from healthmsg.desk.imports.lines import VisitLine
from healthmsg.desk.imports.models import (
    WRITES,
    Import,
    ImportKind,
    ImportRow,
    ImportState,
    Outcome,
)
from healthmsg.desk.imports.verdicts import Batch, Verdict
from reminders import patients

PORTION = 500
# Each visit is a transaction of its own.
VISITS_PORTION = 50
REPLANS = 100
# What frees times comes before what takes them.
_IN_ORDER = (Outcome.CANCELLED, Outcome.MOVED, Outcome.CHANGED, Outcome.NEW)
_MARK = """
UPDATE desk_importrow row SET is_applied = true, outcome = told.outcome,
       replan_patient_id = told.patient
  FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS told(id, outcome, patient)
 WHERE row.id = told.id
"""
_WRITES_OF: dict[str, Any] = {
    ImportKind.PATIENTS: people.write,
    ImportKind.STOPS: stops.write,
    ImportKind.DOSES: doses.write,
}


def apply(source: Import, *, now: datetime) -> bool:
    """Take some more rows over; True where another call may find more."""
    if source.kind == ImportKind.VISITS:
        return _apply_visits(source, now)
    return _replan(source, now) or _apply_many(source, now)


@transaction.atomic
def _apply_many(source: Import, now: datetime) -> bool:
    stands = checking.locked(source, ImportState.APPLYING)
    if stands is None:
        return False
    rows = _next(stands, PORTION)
    if not rows:
        return _end(stands, now)
    good, bad = checking.lines_of(stands, rows, now)
    write = _WRITES_OF[stands.kind]
    verdicts = [*bad, *write([one.line for one in good], checking.batch_of(stands, now))]
    _mark(rows, verdicts)
    checking.note(stands, verdicts, is_late=True)
    return True


def _apply_visits(source: Import, now: datetime) -> bool:
    stands = (
        Import.objects.select_related("clinic", "approved_by")
        .filter(pk=source.pk, state=ImportState.APPLYING)
        .first()
    )
    if stands is None:
        return False
    rows = _next(stands, VISITS_PORTION)
    if not rows:
        with transaction.atomic():
            ended = checking.locked(stands, ImportState.APPLYING)
            return _end(ended, now) if ended else False
    batch = checking.batch_of(stands, now)
    good, bad = checking.lines_of(stands, [row for row in rows if row.visit_id is None], now)
    known = diary.around([one.line for one in good if isinstance(one.line, VisitLine)], batch)
    read = {one.line.number: one for one in (*good, *bad)}
    for row in rows:
        _apply_visit(row, read.get(row.number), known, batch)
    return True


@transaction.atomic
def _apply_visit(row: ImportRow, read: Verdict | None, known: Diary, batch: Batch) -> None:
    """
    Take one row over, unless somebody else has it or had it.

    :param read: what it says, None where it is a visit that the file lacks
    """
    free = ImportRow.objects.select_for_update(skip_locked=True)
    if not free.filter(pk=row.pk, is_applied=False).exists():
        return
    if read is None:
        outcome = Outcome.CANCELLED if visits.cancel_missing(row, batch) else Outcome.LEFT_OUT
    else:
        if isinstance(read.line, VisitLine) and not read.errors:
            read = visits.write(read.line, known, batch)
        outcome = read.outcome
        checking.note(batch.source, [read], is_late=True)
    ImportRow.objects.filter(pk=row.pk).update(is_applied=True, outcome=outcome)


def _next(source: Import, portion: int) -> list[ImportRow]:
    found: list[ImportRow] = []
    for outcome in _IN_ORDER:
        waiting = ImportRow.objects.filter(source=source, outcome=outcome, is_applied=False)
        found += waiting.order_by("number")[: portion - len(found)]
        if len(found) >= portion:
            break
    return found


def _mark(rows: Sequence[ImportRow], verdicts: Sequence[Verdict]) -> None:
    ids = {row.number: row.pk for row in rows}
    with connection.cursor() as cursor:
        cursor.execute(
            _MARK,
            [
                [ids[verdict.line.number] for verdict in verdicts],
                [verdict.outcome.value for verdict in verdicts],
                [verdict.replan_patient_id for verdict in verdicts],
            ],
        )


def _replan(source: Import, now: datetime) -> bool:
    """Let the reminders of patients follow who were changed; True where there were some."""
    rows = ImportRow.objects.filter(source=source, replan_patient_id__isnull=False)
    waiting = list(rows.order_by("pk").values_list("pk", "replan_patient_id")[:REPLANS])
    for row_id, patient_id in waiting:
        patient = Patient.objects.filter(pk=patient_id or 0).first()
        if patient is not None:
            patients.replan_future(patient, now=now)
        ImportRow.objects.filter(pk=row_id).update(replan_patient_id=None)
    return bool(waiting)


def _end(source: Import, now: datetime) -> bool:
    source.applied_counts = applied(source)
    source.save(update_fields=["applied_counts"])
    receiving.close(source, ImportState.DONE, now=now)
    return False


def applied(source: Import) -> dict[str, int]:
    """Return by outcome how many rows were taken over."""
    return checking.counted(source, is_applied=True, outcome__in=[*WRITES, Outcome.ERROR])
