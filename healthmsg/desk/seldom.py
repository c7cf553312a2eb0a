"""What seldom happens around a patient: calls, merges and the like; all of it in one question."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import CharField, DateField, DateTimeField, F, IntegerField, QuerySet, Value
from django.db.models.expressions import Case, Combinable, When
from django.db.models.functions import Cast, Coalesce, NullIf

from healthmsg.clinic.models import Patient
from healthmsg.desk.cancelled_lists.models import AffectedVisit, Back
from healthmsg.desk.merging.models import PatientMerge
from healthmsg.desk.privacy.models import RetentionRun
from healthmsg.desk.unreached.models import UnreachedOutcome
from reminders.models import CallOutcome
from whatsapp.models import AlsoAbout

CALL, OTHERWISE, MERGE, SHARED, REMOVED = "call", "otherwise", "merge", "shared", "removed"
PUT_BACK = "put-back"
KEPT, PUT_AWAY = "kept", "put-away"


@dataclass(frozen=True)
class Act:
    """One thing that somebody did, and whether it was taken back."""

    kind: str
    at: datetime
    by: str
    code: str = ""
    undone_at: datetime | None = None
    undone_by: str | None = None
    # Of a call, and of a list that was taken back: which visit it was about.
    visit_id: int | None = None
    starts_at: datetime | None = None
    zone: str | None = None
    # Of another way: on which day it reached them. Of visits that a rule removed: on which it did.
    day: date | None = None


@dataclass(frozen=True)
class Around:
    """What else happened around one patient; of `shared` it is only told whether there is one."""

    of: Patient
    otherwise: QuerySet[UnreachedOutcome]
    merges: QuerySet[PatientMerge]
    shared: QuerySet[AlsoAbout]
    removals: QuerySet[RetentionRun]


_NOTHING: dict[str, Any] = {
    "code": Value("", CharField()),
    "undone_at": Cast(Value(None), DateTimeField()),
    "undone_by": Cast(Value(None), CharField()),
    "visit_id": Cast(Value(None), IntegerField()),
    "starts_at": Cast(Value(None), DateTimeField()),
    "zone": Cast(Value(None), CharField()),
    "day": Cast(Value(None), DateField()),
}


def acts(
    calls: QuerySet[CallOutcome],
    put_back: QuerySet[AffectedVisit],
    *,
    around: Around | None = None,
    most: int,
) -> Iterator[Act]:
    """Return the newest of each kind, so many at most; of removals the one that went furthest."""
    its_clock = Coalesce(
        NullIf("appointment__site__time_zone", Value("")), "appointment__site__clinic__time_zone"
    )
    first = _of(
        calls.order_by("-called_at", "-pk"),
        CALL,
        most,
        at=F("called_at"),
        by=F("called_by__username"),
        code=F("outcome"),
        undone_at=F("undone_at"),
        undone_by=F("undone_by__username"),
        visit_id=F("appointment_id"),
        starts_at=F("appointment__starts_at"),
        zone=its_clock,
    )
    others = _around(around, most) if around else ()
    for row in first.union(_put_back(put_back, most), *others, all=True):
        yield Act(*row)


def _put_back(rows: QuerySet[AffectedVisit], most: int) -> QuerySet[Any]:
    """Ask for visits that are as they were, as their whole list was taken back; the code is why."""
    return _of(
        rows.filter(back=Back.BACK).order_by("-back_at", "-pk"),
        PUT_BACK,
        most,
        at=F("back_at"),
        by=F("cancelled_list__taken_back_by__username"),
        code=F("cancelled_list__taken_back_because"),
        visit_id=F("appointment_id"),
    )


def _around(around: Around, most: int) -> Iterator[QuerySet[Any]]:
    nobody = Value("", CharField())
    rows = around.otherwise.order_by("-happened_on", "-pk")
    said = {"at": F("written_at"), "by": F("written_by__username"), "code": F("how")}
    yield _of(rows, OTHERWISE, most, **said, **_UNDONE, day=F("happened_on"))
    is_kept = Case(When(kept=around.of, then=Value(KEPT)), default=Value(PUT_AWAY))
    merged = {"at": F("merged_at"), "by": F("merged_by__username"), "code": is_kept}
    yield _of(around.merges.order_by("-pk"), MERGE, most, **merged, **_UNDONE)
    yield _of(around.shared.order_by(), SHARED, 1, at=F("message__created_at"), by=nobody)
    day = Cast(F("decided_at"), DateField())
    removals = around.removals.order_by("-before", "-pk")
    yield _of(removals, REMOVED, 1, at=F("before"), by=nobody, day=day)


_UNDONE: dict[str, Combinable] = {
    "undone_at": F("undone_at"),
    "undone_by": F("undone_by__username"),
}


def _of(rows: QuerySet[Any], kind: str, most: int, **columns: Any) -> QuerySet[Any]:
    told = {"kind": Value(kind, CharField())} | _NOTHING | columns
    named = {f"its_{name}": told[name] for name in Act.__dataclass_fields__}
    found: QuerySet[Any] = rows.annotate(**named).values_list(*named)[:most]
    return found
