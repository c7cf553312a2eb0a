"""Says of every row what would become of it; writes nothing but that."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Count, QuerySet
from django.db.models.functions import Length

from healthmsg.clinic.models import Appointment, Patient, VisitStatus
from healthmsg.desk.imports import columns, doses, missing, people, stops, visits
from healthmsg.desk.imports.cells import Fits, Order
from healthmsg.desk.imports.columns import Terms
from healthmsg.desk.imports.lines import PatientLine
from healthmsg.desk.imports.models import (
    Finding,
    Import,
    ImportKind,
    ImportRow,
    ImportState,
    Outcome,
    Question,
)
from healthmsg.desk.imports.reasons import Reason
from healthmsg.desk.imports.verdicts import Batch, Verdict

PORTION = 500
# A file of the watched folder asks where more than one in so many rows, or visits ahead, differ.
ONE_IN = 10
LOOKS = {
    ImportKind.PATIENTS: people.look,
    ImportKind.STOPS: stops.look,
    ImportKind.DOSES: doses.look,
    ImportKind.VISITS: visits.look,
}
_MARK = """
UPDATE desk_importrow row SET key = told.key, outcome = told.outcome,
       changes = string_to_array(told.changes, ',')
  FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[])
       AS told(id, key, outcome, changes)
 WHERE row.id = told.id
"""


def order_of(source: Import) -> tuple[Order | None, bool]:
    """Return the order of day and month, and whether somebody has to be asked for it."""
    if source.date_order:
        return Order(source.date_order), False
    told: set[Order] = set()
    for seen in source.date_evidence.values():
        orders = {Order(name) for name in (Fits.DAY_FIRST, Fits.MONTH_FIRST) if seen.get(name)}
        if not orders and seen.get(Fits.BOTH):
            return None, True
        told |= orders
    return (told.pop() if len(told) == 1 else None), len(told) > 0


@transaction.atomic
def check(source: Import, *, now: datetime) -> bool:
    """Look at some more rows; True where another call may find more."""
    stands = locked(source, ImportState.CHECKING)
    if stands is None:
        return False
    _order, must_ask = order_of(stands)
    if must_ask:
        ask(stands, Question.DATE_ORDER)
        return False
    rows = list(
        ImportRow.objects.filter(source=stands, number__gt=stands.checked_to).order_by("number")[
            :PORTION
        ]
    )
    if not rows:
        _end(stands, now)
        return False
    _check(stands, rows, now)
    return True


def lines_of(
    source: Import, rows: Sequence[ImportRow], now: datetime
) -> tuple[list[Verdict], list[Verdict]]:
    """Read rows; return those without errors, and those with."""
    order, _ask = order_of(source)
    zone = source.clinic.zone
    terms = Terms(source.clinic.country, zone, now.astimezone(zone).date(), order)
    reader = columns.reader_of(source.kind)
    good: list[Verdict] = []
    bad: list[Verdict] = []
    for row in rows:
        typed = {name: row.cells.get(name, "") for name in source.columns}
        line, errors = columns.read(source.kind, row.number, typed, terms, reader)
        verdict = Verdict(line, errors=errors)
        if errors:
            verdict.outcome = Outcome.ERROR
        (bad if errors else good).append(verdict)
    return good, bad


def batch_of(source: Import, now: datetime, *, promised: Iterable[str] = ()) -> Batch:
    """Return what rows of this file are looked at with."""
    patients = Patient.objects.filter(clinic=source.clinic_id)
    visits_ahead = Appointment.objects.filter(clinic=source.clinic_id, starts_at__gt=now)
    is_of_visits = source.kind == ImportKind.VISITS
    return Batch(
        source,
        source.clinic,
        now,
        _widths(patients),
        _widths(visits_ahead) if is_of_visits else (),
        frozenset(promised),
    )


def locked(source: Import, state: ImportState) -> Import | None:
    """Return the import while it stands so and nobody else has it."""
    return (
        Import.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("clinic", "approved_by")
        .filter(pk=source.pk, state=state)
        .first()
    )


def ask(source: Import, question: Question | str) -> None:
    Import.objects.filter(pk=source.pk).update(state=ImportState.WAITS, question=question)


def note(source: Import, verdicts: Iterable[Verdict], *, is_late: bool = False) -> None:
    """Keep what was found about rows: the column and the reason, never the cell."""
    Finding.objects.bulk_create(
        [
            Finding(
                source=source,
                row=verdict.line.number,
                column=column,
                reason=reason,
                is_error=is_error,
                is_late=is_late,
            )
            for verdict in verdicts
            for found, is_error in ((verdict.errors, True), (verdict.notes, False))
            for column, reason in found.items()
        ],
        ignore_conflicts=True,
    )


def counted(source: Import, **terms: object) -> dict[str, int]:
    """Return how many rows there are of each outcome."""
    rows = ImportRow.objects.filter(source=source, **terms).order_by()
    return dict(rows.values("outcome").annotate(n=Count("pk")).values_list("outcome", "n"))


def _check(source: Import, rows: list[ImportRow], now: datetime) -> None:
    good, bad = lines_of(source, rows, now)
    good = _without_second_ones(source, good, bad)
    batch = batch_of(source, now, promised=_promised(source, good))
    look = LOOKS[ImportKind(source.kind)]
    looked: list[Verdict] = look([verdict.line for verdict in good], batch)  # type: ignore[operator]
    verdicts = [*bad, *looked]
    _mark(rows, verdicts)
    note(source, verdicts)
    days = [verdict.day for verdict in looked if verdict.day is not None]
    if days:
        source.first_day = min([*days, *([source.first_day] if source.first_day else [])])
        source.last_day = max([*days, *([source.last_day] if source.last_day else [])])
    source.checked_to = rows[-1].number
    source.save(update_fields=["checked_to", "first_day", "last_day"])


def _without_second_ones(source: Import, good: list[Verdict], bad: list[Verdict]) -> list[Verdict]:
    keys = [verdict.line.key for verdict in good]
    earlier = ImportRow.objects.filter(source=source, key__in=keys, number__lte=source.checked_to)
    seen = set(earlier.values_list("key", flat=True)) - {""}
    kept = []
    for verdict in good:
        key = verdict.line.key
        if key in seen:
            column = next(iter(columns.LAYOUTS[source.kind].needed))[0]
            verdict.refuse(column, Reason.TWICE)
            bad.append(verdict)
        else:
            kept.append(verdict)
        if key:
            seen.add(key)
    return kept


def _promised(source: Import, good: list[Verdict]) -> set[str]:
    """Return the patients whom earlier rows bring, while no row is taken over yet."""
    without = {
        line.identifier: PatientLine(0, line.identifier).key
        for line in (verdict.line for verdict in good)
        if isinstance(line, PatientLine) and line.identifier and not line.given_name
    }
    if not without:
        return set()
    found = set(
        ImportRow.objects.filter(source=source, key__in=without.values())
        .exclude(outcome=Outcome.ERROR)
        .values_list("key", flat=True)
    )
    return {identifier for identifier, key in without.items() if key in found}


def _mark(rows: list[ImportRow], verdicts: list[Verdict]) -> None:
    ids = {row.number: row.pk for row in rows}
    with connection.cursor() as cursor:
        cursor.execute(
            _MARK,
            [
                [ids[verdict.line.number] for verdict in verdicts],
                # A row with an error still says that its visit is in the file.
                [verdict.line.key for verdict in verdicts],
                [verdict.outcome.value for verdict in verdicts],
                [",".join(verdict.changes) for verdict in verdicts],
            ],
        )


def _end(source: Import, now: datetime) -> None:
    question = missing.look_for(source, now=now) if source.is_complete else ""
    ahead = Appointment.objects.filter(
        clinic=source.clinic, status=VisitStatus.BOOKED, starts_at__gt=now
    ).exclude(external_id="")
    source.known_ahead = ahead.count() if source.kind == ImportKind.VISITS else 0
    source.counts = Counter(counted(source))
    source.question = question or _question(source)
    is_sure = source.is_automatic and not source.question
    source.state = ImportState.APPLYING if is_sure else ImportState.WAITS
    source.is_first = is_first(source)
    source.save(
        update_fields=[
            *("known_ahead", "counts", "question", "state", "is_first"),
            *("complete_from", "complete_until"),
        ]
    )


def is_first(source: Import) -> bool:
    """True while no appointments were brought in for this clinic: its patients know of theirs."""
    done = Import.objects.filter(
        clinic=source.clinic_id, kind=ImportKind.VISITS, state=ImportState.DONE
    )
    return source.kind == ImportKind.VISITS and not done.exists()


def _question(source: Import) -> str:
    differ = source.counts.get(Outcome.CANCELLED, 0) + source.counts.get(Outcome.MOVED, 0)
    if differ * ONE_IN > source.known_ahead and differ:
        return Question.MANY_CHANGES
    if source.counts.get(Outcome.ERROR, 0) * ONE_IN > source.rows_read:
        return Question.MANY_ERRORS
    return ""


def _widths(rows: "QuerySet[Patient] | QuerySet[Appointment]") -> tuple[int, ...]:
    """Return how long known identifiers are that begin with a zero."""
    padded = rows.filter(external_id__gte="0", external_id__regex="^0[0-9]+$")
    found = padded.exclude(external_id="").order_by().annotate(width=Length("external_id"))
    return tuple(found.values_list("width", flat=True).distinct())
