"""Who a run would reach, and why not the others: one statement serves the look and the start."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from campaigns import criteria
from campaigns.criteria import Criteria
from campaigns.languages import Words
from campaigns.models import Campaign, Run
from healthmsg.clinic import phone
from healthmsg.clinic.models import Clinic

SAMPLE = 10
# So many patients are written down at once.
CHUNK = 20_000

# What counts as lately, in days.
MONTH = 30

# A patient's first contact is the one written to, nobody else instead. The reasons follow what the
# claim asks again in the last second. An invitation names its subject, which says too much to
# somebody who may only be asked to call; its words are neutral, so neutral is enough.
_REASON = f"""
CASE
  WHEN reach.state = 'DECEASED' THEN 'HAS_DIED'
  WHEN reach.state = 'GONE' THEN 'NO_LONGER_OURS'
  WHEN reach.state = 'PAUSED'
       AND (reach.paused_until IS NULL OR reach.paused_until > %(today)s) THEN 'PAUSED'
  WHEN %(about_vaccine)s IS NOT NULL AND EXISTS (SELECT 1 FROM clinic_immunisation dose
       WHERE dose.patient_id = reach.patient_id AND dose.vaccine_id = %(about_vaccine)s
         AND dose.entered_in_error_at IS NULL
         AND (%(about_since)s::date IS NULL
              OR coalesce(dose.given_on, dose.recorded_at::date) >= %(about_since)s))
       THEN 'ALREADY_DONE'
  WHEN %(about_kind)s IS NOT NULL AND EXISTS (SELECT 1 FROM clinic_appointment visit
       WHERE visit.patient_id = reach.patient_id AND visit.kind_id = %(about_kind)s
         AND visit.status = 'BOOKED' AND visit.starts_at > %(now)s) THEN 'ALREADY_BOOKED'
  WHEN reach.contact_id IS NULL THEN 'NO_CONTACT'
  WHEN reach.contact_until < %(today)s THEN 'CONTACT_ENDED'
  WHEN reach.may_be_told IN ('NEVER', 'CONTACT_US') THEN 'NEVER_BY_MESSAGE'
  WHEN reach.phone_id IS NULL THEN 'NO_NUMBER'
  WHEN reach.phone_state = 'WRONG_PERSON' THEN 'WRONG_PERSON'
  ELSE CASE reach.standings ->> %(purpose)s
    WHEN 'GRANTED' THEN CASE
      WHEN (reach.ends ->> %(purpose)s)::timestamptz <= %(now)s THEN 'PERMISSION_RAN_OUT'
      WHEN NOT %(has_number)s THEN 'NO_SENDER'
      WHEN reach.language <> ALL(%(written)s) THEN 'TEMPLATE_MISSING'
      WHEN (SELECT count(*) FROM campaigns_recipient told
             WHERE told.patient_id = reach.patient_id
               AND told.poured_at > %(now)s - make_interval(days => {MONTH})) >= %(most)s
           THEN 'TOLD_RECENTLY'
      ELSE '' END
    WHEN 'DECLINED' THEN 'DECLINED'
    WHEN 'WITHDRAWN' THEN 'ASKED_US_TO_STOP'
    ELSE 'NEVER_ASKED' END
END
"""  # noqa: S608 - put together from our own words alone
_LOOK = "SELECT {reason} AS reason, count(*) FROM clinic_reach reach WHERE {fits} GROUP BY 1"
_COUNT = "SELECT count(*) FROM clinic_reach reach WHERE {fits}"
_SOME = """
SELECT reach.patient_id FROM clinic_reach reach WHERE {fits}
 ORDER BY reach.patient_id LIMIT %(some)s
"""
# One message per number; a household is counted in one of its languages. Nothing sorts before "",
# so that this asks for it; of an equality the planner expects next to nobody, and looks a million
# numbers up one by one. Materialized: else rows are read in the order of their numbers, from all
# over the table.
_NUMBERS = """
WITH reached AS MATERIALIZED (
  SELECT reach.language, reach.phone_id FROM clinic_reach reach WHERE {fits} AND {reason} <= ''),
told AS (SELECT min(language) AS language, phone_id FROM reached GROUP BY phone_id)
SELECT told.language, left(phone.number, %(beginning)s), count(*)
  FROM told JOIN clinic_phone phone ON phone.id = told.phone_id
 GROUP BY 1, 2
"""
_EVERYBODY = """
SELECT patient.id, patient.external_id, {reason}
  FROM clinic_reach reach JOIN clinic_patient patient ON patient.id = reach.patient_id WHERE {fits}
"""
_EXPAND = """
WITH found AS (
  SELECT reach.patient_id, reach.contact_id, reach.phone_id, {reason} AS reason
    FROM clinic_reach reach WHERE {fits} AND reach.patient_id > %(after)s
   ORDER BY reach.patient_id LIMIT %(chunk)s),
written AS (
  INSERT INTO campaigns_recipient (run_id, patient_id, contact_id, phone_id, reason)
  SELECT %(run)s, patient_id, contact_id, phone_id, reason FROM found
   ORDER BY patient_id ON CONFLICT DO NOTHING)
SELECT count(*), max(patient_id) FROM found
"""


@dataclass(frozen=True)
class Asked:
    """Whom criteria fit, of which clinic, and when; for the reasons, by which campaign too."""

    clinic: Clinic
    criteria: Criteria
    now: datetime
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A patient, and why there would be no message; "" where there would."""

    patient_id: int
    external_id: str
    reason: str


def of(campaign: Campaign, *, now: datetime) -> Asked:
    words = Words(campaign)
    about = {
        "purpose": campaign.purpose,
        "has_number": words.has_number,
        "about_vaccine": campaign.vaccine_id,
        "about_since": campaign.vaccine_since,
        "about_kind": campaign.visit_kind_id,
        "written": words.written,
        "most": campaign.clinic.invitations_a_month,
    }
    return Asked(campaign.clinic, criteria.of(campaign.audience), now, about)


def count(asked: Asked) -> int:
    """Count whom the criteria fit, whether they may be written to or not."""
    return int(_rows(_COUNT, asked)[0][0])


def some(asked: Asked) -> list[int]:
    """Return primary keys of a few patients whom the criteria fit."""
    return [row[0] for row in _rows(_SOME, asked, some=SAMPLE)]


def look(asked: Asked) -> Counter[str]:
    """Count who would get it, under "", and who would not, by reason; changes nothing."""
    return Counter(dict(_rows(_LOOK, asked)))


def numbers(asked: Asked) -> Counter[tuple[str, str]]:
    """Count the messages that would go out, by language and by how the numbers begin."""
    rows = _rows(_NUMBERS, asked, beginning=phone.BEGINNING)
    return Counter({(language, beginning): count for language, beginning, count in rows})


def everybody(asked: Asked) -> Iterator[Verdict]:
    """Yield everybody whom the criteria fit, a few thousand rows in memory at a time."""
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_written(_EVERYBODY, asked), _values(asked))
        for row in cursor:
            yield Verdict(*row)


def expand(run: Run, *, now: datetime, chunk: int = CHUNK) -> bool:
    """
    Write down the next patients, each with a reason or none; True where there may be more.

    Where it is cut off, nothing of its chunk stands, and the next call begins with the same one.
    """
    asked = of(run.campaign, now=now)
    more = {"run": run.pk, "after": run.expanded_to, "chunk": chunk}
    with transaction.atomic():
        ((count, last),) = _rows(_EXPAND, asked, **more)
        if count:
            Run.objects.filter(pk=run.pk).update(expanded_to=last)
            run.expanded_to = last
    return bool(count == chunk)


def _rows(statement: str, asked: Asked, **more: Any) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_written(statement, asked), _values(asked) | more)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _written(statement: str, asked: Asked) -> str:
    return statement.format(reason=_REASON, fits=asked.criteria.condition)


def _values(asked: Asked) -> dict[str, Any]:
    today = asked.now.astimezone(asked.clinic.zone).date()
    return {**asked.criteria.values, **asked.about, "now": asked.now, "today": today}
