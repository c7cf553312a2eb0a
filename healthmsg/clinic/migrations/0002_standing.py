"""The one definition of "may we?": asked by screens, planners, audiences and the claim alike."""

from django.db import migrations

# The newest line counts, by the day it was given, so that an old permission brought in later
# does not undo a stop. A line without a patient speaks for the number: a stop there holds for
# everybody on it until the number itself allows a purpose again.
CREATE = """
CREATE FUNCTION clinic_newest_line(a_patient bigint, a_phone bigint, a_purpose text,
                                   a_moment timestamptz)
RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN line.change = 'GRANTED' AND line.expires_at <= a_moment
              THEN 'EXPIRED' ELSE line.change END
    FROM clinic_consentrecord line
   WHERE line.phone_id = a_phone
     AND line.patient_id IS NOT DISTINCT FROM a_patient
     AND line.purpose = a_purpose
     AND line.change <> 'ENTERED_IN_ERROR'
     AND NOT EXISTS (SELECT 1 FROM clinic_consentrecord error WHERE error.corrects_id = line.id)
   ORDER BY line.given_at DESC, line.id DESC
   LIMIT 1
$$;
CREATE FUNCTION clinic_standing(a_patient bigint, a_phone bigint, a_purpose text,
                                a_moment timestamptz)
RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE clinic_newest_line(NULL, a_phone, a_purpose, a_moment)
           WHEN 'WITHDRAWN' THEN 'WITHDRAWN'
           ELSE coalesce(clinic_newest_line(a_patient, a_phone, a_purpose, a_moment), '')
         END
$$;
"""
DROP = """
DROP FUNCTION clinic_standing(bigint, bigint, text, timestamptz);
DROP FUNCTION clinic_newest_line(bigint, bigint, text, timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [("clinic", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
