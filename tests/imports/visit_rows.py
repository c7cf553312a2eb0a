"""Rows of files of appointments."""

from datetime import datetime

from healthmsg.clinic.models import Clinic
from healthmsg.desk.models import Import
from tests.imports.bringing import brought

HEADINGS = ("identifier", "patient", "day", "time", "kind", "site", "clinician", "status")


def row(identifier: str, day: str, time: str = "10:00", **said: str) -> tuple[str, ...]:
    cells = {"patient": "7", "kind": "", "site": "", "clinician": "", "status": ""} | said
    return (
        *(identifier, cells["patient"], day, time),
        *(cells["kind"], cells["site"], cells["clinician"], cells["status"]),
    )


def second(clinic: Clinic, *rows: tuple[str, ...], now: datetime, **wishes: object) -> Import:
    """A file after the first, which announces what it brings."""
    return brought(clinic, "VISITS", HEADINGS, *rows, now=now, **wishes)
