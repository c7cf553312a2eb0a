"""
What was kept long enough, among many rows: the check, the removal, and the page that shows it.

Words of messages, words from patients, identifiers and reasons of visits, and past visits whole,
each with a reminder and its message: `--seconds 5` makes a million of each, `--seconds 0.2` makes
40,000; four of five are old, and one of a hundred patients is under a legal hold. Checks and page
are timed once everything was written and looked after by the database, as on any morning; the
removal goes in the pieces that a worker takes, one after the other.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.bench import figures, house, pages
from tests.bench.figures import Figure, at_least, below

if TYPE_CHECKING:
    from healthmsg.clinic.models import Appointment, Clinic, Patient
    from healthmsg.desk.privacy.models import Kept, RetentionRun
    from whatsapp.models import Message, Sender

BENCH = "retention"
A_SECOND, FEWEST = 200_000, 20_000
# Of so many one is young; each of so many patients is held, and each has so many of all kinds.
YOUNG, HELD, OF_ONE = 5, 100, 10
CLINICIANS = 40
CHECKS = 3


def measure(seconds: float) -> Iterator[Figure]:
    house.open_house()
    from healthmsg.clinic.models import Clinic
    from healthmsg.desk.privacy.models import Kept

    many = max(FEWEST, int(seconds * A_SECOND))
    began = time.perf_counter()
    fill(many)
    print(f"{many:,} of each stood after {time.perf_counter() - began:.0f} s")
    clinic = Clinic.objects.get()
    client = pages.signed_in(clinic)
    page = "/admin/kept/"
    pages.look(client, page)
    yield Figure.median(
        BENCH, "the page opened", pages.looks(client, page), "ms", aims=(below(300),)
    )
    before = datetime.now(UTC) - timedelta(days=365)
    for kind in (Kept.MESSAGES, Kept.REPLIES, Kept.NOTICES, Kept.VISITS, Kept.PAST_VISITS):
        yield from removed(clinic, kind, before)
    yield Figure.median(BENCH, "the page opened afterwards", pages.looks(client, page), "ms")


def removed(clinic: "Clinic", kind: "Kept", before: datetime) -> Iterator[Figure]:
    from healthmsg.desk.privacy import retention, rules
    from healthmsg.desk.privacy.models import Kept

    took, old = [], 0
    rules.keep_for(clinic, kind, days=365)
    for _ in range(CHECKS):
        began = time.perf_counter()
        old = retention.check(clinic, kind, before=before)
        took.append(time.perf_counter() - began)
    yield Figure.median(BENCH, f"{kind.label}: {old:,} counted", took, "s", aims=(below(5),))
    now = datetime.now(UTC)
    began = time.perf_counter()
    run = retention.begin(clinic, kind, before=before, expected=old, by=None, now=now)
    spent = time.perf_counter() - began
    yield Figure(BENCH, f"{kind.label}: counted once more, and begun", spent, "s")
    if kind == Kept.PAST_VISITS:
        yield settled(clinic, before, now)
    yield from pieces_of(run, now)
    began = time.perf_counter()
    assert not retention.there_is(clinic, kind, before=before)
    spent = 1000 * (time.perf_counter() - began)
    yield Figure(BENCH, f"{kind.label}: looked for once all are gone", spent, "ms")


def pieces_of(run: "RetentionRun", now: datetime) -> Iterator[Figure]:
    from healthmsg.desk.privacy import retention
    from healthmsg.desk.privacy.models import Kept, RunState

    name = Kept(run.kind).label
    # A visit goes with all that points to it, of others only the words do.
    aim = 1000 if run.kind == Kept.PAST_VISITS else 5000
    pieces: list[float] = []
    while run.state == RunState.GOING:
        began = time.perf_counter()
        # No time at all: one after the other is timed.
        retention.go_on(now=now, seconds=0)
        pieces.append(time.perf_counter() - began)
        run.refresh_from_db()
    assert run.removed == run.expected, (run.removed, run.expected)
    a_second = run.removed / sum(pieces)
    yield Figure(BENCH, f"{name}: removed", a_second, "/s", aims=(at_least(aim),))
    tenth = max(1, len(pieces) // 10)
    for which, some in (("first", pieces[:tenth]), ("last", pieces[-tenth:])):
        each = [1000 * one for one in some]
        yield Figure.median(BENCH, f"{name}: a piece of the {which} tenth", each, "ms")
    longest = 1000 * max(pieces)
    yield Figure(BENCH, f"{name}: the longest piece", longest, "ms", aims=(below(1000),))


def settled(clinic: "Clinic", before: datetime, now: datetime) -> Figure:
    """Count every day for good, as the first turns of a removal do."""
    from healthmsg.desk.daily import settling
    from healthmsg.desk.models import CountedDay

    began = time.perf_counter()
    assert settling.settle(clinic, until=before.date(), now=now, ends=float("inf"))
    spent = time.perf_counter() - began
    days = CountedDay.objects.exclude(settled_at=None).count()
    return Figure(BENCH, f"each of {days} days counted for good", 1000 * spent / days, "ms")


def fill(many: int) -> None:
    """Make patients, some of them held, and what there is of two years, the oldest first."""
    from django.db import connection

    from healthmsg.clinic import erasure
    from tests.bench import notices, rows

    now = datetime.now(UTC)
    sender = rows.practice(rate_per_second=80)
    one = rows.people(sender, many // OF_ONE)
    for patient in sender.clinic.patients.order_by("pk")[: many // OF_ONE : HELD]:
        erasure.place_hold(patient, reason="a court asks", by=None, now=now)
    with connection.cursor() as cursor:
        # Nothing follows these rows one by one, such as the audit of a million bookings.
        cursor.execute("SET session_replication_role = replica")
        first_visit = _visits(sender, one, many, now)
        first_message = _messages(sender, one, many, now, first_visit)
        _reminders(many, first_visit, first_message)
        _replies(sender, one, many, now)
        notices.fill_old(sender, many, received_at=_when(many))
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE")


def _messages(
    sender: "Sender", one: "Patient", many: int, now: datetime, first_visit: "Appointment"
) -> "Message":
    """One about each visit, two days before."""
    from tests.bench import rows
    from tests.factories import make_message
    from whatsapp.status import Status

    said = {"body": "Ana, tomorrow at 10:30 Dr. Paz expects you. " * 4, "payload": {"a": ["b"] * 9}}
    example = make_message(
        sender,
        one,
        send_after=None,
        status=Status.READ,
        created_at=now,
        appointment=first_visit,
        appointment_version=1,
        **said,
    )
    rows.multiply(
        example,
        _each(many, one),
        patient_id="one.patient_id",
        dedupe_key="'bench:' || one.n",
        callback="gen_random_uuid()",
        created_at=f"{_starts_at(many)} - interval '2 days'",
        appointment_id=f"{first_visit.pk} + 1 + one.n",
    )
    return example


def _reminders(many: int, first_visit: "Appointment", first_message: "Message") -> None:
    from reminders.models import Reminder
    from tests.bench import rows

    at = first_visit.starts_at
    rule = first_visit.clinic.reminder_rules.create(
        name="bench", anchor="STARTS", offset=timedelta(days=-2), template_name="bench"
    )
    reminder = Reminder.objects.create(
        appointment=first_visit,
        version=1,
        rule=rule,
        starts_at=at,
        site=first_visit.site,
        due_at=at,
        useful_until=at,
        status="QUEUED",
        message=first_message,
        planned_at=at,
        changed_at=at,
    )
    rows.multiply(
        reminder,
        f"SELECT n FROM generate_series(0, {many - 2}) n ORDER BY n",
        appointment_id=f"{first_visit.pk} + 1 + one.n",
        message_id=f"{first_message.pk} + 1 + one.n",
        starts_at=_starts_at(many),
        due_at=f"{_starts_at(many)} - interval '2 days'",
    )


def _replies(sender: "Sender", one: "Patient", many: int, now: datetime) -> None:
    """Each patient writes in a conversation of their own; somebody has read all of it."""
    from tests import factories
    from tests.bench import rows
    from whatsapp.models import Thread

    phone = factories.phone_of(one)
    thread = Thread.objects.create(
        clinic=sender.clinic, sender=sender, phone=phone, last_written_at=now
    )
    people = f"SELECT n FROM generate_series(1, {many // OF_ONE}) n"
    rows.multiply(thread, people, phone_id=f"{phone.pk} + one.n")
    # Sealed for another row than the copies: only how many bytes go is measured.
    reply = factories.make_reply(
        clinic=sender.clinic,
        sender=sender,
        phone=phone,
        thread=thread,
        wamid="bench",
        from_number=phone.number,
        kind="text",
        text="Good morning, could I come an hour later tomorrow? My bus does not run. " * 2,
        content={"text": {"body": "could I come an hour later"}},
        written_at=now,
        stored_at=now,
        handled_at=now,
        outcome="FOR_A_PERSON",
    )
    of = f"1 + one.n % {many // OF_ONE}"
    rows.multiply(
        reply,
        _each(many, one),
        phone_id=f"{phone.pk} + {of}",
        thread_id=f"{thread.pk} + {of}",
        wamid="'wamid.bench' || one.n",
        from_number=f"'+54911' || lpad(({of})::text, 8, '0')",
        written_at=_when(many),
        stored_at=_when(many),
    )


def _visits(sender: "Sender", one: "Patient", many: int, now: datetime) -> "Appointment":
    """One after the other in the lists of some clinicians; each twentieth was cancelled."""
    from tests import factories
    from tests.bench import rows

    people = [factories.make_clinician(sender.clinic, name=f"Dr. {n}") for n in range(CLINICIANS)]
    visit = factories.make_visit(
        one, starts_at=now - timedelta(days=1), clinician=people[0], external_id="bench"
    )
    starts_at = _starts_at(many)
    rows.multiply(
        visit,
        _each(many, one),
        patient_id="one.patient_id",
        clinician_id=f"{people[0].pk} + one.n % {CLINICIANS}",
        external_id="'bench-' || one.n",
        starts_at=starts_at,
        ends_at=f"{starts_at} + interval '20 minutes'",
        booked_at=f"{starts_at} - interval '20 days'",
        status="CASE WHEN one.n % 20 = 0 THEN 'CANCELLED_BY_CLINIC' ELSE 'SEEN' END",
        cancel_reason="CASE WHEN one.n % 20 = 0 THEN 'has a fever' ELSE '' END",
    )
    return visit


def _starts_at(many: int) -> str:
    """A young visit is a day old at least; each clinician's next one begins where one ended."""
    old = many - many // YOUNG
    return (
        f"now() - (CASE WHEN one.n < {old} THEN 366 ELSE 1 END) * interval '1 day'"
        f" - (CASE WHEN one.n < {old} THEN {old} ELSE {many} END - one.n)"
        f" / {CLINICIANS} * interval '20 minutes'"
    )


def _each(many: int, one: "Patient") -> str:
    return (
        f"SELECT n, {one.pk} + 1 + n % {many // OF_ONE} AS patient_id"
        f" FROM generate_series(0, {many - 2}) n ORDER BY n"
    )


def _when(many: int) -> str:
    age = f"(CASE WHEN one.n < {many - many // YOUNG} THEN 730 ELSE 300 END)"
    return f"now() - {age} * interval '1 day' + one.n * interval '10 s'"


if __name__ == "__main__":
    figures.alone(BENCH, measure)
