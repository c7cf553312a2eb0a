"""
A clinic that has worked for long: many patients, as many messages, its days, its conversations.

Import it once the house is open. Patients, their permissions and earlier visits are those of the
bench `audience`; this adds what pages show around today. Each twentieth patient is a García. Rows
are copied by the database and nothing follows them one by one: a million take a few minutes.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from campaigns.models import Campaign, Run
from healthmsg.clinic.models import Appointment, Clinic, Patient, WorkingHours
from healthmsg.desk.daily import counting
from reminders import rules
from tests import factories
from tests.bench import audience, book
from tests.bench.planner import multiply, sql
from whatsapp import arriving
from whatsapp.models import Message, Stream, Thread

if TYPE_CHECKING:
    from whatsapp.models import Sender

# So many days before today, and after it; each site has a hundred visits a day.
DAYS, VISITS_A_DAY = 90, 100
PEOPLE_OF_A_SITE, CLINICIANS_OF_A_SITE = 50_000, 5
# Each tenth patient has written; so many conversations wait.
WROTE, WAIT = 10, 300
_WEEK = {str(day): [["08:00", "12:00"], ["13:00", "18:00"]] for day in range(5)}
# Most were read, some failed, few were not sent.
_STATUS = (
    "CASE WHEN n %% 50 = 0 THEN 'FAILED' WHEN n %% 41 = 0 THEN 'DELIVERED'"
    " WHEN n %% 997 = 0 THEN 'WITHHELD' ELSE 'READ' END"
)
_ADD_REMINDERS = """
INSERT INTO reminders_reminder (appointment_id, version, rule_id, starts_at, site_id, due_at,
                                useful_until, status, reason, edition, is_shared, planned_at,
                                changed_at, message_id)
SELECT visit.id, visit.version, rule.id, visit.starts_at, visit.site_id,
       visit.starts_at - interval '1 day', visit.starts_at - interval '1 hour',
       {status}, '', 0, false, now(), now(), {message}
  FROM clinic_appointment visit {of_messages}
  JOIN reminders_reminderrule rule ON rule.template_name = 'appointment_reminder_tomorrow'
 WHERE visit.clinic_id = %s AND {which}
"""
_ADD_RECIPIENTS = """
INSERT INTO campaigns_recipient (run_id, patient_id, contact_id, phone_id, reason, message_id,
                                 poured_at)
SELECT %s, reach.patient_id, reach.contact_id, reach.phone_id,
       CASE WHEN message.id IS NULL THEN 'DECLINED' ELSE '' END, message.id, message.created_at
  FROM clinic_reach reach LEFT JOIN whatsapp_message message
    ON message.patient_id = reach.patient_id AND message.stream_id = %s
 ORDER BY reach.patient_id
"""


@dataclass(frozen=True)
class Busy:
    """The clinic, and one row of what has a page."""

    clinic: Clinic
    patient: Patient
    visit: Appointment
    message: Message
    thread: Thread
    run: Run


def stands() -> bool:
    """True where `fill` has been here before."""
    return Run.objects.exists()


def found() -> Busy:
    """Return what is there; the patient has the next visit."""
    clinic = Clinic.objects.get()
    come = clinic.appointments.filter(status="BOOKED", starts_at__gt=datetime.now(UTC))
    visit = come.select_related("patient").order_by("starts_at")[:1].get()
    about = Message.objects.filter(appointment__isnull=False)
    return Busy(
        clinic,
        visit.patient,
        visit,
        about.order_by("pk")[:1].get(),
        Thread.objects.order_by("pk")[:1].get(),
        Run.objects.get(),
    )


def fill(many: int) -> None:
    """Make it, and count its days as the worker does."""
    now = datetime.now(UTC)
    campaign = audience.fill(
        many,
        purpose="APPOINTMENTS",
        people={
            "external_id": "'H-' || n",
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
    run = _run(campaign, many, now)
    sql("SET session_replication_role = replica")
    visits = _Visits(patient, many, now)
    message = _messages(sender, visits, run, now)
    _reminders(clinic)
    sql("ANALYZE whatsapp_message")
    sql(_ADD_RECIPIENTS, run.pk, run.stream_id)
    _conversations(sender, message, many // WROTE, now)
    book.write(clinic, patient, many, by=factories.make_person("author"))
    sql("SET session_replication_role = origin")
    sql("VACUUM ANALYZE")
    today = now.astimezone(clinic.zone).date()
    for days_ago in range(DAYS + 1):
        counting.count(clinic, today - timedelta(days=days_ago), now=datetime.now(UTC))


class _Visits:
    """Visits of each day at each site, all of them copies of the first."""

    def __init__(self, patient: Patient, many: int, now: datetime) -> None:
        self.patient, self.many = patient, many
        sites = [
            factories.make_site(patient.clinic) for _ in range(max(2, many // PEOPLE_OF_A_SITE))
        ]
        people = [
            factories.make_clinician(patient.clinic, name=f"Dra. Paz {n}")
            for n in range(CLINICIANS_OF_A_SITE * len(sites))
        ]
        for n, person in enumerate(people):
            site = sites[n % len(sites)]
            WorkingHours.objects.create(clinician=person, site=site, hours=_WEEK)
        self.a_day = VISITS_A_DAY * len(sites)
        self.count = 2 * DAYS * self.a_day
        self.step = max(1, many // (self.count + 1))
        self.first = factories.make_visit(
            patient,
            starts_at=now + timedelta(days=DAYS + 1),
            site=sites[0],
            clinician=people[0],
            is_overbooked=True,
        )
        self._multiply(len(sites), sites[0].pk, len(people), people[0].pk)

    def _multiply(self, sites: int, first_site: int, people: int, first_person: int) -> None:
        starts_at = (
            f"date_trunc('day', now()) + (n / {self.a_day} - {DAYS}) * interval '1 day'"
            f" + interval '12 hours' + (n %% {self.a_day} / {sites}) * interval '5 minutes'"
        )
        contact = self.patient.contacts.get().pk
        multiply(
            "clinic_appointment",
            self.first.pk,
            self.count,
            patient_id=f"{self.patient.pk} + n * {self.step} %% {self.many}",
            contact_id=f"{contact} + n * {self.step} %% {self.many}",
            clinician_id=f"{first_person} + n %% {people}",
            site_id=f"{first_site} + n %% {sites}",
            starts_at=starts_at,
            ends_at=f"{starts_at} + interval '20 minutes'",
            booked_at=f"{starts_at} - (n %% 40) * interval '1 day'",
            status=(
                f"CASE WHEN {starts_at} > now() THEN 'BOOKED'"
                " WHEN n %% 25 = 0 THEN 'MISSED' ELSE 'SEEN' END"
            ),
            answer=f"CASE WHEN {starts_at} < now() + interval '2 days' AND n %% 10 < 6"
            " THEN 'CONFIRMED' ELSE 'NONE' END",
        )


def _run(campaign: Campaign, many: int, now: datetime) -> Run:
    """A run that is over; each second message is one of its."""
    stream = Stream.objects.create(clinic=campaign.clinic, name=campaign.name)
    return Run.objects.create(
        campaign=campaign,
        stream=stream,
        occurrence_at=now - timedelta(days=DAYS),
        started_at=now - timedelta(days=DAYS),
        expires_at=now,
        finished_at=now,
        status="DONE",
        audience_size=many,
    )


def _messages(sender: "Sender", visits: _Visits, run: Run, now: datetime) -> Message:
    """One to each patient, written one after the other over the days that are counted."""
    patient = visits.patient
    message = factories.make_message(
        sender,
        patient,
        send_after=None,
        status="READ",
        created_at=now,
        accepted_at=now,
        contact=patient.contacts.get(),
        body="Hola Ana, te esperamos el lunes 30 de noviembre a las 10:30 en Centro 1. Gracias.",
    )
    at = f"now() - n * interval '{DAYS} days' / {visits.many}"
    # Up to those of tomorrow at this hour: who comes within a day has been told of it.
    is_about = f"n %% {visits.step} = 0 AND n / {visits.step} <= {(DAYS + 1) * visits.a_day}"
    multiply(
        "whatsapp_message",
        message.pk,
        visits.many - 1,
        patient_id=f"{patient.pk} + n",
        phone_id=f"{message.phone_id} + n",
        contact_id=f"{message.contact_id} + n",
        appointment_id=f"CASE WHEN {is_about} THEN {visits.first.pk} + n / {visits.step} END",
        appointment_version=f"CASE WHEN {is_about} THEN 1 END",
        stream_id=f"CASE WHEN n %% 2 = 1 THEN {run.stream_id} END",
        dedupe_key="'bench:' || n",
        callback="gen_random_uuid()",
        created_at=at,
        accepted_at=f"{at} + interval '1 second'",
        failed_at=f"CASE WHEN n %% 50 = 0 THEN {at} END",
        status=_STATUS,
        reason="CASE WHEN n %% 997 = 0 AND n %% 50 > 0 AND n %% 41 > 0 THEN 'TOO_LATE' ELSE '' END",
    )
    return message


def _reminders(clinic: Clinic) -> None:
    """Visits up to tomorrow have a reminder with its message, those after it a planned one."""
    told = {
        "status": "'QUEUED'",
        "message": "message.id",
        "of_messages": "JOIN whatsapp_message message ON message.appointment_id = visit.id",
        "which": "visit.starts_at <= now() + interval '1 day'",
    }
    to_tell = {
        "status": "'PLANNED'",
        "message": "NULL",
        "of_messages": "",
        "which": "visit.starts_at > now() + interval '1 day'",
    }
    for kind in (told, to_tell):
        sql(_ADD_REMINDERS.format(**kind), clinic.pk)


def _conversations(sender: "Sender", message: Message, count: int, now: datetime) -> None:
    """What patients wrote, one message each; the newest wait for somebody."""
    reply = factories.make_reply(
        clinic=sender.clinic,
        sender=sender,
        phone=message.phone,
        wamid="bench:0",
        kind="text",
        text="¿Puedo llevar a mi hija?",
        written_at=now,
        needs_person_at=now,
        answers=message,
    )
    arriving.gather(now=now, limit=1)
    thread = Thread.objects.get()
    at, waits = "now() - n * interval '1 minute'", f"n <= {WAIT}"
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
        answers_id=f"{message.pk} + n",
        wamid="'bench:' || n",
        written_at=at,
        stored_at=at,
        handled_at=at,
        needs_person_at=f"CASE WHEN {waits} THEN {at} END",
    )
