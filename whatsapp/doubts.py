"""Calls that may have worked: when silence is an answer, and when nobody asks any more."""

from datetime import datetime, timedelta

from django.db import connection

from whatsapp.pump import LEASE_SECONDS
from whatsapp.settling import UNCERTAIN_SECONDS
from whatsapp.status import Lane, Reason

CHUNK = 1000
# The receiver's sign of life is renewed every two seconds.
BEAT_IS_FRESH = timedelta(seconds=15)
# What ended unknown so often is not sent once more: each time it may have arrived.
UNKNOWN_TRIES_ALLOWED = 3

_UNKNOWN_TRIES = """
  (SELECT count(*) FROM whatsapp_attempt tried
    WHERE tried.message_id = message.id AND tried.outcome = 'UNCERTAIN')
"""
# The receiver had a gap after the call, so its silence proves nothing, and never will. It has stood
# again for as long as a receipt may take: WhatsApp repeats at once what it could not deliver.
_CAN_NEVER_BE_KNOWN = """
  EXISTS (SELECT 1 FROM whatsapp_linebeat door
            JOIN whatsapp_attempt tried
              ON tried.message_id = message.id AND tried.number = message.attempt
           WHERE door.name = 'door' AND tried.began_at <= door.since
             AND door.seen_at > statement_timestamp() - make_interval(secs => %(fresh)s)
             AND door.since < statement_timestamp() - make_interval(secs => %(settles)s))
"""
# The newest accepted message with a receipt is looked for once for a number, not for each message:
# with thousands in doubt and a hundred thousand sent since, that would take minutes.
_SEND_AGAIN = f"""
WITH silent AS MATERIALIZED (
  SELECT message.id, message.sender_id, tried.ended_at
    FROM whatsapp_message message
    JOIN whatsapp_attempt tried
      ON tried.message_id = message.id AND tried.number = message.attempt
   WHERE message.leased_until < %(seen)s AND message.status = 'UNCERTAIN'
     AND message.lane <> %(broadcast)s AND message.expires_at > %(now)s
     AND tried.began_at > %(since)s AND {_UNKNOWN_TRIES} < %(tries)s
     AND NOT EXISTS (SELECT 1 FROM whatsapp_delivery waiting
          WHERE waiting.digest_after IS NOT NULL
            AND waiting.received_at < statement_timestamp() - interval '5 seconds')),
heard AS MATERIALIZED (
  SELECT asked.sender_id, later.accepted_at
    FROM (SELECT sender_id, min(ended_at) AS since FROM silent GROUP BY sender_id) asked
   CROSS JOIN LATERAL (
     SELECT accepted_at FROM whatsapp_message later
      WHERE later.sender_id = asked.sender_id AND later.accepted_at > asked.since
        AND (later.sent_at IS NOT NULL OR later.delivered_at IS NOT NULL)
      ORDER BY later.accepted_at DESC LIMIT 1) later),
locked AS (
  SELECT message.id FROM whatsapp_message message
    JOIN silent ON silent.id = message.id
    JOIN heard ON heard.sender_id = silent.sender_id AND heard.accepted_at > silent.ended_at
   WHERE message.status = 'UNCERTAIN' AND message.leased_until IS NOT NULL
   ORDER BY message.id LIMIT %(chunk)s FOR NO KEY UPDATE OF message SKIP LOCKED)
UPDATE whatsapp_message message
   SET status = 'QUEUED', send_after = %(now)s, leased_until = NULL
  FROM locked WHERE message.id = locked.id
"""  # noqa: S608 - put together from our own words alone
_LEAVE_UNKNOWN = f"""
WITH over AS (
  SELECT message.id FROM whatsapp_message message
   WHERE message.leased_until < statement_timestamp() AND message.status = 'UNCERTAIN'
     AND (message.lane = %(broadcast)s OR message.expires_at <= %(now)s
          OR {_UNKNOWN_TRIES} >= %(tries)s OR {_CAN_NEVER_BE_KNOWN})
   ORDER BY message.id LIMIT %(chunk)s FOR NO KEY UPDATE OF message SKIP LOCKED)
UPDATE whatsapp_message message SET reason = %(reason)s, leased_until = NULL
  FROM over WHERE message.id = over.id
"""  # noqa: S608 - put together from our own words alone

_SENT_ELSEWHERE = """
WITH due AS (
  SELECT message.id FROM whatsapp_message message
   WHERE {which} ORDER BY message.id LIMIT %(chunk)s FOR NO KEY UPDATE SKIP LOCKED)
UPDATE whatsapp_message message
   SET status = 'UNCERTAIN', reason = %(reason)s, send_after = NULL, leased_until = NULL
  FROM due WHERE message.id = due.id
"""
_WAITED = "message.send_after <= %(until)s AND message.created_at <= %(known)s"
_WAS_ON_ITS_WAY = """message.leased_until IS NOT NULL
     AND message.status IN ('SENDING', 'UNCERTAIN') AND message.created_at <= %(known)s"""


def leases_over(*, now: datetime) -> int:
    """A process died between claim and settle: whether its calls left is not known."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH over AS (
              SELECT id, leased_until FROM whatsapp_message
               WHERE leased_until < statement_timestamp() AND status = 'SENDING'
               ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED),
            changed AS (
              UPDATE whatsapp_message message
                 SET status = 'UNCERTAIN',
                     leased_until = clock_timestamp() + make_interval(secs => %s)
                FROM over WHERE message.id = over.id
              RETURNING message.id, message.attempt, over.leased_until)
            INSERT INTO whatsapp_attempt
                   (message_id, number, outcome, error_title, fbtrace_id, ended_at, began_at)
            SELECT id, attempt, 'UNCERTAIN', 'the sending process ended', '',
                   %s - (clock_timestamp() - leased_until + make_interval(secs => %s)),
                   leased_until - make_interval(secs => %s) FROM changed
            """,
            [CHUNK, UNCERTAIN_SECONDS, now, LEASE_SECONDS, LEASE_SECONDS],
        )
        return int(cursor.rowcount)


def send_again(*, now: datetime) -> int:
    """
    Put reminders and answers back whose receipt would have come by now, had they left.

    Silence counts only if the line is talking: nothing undigested is older, the receiver has stood
    without a gap from the try until the wait was over, and receipts of later tries of the same
    number have come.
    """
    stood = _line_talks()
    if stood is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            _SEND_AGAIN,
            {
                "broadcast": int(Lane.BROADCAST),
                "now": now,
                "since": stood[0],
                "seen": stood[1],
                "tries": UNKNOWN_TRIES_ALLOWED,
                "chunk": CHUNK,
            },
        )
        return int(cursor.rowcount)


def leave_unknown(*, now: datetime) -> int:
    """
    Give up asking about broadcasts, and about what is past its time, was tried too often, or
    left when the receiver had a gap.

    They stay "WhatsApp has not told us whether it arrived"; a receipt may still settle them, and
    the call list shows the visit.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _LEAVE_UNKNOWN,
            {
                "broadcast": int(Lane.BROADCAST),
                "now": now,
                "tries": UNKNOWN_TRIES_ALLOWED,
                "fresh": BEAT_IS_FRESH.total_seconds(),
                "settles": UNCERTAIN_SECONDS,
                "reason": Reason.UNKNOWN_OUTCOME.value,
                "chunk": CHUNK,
            },
        )
        return int(cursor.rowcount)


def may_have_been_sent_elsewhere(*, until: datetime, known: datetime) -> int:
    """
    Leave what was due until then to the call list: another machine may have sent it.

    A receipt that still comes settles them. Nothing sends meanwhile; twice is once.

    :param known: what was written later was written here, and is known nowhere else
    """
    total = 0
    with connection.cursor() as cursor:
        for which in (_WAITED, _WAS_ON_ITS_WAY):
            done = CHUNK
            while done == CHUNK:
                cursor.execute(
                    _SENT_ELSEWHERE.format(which=which),
                    {
                        "until": until,
                        "known": known,
                        "reason": Reason.RESTORED.value,
                        "chunk": CHUNK,
                    },
                )
                done = int(cursor.rowcount)
                total += done
    return total


def _line_talks() -> tuple[datetime, datetime] | None:
    """
    Return from when until when the receiver has stood without a gap, None while it is gone.

    A notice that it turned away since its last sign of life is not known here yet: hence until.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT since, seen_at FROM whatsapp_linebeat WHERE name = 'door'"
            " AND seen_at > statement_timestamp() - make_interval(secs => %s)",
            [BEAT_IS_FRESH.total_seconds()],
        )
        row = cursor.fetchone()
    return (row[0], row[1]) if row else None
