"""What a file tells, held against what is written down already; nothing is written here."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.db import connection

from healthmsg.clinic.models import Clinic
from healthmsg.desk.unreached.filled import Told, Why

# Thousands at a time: Django would look at each key before it asks for them.
_KEPT = """
SELECT told.patient_id, patient.id
  FROM unnest(%(patients)s::bigint[]) AS told(patient_id)
  LEFT JOIN desk_patientmerge merge
    ON merge.merged_id = told.patient_id AND merge.undone_at IS NULL
  JOIN clinic_patient patient
    ON patient.id = coalesce(merge.kept_id, told.patient_id) AND patient.clinic_id = %(clinic)s
"""
_STANDING = """
SELECT outcome.patient_id, outcome.id, outcome.how, outcome.happened_on, outcome.written_at,
       person.username
  FROM unnest(%(patients)s::bigint[]) AS told(patient_id)
  JOIN desk_unreachedoutcome outcome USING (patient_id)
  JOIN clinic_staffuser person ON person.id = outcome.written_by_id
 WHERE outcome.clinic_id = %(clinic)s AND outcome.undone_at IS NULL
   AND outcome.happened_on >= %(since)s
 ORDER BY outcome.happened_on DESC, outcome.id DESC
"""


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
    asked: dict[str, Any] = {
        "patients": list({one.patient_id for one in told}),
        "clinic": clinic.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(_KEPT, asked)
        kept = dict(cursor.fetchall())
    found.problems += [(one.line, Why.GONE) for one in told if one.patient_id not in kept]
    return [replace(one, patient_id=kept[one.patient_id]) for one in told if one.patient_id in kept]


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
    found: dict[int, list[Standing]] = {}
    asked: dict[str, Any] = {"patients": ids, "clinic": clinic.pk, "since": since}
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, asked)
        for patient_id, *row in cursor:
            found.setdefault(patient_id, []).append(Standing(*row))
    return found
