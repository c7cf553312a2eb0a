"""What becomes of each row, and what each kind of file needs to know to tell."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from healthmsg.clinic.models import Clinic
from healthmsg.desk.imports.lines import Line
from healthmsg.desk.imports.models import Import, Outcome
from healthmsg.desk.imports.reasons import Reason


@dataclass
class Verdict:
    """What a row says, what becomes of it, and why, by our columns."""

    line: Line
    outcome: Outcome = Outcome.UNCHANGED
    changes: list[str] = field(default_factory=list)
    errors: dict[str, Reason] = field(default_factory=dict)
    notes: dict[str, Reason] = field(default_factory=dict)
    replan_patient_id: int | None = None
    # On which day the visit is, by the site's clocks.
    day: date | None = None

    def refuse(self, column: str, reason: Reason) -> None:
        self.errors.setdefault(column, reason)
        self.outcome = Outcome.ERROR

    def differs(self, column: str) -> None:
        if column not in self.changes:
            self.changes.append(column)
        if self.outcome == Outcome.UNCHANGED:
            self.outcome = Outcome.CHANGED


@dataclass(frozen=True)
class Batch:
    """Some rows of one file, looked at together."""

    source: Import
    clinic: Clinic
    now: datetime
    # Widths of known identifiers that begin with a zero.
    widths: tuple[int, ...] = ()
    visit_widths: tuple[int, ...] = ()
    # Patients that earlier rows of the file bring, while nothing is written yet.
    promised: frozenset[str] = frozenset()

    @property
    def zone(self) -> ZoneInfo:
        return self.clinic.zone

    def midnight(self, day: date) -> datetime:
        """Return the beginning of a day by the clinic's clocks."""
        return datetime.combine(day, time(), self.zone)

    def with_zeros(self, identifier: str) -> list[str]:
        """Return how an identifier may have been written before its zeros were lost."""
        return _padded(identifier, self.widths)

    def visits_with_zeros(self, identifier: str) -> list[str]:
        """Return the same for the identifier of a visit."""
        return _padded(identifier, self.visit_widths)


def _padded(identifier: str, widths: tuple[int, ...]) -> list[str]:
    if not identifier.isdecimal():
        return []
    return [identifier.zfill(width) for width in widths if width > len(identifier)]
