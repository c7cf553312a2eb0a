"""Why a patient would not get a campaign, in SQL: the first reason there is, or none."""

# What counts as lately, in days.
MONTH = 30

# What lists that were made say a patient is due for, as far as it is still open. A dose recorded
# before a list was asked for was counted when it was made.
_DUE = """campaigns_listentry entry
      JOIN campaigns_patientlist made ON made.id = entry.patient_list_id
     CROSS JOIN LATERAL unnest(entry.vaccines) AS due(vaccine_id)
     WHERE entry.patient_id = reach.patient_id AND made.id = ANY(%(made_lists)s)"""
_NOT_DONE = """
       AND NOT EXISTS (SELECT 1 FROM clinic_immunisation dose
            WHERE dose.patient_id = reach.patient_id AND dose.vaccine_id = due.vaccine_id
              AND dose.entered_in_error_at IS NULL AND dose.recorded_at > made.asked_at)"""
_NOT_DECLINED = """
       AND NOT EXISTS (SELECT 1 FROM campaigns_declinedtopic declined
            WHERE declined.patient_id = reach.patient_id AND declined.lifted_at IS NULL
              AND declined.vaccine_id = due.vaccine_id)"""
_IS_DUE = f"%(made_lists)s::bigint[] <> '{{}}' AND EXISTS (SELECT 1 FROM {_DUE})"  # noqa: S608
_ALL_DONE = f"{_IS_DUE} AND NOT EXISTS (SELECT 1 FROM {_DUE}{_NOT_DONE})"  # noqa: S608
_ALL_DECLINED = f"""{_IS_DUE}
       AND NOT EXISTS (SELECT 1 FROM {_DUE}{_NOT_DONE}{_NOT_DECLINED})"""  # noqa: S608
_DECLINED = """EXISTS (SELECT 1 FROM campaigns_declinedtopic declined
       WHERE declined.patient_id = reach.patient_id AND declined.lifted_at IS NULL
         AND (declined.vaccine_id = %(topic_vaccine)s OR declined.visit_kind_id = %(topic_kind)s
              OR declined.campaign_id = %(topic_campaign)s))"""
# A patient's first contact is the one written to, nobody else instead. The reasons follow what the
# claim asks again in the last second. An invitation names its subject, which says too much to
# somebody who may only be asked to call; its words are neutral, so neutral is enough.
REASON = f"""
CASE
  WHEN reach.state = 'DECEASED' THEN 'HAS_DIED'
  WHEN reach.state = 'GONE' THEN 'NO_LONGER_OURS'
  WHEN reach.state = 'PAUSED'
       AND (reach.paused_until IS NULL OR reach.paused_until > %(today)s) THEN 'PAUSED'
  WHEN %(about_vaccine)s IS NOT NULL AND EXISTS (SELECT 1 FROM clinic_immunisation dose
       WHERE dose.patient_id = reach.patient_id AND dose.vaccine_id = %(about_vaccine)s
         AND dose.entered_in_error_at IS NULL
         AND (%(about_since)s::date IS NULL
              OR coalesce(dose.given_on, (dose.recorded_at AT TIME ZONE %(zone)s)::date)
                  >= %(about_since)s))
       THEN 'ALREADY_DONE'
  WHEN {_ALL_DONE} THEN 'ALREADY_DONE'
  WHEN {_DECLINED} THEN 'NOT_THIS'
  WHEN {_ALL_DECLINED} THEN 'NOT_THIS'
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
