"""
Schedules, seasons, what they make, and answers.

What a clinician has approved is kept by the database: an approved edition of a schedule is frozen,
and a changed season or list is approved no more.
"""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from healthmsg import migrating


FROZEN = """
CREATE FUNCTION campaigns_schedule_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.approved_at IS NOT NULL
     AND (to_jsonb(NEW) - '{withdrawn_by_id,withdrawn_at,withdrawn_because}'::text[])
         IS DISTINCT FROM
         (to_jsonb(OLD) - '{withdrawn_by_id,withdrawn_at,withdrawn_because}'::text[]) THEN
    RAISE EXCEPTION 'an approved edition is frozen' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER campaigns_schedule_is_frozen BEFORE UPDATE ON campaigns_schedule
   FOR EACH ROW EXECUTE FUNCTION campaigns_schedule_is_frozen();

CREATE FUNCTION campaigns_dose_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM campaigns_schedule schedule
              WHERE schedule.id IN (NEW.schedule_id, OLD.schedule_id)
                AND schedule.approved_at IS NOT NULL) THEN
    RAISE EXCEPTION 'an approved edition is frozen' USING ERRCODE = 'check_violation';
  END IF;
  RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER campaigns_dose_is_frozen BEFORE INSERT OR UPDATE OR DELETE ON campaigns_scheduledose
   FOR EACH ROW EXECUTE FUNCTION campaigns_dose_is_frozen();
"""
UNFROZEN = """
DROP TRIGGER campaigns_schedule_is_frozen ON campaigns_schedule;
DROP FUNCTION campaigns_schedule_is_frozen();
DROP TRIGGER campaigns_dose_is_frozen ON campaigns_scheduledose;
DROP FUNCTION campaigns_dose_is_frozen();
"""
SEASONS = """
CREATE FUNCTION campaigns_season_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.vaccine_id, NEW.first_day, NEW.last_day, NEW.audience_id)
     IS DISTINCT FROM (OLD.vaccine_id, OLD.first_day, OLD.last_day, OLD.audience_id) THEN
    NEW.approved_at = NULL;
    NEW.approved_by_id = NULL;
  END IF;
  IF OLD.approved_at IS NOT NULL AND NEW.approved_at IS NULL THEN
    UPDATE campaigns_patientlist SET approved_at = NULL, approved_by_id = NULL
     WHERE season_id = NEW.id AND approved_at IS NOT NULL;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER campaigns_season_changed BEFORE UPDATE ON campaigns_season
   FOR EACH ROW EXECUTE FUNCTION campaigns_season_changed();
"""
NO_SEASONS = """
DROP TRIGGER campaigns_season_changed ON campaigns_season;
DROP FUNCTION campaigns_season_changed();
"""
ENTRIES = """
CREATE FUNCTION campaigns_list_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE campaigns_patientlist SET approved_at = NULL, approved_by_id = NULL
   WHERE approved_at IS NOT NULL AND id IN (SELECT patient_list_id FROM changed);
  RETURN NULL;
END $$;
CREATE TRIGGER campaigns_list_grew AFTER INSERT ON campaigns_listentry
   REFERENCING NEW TABLE AS changed
   FOR EACH STATEMENT EXECUTE FUNCTION campaigns_list_changed();
CREATE TRIGGER campaigns_list_shrank AFTER DELETE ON campaigns_listentry
   REFERENCING OLD TABLE AS changed
   FOR EACH STATEMENT EXECUTE FUNCTION campaigns_list_changed();
CREATE TRIGGER campaigns_list_edited AFTER UPDATE ON campaigns_listentry
   REFERENCING NEW TABLE AS changed
   FOR EACH STATEMENT EXECUTE FUNCTION campaigns_list_changed();
"""
NO_ENTRIES = """
DROP TRIGGER campaigns_list_grew ON campaigns_listentry;
DROP TRIGGER campaigns_list_shrank ON campaigns_listentry;
DROP TRIGGER campaigns_list_edited ON campaigns_listentry;
DROP FUNCTION campaigns_list_changed();
"""


class Migration(migrating.Migration):

    dependencies = [
        ('campaigns', '0008_how_many_were_written_down'),
        ('clinic', '0006_reach_follows'),
        ('whatsapp', '0014_a_reason_of_topics'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DeclinedTopic',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('declined_at', models.DateTimeField(verbose_name='since')),
                ('lifted_at', models.DateTimeField(blank=True, null=True, verbose_name='no longer since')),
            ],
            options={
                'verbose_name': 'declined topic',
                'verbose_name_plural': 'declined topics',
            },
        ),
        migrations.CreateModel(
            name='Schedule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('authority', models.CharField(max_length=80, verbose_name='authority')),
                ('edition', models.CharField(max_length=80, verbose_name='edition')),
                ('source', models.CharField(blank=True, help_text='Where it can be looked up, such as an address or a page.', max_length=300, verbose_name='source')),
                ('effective_from', models.DateField(verbose_name='applies from')),
                ('born_from', models.DateField(blank=True, null=True, verbose_name='for patients born from')),
                ('born_until', models.DateField(blank=True, null=True, verbose_name='for patients born until')),
                ('note', models.TextField(blank=True, verbose_name='note')),
                ('approved_at', models.DateTimeField(blank=True, null=True, verbose_name='approved')),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='withdrawn')),
                ('withdrawn_because', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'verbose_name': 'vaccination schedule',
                'verbose_name_plural': 'vaccination schedules',
                'permissions': [('approve_schedule', 'Can approve, as a clinician, what decides who is vaccinated')],
            },
        ),
        migrations.CreateModel(
            name='ScheduleDose',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1)], verbose_name='dose')),
                ('due_age', models.CharField(max_length=4, validators=[django.core.validators.RegexValidator('^[0-9]{1,3}[dwmy]$')], verbose_name='due at')),
                ('minimum_age', models.CharField(max_length=4, validators=[django.core.validators.RegexValidator('^[0-9]{1,3}[dwmy]$')], verbose_name='not before')),
                ('interval', models.CharField(blank=True, max_length=4, validators=[django.core.validators.RegexValidator('^[0-9]{1,3}[dwmy]$')], verbose_name='after the dose before, at least')),
                ('until_age', models.CharField(blank=True, max_length=4, validators=[django.core.validators.RegexValidator('^[0-9]{1,3}[dwmy]$')], verbose_name='no longer from this age on')),
                ('sex', models.CharField(blank=True, choices=[('FEMALE', 'female'), ('MALE', 'male'), ('OTHER', 'other')], max_length=8, verbose_name='only for')),
            ],
            options={
                'verbose_name': 'dose',
                'verbose_name_plural': 'doses',
            },
        ),
        migrations.CreateModel(
            name='Season',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('first_day', models.DateField(verbose_name='first day')),
                ('last_day', models.DateField(verbose_name='last day')),
                ('approved_at', models.DateTimeField(blank=True, null=True, verbose_name='approved')),
            ],
            options={
                'verbose_name': 'vaccination season',
                'verbose_name_plural': 'vaccination seasons',
            },
        ),
        migrations.AddField(
            model_name='audience',
            name='in_season',
            field=models.CharField(choices=[('ANY', 'does not matter'), ('RECORDED', 'a dose is recorded'), ('NOT_RECORDED', 'no dose is recorded')], db_default='ANY', default='ANY', max_length=12, verbose_name='in this season'),
        ),
        migrations.AddField(
            model_name='listentry',
            name='dose_numbers',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), db_default=[], default=list, editable=False, size=None),
        ),
        migrations.AddField(
            model_name='listentry',
            name='is_after_early',
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name='listentry',
            name='vaccines',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), db_default=[], default=list, editable=False, size=None),
        ),
        migrations.AddField(
            model_name='patientlist',
            name='approved_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='approved'),
        ),
        migrations.AddField(
            model_name='patientlist',
            name='approved_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='patientlist',
            name='asked_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='patientlist',
            name='asked_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='patientlist',
            name='by_vaccine',
            field=models.JSONField(default=dict, editable=False),
        ),
        migrations.AddField(
            model_name='patientlist',
            name='due_by',
            field=models.DateField(blank=True, editable=False, null=True, verbose_name='due by'),
        ),
        migrations.AddField(
            model_name='patientlist',
            name='found',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name='patientlist',
            name='looked_at',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name='patientlist',
            name='made_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='patientlist',
            name='made_to',
            field=models.BigIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name='patientlist',
            name='making',
            field=models.CharField(blank=True, choices=[('', 'put together by hand'), ('MAKING', 'being made'), ('STOPPED', 'stopped'), ('READY', 'ready')], db_default='', default='', editable=False, max_length=8),
        ),
        migrations.AddField(
            model_name='patientlist',
            name='to_look_at',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name='recipient',
            name='answer',
            field=models.CharField(blank=True, choices=[('', 'not looked at yet'), ('CONFIRMED', 'confirmed'), ('WANTS_ANOTHER_TIME', 'wants another time'), ('CANCELLED', 'cancelled'), ('WANTS_TO_CANCEL', 'wants to cancel'), ('ASKED_WHICH', 'was asked which appointment'), ('UNDONE', 'took the cancellation back'), ('STOPPED', 'asked us to stop'), ('KEPT', 'keeps appointment messages'), ('INTERESTED', 'wants an appointment'), ('ALREADY_DONE', 'already done'), ('NOT_THIS', 'does not want this'), ('OUT_OF_DATE', 'answered something that has changed since'), ('FOR_A_PERSON', 'for a person to read'), ('FOREIGN', 'did not belong to this number')], db_default='', default='', max_length=20, verbose_name='answer'),
        ),
        migrations.AddField(
            model_name='recipient',
            name='answered_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='answered'),
        ),
        migrations.AlterField(
            model_name='recipient',
            name='reason',
            field=models.CharField(blank=True, choices=[('NEVER_ASKED', 'never asked for permission'), ('DECLINED', 'said no'), ('ASKED_US_TO_STOP', 'asked us to stop'), ('PERMISSION_RAN_OUT', 'the permission ran out'), ('NO_NUMBER', 'no number'), ('NO_CONTACT', 'nobody to tell'), ('WRONG_PERSON', 'the number belongs to somebody else'), ('NOT_ON_WHATSAPP', 'not reached on WhatsApp'), ('HAS_DIED', 'has died'), ('NO_LONGER_OURS', 'no longer a patient'), ('PAUSED', 'messages are paused'), ('CONTACT_ENDED', 'this person may no longer be told'), ('NEVER_BY_MESSAGE', 'never by message'), ('VISIT_CHANGED', 'the visit was moved'), ('VISIT_CANCELLED', 'the visit was cancelled'), ('VISIT_OVER', 'the visit is over'), ('ANSWERED', 'already answered'), ('TEMPLATE_MISSING', 'no approved template in this language'), ('TEMPLATE_NOT_APPROVED', 'the template is not approved'), ('TEMPLATE_UNBOUND', 'the template has a gap nobody fills in'), ('VALUE_MISSING', 'something to fill in is missing'), ('TOO_LONG', 'too long for WhatsApp'), ('TOO_LATE', 'it was too late'), ('BOOKED_LATE', 'the visit was booked later than that'), ('SAID_ANYWAY', 'another message says it at the same time'), ('WINDOW_CLOSED', 'the patient has not written within 24 hours'), ('PRACTICE', 'practice: only test phones get messages'), ('NO_SENDER', 'no WhatsApp number to send from'), ('CANCELLED_BY_STAFF', 'taken back by staff'), ('REPLACED', 'replaced by a newer message'), ('ALREADY_BOOKED', 'has a visit for it already'), ('ALREADY_DONE', 'has had it already'), ('NOT_THIS', 'wants no invitations about this'), ('TOLD_RECENTLY', 'got enough invitations lately'), ('TOO_MANY_ON_NUMBER', 'too many patients on this number'), ('MARKETING_STOPPED', 'stopped offers in WhatsApp'), ('META_LIMIT', 'WhatsApp limits how many offers a person gets'), ('META_EXPERIMENT', 'WhatsApp left this person out'), ('REFUSED', 'WhatsApp refused it'), ('UNKNOWN_CODE', 'WhatsApp gave a reason we do not know'), ('TRIED_OFTEN', 'WhatsApp could not take it after several tries'), ('UNKNOWN_OUTCOME', 'WhatsApp has not told us whether it arrived'), ('DAILY_LIMIT', "WhatsApp's daily limit is used up"), ('NUMBER_STOPPED', 'our WhatsApp number is stopped'), ('BLOCKED_BY_US', 'we have blocked this person on WhatsApp'), ('COUNTRY_CLOSED', 'WhatsApp lets nobody write to this country'), ('RESTRICTED', 'WhatsApp has closed this kind of message for us'), ('NUMBER_CHANGED_HANDS', 'the phone was set up anew; check the number')], max_length=24, verbose_name='not sent because'),
        ),
        migrations.AddIndex(
            model_name='listentry',
            index=models.Index(condition=models.Q(('is_after_early', True)), fields=['patient_list', 'id'], name='list_entry_after_early'),
        ),
        migrations.AddIndex(
            model_name='recipient',
            index=models.Index(condition=models.Q(('answer', ''), _negated=True), fields=['run', 'answer'], name='recipient_answer'),
        ),
        migrations.AddField(
            model_name='declinedtopic',
            name='campaign',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.campaign', verbose_name='campaign'),
        ),
        migrations.AddField(
            model_name='declinedtopic',
            name='lifted_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='declinedtopic',
            name='patient',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='declined_topics', to='clinic.patient'),
        ),
        migrations.AddField(
            model_name='declinedtopic',
            name='vaccine',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.vaccine', verbose_name='vaccine'),
        ),
        migrations.AddField(
            model_name='declinedtopic',
            name='visit_kind',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.visitkind', verbose_name='kind of visit'),
        ),
        migrations.AddField(
            model_name='schedule',
            name='approved_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='schedule',
            name='clinic',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='schedules', to='clinic.clinic'),
        ),
        migrations.AddField(
            model_name='schedule',
            name='created_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='schedule',
            name='withdrawn_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='patientlist',
            name='schedule',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='lists', to='campaigns.schedule'),
        ),
        migrations.AddField(
            model_name='scheduledose',
            name='schedule',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='doses', to='campaigns.schedule'),
        ),
        migrations.AddField(
            model_name='scheduledose',
            name='vaccine',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.vaccine', verbose_name='vaccine'),
        ),
        migrations.AddField(
            model_name='season',
            name='approved_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='season',
            name='audience',
            field=models.ForeignKey(blank=True, help_text='Empty: for every patient.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.audience', verbose_name='for whom'),
        ),
        migrations.AddField(
            model_name='season',
            name='clinic',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='seasons', to='clinic.clinic'),
        ),
        migrations.AddField(
            model_name='season',
            name='created_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='season',
            name='vaccine',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.vaccine', verbose_name='vaccine'),
        ),
        migrations.AddField(
            model_name='audience',
            name='season',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.season', verbose_name='season'),
        ),
        migrations.AddField(
            model_name='patientlist',
            name='season',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='lists', to='campaigns.season'),
        ),
        migrations.AddIndex(
            model_name='patientlist',
            index=models.Index(condition=models.Q(('making', 'MAKING')), fields=['id'], name='patient_list_to_make'),
        ),
        migrations.AddConstraint(
            model_name='audience',
            constraint=models.CheckConstraint(condition=models.Q(('in_season', 'ANY'), ('season__isnull', False), _connector='OR'), name='audience_doses_of_a_season', violation_error_message='Choose the season that is meant.'),
        ),
        migrations.AddConstraint(
            model_name='patientlist',
            constraint=models.CheckConstraint(condition=models.Q(('making__in', ['', 'MAKING', 'STOPPED', 'READY'])), name='patient_list_making_known'),
        ),
        migrations.AddConstraint(
            model_name='patientlist',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('making', ''), ('schedule', None), ('season', None)), models.Q(models.Q(('making', ''), _negated=True), ('schedule__isnull', False), ('season', None)), models.Q(models.Q(('making', ''), _negated=True), ('schedule', None), ('season__isnull', False)), _connector='OR'), name='patient_list_made_by_one_thing'),
        ),
        migrations.AddConstraint(
            model_name='patientlist',
            constraint=models.CheckConstraint(condition=models.Q(('approved_at', None), models.Q(('approved_by__isnull', False), ('making', 'READY')), _connector='OR'), name='patient_list_approved_when_ready'),
        ),
        migrations.AddConstraint(
            model_name='patientlist',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by', None), models.Q(('approved_by', models.F('asked_by')), _negated=True), _connector='OR'), name='patient_list_approved_by_another'),
        ),
        migrations.AddConstraint(
            model_name='declinedtopic',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('campaign', None), ('vaccine__isnull', False), ('visit_kind', None)), models.Q(('campaign', None), ('vaccine', None), ('visit_kind__isnull', False)), models.Q(('campaign__isnull', False), ('vaccine', None), ('visit_kind', None)), _connector='OR'), name='declined_topic_is_one_thing'),
        ),
        migrations.AddConstraint(
            model_name='declinedtopic',
            constraint=models.UniqueConstraint(condition=models.Q(('lifted_at', None)), fields=('patient', 'vaccine', 'visit_kind', 'campaign'), name='declined_topic_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='schedule',
            constraint=models.UniqueConstraint(fields=('clinic', 'authority', 'name', 'edition'), name='schedule_edition_once_per_clinic', violation_error_message='There is this edition already.'),
        ),
        migrations.AddConstraint(
            model_name='schedule',
            constraint=models.CheckConstraint(condition=models.Q(('born_from', None), ('born_until', None), ('born_until__gte', models.F('born_from')), _connector='OR'), name='schedule_births_in_order', violation_error_message='The last birth date cannot be before the first.'),
        ),
        migrations.AddConstraint(
            model_name='schedule',
            constraint=models.CheckConstraint(condition=models.Q(('approved_at', None), ('approved_by__isnull', False), _connector='OR'), name='schedule_approval_names_a_person'),
        ),
        migrations.AddConstraint(
            model_name='schedule',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by', None), models.Q(('approved_by', models.F('created_by')), _negated=True), _connector='OR'), name='schedule_approved_by_another'),
        ),
        migrations.AddConstraint(
            model_name='schedule',
            constraint=models.CheckConstraint(condition=models.Q(('withdrawn_at', None), models.Q(('approved_at__isnull', False), ('withdrawn_by__isnull', False)), _connector='OR'), name='schedule_withdrawn_after_approval'),
        ),
        migrations.AddConstraint(
            model_name='scheduledose',
            constraint=models.UniqueConstraint(fields=('schedule', 'vaccine', 'number'), name='schedule_dose_once', violation_error_message='This dose of the vaccine is there already.'),
        ),
        migrations.AddConstraint(
            model_name='scheduledose',
            constraint=models.CheckConstraint(condition=models.Q(('due_age__regex', '^[0-9]{1,3}[dwmy]$'), ('minimum_age__regex', '^[0-9]{1,3}[dwmy]$')), name='schedule_dose_ages_said'),
        ),
        migrations.AddConstraint(
            model_name='scheduledose',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('interval', ''), ('interval__regex', '^[0-9]{1,3}[dwmy]$'), _connector='OR'), models.Q(('until_age', ''), ('until_age__regex', '^[0-9]{1,3}[dwmy]$'), _connector='OR')), name='schedule_dose_spans_said'),
        ),
        migrations.AddConstraint(
            model_name='scheduledose',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('interval', ''), ('number', 1)), models.Q(('number__gt', 1), models.Q(('interval', ''), _negated=True)), _connector='OR'), name='schedule_dose_keeps_an_interval', violation_error_message='Every dose after the first says how long after the dose before it is given.'),
        ),
        migrations.AddConstraint(
            model_name='season',
            constraint=models.UniqueConstraint(fields=('clinic', 'name'), name='season_once_per_clinic'),
        ),
        migrations.AddConstraint(
            model_name='season',
            constraint=models.CheckConstraint(condition=models.Q(('last_day__gte', models.F('first_day'))), name='season_days_in_order', violation_error_message='The last day cannot be before the first.'),
        ),
        migrations.AddConstraint(
            model_name='season',
            constraint=models.CheckConstraint(condition=models.Q(('approved_at', None), ('approved_by__isnull', False), _connector='OR'), name='season_approval_names_a_person'),
        ),
        migrations.AddConstraint(
            model_name='season',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by', None), models.Q(('approved_by', models.F('created_by')), _negated=True), _connector='OR'), name='season_approved_by_another'),
        ),
        migrations.RunSQL(FROZEN, UNFROZEN),
        migrations.RunSQL(SEASONS, NO_SEASONS),
        migrations.RunSQL(ENTRIES, NO_ENTRIES),
        migrations.AddIndex(
            model_name='recipient',
            index=models.Index(condition=models.Q(('answer', ''), _negated=True), fields=['run'], name='recipient_answered'),
        ),
    ]
