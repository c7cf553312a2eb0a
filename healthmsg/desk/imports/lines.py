"""What one row of a file says, once its cells are read; None where a cell is empty (pure)."""

import datetime as clocks
from dataclasses import dataclass
from datetime import date, datetime


@dataclass
class Line:
    """One row; `number` as a spreadsheet counts."""

    number: int

    @property
    def key(self) -> str:
        """What makes it one of its kind; empty where the cell could not be read."""
        return ""


@dataclass
class PatientLine(Line):
    identifier: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    birth_date: date | None = None
    sex: str | None = None
    site: str | None = None
    phone: str | None = None
    language: str | None = None
    contact_name: str | None = None
    relationship: str | None = None
    permission: str | None = None
    permission_for: tuple[str, ...] | None = None
    permission_date: date | None = None
    permission_source: str | None = None

    @property
    def key(self) -> str:
        """One row for each person to be written to about a patient."""
        if not self.identifier:
            return ""
        who = "" if self.relationship in (None, "SELF") else f"{self.relationship}:{self.phone}"
        return f"{self.identifier}|{who}"


@dataclass
class StopLine(Line):
    phone: str | None = None
    stopped_on: date | None = None

    @property
    def key(self) -> str:
        return self.phone or ""


@dataclass
class DoseLine(Line):
    patient: str | None = None
    vaccine: str | None = None
    given_on: date | None = None

    @property
    def key(self) -> str:
        if not (self.patient and self.vaccine and self.given_on):
            return ""
        return f"{self.patient}|{self.given_on.isoformat()}|{self.vaccine.casefold()[:60]}"


@dataclass
class VisitLine(Line):
    identifier: str | None = None
    patient: str | None = None
    starts: datetime | None = None
    day: date | None = None
    time: clocks.time | None = None
    minutes: int | None = None
    kind: str | None = None
    site: str | None = None
    clinician: str | None = None
    status: str | None = None

    @property
    def key(self) -> str:
        return self.identifier or ""
