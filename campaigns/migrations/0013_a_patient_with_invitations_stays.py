"""In place of the database's look at each recipient's patient: one look at each deletion."""

import django.db.models.deletion
from django.db import migrations, models

from healthmsg import migrating

# The lock waits for whoever is writing recipients, and whoever comes later waits for us, so that
# no row can appear between the look and the commit: a statement takes its locks before its snapshot.
STAYS = """
CREATE FUNCTION campaigns_invited_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM gone) THEN
    LOCK TABLE campaigns_recipient IN SHARE MODE;
    IF EXISTS (SELECT 1 FROM gone JOIN campaigns_recipient recipient
                 ON recipient.patient_id = gone.id) THEN
      RAISE EXCEPTION 'a patient of a campaign''s run is not deleted'
        USING ERRCODE = 'foreign_key_violation';
    END IF;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER campaigns_invited_stays AFTER DELETE ON clinic_patient
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION campaigns_invited_stays();
"""
DROP = """
DROP TRIGGER campaigns_invited_stays ON clinic_patient;
DROP FUNCTION campaigns_invited_stays();
"""


class Migration(migrating.Migration):

    dependencies = [
        ('campaigns', '0012_recipients_written_quicker'),
        ('clinic', '0008_told_elsewhere'),
    ]

    operations = [
        migrations.AlterField(
            model_name='recipient',
            name='patient',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='clinic.patient'),
        ),
        migrations.RunSQL(STAYS, DROP),
    ]
