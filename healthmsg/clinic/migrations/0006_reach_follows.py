"""
Keeps `clinic_reach` true: whatever changes about a patient, the row follows in the same transaction.

Two transactions that change the same patient each see their own change only. So the row is locked
first, and worked out afterwards in a statement of its own, which sees what was committed meanwhile.
Rows are locked in one order, so that two who change many patients wait for each other once only.
"""

from django.db import migrations

from healthmsg import migrating

# The one definition; a test holds it against the answers of permissions, contacts and states.
VIEW = """
CREATE VIEW clinic_reach_now AS
SELECT patient.id AS patient_id, patient.clinic_id, patient.site_id, patient.birth_date,
       patient.sex, patient.state, patient.paused_until,
       ARRAY(SELECT tagged.tag_id FROM clinic_patienttag tagged
              WHERE tagged.patient_id = patient.id ORDER BY tagged.tag_id) AS tags,
       contact.id AS contact_id, coalesce(contact.language, '') AS language,
       coalesce(contact.may_be_told, '') AS may_be_told, contact.until AS contact_until,
       contact.phone_id,
       CASE WHEN phone.state IN ('WRONG_PERSON', 'FAILING', 'STOPPED') THEN phone.state
            ELSE '' END AS phone_state,
       coalesce(ledger.standings, '{}') AS standings, coalesce(ledger.ends, '{}') AS ends
  FROM clinic_patient patient
  LEFT JOIN LATERAL (SELECT * FROM clinic_contact first
      WHERE first.patient_id = patient.id ORDER BY first.rank, first.id LIMIT 1
  ) contact ON true
  LEFT JOIN clinic_phone phone ON phone.id = contact.phone_id
  LEFT JOIN LATERAL (
    SELECT jsonb_object_agg(purpose, change) AS standings,
           jsonb_object_agg(purpose, expires_at)
             FILTER (WHERE change = 'GRANTED' AND expires_at IS NOT NULL) AS ends
      FROM (
        SELECT DISTINCT ON (line.purpose) line.purpose, line.change, line.expires_at
          FROM clinic_consentrecord line
         WHERE line.phone_id = contact.phone_id AND line.change <> 'ENTERED_IN_ERROR'
           AND NOT EXISTS (SELECT 1 FROM clinic_consentrecord error
                            WHERE error.corrects_id = line.id)
           -- A stop of the number speaks for everybody on it, anything else it says for nobody.
           AND (line.patient_id = patient.id
                OR line.patient_id IS NULL AND line.change = 'WITHDRAWN'
                   AND clinic_newest_line(NULL, line.phone_id, line.purpose, line.given_at)
                       = 'WITHDRAWN')
         ORDER BY line.purpose, line.patient_id NULLS FIRST, line.given_at DESC, line.id DESC
      ) newest
  ) ledger ON true;
"""
REFRESH = """
CREATE FUNCTION clinic_reach_refresh(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF cardinality(ids) = 0 THEN RETURN; END IF;
  INSERT INTO clinic_reach (patient_id, clinic_id, site_id, birth_date, sex, state, paused_until,
                            tags, contact_id, language, may_be_told, contact_until, phone_id,
                            phone_state, standings, ends)
  SELECT * FROM clinic_reach_now WHERE patient_id = ANY(ids) ORDER BY patient_id
      ON CONFLICT DO NOTHING;
  PERFORM 1 FROM clinic_reach WHERE patient_id = ANY(ids) ORDER BY patient_id FOR UPDATE;
  UPDATE clinic_reach reach
     SET site_id = fresh.site_id, birth_date = fresh.birth_date, sex = fresh.sex,
         state = fresh.state, paused_until = fresh.paused_until, tags = fresh.tags,
         contact_id = fresh.contact_id, language = fresh.language,
         may_be_told = fresh.may_be_told, contact_until = fresh.contact_until,
         phone_id = fresh.phone_id, phone_state = fresh.phone_state,
         standings = fresh.standings, ends = fresh.ends
    FROM clinic_reach_now fresh
   WHERE fresh.patient_id = ANY(ids) AND reach.patient_id = fresh.patient_id
     AND (reach.site_id, reach.birth_date, reach.sex, reach.state, reach.paused_until, reach.tags,
          reach.contact_id, reach.language, reach.may_be_told, reach.contact_until,
          reach.phone_id, reach.phone_state, reach.standings, reach.ends)
         IS DISTINCT FROM
         (fresh.site_id, fresh.birth_date, fresh.sex, fresh.state, fresh.paused_until, fresh.tags,
          fresh.contact_id, fresh.language, fresh.may_be_told, fresh.contact_until,
          fresh.phone_id, fresh.phone_state, fresh.standings, fresh.ends);
END $$;
"""
# Which patients a statement concerns, by table and what was done to it.
CONCERNS = {
    ("patient", "INSERT"): "SELECT id FROM fresh",
    ("patient", "UPDATE"): """
        SELECT fresh.id FROM fresh JOIN stale USING (id)
         WHERE (fresh.site_id, fresh.birth_date, fresh.sex, fresh.state, fresh.paused_until)
               IS DISTINCT FROM
               (stale.site_id, stale.birth_date, stale.sex, stale.state, stale.paused_until)""",
    ("contact", "INSERT"): "SELECT patient_id FROM fresh",
    ("contact", "UPDATE"): "SELECT patient_id FROM fresh UNION SELECT patient_id FROM stale",
    ("contact", "DELETE"): "SELECT patient_id FROM stale",
    ("phone", "UPDATE"): """
        SELECT reach.patient_id FROM fresh JOIN stale USING (id)
          JOIN clinic_reach reach ON reach.phone_id = fresh.id
         WHERE fresh.state <> stale.state""",
    ("consentrecord", "INSERT"): """
        SELECT patient_id FROM fresh WHERE patient_id IS NOT NULL
         UNION SELECT reach.patient_id FROM fresh
          JOIN clinic_reach reach ON reach.phone_id = fresh.phone_id
         WHERE fresh.patient_id IS NULL""",
    ("patienttag", "INSERT"): "SELECT patient_id FROM fresh",
    ("patienttag", "DELETE"): "SELECT patient_id FROM stale",
}
_ROWS = {
    "INSERT": "NEW TABLE AS fresh",
    "UPDATE": "NEW TABLE AS fresh OLD TABLE AS stale",
    "DELETE": "OLD TABLE AS stale",
}
_TRIGGER = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM clinic_reach_refresh(
    ARRAY(SELECT concerned.id FROM ({patients}) AS concerned(id)
           WHERE EXISTS (SELECT 1 FROM clinic_patient WHERE clinic_patient.id = concerned.id)));
  RETURN NULL;
END $$;
CREATE TRIGGER {name} AFTER {operation} ON clinic_{table} REFERENCING {rows}
  FOR EACH STATEMENT EXECUTE FUNCTION {name}();
"""
_NAMES = {key: f"clinic_reach_after_{key[1].lower()}_{key[0]}" for key in CONCERNS}
TRIGGERS = "".join(
    _TRIGGER.format(
        name=name, patients=CONCERNS[key], table=key[0], operation=key[1], rows=_ROWS[key[1]]
    )
    for key, name in _NAMES.items()
)
FILL = "SELECT clinic_reach_refresh(ARRAY(SELECT id FROM clinic_patient));"
DROP = (
    "".join(
        f"DROP TRIGGER {name} ON clinic_{table}; DROP FUNCTION {name}();"
        for (table, _), name in _NAMES.items()
    )
    + "DROP FUNCTION clinic_reach_refresh(bigint[]); DROP VIEW clinic_reach_now;"
)


class Migration(migrating.Migration):
    dependencies = [("clinic", "0005_sex_tags_doses_and_reach")]
    operations = [
        migrations.RunSQL(VIEW + REFRESH + TRIGGERS, DROP),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
