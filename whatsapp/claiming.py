"""The claim: leases due rows of a number, and in the same statement asks everything once more."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import TupleRow

from whatsapp.connection import AsyncConnection
from whatsapp.pump import LEASE_SECONDS, Claimed, Take

# Where withheld rows were met, so many are looked at in one claim: they use up no slots.
WITHHELD_AT_ONCE = 500

# Why one subject of a message may not be told, or NULL. `subject` has patient_id, appointment_id,
# appointment_version and appointment_status.
_SUBJECT = """
  SELECT CASE
    WHEN patient.state = 'DECEASED' THEN 'HAS_DIED'
    WHEN patient.state = 'GONE' THEN 'NO_LONGER_OURS'
    WHEN patient.state = 'PAUSED' AND (patient.paused_until IS NULL
         OR patient.paused_until > (%(now)s AT TIME ZONE clinic.time_zone)::date) THEN 'PAUSED'
    WHEN NOT EXISTS (
         SELECT 1 FROM clinic_contact contact
          WHERE contact.patient_id = subject.patient_id AND contact.phone_id = message.phone_id
            AND (contact.until IS NULL
                 OR contact.until >= (%(now)s AT TIME ZONE clinic.time_zone)::date))
         THEN 'CONTACT_ENDED'
    WHEN visit.version <> subject.appointment_version THEN 'VISIT_CHANGED'
    WHEN visit.status <> subject.appointment_status THEN CASE
         WHEN visit.status LIKE 'CANCELLED%%' THEN 'VISIT_CANCELLED'
         WHEN visit.status = 'BOOKED' THEN 'VISIT_CHANGED'
         ELSE 'VISIT_OVER' END
    ELSE CASE clinic_standing(subject.patient_id, message.phone_id, message.purpose, %(now)s)
         WHEN 'GRANTED' THEN NULL
         WHEN 'DECLINED' THEN 'DECLINED'
         WHEN 'WITHDRAWN' THEN 'ASKED_US_TO_STOP'
         WHEN 'EXPIRED' THEN 'PERMISSION_RAN_OUT'
         ELSE 'NEVER_ASKED' END
    END
"""
_JOINS = """
    FROM clinic_patient patient
    LEFT JOIN clinic_appointment visit ON visit.id = subject.appointment_id
   WHERE patient.id = subject.patient_id
"""

# FOR NO KEY UPDATE OF message: without OF, an edit of a patient would hide their messages and
# bookings would wait for us. A paused template's messages wait, as a pause lasts hours; so do those
# of a number, account, portfolio or stream that is held, from the very next claim on.
_CLAIM = f"""
WITH due AS (
  SELECT message.id, CASE
      WHEN message.expires_at <= %(now)s THEN 'TOO_LATE'
      WHEN clinic.mode = 'PRACTICE' AND NOT %(sandbox)s AND NOT phone.is_test THEN 'PRACTICE'
      WHEN phone.state = 'WRONG_PERSON' THEN 'WRONG_PERSON'
      WHEN message.purpose = 'REPLY' THEN CASE WHEN EXISTS (
          SELECT 1 FROM whatsapp_conversation talk
           WHERE talk.sender_id = message.sender_id AND talk.phone_id = message.phone_id
             AND talk.last_inbound_at > %(now)s - interval '24 hours')
          THEN NULL ELSE 'WINDOW_CLOSED' END
      WHEN template.status IS DISTINCT FROM 'APPROVED' THEN 'TEMPLATE_NOT_APPROVED'
      WHEN message.patient_id IS NULL THEN 'NEVER_ASKED'
      ELSE coalesce(
        (SELECT verdict FROM (SELECT message.patient_id, message.appointment_id,
             message.appointment_version, message.appointment_status) subject,
             LATERAL ({_SUBJECT} {_JOINS}) one(verdict)),
        CASE WHEN message.is_shared THEN
          (SELECT verdict FROM whatsapp_alsoabout subject,
              LATERAL ({_SUBJECT} {_JOINS}) one(verdict)
            WHERE subject.message_id = message.id AND verdict IS NOT NULL LIMIT 1) END)
      END AS verdict, phone.number, message.send_after
    FROM whatsapp_message message
    JOIN clinic_clinic clinic ON clinic.id = message.clinic_id
    JOIN clinic_phone phone ON phone.id = message.phone_id
    LEFT JOIN whatsapp_templateversion version ON version.id = message.template_version_id
    LEFT JOIN whatsapp_template template ON template.id = version.template_id
   WHERE message.sender_id = %(sender)s AND message.lane = %(lane)s
     AND message.send_after <= %(now)s
     AND template.status IS DISTINCT FROM 'PAUSED'
     AND NOT (clinic.mode = 'LIVE' AND %(sandbox)s)
     AND EXISTS (
          SELECT 1 FROM whatsapp_sender sender
            JOIN whatsapp_account account ON account.id = sender.account_id
            JOIN whatsapp_portfolio portfolio ON portfolio.id = account.portfolio_id
           WHERE sender.id = %(sender)s AND sender.held_at IS NULL
             AND account.held_at IS NULL AND portfolio.held_at IS NULL)
     AND (message.stream_id IS NULL OR NOT EXISTS (
          SELECT 1 FROM whatsapp_stream stream
           WHERE stream.id = message.stream_id AND stream.held_at IS NOT NULL))
   ORDER BY message.send_after, message.id
   LIMIT %(look_at)s
   FOR NO KEY UPDATE OF message SKIP LOCKED),
taken AS (
  SELECT * FROM (
    SELECT *, row_number() OVER (PARTITION BY verdict IS NULL ORDER BY send_after, id) AS place
      FROM due) numbered
   WHERE verdict IS NOT NULL OR place <= %(wanted)s)
UPDATE whatsapp_message message
   SET status = CASE WHEN taken.verdict IS NULL THEN 'SENDING' ELSE 'WITHHELD' END,
       reason = coalesce(taken.verdict, ''),
       attempt = message.attempt + (taken.verdict IS NULL)::int,
       send_after = NULL,
       leased_until = CASE WHEN taken.verdict IS NULL
                      THEN clock_timestamp() + make_interval(secs => %(lease)s) END
  FROM taken WHERE message.id = taken.id
RETURNING message.id, message.attempt, message.callback::text, message.phone_id, taken.number,
          message.payload::text, taken.verdict IS NULL
"""  # noqa: S608 - put together from our own words alone


@dataclass(frozen=True)
class Terms:
    """What the edges know: which number, which lanes may leave now, and where it goes."""

    sender_id: int
    uses_sandbox: bool
    lanes: Callable[[datetime], tuple[int, ...]]
    now: Callable[[], datetime]


class Claims:
    """Leases one number's messages, claim after claim of a turn."""

    def __init__(self, connection: AsyncConnection, terms: Terms) -> None:
        self._connection = connection
        self._terms = terms
        self._has_met_withheld = False

    async def __call__(self, wanted: int) -> Take:
        """
        Lease up to `wanted` messages, lanes in order; what may not be sent is withheld instead.

        Committed when it returns, before any request leaves. Each lane is asked once: thousands
        that were never asked must not hold up an answer, or outlast the lease of what was taken.
        """
        claimed: list[Claimed] = []
        now = self._terms.now()
        has_seen_any = has_met_withheld = False
        for lane in self._terms.lanes(now):
            stop_posting_at = time.monotonic() + LEASE_SECONDS
            rows = await self._lease(lane, wanted - len(claimed), now)
            has_seen_any = has_seen_any or bool(rows)
            sendable = [_claimed(row, stop_posting_at) for row in rows if row[6]]
            claimed += sendable
            has_met_withheld = len(sendable) < len(rows)
            if len(claimed) >= wanted or has_met_withheld:
                # What stands behind withheld rows of this lane goes before the lanes below.
                break
        self._has_met_withheld = has_met_withheld
        return Take(claimed, may_be_more=has_seen_any)

    async def _lease(self, lane: int, wanted: int, now: datetime) -> list[TupleRow]:
        cursor = await self._connection.execute(
            _CLAIM,
            {
                "sender": self._terms.sender_id,
                "lane": lane,
                "wanted": wanted,
                "look_at": max(wanted, WITHHELD_AT_ONCE) if self._has_met_withheld else wanted,
                "now": now,
                "sandbox": self._terms.uses_sandbox,
                "lease": LEASE_SECONDS,
            },
        )
        return await cursor.fetchall()


def _claimed(row: TupleRow, stop_posting_at: float) -> Claimed:
    return Claimed(
        id=row[0],
        attempt=row[1],
        callback=row[2],
        phone_id=row[3],
        number=row[4],
        payload=row[5],
        stop_posting_at=stop_posting_at,
    )
