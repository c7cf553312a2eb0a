"""Messages to parents and guardians end when the patient comes of age, until asked anew."""

from datetime import date

from django.db import connection

from healthmsg.clinic.models import Clinic, Patient, Relationship

BY_AGE = (Relationship.PARENT, Relationship.GUARDIAN)
# Who came of age longer ago was looked after as an adult when the rule began.
_LATE_BY_DAYS = 31

# The day before the birthday is the last one. Rows are locked in their order, as everywhere.
_FOLLOW = """
WITH told AS (
  SELECT contact.id, contact.until, contact.until_by_age,
         CASE WHEN contact.relationship = ANY(%(by_age)s)
              THEN (patient.birth_date + make_interval(years => clinic.guardians_until_age))::date
              END AS of_age_on,
         contact.agreed_on
    FROM clinic_contact contact
    JOIN clinic_patient patient ON patient.id = contact.patient_id
    JOIN clinic_clinic clinic ON clinic.id = patient.clinic_id
   WHERE patient.clinic_id = %(clinic)s AND patient.erased_at IS NULL
     AND (%(patient)s::bigint IS NULL OR patient.id = %(patient)s)
     AND (contact.until_by_age OR contact.until IS NULL
          AND patient.birth_date IS NOT NULL
          AND contact.relationship = ANY(%(by_age)s))),
wanted AS (
  SELECT id, CASE WHEN agreed_on >= of_age_on THEN NULL ELSE of_age_on - 1 END AS until
    FROM told
   WHERE until_by_age OR of_age_on > %(today)s::date - %(late)s),
changed AS MATERIALIZED (
  SELECT contact.id, wanted.until FROM clinic_contact contact JOIN wanted USING (id)
   WHERE contact.until IS DISTINCT FROM wanted.until
      OR contact.until_by_age <> (wanted.until IS NOT NULL)
   ORDER BY contact.id FOR NO KEY UPDATE OF contact)
UPDATE clinic_contact contact
   SET until = changed.until, until_by_age = changed.until IS NOT NULL
  FROM changed WHERE contact.id = changed.id
"""


def follow_age(clinic: Clinic, *, today: date, patient: Patient | None = None) -> int:
    """
    Bring the last days of a clinic's parents and guardians up to date; twice is once.

    A day that somebody wrote by hand stays.

    :param today: by the clinic's clocks
    :returns: how many contacts changed
    """
    told = {
        "clinic": clinic.pk,
        "patient": patient.pk if patient else None,
        "by_age": [one.value for one in BY_AGE],
        "today": today,
        "late": _LATE_BY_DAYS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FOLLOW, told)
        return int(cursor.rowcount)
