"""
Files of an old system, brought in as a worker does it: turn after turn, all within this process.

A file of 100,000 patients with numbers and permissions, as many lines of the old system's stop
list, and a tenth as many visits, which are booked by the code that reception uses. How many rows
follows from `--seconds`: 20,000 for each, so that the usual five are 100,000.
"""

import csv
import io
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.bench import audience, figures, house
from tests.bench.figures import Figure, at_most, below

if TYPE_CHECKING:
    from healthmsg.clinic.models import Clinic, StaffUser

BENCH = "imports"
A_SECOND = 20_000
# A visit is booked with all that hangs on it: rules, reminders, the story of the visit.
VISITS_SHARE = 10
NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)
# A night's work for a file that is left in the evening.
A_WHILE = 1800


def measure(seconds: float) -> Iterator[Figure]:
    house.open_house()
    from healthmsg.desk.imports.models import ImportKind
    from tests import factories

    rows = int(A_SECOND * max(seconds, 0.05))
    clinic = factories.make_clinic()
    factories.make_sender(clinic)
    person = factories.make_person("admin")
    before = audience.memory()
    for kind, table in (
        (ImportKind.PATIENTS, patients(rows)),
        (ImportKind.STOPS, stops(rows)),
        (ImportKind.VISITS, visits(clinic, rows // VISITS_SHARE)),
    ):
        yield from brought(clinic, kind, table, person)
    note = f"{before:.0f} MB before, with the files themselves"
    yield Figure(BENCH, "memory", audience.memory(), "MB", aims=(at_most(500),), note=note)


def brought(
    clinic: "Clinic", kind: str, table: list[list[str]], by: "StaffUser"
) -> Iterator[Figure]:
    from healthmsg.desk.imports import deciding, receiving
    from healthmsg.desk.imports.models import Import, ImportState

    text = io.StringIO()
    csv.writer(text).writerows(table)
    wish = receiving.Wish(clinic, kind, "file.csv")
    source = receiving.take(wish, io.BytesIO(text.getvalue().encode()), by=by, now=NOW)
    what, rows = f"{len(table) - 1:,} {kind.lower()}", len(table) - 1
    checked = gone_on(source, ImportState.WAITS)
    yield Figure(BENCH, f"{what}, read and checked", checked, "s", aims=(below(A_WHILE),))
    assert deciding.let_go_on(Import.objects.get(pk=source.pk), by=by, now=NOW)
    taken = gone_on(source, ImportState.DONE)
    source.refresh_from_db()
    note = f"{rows / taken:,.0f} rows a second"
    yield Figure(BENCH, f"{what}, taken over", taken, "s", aims=(below(A_WHILE),), note=note)


def gone_on(source: object, state: str) -> float:
    """Take turns until it stands so; the seconds they took together."""
    from healthmsg.desk.imports import turns
    from healthmsg.desk.imports.models import Finding, Import

    began = time.perf_counter()
    while (standing := Import.objects.get(pk=getattr(source, "pk")).state) != state:  # noqa: B009
        if not turns.go_on(now=NOW):
            found = list(Finding.objects.values_list("column", "reason")[:3])
            raise figures.CannotRun(f"it stands at {standing}, not {state}: {found}")
    return time.perf_counter() - began


def patients(count: int) -> list[list[str]]:
    head = ["identifier", "given name", "family name", "birth date", "sex", "phone", "language"]
    head += ["permission", "permission for", "permission date", "permission source"]
    first = datetime(1936, 1, 1, tzinfo=UTC)
    return [
        head,
        *(
            [
                f"P-{n:07}",
                f"Ana {n % 997}",
                f"Paz {n % 1009}",
                f"{first + timedelta(days=n % 30_000):%Y-%m-%d}",
                "female" if n % 2 else "male",
                # As a household shares one: every fourth number is somebody else's, too.
                f"+54911{50_000_000 + n - n % 4 // 3}",
                "es",
                "yes",
                "appointments",
                "2025-06-01",
                "form at the desk",
            ]
            for n in range(count)
        ),
    ]


def stops(count: int) -> list[list[str]]:
    numbers = range(60_000_000, 60_000_000 + count)
    return [["phone", "stopped on"], *([f"+54911{number}", "2025-07-01"] for number in numbers)]


def visits(clinic: "Clinic", count: int) -> list[list[str]]:
    from tests import factories

    kind, site = factories.make_kind(clinic), factories.make_site(clinic)
    opens = datetime(2026, 3, 16, 9)  # noqa: DTZ001 - by the clinic's clock
    head = ["identifier", "patient", "starts", "minutes", "kind", "site"]
    return [
        head,
        *(
            [
                f"V-{n:07}",
                f"P-{n:07}",
                f"{opens + timedelta(days=n // 400, minutes=n % 400):%Y-%m-%d %H:%M}",
                "20",
                kind.name,
                site.name,
            ]
            for n in range(count)
        ),
    ]


if __name__ == "__main__":
    figures.alone(BENCH, measure)
