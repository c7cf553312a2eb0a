"""What waits in each state and since when; never more rows are counted than an index gives."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from whatsapp.pump import LEASE_SECONDS
from whatsapp.settling import UNCERTAIN_SECONDS

# Beyond, the answer is "at least": counting a million rows would take a second.
COUNT_UNTIL = 10_000

# `now` is the business clock's; what a lease or the receiver dates, the database's.
_QUEUED = """
SELECT sender.id, lane.number, waiting.count, due.count, due.since
  FROM whatsapp_sender sender
 CROSS JOIN generate_series(0, 2) AS lane(number)
 CROSS JOIN LATERAL (
   SELECT count(*) FROM (
     SELECT FROM whatsapp_message message
      WHERE message.sender_id = sender.id AND message.lane = lane.number
        AND message.send_after IS NOT NULL
      LIMIT %(until)s) one) waiting
 CROSS JOIN LATERAL (
   SELECT count(*), min(one.send_after) AS since FROM (
     SELECT message.send_after FROM whatsapp_message message
      WHERE message.sender_id = sender.id AND message.lane = lane.number
        AND message.send_after <= %(now)s
      ORDER BY message.send_after LIMIT %(until)s) one) due
 ORDER BY sender.id, lane.number
"""
# One look at what is leased: sent right now, or in doubt.
_LEASED = """
SELECT status, lane, count(*),
       min(leased_until) - make_interval(secs => CASE status WHEN 'SENDING' THEN %(lease)s
                                                 ELSE %(doubt)s END)
  FROM (SELECT status, lane, leased_until FROM whatsapp_message
         WHERE leased_until IS NOT NULL LIMIT %(until)s) one
 GROUP BY status, lane
"""
_REST = """
SELECT 'notices', count(*), min(one.at) FROM (
  SELECT received_at AS at FROM whatsapp_delivery
   WHERE digest_after IS NOT NULL LIMIT %(until)s) one
UNION ALL SELECT 'set_aside', count(*), min(one.at) FROM (
  SELECT received_at AS at FROM whatsapp_delivery WHERE problem <> '' LIMIT %(until)s) one
UNION ALL SELECT 'replies', count(*), min(one.at) FROM (
  SELECT stored_at AS at FROM whatsapp_reply
   WHERE handled_at IS NULL ORDER BY stored_at LIMIT %(until)s) one
UNION ALL SELECT 'for_a_person', count(*), min(one.at) FROM (
  SELECT needs_person_at AS at FROM whatsapp_reply
   WHERE needs_person_at IS NOT NULL LIMIT %(until)s) one
UNION ALL SELECT 'reminders', count(*), min(one.at) FROM (
  SELECT due_at AS at FROM reminders_reminder
   WHERE status = 'PLANNED' AND due_at <= %(now)s ORDER BY due_at LIMIT %(until)s) one
UNION ALL SELECT 'runs_' || lower(status), count(*), min(started_at) FROM campaigns_run
   WHERE status IN ('EXPANDING', 'POURING', 'PAUSED') GROUP BY status
UNION ALL SELECT 'templates', count(*), min(status_changed_at) FROM whatsapp_template
   WHERE status = 'PENDING'
UNION ALL SELECT 'holds', count(*), min(held_at) FROM (
  SELECT held_at FROM whatsapp_sender WHERE held_at IS NOT NULL AND held_until IS NOT NULL
  UNION ALL
  SELECT held_at FROM whatsapp_account WHERE held_at IS NOT NULL AND held_until IS NOT NULL
  UNION ALL SELECT held_at FROM whatsapp_restriction WHERE held_until IS NOT NULL) one
UNION ALL SELECT 'breakers', count(*), min(opened_at) FROM whatsapp_breaker
   WHERE decided_at IS NULL
UNION ALL SELECT 'repeats', count(*), min(one.asked_at) FROM (
  SELECT asked_at FROM whatsapp_repeatrequest WHERE done_at IS NULL LIMIT %(until)s) one
UNION ALL SELECT 'doubts', count(*), min(one.since) FROM (
  SELECT since FROM whatsapp_stopdoubt WHERE decided_at IS NULL LIMIT %(until)s) one
UNION ALL SELECT 'incidents', count(*), min(one.at) FROM (
  SELECT at FROM whatsapp_numberincident WHERE settled_at IS NULL LIMIT %(until)s) one
"""

_BESIDE_THE_QUEUES = f"""
SELECT kind, NULL AS lane, count, since FROM ({_REST}) rest (kind, count, since)
UNION ALL SELECT status, lane, count, since FROM ({_LEASED}) leased (status, lane, count, since)
"""  # noqa: S608 - put together from our own words alone

NOTICES, SET_ASIDE, REPLIES, FOR_A_PERSON = "notices", "set_aside", "replies", "for_a_person"
REMINDERS, TEMPLATES, HOLDS, BREAKERS = "reminders", "templates", "holds", "breakers"
REPEATS, DOUBTS, INCIDENTS = "repeats", "doubts", "incidents"
RUNS = ("runs_expanding", "runs_pouring", "runs_paused")
KINDS = (
    *(NOTICES, REPLIES, REMINDERS, *RUNS, TEMPLATES, HOLDS, FOR_A_PERSON),
    *(REPEATS, DOUBTS, INCIDENTS, BREAKERS, SET_ASIDE),
)


# Dated by the database when they came; everything else by the business clock.
_BY_THE_DATABASE = (NOTICES, SET_ASIDE, REPLIES)


@dataclass(frozen=True)
class Queued:
    """Messages of one number and lane that wait to be sent."""

    sender_id: int
    lane: int
    waiting: int
    due: int
    since: datetime | None  # the oldest that is due


@dataclass(frozen=True)
class Leased:
    """Messages that are being sent or whose outcome is not known."""

    status: str
    lane: int
    count: int
    since: datetime


@dataclass(frozen=True)
class Rest:
    """Something else that waits."""

    kind: str
    count: int
    since: datetime | None

    def clock(self, *, now: datetime, real_now: datetime) -> datetime:
        """Return the moment by the clock that `since` goes by."""
        return real_now if self.kind in _BY_THE_DATABASE else now


def queued(*, now: datetime, until: int = COUNT_UNTIL) -> list[Queued]:
    """Return every number's lanes, empty ones too."""
    return [Queued(*row) for row in _ask(_QUEUED, now=now, until=until)]


def beside_the_queues(*, now: datetime) -> tuple[list[Leased], list[Rest]]:
    """
    Return what a sender has in hand or nobody knows about, and everything else that may wait.

    The latter in the order of KINDS; zeros too. One question, for a page and for the metrics.
    """
    rows = _ask(
        _BESIDE_THE_QUEUES,
        now=now,
        until=COUNT_UNTIL,
        lease=LEASE_SECONDS,
        doubt=UNCERTAIN_SECONDS,
    )
    leased = [Leased(*row) for row in rows if row[1] is not None]
    found = {kind: Rest(kind, count, since) for kind, lane, count, since in rows if lane is None}
    rest = [found.get(kind, Rest(kind, 0, None)) for kind in KINDS]
    return sorted(leased, key=lambda one: (one.status, one.lane)), rest


def _ask(query: str, **values: datetime | float) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
