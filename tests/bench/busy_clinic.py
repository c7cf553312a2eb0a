"""
A clinic that has worked for long: many patients, as many messages, its days, its conversations.

Import it once the house is open. Patients, their permissions and earlier visits are those of the
bench `audience`; this adds what pages show around today. Each twentieth patient is a García.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from healthmsg.clinic.models import Appointment, Clinic, Patient, WorkingHours
from healthmsg.desk.daily import counting
from reminders import rules
from tests import factories
from tests.bench import audience
from tests.bench.planner import multiply, sql
from whatsapp import arriving
from whatsapp.models import Message, Reply, Thread

if TYPE_CHECKING:
    from whatsapp.models import Sender

# So many days before today, and after it.
DAYS, VISITS_A_DAY = 90, 100
CLINICIANS = 10
# Each fiftieth patient has written; so many conversations wait.
WROTE, WAIT = 50, 300
_WEEK = {str(day): [["08:00", "12:00"], ["13:00", "18:00"]] for day in range(5)}
# Most were read, some failed, few were not sent.
_STATUS = (
    "CASE WHEN n %% 50 = 0 THEN 'FAILED' WHEN n %% 41 = 0 THEN 'DELIVERED'"
    " WHEN n %% 997 = 0 THEN 'WITHHELD' ELSE 'READ' END"
)


@dataclass(frozen=True)
class Busy:
    """The clinic, and one row of what has a page."""

    clinic: Clinic
    patient: Patient
    visit: Appointment
    message: Message
    thread: Thread


def fill(many: int) -> Busy:
    """Make it, and count its days as the worker does."""
    now = datetime.now(UTC)
    campaign = audience.fill(
        many,
        purpose="APPOINTMENTS",
        people={
            "family_name": "CASE n %% 20 WHEN 0 THEN 'García' ELSE 'Apellido' || n %% 40000 END",
            "given_name": "(ARRAY['Ana', 'Juan', 'María', 'José'])[1 + n / 20 %% 4]",
        },
        phones={"state": "CASE WHEN n %% 2000 = 0 THEN 'FAILING' ELSE 'NEW' END"},
    )
    clinic = campaign.clinic
    rules.install(clinic)
    # The first that was made; all others are its copies, their keys one after the other.
    patient = clinic.patients.order_by("pk")[:1].get()
    sender = clinic.senders.get()
    sql("SET session_replication_role = replica")
    visit = _visits(patient, many, now)
    message = _messages(sender, patient, many, now)
    thread = _conversations(sender, message, many // WROTE, now)
    sql("SET session_replication_role = origin")
    sql("VACUUM ANALYZE")
    today = now.astimezone(clinic.zone).date()
    for days_ago in range(DAYS + 1):
        counting.count(clinic, today - timedelta(days=days_ago), now=datetime.now(UTC))
    return Busy(clinic, patient, visit, message, thread)


def _visits(patient: Patient, many: int, now: datetime) -> Appointment:
    """Visits of each day at two sites, some with a reminder planned for the day before."""
    clinic = patient.clinic
    sites = [factories.make_site(clinic) for _ in range(2)]
    people = [factories.make_clinician(clinic, name=f"Dra. Paz {n}") for n in range(CLINICIANS)]
    for n, person in enumerate(people):
        WorkingHours.objects.create(clinician=person, site=sites[n % 2], hours=_WEEK)
    visit = factories.make_visit(
        patient,
        starts_at=now + timedelta(days=DAYS + 1),
        site=sites[0],
        clinician=people[0],
        is_overbooked=True,
    )
    count = 2 * DAYS * VISITS_A_DAY
    step = max(1, many // (count + 1))
    starts_at = (
        f"date_trunc('day', now()) + (n / {VISITS_A_DAY} - {DAYS}) * interval '1 day'"
        f" + interval '12 hours' + (n %% {VISITS_A_DAY}) * interval '5 minutes'"
    )
    multiply(
        "clinic_appointment",
        visit.pk,
        count,
        patient_id=f"{patient.pk} + n * {step} %% {many}",
        contact_id=f"{patient.contacts.get().pk} + n * {step} %% {many}",
        clinician_id=f"{people[0].pk} + n %% {CLINICIANS}",
        site_id=f"{sites[0].pk} + n %% 2",
        starts_at=starts_at,
        ends_at=f"{starts_at} + interval '20 minutes'",
        status=(
            f"CASE WHEN {starts_at} > now() THEN 'BOOKED'"
            " WHEN n %% 9 = 0 THEN 'MISSED' ELSE 'SEEN' END"
        ),
    )
    sql(
        "INSERT INTO reminders_reminder (appointment_id, version, rule_id, starts_at, site_id,"
        " due_at, useful_until, status, reason, edition, is_shared, planned_at, changed_at)"
        " SELECT visit.id, visit.version, rule.id, visit.starts_at, visit.site_id,"
        " visit.starts_at - interval '1 day', visit.starts_at - interval '1 hour', 'PLANNED', '',"
        " 0, false, now(), now() FROM clinic_appointment visit JOIN reminders_reminderrule rule"
        " ON rule.template_name = 'appointment_reminder_tomorrow'"
        " WHERE visit.clinic_id = %s AND visit.starts_at > now() + interval '1 day'",
        clinic.pk,
    )
    return visit


def _messages(sender: "Sender", patient: Patient, many: int, now: datetime) -> Message:
    """One to each patient, written one after the other over the days that are counted."""
    message = factories.make_message(
        sender,
        patient,
        send_after=None,
        status="READ",
        created_at=now,
        accepted_at=now,
        contact=patient.contacts.get(),
    )
    at = f"now() - n * interval '{DAYS} days' / {many}"
    multiply(
        "whatsapp_message",
        message.pk,
        many - 1,
        patient_id=f"{patient.pk} + n",
        phone_id=f"{message.phone_id} + n",
        contact_id=f"{message.contact_id} + n",
        dedupe_key="'bench:' || n",
        callback="gen_random_uuid()",
        created_at=at,
        accepted_at=f"{at} + interval '1 second'",
        failed_at=f"CASE WHEN n %% 50 = 0 THEN {at} END",
        status=_STATUS,
        reason="CASE WHEN n %% 997 = 0 AND n %% 50 > 0 AND n %% 41 > 0 THEN 'TOO_LATE' ELSE '' END",
    )
    return message


def _conversations(sender: "Sender", message: Message, count: int, now: datetime) -> Thread:
    """What patients wrote, one message each; the newest wait for somebody."""
    reply = Reply.objects.create(
        clinic=sender.clinic,
        sender=sender,
        phone=message.phone,
        wamid="bench:0",
        kind="text",
        text="¿Puedo llevar a mi hija?",
        written_at=now,
        needs_person_at=now,
    )
    arriving.gather(now=now, limit=1)
    thread = Thread.objects.get()
    at, waits = "now() - n * interval '5 minutes'", f"n <= {WAIT}"
    multiply(
        "whatsapp_thread",
        thread.pk,
        count - 1,
        phone_id=f"{message.phone_id} + n",
        last_written_at=at,
        opened_at=f"CASE WHEN {waits} THEN {at} END",
        waits_since=f"CASE WHEN {waits} THEN {at} END",
        done_at=f"CASE WHEN NOT {waits} THEN {at} END",
    )
    multiply(
        "whatsapp_reply",
        reply.pk,
        count - 1,
        phone_id=f"{message.phone_id} + n",
        thread_id=f"{thread.pk} + n",
        wamid="'bench:' || n",
        written_at=at,
        stored_at=at,
        needs_person_at=f"CASE WHEN {waits} THEN {at} END",
    )
    return thread
