"""What has been kept long enough: counted first, then removed piece by piece; counts stay."""

import time
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, Model, OuterRef, QuerySet, Subquery

from healthmsg.clinic.models import Clinic, Patient, StaffUser
from healthmsg.desk.privacy import rules
from healthmsg.desk.privacy.models import Kept, RetentionRun, RunState
from healthmsg.desk.privacy.ways import WAYS

# How long a piece may take, in seconds, and how few rows it looks at where the disk is busy: after
# a checkpoint the same rows take eight times as long.
AIM, FEWEST = 0.4, 50


class Disagrees(Exception):
    """There is not as much of it any more as was checked; look again."""


def check(clinic: Clinic, kind: Kept, *, before: datetime) -> int:
    """Count what would be removed; changes nothing."""
    return WAYS[kind].find(clinic, before).count()


def there_is(clinic: Clinic, kind: Kept, *, before: datetime) -> bool:
    """Say whether anything would be removed, without counting it."""
    return WAYS[kind].find(clinic, before).exists()


def parted() -> QuerySet[Patient]:
    """Return patients of whom visits may have been removed: they were there before its day."""
    runs = RetentionRun.objects.filter(clinic=OuterRef("clinic"), kind=Kept.PAST_VISITS)
    gone = runs.filter(removed__gt=0, before__gt=OuterRef("created_at"))
    return Patient.objects.filter(Exists(gone))


def replaced_until(patient: Patient) -> Subquery:
    """
    Return before which day lines of a patient's ledger that others replaced may have gone.

    To ask along with the lines that are left, of which there is one at least; NULL: none have.
    """
    runs = RetentionRun.objects.filter(
        clinic=patient.clinic_id, kind=Kept.REPLACED, removed__gt=0, before__gt=patient.created_at
    )
    return Subquery(runs.order_by("-before").values("before")[:1])


def begin(
    clinic: Clinic,
    kind: Kept,
    *,
    before: datetime,
    expected: int,
    by: StaffUser | None,
    now: datetime,
) -> RetentionRun:
    """
    Let it be removed, piece by piece, by `go_on`.

    :raises Disagrees: the count is not what was shown, the clinic keeps it longer, one is going
        on, or it does not go so; nothing was changed
    """
    if (
        kind not in WAYS
        or before > now - timedelta(days=rules.days(clinic)[kind])
        or check(clinic, kind, before=before) != expected
    ):
        raise Disagrees
    try:
        with transaction.atomic():
            return RetentionRun.objects.create(
                clinic=clinic,
                kind=kind,
                before=before,
                expected=expected,
                decided_by=by,
                decided_at=now,
            )
    except IntegrityError as error:
        raise Disagrees from error


def stop(run: RetentionRun, *, by: StaffUser | None, now: datetime) -> bool:
    """Leave the rest as it is; False where nothing was going on."""
    going = RetentionRun.objects.filter(pk=run.pk, state=RunState.GOING, kind__in=WAYS)
    return bool(going.update(state=RunState.STOPPED, finished_at=now, stopped_by=by))


def go_on(*, now: datetime, seconds: float, piece: int | None = None) -> int:
    """Bring all that goes on further, for so long, a piece at least; return how much went."""
    ends = time.monotonic() + seconds
    total = 0
    going = RetentionRun.objects.filter(state=RunState.GOING, kind__in=WAYS)
    for run in going.select_related("clinic"):
        way = WAYS[Kept(run.kind)]
        if not way.is_counted(run, now, ends):
            continue
        size = piece or way.chunk // 4
        began = time.monotonic()
        while (removed := _some(run.pk, now, size)) is not None:
            total += removed
            looked_at = time.monotonic()
            if looked_at >= ends:
                break
            size = piece or next_size(size, looked_at - began, most=way.chunk)
            began = looked_at
    return total


def next_size(size: int, took: float, *, most: int) -> int:
    """Return how many rows the next piece looks at, where so many took so many seconds."""
    fits = int(size * AIM / max(took, 0.001))
    return max(FEWEST, min(fits, 2 * size, most))


@transaction.atomic
def _some(run_id: int, now: datetime, piece: int) -> int | None:
    """Look at the next rows, and return how many of them went; None where it is not going on."""
    going = RetentionRun.objects.select_for_update(skip_locked=True, of=("self",))
    run = going.select_related("clinic").filter(pk=run_id, state=RunState.GOING).first()
    if run is None:
        return None
    way = WAYS[Kept(run.kind)]
    rows = way.find(run.clinic, run.before)
    among = rows.model._default_manager.all()
    if way.until:
        among = among.filter(pk__lt=way.until(run.before))
    last = _last_of(piece, among, run.reached)
    rows = rows.filter(pk__gt=run.reached, pk__lte=last).order_by("pk")
    locked = rows.select_for_update(no_key=True, of=("self",))
    # More than was checked is never removed.
    ids = list(locked.values_list("pk", flat=True)[: run.expected - run.removed])
    removed = way.blank(ids, now)
    run.removed += removed
    run.reached = last
    if run.removed == run.expected or not among.filter(pk__gt=last).exists():
        run.state, run.finished_at = RunState.DONE, now
    run.save(update_fields=["removed", "reached", "state", "finished_at"])
    return removed


def _last_of(piece: int, among: QuerySet[Model], reached: int) -> int:
    """Return the last key of the next piece; young rows and other clinics' count as well."""
    keys = among.filter(pk__gt=reached).order_by("pk").values_list("pk", flat=True)
    found = list(keys[:piece])
    return int(found[-1]) if found else reached
