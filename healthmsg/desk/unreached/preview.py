"""What a file would write down, in words."""

from dataclasses import dataclass

from healthmsg.clinic.models import Patient
from healthmsg.desk.unreached.comparing import Comparison
from healthmsg.desk.unreached.filled import Filled
from healthmsg.desk.unreached.models import How
from healthmsg.desk.unreached.shown import told

SHOWN_AT_MOST = 200
_LINES_AT_MOST = 30


@dataclass(frozen=True)
class Other:
    """A row that says something else than what is written down."""

    line: int
    patient_id: int
    who: str
    says: str
    stands: str
    at: object
    by: str


@dataclass(frozen=True)
class Shown:
    """What stands on the page before anything is written."""

    fresh: int
    by_how: tuple[tuple[str, int], ...]
    same: int
    otherwise: int
    others: tuple[Other, ...]
    twice: int
    twice_lines: str
    problems: tuple[tuple[int, str], ...]
    problem_count: int
    empty: int
    shown_at_most: int = SHOWN_AT_MOST


def of(found: Comparison, filled: Filled) -> Shown:
    """Put a comparison in words; of what is much only the first is named."""
    problems = sorted([*filled.problems, *found.problems])
    more = "…" if len(found.twice) > _LINES_AT_MOST else ""
    return Shown(
        fresh=len(found.fresh),
        by_how=tuple((str(how.label), n) for how in How if (n := found.by_how[how])),
        same=len(found.same),
        otherwise=len(found.otherwise),
        others=_others(found),
        twice=len(found.twice),
        twice_lines=", ".join(map(str, found.twice[:_LINES_AT_MOST])) + more,
        problems=tuple((line, str(why.label)) for line, why in problems[:SHOWN_AT_MOST]),
        problem_count=len(problems),
        empty=filled.empty,
    )


def _others(found: Comparison) -> tuple[Other, ...]:
    rows = found.otherwise[:SHOWN_AT_MOST]
    names = Patient.objects.only("given_name", "family_name").in_bulk(
        [one.patient_id for one, _standing in rows]
    )
    return tuple(
        Other(
            line=one.line,
            patient_id=one.patient_id,
            who=names[one.patient_id].full_name,
            says=str(How(one.how).label),
            stands=told(standing.how, standing.happened_on),
            at=standing.written_at,
            by=standing.written_by,
        )
        for one, standing in rows
        if one.patient_id in names
    )
