"""The statements of the claim: which rows are due, what each is asked, and how they are leased."""

from typing import Any

# The plan of the day is made every minute; where nobody has made one for so long, campaigns wait.
PLAN_HOLDS_MINUTES = 10

# Why one subject of a message may not be told, or NULL. `subject` has patient_id, appointment_id,
# appointment_version and appointment_status. Permission is asked as clinic_standing() asks it: the
# function costs 13 microseconds a row where the same words in place cost 3 (a test holds both
# to the same answers).
_NEWEST_LINE = """
  (SELECT CASE WHEN line.change = 'GRANTED' AND line.expires_at <= %(now)s
               THEN 'EXPIRED' ELSE line.change END
     FROM clinic_consentrecord line
    WHERE line.phone_id = message.phone_id AND line.purpose = message.purpose
      AND line.patient_id {of}
      AND line.change <> 'ENTERED_IN_ERROR'
      AND NOT EXISTS (SELECT 1 FROM clinic_consentrecord error WHERE error.corrects_id = line.id)
    ORDER BY line.given_at DESC, line.id DESC LIMIT 1)
"""
PERMISSION = f"""
  CASE {_NEWEST_LINE.format(of="IS NULL")} WHEN 'WITHDRAWN' THEN 'WITHDRAWN'
       ELSE coalesce({_NEWEST_LINE.format(of="= subject.patient_id")}, '') END
"""
_SUBJECT = f"""
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
    ELSE CASE {PERMISSION}
         WHEN 'GRANTED' THEN NULL
         WHEN 'DECLINED' THEN 'DECLINED'
         WHEN 'WITHDRAWN' THEN 'ASKED_US_TO_STOP'
         WHEN 'EXPIRED' THEN 'PERMISSION_RAN_OUT'
         ELSE 'NEVER_ASKED' END
    END
    FROM clinic_patient patient
    LEFT JOIN clinic_appointment visit ON visit.id = subject.appointment_id
   WHERE patient.id = subject.patient_id
"""  # noqa: S608 - put together from our own words alone
# Why a notice may not go to a clinician's own number, or NULL.
_OF_STAFF = f"""
  CASE WHEN NOT EXISTS (SELECT 1 FROM clinic_clinician staff
                         WHERE staff.phone_id = message.phone_id AND staff.is_active)
       THEN 'CONTACT_ENDED'
       ELSE CASE {_NEWEST_LINE.format(of="IS NULL")}
            WHEN 'GRANTED' THEN NULL
            WHEN 'WITHDRAWN' THEN 'ASKED_US_TO_STOP'
            ELSE 'NEVER_ASKED' END END
"""  # noqa: S608 - put together from our own words alone
# Neither names a row, so each is asked once for the whole statement.
_CLOSED_COUNTRIES = """(SELECT array_agg(closed.prefix || '%%')
      FROM whatsapp_sender sender
      JOIN whatsapp_closedcountry closed ON closed.account_id = sender.account_id
     WHERE sender.id = %(sender)s)::text[]"""
_CLOSED_KINDS = """(SELECT array_agg(closed.kind::text)
      FROM whatsapp_sender sender
      JOIN whatsapp_restriction closed ON closed.account_id = sender.account_id
     WHERE sender.id = %(sender)s)::text[]"""
_VERDICT = f"""
  CASE
    WHEN message.expires_at <= %(now)s THEN 'TOO_LATE'
    WHEN clinic.mode = 'PRACTICE' AND NOT %(sandbox)s AND NOT phone.is_test THEN 'PRACTICE'
    -- Who has it may be answered what they write, but nothing about a patient.
    WHEN phone.state = 'WRONG_PERSON'
         AND (message.purpose <> 'REPLY' OR message.patient_id IS NOT NULL) THEN 'WRONG_PERSON'
    WHEN phone.state = 'FAILING' AND message.purpose <> 'REPLY' THEN 'NOT_ON_WHATSAPP'
    WHEN phone.number LIKE ANY ({_CLOSED_COUNTRIES}) THEN 'COUNTRY_CLOSED'
    WHEN message.purpose = 'REPLY' THEN CASE WHEN talks.is_open THEN NULL
         -- A test send: a template to one of our own phones needs no open window.
         WHEN phone.is_test AND message.template_version_id IS NOT NULL
              AND template.status = 'APPROVED' THEN NULL
         ELSE 'WINDOW_CLOSED' END
    WHEN template.status IS DISTINCT FROM 'APPROVED' AND template.status IS DISTINCT FROM 'PAUSED'
         THEN 'TEMPLATE_NOT_APPROVED'
    WHEN message.purpose = 'TEAM' THEN {_OF_STAFF}
    WHEN message.patient_id IS NULL THEN 'NEVER_ASKED'
    ELSE coalesce(
      (SELECT verdict FROM (SELECT message.patient_id, message.appointment_id,
           message.appointment_version, message.appointment_status) subject,
           LATERAL ({_SUBJECT}) one(verdict)),
      CASE WHEN message.is_shared THEN
        (SELECT verdict FROM whatsapp_alsoabout subject, LATERAL ({_SUBJECT}) one(verdict)
          WHERE subject.message_id = message.id AND verdict IS NOT NULL LIMIT 1) END)
    END
"""  # noqa: S608 - put together from our own words alone

# Asked once for all rows: a hold is felt at the very next claim.
_RUNS = """
  (SELECT NOT (clinic.mode = 'LIVE' AND %(sandbox)s)
     FROM whatsapp_sender sender
     JOIN clinic_clinic clinic ON clinic.id = sender.clinic_id
     JOIN whatsapp_account account ON account.id = sender.account_id
     JOIN whatsapp_portfolio portfolio ON portfolio.id = account.portfolio_id
    WHERE sender.id = %(sender)s AND sender.held_at IS NULL
      AND account.held_at IS NULL AND portfolio.held_at IS NULL
      AND (%(lane)s < 2 OR sender.broadcasts_held_until IS NULL
           OR sender.broadcasts_held_until <= clock_timestamp())
      AND NOT EXISTS (SELECT 1 FROM whatsapp_switch switch
           WHERE switch.held_at IS NOT NULL
             AND (switch.name = 'everything'
                  OR switch.name = 'reminders' AND %(lane)s > 0
                  OR switch.name = 'broadcasts' AND %(lane)s > 1)))
"""
_NOT_HELD = """
  (message.stream_id IS NULL OR NOT EXISTS (
     SELECT 1 FROM whatsapp_stream stream
      WHERE stream.id = message.stream_id AND stream.held_at IS NOT NULL))
"""

# The rows alone, in the order of an index that ends with the limit: joined to anything else, all
# that waits is read and sorted first (measured: 55 ms of a claim with 18,000 waiting, 2 ms so).
# FOR NO KEY UPDATE: a booking that only points to them does not wait.
_PICKED = """
  SELECT message.id, message.clinic_id, message.phone_id, message.patient_id, message.sender_id,
         message.appointment_id, message.appointment_version, message.appointment_status,
         message.is_shared, message.purpose, message.template_version_id, message.send_after,
         message.expires_at
    FROM whatsapp_message message
   WHERE message.sender_id = %(sender)s AND {which} AND message.send_after <= %(now)s
     AND {runs}
   ORDER BY message.send_after, message.id
   LIMIT %(look_at)s
   FOR NO KEY UPDATE SKIP LOCKED
"""
# What waits although it is due: a pause of a template ends by itself, and so does a full day of
# WhatsApp's limit. It is looked at again later, and says why until then.
_WEIGHED = f"""
  SELECT message.id, message.phone_id, message.send_after, phone.number, verdict.verdict,
         extract(epoch FROM %(now)s - message.send_after)::float8 AS waited,
         CASE WHEN message.purpose <> 'REPLY'
                   AND (template.status = 'PAUSED' OR template.held_at IS NOT NULL)
              THEN 'TEMPLATE_NOT_APPROVED'
              WHEN %(lane)s = 2 AND EXISTS (
                   SELECT 1 FROM whatsapp_stopdoubt doubt
                    WHERE doubt.phone_id = message.phone_id AND doubt.decided_at IS NULL)
              THEN 'STOP_TO_READ'
              WHEN CASE WHEN message.purpose = 'REPLY' THEN 'REPLIES' ELSE template.category END
                   = ANY ({_CLOSED_KINDS}) THEN 'RESTRICTED' END AS waits,
         NOT talks.is_open AS takes_seat,
         CASE WHEN %(seats)s::int IS NULL OR talks.is_open THEN FALSE
              ELSE NOT EXISTS (
                SELECT 1 FROM whatsapp_tierseat seat
                 WHERE seat.portfolio_id = %(portfolio)s AND seat.phone_id = message.phone_id
                   AND seat.last_at > %(now)s - interval '24 hours')
              END AS needs_seat
    FROM picked message
    JOIN clinic_clinic clinic ON clinic.id = message.clinic_id
    JOIN clinic_phone phone ON phone.id = message.phone_id
    LEFT JOIN whatsapp_templateversion version ON version.id = message.template_version_id
    LEFT JOIN whatsapp_template template ON template.id = version.template_id
   CROSS JOIN LATERAL (SELECT EXISTS (
          SELECT 1 FROM whatsapp_conversation talk
           WHERE talk.sender_id = message.sender_id AND talk.phone_id = message.phone_id
             AND talk.last_inbound_at > %(now)s - interval '24 hours') AS is_open) talks
   CROSS JOIN LATERAL (SELECT {{verdict}} AS verdict) verdict
"""  # noqa: S608 - put together from our own words alone
_CLAIM = """
WITH picked AS MATERIALIZED ({picked}),
weighed AS MATERIALIZED ({weighed}),
seated AS (
  SELECT weighed.*,
         needs_seat AND dense_rank() OVER (PARTITION BY needs_seat ORDER BY first_due, phone_id)
                        > greatest(%(seats)s::int, 0) AS has_no_seat
    FROM (SELECT *, min(send_after) OVER (PARTITION BY needs_seat, phone_id) AS first_due
            FROM weighed WHERE verdict IS NULL AND waits IS NULL) weighed),
going AS (
  SELECT * FROM (
    SELECT *, row_number() OVER (ORDER BY send_after, id) AS place FROM seated
     WHERE has_no_seat IS NOT TRUE) numbered
   WHERE place <= %(wanted)s),
fate AS (
  SELECT id, number, waited, takes_seat, 'SENDING' AS status, '' AS reason FROM going
  UNION ALL
  SELECT id, '', waited, FALSE, 'WITHHELD', verdict FROM weighed WHERE verdict IS NOT NULL
  UNION ALL
  SELECT id, '', waited, FALSE, 'QUEUED', waits FROM weighed
   WHERE verdict IS NULL AND waits IS NOT NULL
  UNION ALL
  SELECT id, '', waited, FALSE, 'QUEUED', 'DAILY_LIMIT' FROM seated WHERE has_no_seat)
UPDATE whatsapp_message message
   SET status = fate.status, reason = fate.reason,
       attempt = message.attempt + (fate.status = 'SENDING')::int,
       send_after = CASE WHEN fate.status = 'QUEUED'
                    THEN %(now)s + make_interval(secs => %(later)s) END,
       withheld_at = CASE WHEN fate.status = 'WITHHELD' THEN %(now)s END,
       leased_until = CASE WHEN fate.status = 'SENDING'
                      THEN clock_timestamp() + make_interval(secs => %(lease)s) END
  FROM fate WHERE message.id = fate.id
RETURNING message.id, message.attempt, message.callback::text, message.phone_id, fate.number,
          CASE WHEN fate.status = 'SENDING' THEN message.payload::text END,
          fate.takes_seat, fate.waited,
          CASE WHEN fate.status = 'SENDING' THEN message.sealed END
"""


def _statement(which: str) -> str:
    picked = _PICKED.format(which=which, runs=_RUNS)
    return _CLAIM.format(picked=picked, weighed=_WEIGHED.format(verdict=_VERDICT))


# A partial index is used only where its condition stands in the statement itself.
OF_LANE = _statement(f"message.lane = %(lane)s AND {_NOT_HELD}")
OF_STREAM = _statement("message.lane = 2 AND message.stream_id = %(stream)s")
OF_NO_STREAM = _statement("message.lane = 2 AND message.stream_id IS NULL")
OF_EARLY_STREAM = _statement("message.lane = 1 AND message.stream_id = %(stream)s")

# The streams that may leave before the clinic's hours, and have something due.
EARLY_STREAMS_DUE = """
SELECT stream.id
  FROM whatsapp_stream stream
  JOIN whatsapp_sender sender ON sender.clinic_id = stream.clinic_id
 WHERE sender.id = %(sender)s AND stream.opens_early AND stream.held_at IS NULL
   AND EXISTS (SELECT 1 FROM whatsapp_message message
        WHERE message.stream_id = stream.id AND message.lane = 1
          AND message.sender_id = %(sender)s AND message.send_after <= %(now)s)
 ORDER BY stream.id
"""

# One probe of the index for each stream that waits, however many rows each has.
STREAMS_DUE = """
WITH RECURSIVE waiting AS (
  (SELECT stream_id FROM whatsapp_message
    WHERE sender_id = %(sender)s AND lane = 2 AND send_after IS NOT NULL
      AND stream_id IS NOT NULL
    ORDER BY stream_id LIMIT 1)
  UNION ALL
  SELECT (SELECT message.stream_id FROM whatsapp_message message
           WHERE message.sender_id = %(sender)s AND message.lane = 2
             AND message.send_after IS NOT NULL AND message.stream_id > waiting.stream_id
           ORDER BY message.stream_id LIMIT 1)
    FROM waiting WHERE waiting.stream_id IS NOT NULL)
SELECT stream.id, stream.goes_first
  FROM waiting JOIN whatsapp_stream stream ON stream.id = waiting.stream_id
 WHERE stream.held_at IS NULL
   AND EXISTS (SELECT 1 FROM whatsapp_message message
        WHERE message.sender_id = %(sender)s AND message.lane = 2
          AND message.stream_id = stream.id AND message.send_after <= %(now)s)
 UNION ALL
SELECT NULL, FALSE WHERE EXISTS (SELECT 1 FROM whatsapp_message message
        WHERE message.sender_id = %(sender)s AND message.lane = 2
          AND message.stream_id IS NULL AND message.send_after <= %(now)s)
 ORDER BY 1
"""

# The lock makes numbers of one portfolio take seats one after the other. It stands alone: a count
# in the same statement would be as old as the moment when the waiting for the lock began.
LOCK_SEATS = "SELECT 1 FROM whatsapp_portfolio WHERE id = %(portfolio)s FOR NO KEY UPDATE"
# Campaigns get what the day's plan left them.
SEATS = f"""
SELECT daily_limit, least(free, CASE WHEN %(lane)s = 2 THEN for_campaigns ELSE free END)
  FROM (
    SELECT portfolio.daily_limit,
           CASE WHEN portfolio.plan_made_at
                     > clock_timestamp() - make_interval(mins => {PLAN_HOLDS_MINUTES})
                THEN portfolio.campaign_seats ELSE 0 END AS for_campaigns,
           portfolio.daily_limit - (SELECT count(*) FROM whatsapp_tierseat seat
             WHERE seat.portfolio_id = portfolio.id
               AND seat.last_at > %(now)s - interval '24 hours') AS free
      FROM whatsapp_portfolio portfolio WHERE portfolio.id = %(portfolio)s) one
"""  # noqa: S608 - put together from our own words alone
TAKE_SEATS = """
WITH told AS (SELECT DISTINCT unnest(%(phones)s::bigint[]) AS phone_id),
new AS (
  SELECT count(*) AS people FROM told WHERE NOT EXISTS (
    SELECT 1 FROM whatsapp_tierseat seat
     WHERE seat.portfolio_id = %(portfolio)s AND seat.phone_id = told.phone_id
       AND seat.last_at > %(now)s - interval '24 hours')),
taken AS (
  INSERT INTO whatsapp_tierseat AS seat (portfolio_id, phone_id, last_at)
  SELECT %(portfolio)s, phone_id, %(now)s FROM (SELECT phone_id FROM told ORDER BY 1) told
  ON CONFLICT (portfolio_id, phone_id) DO UPDATE SET last_at = excluded.last_at)
UPDATE whatsapp_portfolio portfolio
   SET campaign_seats = greatest(0, portfolio.campaign_seats - new.people)
  FROM new WHERE portfolio.id = %(portfolio)s AND %(lane)s = 2 AND new.people > 0
"""

# The claim must cost the same however much waits, also on a table that was never analyzed.
STEADY = """
SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off;
SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off
"""

Parameters = dict[str, Any]
