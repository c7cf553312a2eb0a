"""What a file tells, held against what is written down already; nothing is written here."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from healthmsg.clinic.models import Clinic, Patient
from healthmsg.desk.merging.models import PatientMerge
from healthmsg.desk.unreached.filled import Told, Why
from healthmsg.desk.unreached.models import UnreachedOutcome


@dataclass(frozen=True)
class Standing:
    """An outcome that counts."""

    outcome_id: int
    how: str
    happened_on: date
    written_at: datetime
    written_by: str


@dataclass
class Comparison:
    """What would become of each row: no patient is in two of the first three."""

    fresh: list[Told] = field(default_factory=list)
    same: list[Told] = field(default_factory=list)
    otherwise: list[tuple[Told, Standing]] = field(default_factory=list)
    # Lines that say once more what another one has said.
    twice: list[int] = field(default_factory=list)
    problems: list[tuple[int, Why]] = field(default_factory=list)

    @property
    def by_how(self) -> Counter[str]:
        return Counter(one.how for one in self.fresh)


def compare(clinic: Clinic, told: Sequence[Told], *, since: date) -> Comparison:
    """
    Find for each patient what is written down since a day.

    An outcome counts as the same wherever it stands among them, else the newest is the other one.
    """
    found = Comparison()
    one_each = _one_each(_of_kept(clinic, told, found), found)
    standing = _standing(clinic, [one.patient_id for one in one_each], since)
    for one in one_each:
        theirs = standing.get(one.patient_id, [])
        if not theirs:
            found.fresh.append(one)
        elif any(known.how == one.how for known in theirs):
            found.same.append(one)
        else:
            found.otherwise.append((one, theirs[0]))
    found.problems.sort()
    return found


def _of_kept(clinic: Clinic, told: Sequence[Told], found: Comparison) -> list[Told]:
    """Return what is told of patients who are kept; of two records that are one now, of that."""
    ids = {one.patient_id for one in told}
    merges = PatientMerge.objects.filter(clinic=clinic, merged__in=ids, undone_at=None)
    now_one = dict(merges.values_list("merged_id", "kept_id"))
    ours = Patient.objects.filter(clinic=clinic, pk__in=ids | set(now_one.values()))
    here = set(ours.values_list("pk", flat=True))
    rows = [replace(one, patient_id=now_one.get(one.patient_id, one.patient_id)) for one in told]
    found.problems += [(one.line, Why.GONE) for one in rows if one.patient_id not in here]
    return [one for one in rows if one.patient_id in here]


def _one_each(told: Iterable[Told], found: Comparison) -> list[Told]:
    """Return the first row of each patient; where rows contradict each other, none of them."""
    by_patient: dict[int, list[Told]] = {}
    for one in told:
        by_patient.setdefault(one.patient_id, []).append(one)
    kept = []
    for first, *others in by_patient.values():
        if any(one.how != first.how for one in others):
            found.problems += [(one.line, Why.TWO_OUTCOMES) for one in (first, *others)]
        else:
            kept.append(first)
            found.twice += [one.line for one in others]
    found.twice.sort()
    return kept


def _standing(clinic: Clinic, ids: list[int], since: date) -> dict[int, list[Standing]]:
    """Return by patient what counts, newest first."""
    rows = UnreachedOutcome.objects.filter(
        clinic=clinic, patient__in=ids, undone_at=None, happened_on__gte=since
    ).order_by("-happened_on", "-pk")
    columns = ("pk", "how", "happened_on", "written_at", "written_by__username")
    found: dict[int, list[Standing]] = {}
    for patient_id, *row in rows.values_list("patient_id", *columns):
        found.setdefault(patient_id, []).append(Standing(*row))
    return found
