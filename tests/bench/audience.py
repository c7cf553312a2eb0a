"""
A campaign's audience among a million patients: counted while it is put together, checked, priced,
written down.

Beside it, the tutorials' loop: one Celery task queued for each patient of a queryset. It is timed
over its first 20,000 patients; the number of messages a second is what compares.
"""

import resource
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from tests.bench import figures, house
from tests.bench.figures import Figure, at_least, at_most, below
from tests.bench.planner import multiply, sql

if TYPE_CHECKING:
    from campaigns.models import Audience, Campaign, Run

BENCH = "audience"
PATIENTS = 1_000_000
REPEATS = 5
REFRESHED_AT_ONCE = 100_000
NAIVE_PATIENTS = 20_000
NAIVE = "one task queued for each patient"
# What each message has of its own.
_OWN = {
    "id",
    "phone_id",
    "patient_id",
    "dedupe_key",
    "callback",
    "status",
    "send_after",
    "accepted_at",
}
NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)


def measure(_seconds: float) -> Iterator[Figure]:
    house.open_house()
    campaign = fill()
    for what, audience in audiences(campaign):
        seconds, count = counted(audience)
        note = f"{count:,} patients"
        yield Figure.median(BENCH, f"live count, {what}", seconds, "s", aims=(below(1),), note=note)
    yield from checked(campaign)
    yield from listed(campaign)
    yield from costed(campaign)
    yield from naive()
    yield from written(campaign)
    yield from watched()


def counted(audience: "Audience") -> tuple[list[float], int]:
    from campaigns import audience as asking
    from campaigns import criteria

    def once() -> int:
        asked = asking.Asked(audience.clinic, criteria.of(audience), NOW)
        asking.some(asked)
        return asking.count(asked)

    count = once()
    return [timed(once) for _ in range(REPEATS)], count


def checked(campaign: "Campaign") -> Iterator[Figure]:
    from campaigns import audience

    found = audience.check(audience.of(campaign, now=NOW))
    assert sum(found.by_reason.values()) == PATIENTS
    spent = timed(lambda: audience.check(audience.of(campaign, now=NOW)))
    note = f"{found.reached:,} would get it"
    yield Figure(BENCH, "check without sending", spent, "s", aims=(below(20),), note=note)


def listed(campaign: "Campaign") -> Iterator[Figure]:
    """Who is due by a schedule without a last age: everybody is looked at, and everybody is due."""
    from campaigns import editions, listing, vouching
    from campaigns.models import PatientList, Schedule
    from healthmsg.clinic.models import StaffUser

    schedule = editions.add_example(campaign.clinic)
    Schedule.objects.update(born_from=None)
    clinician = StaffUser.objects.create(username="clinician", is_superuser=True)
    vouching.approve(schedule, by=clinician, now=NOW)
    author = StaffUser.objects.create(username="author")
    made = listing.make(schedule, name="Due", by=author, due_by=NOW.date(), now=NOW)

    def make() -> None:
        while PatientList.objects.filter(pk=made.pk, making="MAKING").exists():
            listing.go_on(now=NOW)

    spent = timed(make)
    made.refresh_from_db()
    assert made.found == made.looked_at == made.entries.count()
    note = f"{made.found:,} patients, {len(made.by_vaccine)} vaccines"
    yield Figure(BENCH, "list of who is due", spent, "s", aims=(below(300),), note=note)


def costed(campaign: "Campaign") -> Iterator[Figure]:
    from campaigns import costs
    from tests import factories

    factories.make_rate(campaign.clinic)
    cost = costs.estimate(campaign, now=NOW)
    spent = timed(lambda: costs.estimate(campaign, now=NOW))
    note = f"{cost.messages:,} messages, {cost.total('USD'):,.0f} USD"
    # A part of the check.
    yield Figure(BENCH, "cost of it", spent, "s", aims=(below(20),), note=note)


def naive() -> Iterator[Figure]:
    from healthmsg.celery import app
    from healthmsg.clinic.models import Patient

    patients = Patient.objects.order_by("pk")[:NAIVE_PATIENTS]

    def queue() -> None:
        for patient in patients.iterator():
            app.send_task("bench.send", args=[patient.pk], queue="bench", ignore_result=True)

    yield Figure(BENCH, NAIVE, NAIVE_PATIENTS / timed(queue), "patients/s")


def written(campaign: "Campaign") -> Iterator[Figure]:
    from campaigns import audience, launching
    from campaigns.models import Recipient

    run = launching.start(campaign, by=None, now=NOW)

    def expand() -> None:
        while audience.expand(run, now=NOW):
            pass

    before = memory()
    spent = timed(expand)
    assert Recipient.objects.filter(run=run).count() == PATIENTS
    aims = (below(20),)
    yield Figure(BENCH, "everybody written down", spent, "s", aims=aims)
    aims = (at_least(20, times=NAIVE),)
    yield Figure(BENCH, "written down each second", PATIENTS / spent, "patients/s", aims=aims)
    note = f"{before:.0f} MB before"
    yield Figure(BENCH, "memory", memory(), "MB", aims=(at_most(250),), note=note)


def watched() -> Iterator[Figure]:
    """How a run goes, counted while all of its messages are on their way."""
    from campaigns import launching, results
    from campaigns.models import Run

    run = Run.objects.get()
    launching.pour(now=NOW)
    told(run)

    def once() -> None:
        assert results.of(run, now=NOW).progress.adds_up

    seconds = [timed(once) for _ in range(REPEATS)]
    note = "shown 20 times as long"
    yield Figure.median(BENCH, "how a run goes, counted", seconds, "s", note=note)


def told(run: "Run") -> None:
    """Give everybody who is to get it a message that has left; a page asks for no more."""
    from whatsapp.models import Message

    one = Message.objects.order_by("pk")[:1].get()
    names = [field.column or "" for field in Message._meta.concrete_fields]
    columns = ", ".join(name for name in names if name not in _OWN)
    sql("SET session_replication_role = replica")
    sql(
        f"""
        WITH waiting AS MATERIALIZED (
          SELECT id, phone_id, patient_id, nextval('whatsapp_message_id_seq') AS message_id
            FROM campaigns_recipient WHERE run_id = %s AND reason = '' AND message_id IS NULL),
        queued AS (
          INSERT INTO whatsapp_message (id, phone_id, patient_id, dedupe_key, callback, status,
                                        send_after, accepted_at, {columns})
          SELECT waiting.message_id, waiting.phone_id, waiting.patient_id,
                 'bench:' || waiting.message_id, gen_random_uuid(), 'ACCEPTED', NULL, created_at,
                 {columns} FROM waiting, whatsapp_message one WHERE one.id = %s)
        UPDATE campaigns_recipient recipient
           SET message_id = waiting.message_id, poured_at = %s
          FROM waiting WHERE recipient.id = waiting.id
        """,
        run.pk,
        one.pk,
        NOW,
    )
    sql("SET session_replication_role = origin")
    sql("VACUUM ANALYZE whatsapp_message, campaigns_recipient")


def audiences(campaign: "Campaign") -> "Iterator[tuple[str, Audience]]":
    from campaigns.models import Audience, NextVisit

    clinic = campaign.clinic
    yield "everybody", campaign.audience
    old = Audience.objects.create(clinic=clinic, name="65", age_from_months=780, sexes=["FEMALE"])
    yield "women from 65 on", old
    away = Audience.objects.create(
        clinic=clinic,
        name="away",
        age_from_months=780,
        not_seen_for_days=365,
        next_visit=NextVisit.NONE,
        not_contacted_for_days=30,
    )
    yield "from 65 on, not seen for a year, none booked, not invited lately", away


def fill(
    patients: int = PATIENTS,
    *,
    purpose: str = "PREVENTION",
    people: Mapping[str, str] | None = None,  # what else differs, as SQL of `n`
    phones: Mapping[str, str] | None = None,
) -> "Campaign":
    """Patients of all ages; most allowed it, each third was seen within two years."""
    from django.db import connection

    from campaigns.models import Audience
    from healthmsg.clinic.models import Purpose
    from tests import factories
    from tests.bench import rows

    clinic = factories.make_clinic()
    account = factories.make_sender(clinic).account
    factories.make_template(account, name="flu", body="Hola {{contact_name}}", category="MARKETING")
    one = factories.make_patient(clinic, consents=(Purpose(purpose),), birth_date=date(1936, 1, 1))
    contact, line = one.contacts.get(), one.consent_records.get()
    visit = factories.make_visit(
        one, starts_at=NOW - timedelta(days=1), is_overbooked=True, status="SEEN"
    )
    # Rows are followed one by one otherwise; what is worked out of them is filled in afterwards.
    sql("SET session_replication_role = replica")
    many, phone = patients - 1, contact.phone_id
    assert phone is not None
    number = "'+5491' || (100000000 + n)"
    multiply("clinic_phone", phone, many, number=number, **(phones or {}))
    multiply(
        "clinic_patient",
        one.pk,
        many,
        birth_date="date '1936-01-01' + n %% 32000",
        sex="(ARRAY['FEMALE', 'MALE'])[1 + n %% 2]",
        **(people or {}),
    )
    own = {"patient_id": f"{one.pk} + n", "phone_id": f"{phone} + n"}
    multiply("clinic_contact", contact.pk, many, **own)
    change = "CASE n %% 10 WHEN 0 THEN 'DECLINED' WHEN 1 THEN 'WITHDRAWN' ELSE 'GRANTED' END"
    multiply("clinic_consentrecord", line.pk, many * 9 // 10, change=change, **own)
    seen = "timestamptz '2026-03-09 15:00Z' - (n %% 730) * interval '1 day'"
    multiply(
        "clinic_appointment",
        visit.pk,
        many // 3,
        patient_id=f"{one.pk} + 3 * n",
        contact_id=f"{contact.pk} + 3 * n",
        starts_at=seen,
        ends_at=f"{seen} + interval '20 minutes'",
    )
    sql("SET session_replication_role = origin; ANALYZE")
    for first in range(one.pk, one.pk + patients, REFRESHED_AT_ONCE):
        sql(
            "SELECT clinic_reach_refresh(ARRAY(SELECT id FROM clinic_patient"
            " WHERE id >= %s AND id < %s))",
            first,
            first + REFRESHED_AT_ONCE,
        )
    connection.ensure_connection()
    sql("VACUUM ANALYZE")
    return rows.approved(
        clinic=clinic,
        name="Flu",
        purpose=Purpose.PREVENTION,
        template_name="flu",
        audience=Audience.objects.create(clinic=clinic, name="everybody"),
        approved_by=factories.make_person("approver"),
        approved_at=NOW,
    )


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def memory() -> float:
    """The most this process ever held, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    figures.alone(BENCH, measure)
