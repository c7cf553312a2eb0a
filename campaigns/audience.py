"""Who a run would reach, and why not the others: one statement serves the look and the start."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.db import connection

from campaigns.models import Campaign, Run

# A patient's first contact is the one written to, nobody else instead. The reasons follow what the
# claim asks again in the last second. An invitation names its subject, which says too much to
# somebody who may only be asked to call; its words are neutral, so neutral is enough.
_FOUND = """
SELECT entry.patient_id, contact.id AS contact_id, contact.phone_id, CASE
    WHEN patient.state = 'DECEASED' THEN 'HAS_DIED'
    WHEN patient.state = 'GONE' THEN 'NO_LONGER_OURS'
    WHEN patient.state = 'PAUSED'
         AND (patient.paused_until IS NULL OR patient.paused_until > %(today)s) THEN 'PAUSED'
    WHEN contact.id IS NULL THEN 'NO_CONTACT'
    WHEN contact.until < %(today)s THEN 'CONTACT_ENDED'
    WHEN contact.may_be_told IN ('NEVER', 'CONTACT_US') THEN 'NEVER_BY_MESSAGE'
    WHEN contact.phone_id IS NULL THEN 'NO_NUMBER'
    WHEN phone.state = 'WRONG_PERSON' THEN 'WRONG_PERSON'
    ELSE CASE clinic_standing(entry.patient_id, contact.phone_id, %(purpose)s, %(now)s)
      WHEN 'GRANTED' THEN ''
      WHEN 'DECLINED' THEN 'DECLINED'
      WHEN 'WITHDRAWN' THEN 'ASKED_US_TO_STOP'
      WHEN 'EXPIRED' THEN 'PERMISSION_RAN_OUT'
      ELSE 'NEVER_ASKED' END
    END AS reason
  FROM campaigns_listentry entry
  JOIN clinic_patient patient ON patient.id = entry.patient_id
  LEFT JOIN LATERAL (SELECT * FROM clinic_contact first
      WHERE first.patient_id = entry.patient_id ORDER BY first.rank, first.id LIMIT 1
  ) contact ON true
  LEFT JOIN clinic_phone phone ON phone.id = contact.phone_id
 WHERE entry.patient_list_id = %(list)s AND patient.clinic_id = %(clinic)s
"""
# Put together from our own words alone.
_LOOK = f"SELECT reason, count(*) FROM ({_FOUND}) found GROUP BY reason"  # noqa: S608
_EXPAND = f"""
INSERT INTO campaigns_recipient (run_id, patient_id, contact_id, phone_id, reason)
SELECT %(run)s, patient_id, contact_id, phone_id, reason FROM ({_FOUND}) found
 ORDER BY phone_id, patient_id ON CONFLICT DO NOTHING
"""  # noqa: S608


def look(campaign: Campaign, *, now: datetime) -> Counter[str]:
    """Count who would get it, under "", and who would not, by reason; changes nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            _LOOK,
            _parameters(campaign, now),
        )
        return Counter(dict(cursor.fetchall()))


def expand(run: Run, *, now: datetime) -> int:
    """
    Write down everybody on the list with a reason or none; may run again after a crash.

    :returns: how many were new
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _EXPAND,
            _parameters(run.campaign, now) | {"run": run.pk},
        )
        return int(cursor.rowcount)


def _parameters(campaign: Campaign, now: datetime) -> dict[str, Any]:
    return {
        "list": campaign.patient_list_id,
        "clinic": campaign.clinic_id,
        "purpose": campaign.purpose,
        "now": now,
        "today": now.astimezone(campaign.clinic.zone).date(),
    }
