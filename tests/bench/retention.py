"""
What was kept long enough, among many messages: the check, the removal, and the page that shows it.

`--seconds 5` makes a million messages, `--seconds 0.2` makes 40,000; four of five are old, and one
of a hundred patients is under a legal hold. The check and the page are timed once everything was
written and looked after by the database, as on any morning; the removal goes in the pieces, and for
the seconds, that a worker gives it.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.bench import figures, house, pages
from tests.bench.figures import Figure, at_least, below

if TYPE_CHECKING:
    from healthmsg.clinic.models import Clinic

BENCH = "retention"
A_SECOND, FEWEST = 200_000, 20_000
# Of so many one is young; each of so many patients is held.
YOUNG, HELD = 5, 100
CHECKS = 3


def measure(seconds: float) -> Iterator[Figure]:
    house.open_house()
    from healthmsg.clinic.models import Clinic
    from healthmsg.desk.privacy import retention
    from healthmsg.desk.privacy.models import Kept

    many = max(FEWEST, int(seconds * A_SECOND))
    began = time.perf_counter()
    fill(many)
    print(f"{many:,} messages stood after {time.perf_counter() - began:.0f} s")
    clinic = Clinic.objects.get()
    client = pages.signed_in(clinic)
    page = "/admin/kept/"
    pages.look(client, page)
    yield Figure.median(
        BENCH, "the page opened", pages.looks(client, page), "ms", aims=(below(300),)
    )
    before = datetime.now(UTC) - timedelta(days=365)
    took, old = [], 0
    for _ in range(CHECKS):
        began = time.perf_counter()
        old = retention.check(clinic, Kept.MESSAGES, before=before)
        took.append(time.perf_counter() - began)
    yield Figure.median(BENCH, f"{old:,} of them counted", took, "s", aims=(below(5),))
    yield from removed(clinic, before, old)
    yield Figure.median(BENCH, "the page opened afterwards", pages.looks(client, page), "ms")


def removed(clinic: "Clinic", before: datetime, old: int) -> Iterator[Figure]:
    from healthmsg.desk.privacy import retention
    from healthmsg.desk.privacy.models import Kept, RunState

    now = datetime.now(UTC)
    began = time.perf_counter()
    run = retention.begin(clinic, Kept.MESSAGES, before=before, expected=old, by=None, now=now)
    yield Figure(BENCH, "counted once more, and begun", time.perf_counter() - began, "s")
    pieces: list[float] = []
    while run.state == RunState.GOING:
        began = time.perf_counter()
        # Less than a piece takes: one after the other is timed.
        retention.go_on(now=now, seconds=0.001)
        pieces.append(time.perf_counter() - began)
        run.refresh_from_db()
    assert run.removed == run.expected, (run.removed, run.expected)
    yield Figure(BENCH, "words removed", old / sum(pieces), "/s", aims=(at_least(5000),))
    tenth = max(1, len(pieces) // 10)
    for name, some in (("first", pieces[:tenth]), ("last", pieces[-tenth:])):
        yield Figure.median(
            BENCH, f"a piece of the {name} tenth", [1000 * one for one in some], "ms"
        )
    yield Figure(BENCH, "the longest piece", 1000 * max(pieces), "ms")


def fill(many: int) -> None:
    """Make patients, some of them held, and their messages of two years, the oldest first."""
    from django.db import connection

    from healthmsg.clinic import erasure
    from tests.bench import rows
    from tests.factories import make_message
    from whatsapp.status import Status

    now = datetime.now(UTC)
    sender = rows.practice(rate_per_second=80)
    one = rows.people(sender, many // 10)
    for patient in sender.clinic.patients.order_by("pk")[: many // 10 : HELD]:
        erasure.place_hold(patient, reason="a court asks", by=None, now=now)
    said = {"body": "Ana, tomorrow at 10:30 Dr. Paz expects you. " * 4, "payload": {"a": ["b"] * 9}}
    example = make_message(sender, one, send_after=None, status=Status.READ, created_at=now, **said)
    each = (
        f"SELECT n, {one.pk} + 1 + n % {many // 10} AS patient_id"
        f" FROM generate_series(0, {many - 2}) n ORDER BY n"
    )
    age = f"(CASE WHEN one.n < {many - many // YOUNG} THEN 730 ELSE 300 END)"
    rows.multiply(
        example,
        each,
        patient_id="one.patient_id",
        dedupe_key="'bench:' || one.n",
        callback="gen_random_uuid()",
        created_at=f"now() - {age} * interval '1 day' + one.n * interval '10 s'",
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    figures.alone(BENCH, measure)
