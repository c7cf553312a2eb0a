"""Plain receipts, the many: one statement locks, checks and writes a whole batch of them."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from whatsapp import plain, repercussions
from whatsapp.plain import Told
from whatsapp.status import Status

# The same as `folding.fold` where the try is the message's own, WhatsApp took it under this id, and
# nothing has ever gone wrong; whatever is not like that is left for it.
# ORDER BY id: as all writers of messages lock them. What is compared was read under the lock.
# Arrays that are only handed on stay words: a phone then costs Python nothing.
_TAKE = f"""
WITH told AS MATERIALIZED (
  SELECT callback, attempt, wamid, to_timestamp(sent) AS sent, to_timestamp(delivered) AS delivered,
         to_timestamp(read) AS read, wa_id, user_id, charge, n
    FROM unnest(%s::uuid[], %s::int[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[],
                %s::text[], %s::text[], %s::text[])
         WITH ORDINALITY AS t(callback, attempt, wamid, sent, delivered, read, wa_id, user_id,
                              charge, n)),
locked AS MATERIALIZED (
  SELECT message.id, message.phone_id, message.stream_id, message.status, message.sent_at,
         message.delivered_at, message.read_at, message.charged_as, told.n, told.sent,
         told.delivered, told.read, told.charge
    FROM told JOIN whatsapp_message message ON message.callback = told.callback
   WHERE message.attempt = told.attempt AND message.wamid = told.wamid
     AND message.status IN ('ACCEPTED', 'SENT', 'DELIVERED', 'READ')
     AND message.accepted_at IS NOT NULL AND message.failed_at IS NULL
     AND message.error_code IS NULL AND message.error_title = '' AND message.reason = ''
     AND message.send_after IS NULL AND message.leased_until IS NULL
   ORDER BY message.id FOR NO KEY UPDATE OF message),
later AS MATERIALIZED (
  SELECT id, phone_id, stream_id, n, status, sent_at, delivered_at, read_at, charged_as,
         CASE WHEN read IS NOT NULL OR status = 'READ' THEN 'READ'
              WHEN delivered IS NOT NULL OR status = 'DELIVERED' THEN 'DELIVERED'
              ELSE 'SENT' END AS new_status,
         least(sent_at, sent) AS new_sent, least(delivered_at, delivered) AS new_delivered,
         least(read_at, read) AS new_read,
         greatest(charged_as COLLATE "C", charge COLLATE "C") AS new_charge
    FROM locked),
moved AS (
  UPDATE whatsapp_message message
     SET status = later.new_status, sent_at = later.new_sent,
         delivered_at = later.new_delivered, read_at = later.new_read,
         charged_as = later.new_charge
    FROM later
   WHERE message.id = later.id
     AND (later.status, later.sent_at, later.delivered_at, later.read_at, later.charged_as)
         IS DISTINCT FROM
         (later.new_status, later.new_sent, later.new_delivered, later.new_read, later.new_charge)
  RETURNING message.id, later.phone_id, later.stream_id, later.n, later.new_delivered,
            later.sent_at IS NULL AS is_sent,
            later.delivered_at IS NULL AND later.new_delivered IS NOT NULL AS is_delivered,
            later.read_at IS NULL AND later.new_read IS NOT NULL AS is_read),
arrived AS (
  SELECT DISTINCT ON (moved.phone_id) moved.phone_id, moved.new_delivered, moved.n
    FROM moved WHERE is_delivered ORDER BY moved.phone_id, moved.id DESC),
news AS (
  SELECT arrived.phone_id, arrived.new_delivered, told.wa_id, told.user_id
    FROM arrived JOIN told ON told.n = arrived.n
    JOIN clinic_phone phone ON phone.id = arrived.phone_id
   WHERE {repercussions.IS_NEWS})
SELECT *
  FROM (SELECT array_agg(n) FROM told WHERE n NOT IN (SELECT n FROM locked)) AS left_out,
       (SELECT array_agg(stream_id), array_agg(sent), array_agg(delivered), array_agg(read)
          FROM (SELECT stream_id, count(*) FILTER (WHERE is_sent) AS sent,
                       count(*) FILTER (WHERE is_delivered) AS delivered,
                       count(*) FILTER (WHERE is_read) AS read
                  FROM moved WHERE stream_id IS NOT NULL GROUP BY stream_id) AS each) AS streams,
       (SELECT array_agg(phone_id)::text, array_agg(new_delivered)::text,
               array_agg(wa_id)::text, array_agg(user_id)::text FROM news) AS phones
"""  # noqa: S608 - our words


# Looked up one by one, however many there are: the planner would rather read a small table, and a
# third of a large one, from end to end for a batch. Nobody waits for the disk: that the notices are
# done with is written in the same transaction, so a crash before it is there has them read again.
_SETTINGS = "SET LOCAL enable_seqscan = off; SET LOCAL synchronous_commit = off"


def apply(told: Mapping[str, Told], *, now: datetime) -> set[str]:
    """
    Write down what was folded; twice is once. Call it inside a transaction.

    :returns: the names of those that somebody careful must look at; nothing was done about them
    """
    if not told:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_SETTINGS)
        cursor.execute(_TAKE, plain.columns(told))
        left_out, *rest = cursor.fetchone()
    streams, phones = rest[:4], rest[4:]
    if phones[0] is not None:
        repercussions.reach(*phones, now=now)
    if streams[0] is not None:
        _count(*streams)
    names = list(told)
    return {names[n - 1] for n in left_out or ()}


def _count(streams: list[int], *counts: list[int]) -> None:
    steps = (Status.SENT.value, Status.DELIVERED.value, Status.READ.value)
    repercussions.count(
        {
            stream: dict(zip(steps, of_stream, strict=True))
            for stream, *of_stream in zip(streams, *counts, strict=True)
        }
    )
