"""Counts a day from the rows themselves; counted again, it is written over."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection, transaction

from healthmsg.clinic.models import Clinic
from healthmsg.clinic.sending_hours import wall_clock
from healthmsg.desk.daily.models import CountedDay

# Later answers to a message of that day are no longer looked for.
ANSWERS_WITHIN = timedelta(days=35)
MEASURES = (
    *("to_come", "written", "waiting", "under_way", "arrived", "failed", "not_sent"),
    *("sent", "read", "answered", "visits", "missed"),
)
# Any number that no other advisory lock of ours begins with.
_LOCK = 1_402_887_311

# The day's messages, the reminders still to be written, and its visits, each as one line of noughts
# and ones. A message belongs to the rule of its first reminder; a visit to that of the last one
# that had arrived before it began. The hour is that in which WhatsApp took a message, or a visit
# began: the two are never told together.
_LINES = """
WITH told AS (
  SELECT DISTINCT answers_id AS id FROM whatsapp_reply
   WHERE clinic_id = %(clinic)s AND answers_id IS NOT NULL
     AND written_at >= %(begins)s AND written_at < %(answers_until)s
), line AS (
  SELECT visit.site_id, rule.id AS rule_id, visit.kind_id,
         split_part(message.language, '_', 1) AS language,
         extract(hour FROM coalesce(message.accepted_at, message.created_at)
                 AT TIME ZONE %(zone)s)::int AS hour,
         0 AS to_come, 1 AS written,
         (message.status IN ('QUEUED', 'SENDING', 'UNCERTAIN'))::int AS waiting,
         (message.status IN ('ACCEPTED', 'SENT'))::int AS under_way,
         (message.status IN ('DELIVERED', 'READ'))::int AS arrived,
         (message.status = 'FAILED')::int AS failed,
         (message.status = 'WITHHELD')::int AS not_sent,
         (message.status IN ('ACCEPTED', 'SENT', 'DELIVERED', 'READ')
           OR message.status = 'FAILED' AND message.accepted_at IS NOT NULL)::int AS sent,
         (message.status = 'READ')::int AS read,
         (told.id IS NOT NULL)::int AS answered, 0 AS visits, 0 AS missed
    FROM whatsapp_message message
    LEFT JOIN clinic_appointment visit ON visit.id = message.appointment_id
    LEFT JOIN told ON told.id = message.id
    LEFT JOIN LATERAL (SELECT min(reminder.rule_id) AS id FROM reminders_reminder reminder
                        WHERE reminder.message_id = message.id) rule ON visit.id IS NOT NULL
   WHERE message.clinic_id = %(clinic)s AND message.purpose NOT IN ('REPLY', 'TEAM')
     AND message.created_at >= %(begins)s AND message.created_at < %(ends)s
  UNION ALL
  SELECT visit.site_id, reminder.rule_id, visit.kind_id,
         split_part(coalesce(contact.language, ''), '_', 1),
         extract(hour FROM reminder.due_at AT TIME ZONE %(zone)s)::int,
         1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
    FROM reminders_reminder reminder
    JOIN clinic_appointment visit ON visit.id = reminder.appointment_id
    LEFT JOIN clinic_contact contact ON contact.id = visit.contact_id
   WHERE reminder.status = 'PLANNED' AND visit.clinic_id = %(clinic)s
     AND reminder.due_at >= %(begins)s AND reminder.due_at < %(ends)s
  UNION ALL
  SELECT visit.site_id, rule.id, visit.kind_id,
         split_part(coalesce(contact.language, ''), '_', 1),
         extract(hour FROM visit.starts_at AT TIME ZONE %(zone)s)::int,
         0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, (visit.status = 'MISSED')::int
    FROM clinic_appointment visit
    LEFT JOIN clinic_contact contact ON contact.id = visit.contact_id
    LEFT JOIN LATERAL (
      SELECT reminder.rule_id AS id FROM reminders_reminder reminder
        JOIN whatsapp_message message ON message.id = reminder.message_id
       WHERE reminder.appointment_id = visit.id AND reminder.version = visit.version
         AND message.status IN ('DELIVERED', 'READ') AND message.created_at < visit.starts_at
       ORDER BY message.created_at DESC, reminder.id DESC LIMIT 1) rule ON true
   WHERE visit.clinic_id = %(clinic)s
     AND visit.starts_at >= %(begins)s AND visit.starts_at < %(ends)s
     AND visit.status IN ('ARRIVED', 'SEEN', 'LEFT', 'MISSED')
)"""
_SUMS = ", ".join(f"sum({name}) AS {name}" for name in MEASURES)
# Of words of our own alone.
_WHOLE = f"{_LINES} SELECT {_SUMS} FROM line"  # noqa: S608
_WRITE = f"""
{_LINES}
INSERT INTO desk_daycount (clinic_id, day, site_id, cut, key, {", ".join(MEASURES)})
SELECT %(clinic)s, %(day)s, site_id,
       CASE WHEN GROUPING(rule_id) = 0 THEN 'RULE' WHEN GROUPING(hour) = 0 THEN 'HOUR'
            WHEN GROUPING(language) = 0 THEN 'LANGUAGE' WHEN GROUPING(kind_id) = 0 THEN 'KIND'
            ELSE 'WHOLE' END,
       coalesce(rule_id::text, hour::text, language, kind_id::text, ''), {_SUMS}
  FROM line
 GROUP BY GROUPING SETS ((site_id, rule_id), (site_id, hour), (site_id, language),
                         (site_id, kind_id), (site_id))"""  # noqa: S608


@transaction.atomic
def count(clinic: Clinic, day: date, *, now: datetime, settle: bool = False) -> bool:
    """
    Write down one day of a clinic's, in place of what was counted before.

    :param settle: for good, as its visits are about to go
    :returns: False where it was settled, and stays as it is
    """
    with connection.cursor() as cursor:
        # Of two that count the same clinic the second waits, and counts anew.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, clinic.pk])
        if CountedDay.objects.filter(clinic=clinic, day=day, settled_at__isnull=False).exists():
            return False
        cursor.execute(
            "DELETE FROM desk_daycount WHERE clinic_id = %s AND day = %s", [clinic.pk, day]
        )
        cursor.execute(_WRITE, _of(clinic, day))
    told = {"counted_at": now, "settled_at": now if settle else None}
    CountedDay.objects.update_or_create(clinic=clinic, day=day, defaults=told)
    return True


def whole(clinic: Clinic, day: date) -> dict[str, int]:
    """Count a day without writing it down; as long as `count` takes."""
    with connection.cursor() as cursor:
        cursor.execute(_WHOLE, _of(clinic, day))
        sums = cursor.fetchone() or ()
    return {name: int(number or 0) for name, number in zip(MEASURES, sums, strict=True)}


def _of(clinic: Clinic, day: date) -> Mapping[str, Any]:
    begins, ends = bounds(clinic, day)
    return {
        "clinic": clinic.pk,
        "day": day,
        "zone": clinic.time_zone,
        "begins": begins,
        "ends": ends,
        "answers_until": ends + ANSWERS_WITHIN,
    }


def bounds(clinic: Clinic, day: date) -> tuple[datetime, datetime]:
    """Return when the clinic's day begins, and when the next one does."""
    midnight = datetime.combine(day, time(), clinic.zone)
    return wall_clock(midnight, time()), wall_clock(midnight + timedelta(days=1), time())
