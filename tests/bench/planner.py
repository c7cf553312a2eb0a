"""
How long a tick takes among a million planned reminders: with nothing due, and with 10,000.

The book is a large clinic's: three languages, every tenth number a family's, rules and templates as
every clinic starts with. A worker's two processes queue one half each.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.bench import figures, house
from tests.bench.figures import Aim, Figure, below

Tick = tuple[int, float, float]  # how many; seconds on the clock, and of our CPU

A_DAY = 10_000  # visits a day; each planned for twice
DAYS = 50
PATIENTS = 200_000
EMPTY_TICKS = 51
FIRST_DAY = datetime(2026, 3, 10, tzinfo=UTC)
NEXT_DAY, IN_THREE = timedelta(), timedelta(minutes=5)
_TEMPLATES = Path(__file__).parents[2] / "whatsapp" / "sandbox" / "templates.json"


def measure(_seconds: float) -> Iterator[Figure]:
    house.open_house()
    fill()
    # What was due before the first day is out of the way, and every plan is cached.
    tick(morning(0, before=timedelta(hours=1)))
    empty = [tick(morning(0, before=timedelta(hours=1))) for _ in range(EMPTY_TICKS)]
    ticks = [spent * 1000 for _, spent, _ in empty]
    yield Figure.median("planner", "tick, nothing due", ticks, "ms", aims=(below(10),))
    # Each day has two such moments: for the next day's visits, and for those in three days.
    moments = [morning(day, before=-later) for day in range(2) for later in (NEXT_DAY, IN_THREE)]
    yield from _many("one process alone", [tick(moment) for moment in moments[:2]])
    with processes() as both:
        yield from _many("as a worker's two processes do", [both(m) for m in moments[2:]], below(3))


def _many(how: str, ticks: list[Tick], *aims: Aim) -> Iterator[Figure]:
    assert all(abs(done - A_DAY) <= 1 for done, _, _ in ticks), [done for done, _, _ in ticks]
    python = sorted(cpu for _, _, cpu in ticks)[len(ticks) // 2]
    yield Figure.median(
        "planner",
        f"tick, {A_DAY:,} due, {how}",
        [spent for _, spent, _ in ticks],
        "s",
        aims=aims,
        note=f"{python:.2f} s of our own CPU, the rest PostgreSQL's",
    )


def morning(day: int, *, before: timedelta) -> datetime:
    """Ten o'clock, clinic's time, when the day's reminders come due."""
    return FIRST_DAY + timedelta(days=day, hours=13, seconds=30) - before


def tick(now: datetime, half: int | None = None) -> Tick:
    """Queue what is due; how many, and the seconds it took, on the clock and of our CPU."""
    from reminders import queueing

    of = None if half is None else queueing.Half(half)
    began, cpu = time.perf_counter(), time.process_time()
    done = queueing.queue_due(now=now, limit=4 * A_DAY, half=of)
    return done, time.perf_counter() - began, time.process_time() - cpu


@contextmanager
def processes() -> Iterator[Callable[[datetime], Tick]]:
    """Two children that stand ready, as a worker's do; each queues its half."""
    from django.db import connections

    # A connection is one process's own.
    connections.close_all()
    with get_context("fork").Pool(2) as pool:
        # Both have looked once before they are timed: their connections and plans are there.
        early = morning(0, before=timedelta(hours=1))
        pool.starmap(tick, [(early, half) for half in (0, 1)], chunksize=1)

        def both(now: datetime) -> Tick:
            began = time.perf_counter()
            halves = pool.starmap(tick, [(now, half) for half in (0, 1)], chunksize=1)
            spent = time.perf_counter() - began
            return sum(done for done, _, _ in halves), spent, sum(cpu for _, _, cpu in halves)

        yield both


def fill() -> None:
    """A large clinic's book for fifty days, three languages, every tenth number a family's."""
    from reminders import rules
    from tests import factories
    from whatsapp import templates_sync

    clinic = factories.make_clinic(languages=["es", "en", "pt_BR"])
    account = factories.make_sender(clinic).account
    templates_sync.bring_home(account, json.loads(_TEMPLATES.read_text()), now=FIRST_DAY)
    rules.install(clinic)
    sites = [factories.make_site(clinic) for _ in range(5)]
    kinds = [factories.make_kind(clinic) for _ in range(8)]
    doctors = [factories.make_clinician(clinic, name=f"Dr. Paz {n}") for n in range(250)]
    patient = factories.make_patient(clinic)
    contact = patient.contacts.get()
    visit = factories.make_visit(
        patient,
        starts_at=FIRST_DAY,
        site=sites[0],
        kind=kinds[0],
        clinician=doctors[0],
        is_overbooked=True,
    )
    assert contact.phone_id is not None
    multiply("clinic_phone", contact.phone_id, PATIENTS, number="'+5491' || (100000000 + n)")
    multiply("clinic_patient", patient.pk, PATIENTS, given_name="'Ana' || n")
    multiply(
        "clinic_contact",
        contact.pk,
        PATIENTS,
        patient_id=f"{patient.pk} + n",
        phone_id=f"{contact.phone_id} + CASE WHEN n %% 10 = 0 THEN n - 1 ELSE n END",
        language="(ARRAY['es', 'en', 'pt_BR'])[1 + n %% 3]",
    )
    starts_at = (
        "timestamptz '2026-03-11 11:00Z' + (n / 10000) * interval '1 day'"
        " + (n %% 40) * interval '15 minutes'"
    )
    multiply(
        "clinic_appointment",
        visit.pk,
        A_DAY * DAYS - 1,
        patient_id=f"{patient.pk} + 1 + n %% {PATIENTS}",
        contact_id=f"{contact.pk} + 1 + n %% {PATIENTS}",
        site_id=f"{sites[0].pk} + n %% 5",
        kind_id=f"{kinds[0].pk} + n %% 8",
        clinician_id=f"{doctors[0].pk} + n %% 250",
        starts_at=starts_at,
        ends_at=f"{starts_at} + interval '20 minutes'",
    )
    plan("appointment_reminder_tomorrow", 1, "13:00", "1 hour")
    plan("appointment_reminder_days", 3, "13:05", "36 hours")
    sql("VACUUM ANALYZE")


def multiply(table: str, pk: int, count: int, **own: str) -> None:
    """Copy a row `count` times, n = 1 …, each copy's primary key n after the first's."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} LIMIT 0")
        names = [column.name for column in cursor.description or ()]
    own = {"id": f"{pk} + n"} | own
    chosen = ", ".join(own.get(name, f"row.{name}") for name in names)
    sql(
        f"INSERT INTO {table} ({', '.join(names)}) OVERRIDING SYSTEM VALUE SELECT {chosen}"
        f" FROM {table} row, generate_series(1, %s) n WHERE row.id = %s ORDER BY n",
        count,
        pk,
    )
    sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")


def plan(template: str, days_before: int, at: str, least_notice: str) -> None:
    """Plan one rule for every visit."""
    sql(
        "INSERT INTO reminders_reminder (appointment_id, version, rule_id, starts_at, site_id,"
        " due_at, useful_until, status, reason, edition, is_shared, planned_at, changed_at)"
        " SELECT visit.id, 1, rule.id, visit.starts_at, visit.site_id,"
        " ((visit.starts_at AT TIME ZONE 'UTC')::date - %s + time '" + at + "') AT TIME ZONE 'UTC',"
        " visit.starts_at - %s::interval, 'PLANNED', '', 0, false, now(), now()"
        " FROM clinic_appointment visit JOIN reminders_reminderrule rule"
        " ON rule.template_name = %s ORDER BY visit.id",
        days_before,
        least_notice,
        template,
    )


def sql(words: str, *values: Any) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(words, values)


if __name__ == "__main__":
    figures.alone("planner", measure)
