"""Which people are to be reminded, as far as bookings and permissions of now tell."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from reminders.models import ReminderRule
from reminders.seating import DAY, Rank, Want, rank
from reminders.timing import Anchor
from whatsapp import leasing
from whatsapp.status import Lane

_WEEK = timedelta(days=7)
_CHANGES = (Anchor.MOVED, Anchor.CANCELLED)
_NEWS = (*_CHANGES, Anchor.BOOKED)

# Who would be written to first, by numbers of one portfolio: not those who would be refused, nor
# who talks with us then. A clinic writes from its first number.
_PLANNED = f"""
  SELECT reminder.id, message.phone_id, reminder.due_at, reminder.rule_id,
         reminder.status = 'SKIPPED' AS was_left_out, clinic.time_zone
    FROM reminders_reminder reminder
    JOIN reminders_reminderrule rule ON rule.id = reminder.rule_id
    JOIN clinic_appointment visit ON visit.id = reminder.appointment_id
    JOIN clinic_patient patient ON patient.id = visit.patient_id
    JOIN clinic_contact contact ON contact.id = visit.contact_id
    JOIN clinic_phone phone ON phone.id = contact.phone_id
    JOIN clinic_clinic clinic ON clinic.id = visit.clinic_id
   CROSS JOIN LATERAL (SELECT phone.id AS phone_id, rule.purpose) message
   CROSS JOIN LATERAL (SELECT patient.id AS patient_id) subject
   WHERE (reminder.status = 'PLANNED'
          OR reminder.status = 'SKIPPED' AND reminder.reason = 'DAILY_LIMIT'
             AND reminder.due_at > %(now)s)
     AND reminder.due_at < %(until)s AND reminder.version = visit.version
     AND rule.is_active AND visit.clinic_id = ANY(%(clinics)s)
     AND patient.state NOT IN ('DECEASED', 'GONE') AND phone.state <> 'WRONG_PERSON'
     AND (clinic.mode = 'LIVE' OR %(sandbox)s OR phone.is_test)
     AND NOT EXISTS (SELECT 1 FROM whatsapp_conversation talk
          WHERE talk.phone_id = phone.id
            AND talk.last_inbound_at > greatest(reminder.due_at, %(now)s) - interval '24 hours')
     AND {leasing.PERMISSION} = 'GRANTED'
"""  # noqa: S608 - put together from our own words alone
_BY_DAY = f"""
SELECT day, CASE WHEN cardinality(rules) = 1 THEN rules[1] END, count(*)
  FROM (SELECT (due_at AT TIME ZONE time_zone)::date AS day, phone_id,
               array_agg(DISTINCT rule_id) AS rules
          FROM ({_PLANNED}) planned GROUP BY day, phone_id) people
 GROUP BY 1, 2
"""  # noqa: S608 - put together from our own words alone
_WAITING = """
SELECT DISTINCT phone_id FROM whatsapp_message
 WHERE sender_id = ANY(%(senders)s) AND lane = %(lane)s AND send_after IS NOT NULL
"""
# By the numbers of the portfolio, within a window: how many different people heard of something
# that nobody could plan, and how many of them of a change.
_NEWS_OF = """
SELECT count(DISTINCT message.phone_id),
       count(DISTINCT message.phone_id) FILTER (WHERE rule.anchor = ANY(%(changes)s))
  FROM whatsapp_message message
  JOIN reminders_reminder reminder ON reminder.message_id = message.id
  JOIN reminders_reminderrule rule ON rule.id = reminder.rule_id
 WHERE message.sender_id = ANY(%(senders)s) AND message.lane = %(lane)s
   AND message.created_at > %(since)s AND message.created_at <= %(until)s
   AND rule.anchor = ANY(%(news)s)
"""


@dataclass(frozen=True)
class Circle:
    """The clinics and numbers that share a limit."""

    clinics: tuple[int, ...]
    senders: tuple[int, ...]
    uses_sandbox: bool


@dataclass(frozen=True)
class News:
    """How many people will hear within a day of what is not booked or changed yet."""

    all: int
    changes: int


@dataclass
class Crowd:
    """The people to remind on one day, and how many of them by one rule alone."""

    people: int = 0
    by_one_rule: dict[int, int] | None = None


def wants(circle: Circle, *, now: datetime, until: datetime) -> list[Want]:
    """Return every planned reminder that needs a place until then, those left out too."""
    ranks = ranks_of(circle.clinics)
    found = _ask(_PLANNED, circle, now=now, until=until)
    return [
        Want(pk, phone, max(due_at, now), ranks[rule], was_left_out)
        for pk, phone, due_at, rule, was_left_out, _zone in found
    ]


def waiting(circle: Circle) -> set[int]:
    """Return the phones of reminders that are written and have not left."""
    return {row[0] for row in _ask(_WAITING, circle)}


def news(circle: Circle, *, now: datetime) -> News:
    """Return what the last day brought, or the same day a week ago, whichever was more."""
    windows = ((now - DAY, now), (now - _WEEK, now - _WEEK + DAY))
    values = {"news": list(_NEWS), "changes": list(_CHANGES)}
    found = [_ask(_NEWS_OF, circle, since=a, until=b, **values)[0] for a, b in windows]
    return News(max(row[0] for row in found), max(row[1] for row in found))


def by_day(circle: Circle, *, now: datetime, until: datetime) -> dict[date, Crowd]:
    """Return how many people are to be reminded on each of the clinics' days."""
    crowds: dict[date, Crowd] = defaultdict(lambda: Crowd(0, {}))
    for day, only_rule, people in _ask(_BY_DAY, circle, now=now, until=until):
        crowds[day].people += people
        alone = crowds[day].by_one_rule
        if only_rule is not None and alone is not None:
            alone[only_rule] = people
    return crowds


def ranks_of(clinics: Collection[int]) -> dict[int, Rank]:
    """Return how urgent each rule's messages are."""
    rules: Iterable[ReminderRule] = ReminderRule.objects.filter(clinic__in=clinics)
    return {r.pk: rank(Anchor(r.anchor), offset=r.offset, days_before=r.days_before) for r in rules}


def _ask(query: str, circle: Circle, **values: Any) -> list[tuple[Any, ...]]:
    known: dict[str, Any] = {
        "clinics": list(circle.clinics),
        "senders": list(circle.senders),
        "sandbox": circle.uses_sandbox,
        "lane": int(Lane.REMINDER),
    }
    with connection.cursor() as cursor:
        cursor.execute(query, known | values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
