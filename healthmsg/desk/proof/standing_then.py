"""Which line of a ledger allowed something at a moment of the past (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from healthmsg.clinic.models import Change, ConsentRecord


@dataclass(frozen=True)
class Ledger:
    """The lines of one patient and of the numbers they are reached on."""

    lines: tuple[ConsentRecord, ...]  # the newest first

    @classmethod
    def of(cls, lines: Iterable[ConsentRecord]) -> "Ledger":
        newest_first = sorted(lines, key=lambda line: (line.given_at, line.pk), reverse=True)
        return cls(tuple(newest_first))

    def allowed_by(self, *, phone_id: int, purpose: str, at: datetime) -> ConsentRecord | None:
        """
        Return the yes that stood at that moment, by the rule of clinic_standing(); None without.

        A line that was taken back later did count until then.
        """
        until_then = [
            line
            for line in self.lines
            if line.given_at <= at and (line.phone_id, line.purpose) == (phone_id, purpose)
        ]
        corrected = {line.corrects_id for line in until_then}
        counting = [
            line
            for line in until_then
            if line.change != Change.ENTERED_IN_ERROR and line.pk not in corrected
        ]
        numbers = next((line for line in counting if line.patient_id is None), None)
        if numbers is not None and numbers.change == Change.WITHDRAWN:
            return None
        line = next((line for line in counting if line.patient_id is not None), None)
        if line is None or line.change != Change.GRANTED:
            return None
        return None if line.expires_at is not None and line.expires_at <= at else line
