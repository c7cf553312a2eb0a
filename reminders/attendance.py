"""Who often misses visits: one rule, shown with its reason on every line it puts on a list."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F, QuerySet, Value, Window
from django.db.models.functions import RowNumber

from healthmsg.clinic.models import Appointment, Patient, VisitStatus

# Of the last five visits that took place, or should have, two were missed.
LAST, MISSED = 5, 2
# A visit booked longer ago than this is forgotten more often.
LONG_AGO = timedelta(days=60)
_TOOK_PLACE = (VisitStatus.ARRIVED, VisitStatus.SEEN, VisitStatus.LEFT, VisitStatus.MISSED)
# Stands among what came of visits for those that are no longer known.
_REMOVED = ""


@dataclass(frozen=True)
class Record:
    """What is known of how somebody keeps visits, and of how long ago this one was booked."""

    visits: int = 0  # at most `LAST`
    missed: int = 0
    booked_before: timedelta = timedelta()
    is_all_kept: bool = True  # False where visits of theirs may have been removed

    @property
    def often_misses(self) -> bool:
        return self.missed >= MISSED

    @property
    def is_first(self) -> bool:
        return self.visits == 0 and self.is_all_kept

    @property
    def is_booked_long_ago(self) -> bool:
        return self.booked_before > LONG_AGO

    @property
    def may_be_missed(self) -> bool:
        return self.often_misses or self.is_booked_long_ago or self.is_first


def records(
    visits: Sequence[Appointment], *, parted: QuerySet[Patient] | None = None
) -> dict[int, Record]:
    """
    Return by visit what came of the patient's last visits, in one question.

    :param parted: patients of whom visits may have been removed
    """
    people = {visit.patient_id for visit in visits}
    ended: dict[int, list[str]] = defaultdict(list)
    newest_first = Window(RowNumber(), partition_by="patient_id", order_by=F("starts_at").desc())
    rows = Appointment.objects.filter(patient__in=people, status__in=_TOOK_PLACE)
    rows = rows.annotate(place=newest_first).filter(place__lte=LAST)
    found = rows.values_list("patient_id", "status")
    if parted is not None:
        gone = parted.filter(pk__in=people).values_list("pk", Value(_REMOVED))
        found = found.union(gone, all=True)
    for patient_id, status in found:
        ended[patient_id].append(status)
    return {visit.pk: _record(visit, ended[visit.patient_id]) for visit in visits}


def _record(visit: Appointment, ended: Sequence[str]) -> Record:
    return Record(
        visits=len(ended) - ended.count(_REMOVED),
        missed=ended.count(VisitStatus.MISSED),
        booked_before=visit.starts_at - visit.booked_at,
        is_all_kept=_REMOVED not in ended,
    )
