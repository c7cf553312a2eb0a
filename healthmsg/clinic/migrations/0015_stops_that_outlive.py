"""Every stop is noted for the journal outside the database, whichever way it was written."""

import django.db.models.deletion
from django.db import migrations, models

from healthmsg import migrating


FOLLOW = """
CREATE FUNCTION clinic_note_stop_of_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO clinic_unkeptstop (clinic_id, phone_id, number_hash, patient_number, kind, purpose, since)
  VALUES (NEW.clinic_id, NEW.phone_id, '', NEW.patient_id, NEW.change, NEW.purpose, NEW.given_at);
  RETURN NULL;
END $$;
CREATE TRIGGER clinic_stop_is_kept AFTER INSERT ON clinic_consentrecord FOR EACH ROW
  WHEN (NEW.change IN ('WITHDRAWN', 'DECLINED')) EXECUTE FUNCTION clinic_note_stop_of_ledger();

CREATE FUNCTION clinic_note_stop_of_phone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO clinic_unkeptstop (clinic_id, phone_id, number_hash, kind, purpose, since)
  VALUES (NEW.clinic_id, NEW.id, '', NEW.state, '', coalesce(NEW.state_changed_at, now()));
  RETURN NULL;
END $$;
CREATE TRIGGER clinic_strangers_number_is_kept AFTER UPDATE OF state ON clinic_phone FOR EACH ROW
  WHEN (NEW.state = 'WRONG_PERSON' AND OLD.state <> 'WRONG_PERSON')
  EXECUTE FUNCTION clinic_note_stop_of_phone();

CREATE FUNCTION clinic_note_stop_of_patient() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO clinic_unkeptstop (clinic_id, number_hash, patient_number, kind, purpose, since)
  VALUES (NEW.clinic_id, '', NEW.id, NEW.state, '', coalesce(NEW.state_changed_at, now()));
  RETURN NULL;
END $$;
CREATE TRIGGER clinic_end_of_patient_is_kept AFTER UPDATE OF state ON clinic_patient FOR EACH ROW
  WHEN (NEW.state IN ('DECEASED', 'GONE') AND OLD.state <> NEW.state)
  EXECUTE FUNCTION clinic_note_stop_of_patient();
"""
UNDO = """
DROP TRIGGER clinic_stop_is_kept ON clinic_consentrecord;
DROP TRIGGER clinic_strangers_number_is_kept ON clinic_phone;
DROP TRIGGER clinic_end_of_patient_is_kept ON clinic_patient;
DROP FUNCTION clinic_note_stop_of_ledger();
DROP FUNCTION clinic_note_stop_of_phone();
DROP FUNCTION clinic_note_stop_of_patient();
"""


class Migration(migrating.Migration):

    dependencies = [
        ('clinic', '0014_search_without_accents'),
    ]

    operations = [
        migrations.CreateModel(
            name='UnkeptStop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number_hash', models.CharField(blank=True, db_default='', default='', max_length=64)),
                ('patient_number', models.BigIntegerField(null=True)),
                ('kind', models.CharField(choices=[('WITHDRAWN', 'asked us to stop'), ('DECLINED', 'said no'), ('WRONG_PERSON', 'the number belongs to somebody else'), ('DECEASED', 'has died'), ('GONE', 'no longer ours'), ('ERASED', 'was deleted')], max_length=16)),
                ('purpose', models.CharField(blank=True, choices=[('APPOINTMENTS', 'appointments'), ('PREVENTION', 'vaccinations and check-ups'), ('INFORMATION', 'health information'), ('FEEDBACK', 'questions about a visit'), ('MARKETING', 'offers'), ('REPLY', 'answers')], default='', max_length=12)),
                ('since', models.DateTimeField()),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clinic.clinic')),
                ('phone', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clinic.phone')),
            ],
            options={
                'verbose_name': 'stop on its way into the journal',
                'verbose_name_plural': 'stops on their way into the journal',
            },
        ),
        migrations.CreateModel(
            name='RememberedStop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number_hash', models.CharField(max_length=64)),
                ('purpose', models.CharField(choices=[('APPOINTMENTS', 'appointments'), ('PREVENTION', 'vaccinations and check-ups'), ('INFORMATION', 'health information'), ('FEEDBACK', 'questions about a visit'), ('MARKETING', 'offers'), ('REPLY', 'answers')], max_length=12, verbose_name='for')),
                ('since', models.DateTimeField(verbose_name='since')),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clinic.clinic')),
            ],
            options={
                'verbose_name': 'stop of a number we no longer have',
                'verbose_name_plural': 'stops of numbers we no longer have',
                'constraints': [models.UniqueConstraint(fields=('clinic', 'number_hash', 'purpose'), name='remembered_stop_once'), models.CheckConstraint(condition=models.Q(('purpose__in', ['APPOINTMENTS', 'PREVENTION', 'INFORMATION', 'FEEDBACK', 'MARKETING'])), name='remembered_stop_purpose_known')],
            },
        ),
        migrations.RunSQL(FOLLOW, UNDO),
    ]
