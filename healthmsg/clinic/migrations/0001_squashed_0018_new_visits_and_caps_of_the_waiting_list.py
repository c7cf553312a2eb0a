"""The tables of clinic at once, for an empty database; who has some of what it replaces goes on with that."""

import datetime
import django.contrib.auth.models
import django.contrib.auth.validators
import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.utils.timezone
import healthmsg.clinic.folding
import healthmsg.clinic.models.clinic
import pgtrigger.compiler
import pgtrigger.migrations
from importlib import import_module
from typing import Any
from django.conf import settings
from django.db import migrations, models

from healthmsg import migrating

# The one copy of each; it moves here when the migrations that are replaced are taken out.
_STANDING: Any = import_module("healthmsg.clinic.migrations.0002_standing")
_REACH_FOLLOWS: Any = import_module("healthmsg.clinic.migrations.0006_reach_follows")
_STOPS_THAT_OUTLIVE: Any = import_module("healthmsg.clinic.migrations.0015_stops_that_outlive")


class Migration(migrating.Migration):

    replaces = [
        ('clinic', '0001_initial'),
        ('clinic', '0002_standing'),
        ('clinic', '0003_a_stop_ends_by_a_person'),
        ('clinic', '0004_call_from'),
        ('clinic', '0005_sex_tags_doses_and_reach'),
        ('clinic', '0006_reach_follows'),
        ('clinic', '0007_permissions_given_once'),
        ('clinic', '0008_told_elsewhere'),
        ('clinic', '0009_sites_on_the_map'),
        ('clinic', '0010_phones_by_parents'),
        ('clinic', '0011_working_hours_and_kept_times'),
        ('clinic', '0012_haste_has_a_deadline'),
        ('clinic', '0013_staff_sign_in'),
        ('clinic', '0014_search_without_accents'),
        ('clinic', '0015_stops_that_outlive'),
        ('clinic', '0016_copies_and_deletion'),
        ('clinic', '0017_the_audit'),
        ('clinic', '0018_new_visits_and_caps_of_the_waiting_list'),
    ]

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditHead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.BigIntegerField(default=0)),
                ('hash', models.BinaryField(default=bytes, max_length=32)),
                ('vouched', models.BinaryField(default=bytes, max_length=32)),
                ('sealed_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'end of the audit',
                'verbose_name_plural': 'ends of the audit',
            },
        ),
        migrations.CreateModel(
            name='AuditNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='when')),
                ('kind', models.CharField(choices=[('CHANGE', 'changed'), ('VIEW', 'looked at'), ('EXPORT', 'taken out as a file'), ('SIGN_IN', 'signed in'), ('SIGN_OUT', 'signed out'), ('SIGN_IN_FAILED', 'tried to sign in')], max_length=16, verbose_name='what')),
                ('verb', models.CharField(blank=True, choices=[('INSERT', 'entered'), ('UPDATE', 'changed'), ('DELETE', 'removed')], db_default='', max_length=8)),
                ('by_id', models.BigIntegerField(null=True, verbose_name='who')),
                ('done_by', models.CharField(blank=True, db_default='', max_length=80)),
                ('address', models.CharField(blank=True, db_default='', max_length=45, verbose_name='from where')),
                ('path', models.CharField(blank=True, db_default='', max_length=120, verbose_name='page')),
                ('clinic_id', models.BigIntegerField(null=True)),
                ('model', models.CharField(blank=True, db_default='', max_length=80, verbose_name='what kind of row')),
                ('row_id', models.CharField(blank=True, db_default='', max_length=64)),
                ('patient_id', models.BigIntegerField(null=True, verbose_name='patient')),
                ('rows', models.BigIntegerField(null=True, verbose_name='how many')),
                ('before', models.JSONField(null=True)),
                ('after', models.JSONField(null=True)),
            ],
            options={
                'verbose_name': 'note for the audit',
                'verbose_name_plural': 'notes for the audit',
            },
        ),
        migrations.CreateModel(
            name='AuditLine',
            fields=[
                ('at', models.DateTimeField(verbose_name='when')),
                ('kind', models.CharField(choices=[('CHANGE', 'changed'), ('VIEW', 'looked at'), ('EXPORT', 'taken out as a file'), ('SIGN_IN', 'signed in'), ('SIGN_OUT', 'signed out'), ('SIGN_IN_FAILED', 'tried to sign in')], max_length=16, verbose_name='what')),
                ('verb', models.CharField(blank=True, choices=[('INSERT', 'entered'), ('UPDATE', 'changed'), ('DELETE', 'removed')], db_default='', max_length=8)),
                ('by_id', models.BigIntegerField(null=True, verbose_name='who')),
                ('done_by', models.CharField(blank=True, db_default='', max_length=80)),
                ('address', models.CharField(blank=True, db_default='', max_length=45, verbose_name='from where')),
                ('path', models.CharField(blank=True, db_default='', max_length=120, verbose_name='page')),
                ('clinic_id', models.BigIntegerField(null=True)),
                ('model', models.CharField(blank=True, db_default='', max_length=80, verbose_name='what kind of row')),
                ('row_id', models.CharField(blank=True, db_default='', max_length=64)),
                ('patient_id', models.BigIntegerField(null=True, verbose_name='patient')),
                ('rows', models.BigIntegerField(null=True, verbose_name='how many')),
                ('before', models.JSONField(null=True)),
                ('after', models.JSONField(null=True)),
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('note_id', models.BigIntegerField(unique=True)),
                ('sealed_at', models.DateTimeField()),
                ('secret', models.BinaryField(null=True)),
                ('is_removed', models.BooleanField(default=False)),
                ('hash', models.BinaryField(max_length=32)),
            ],
            options={
                'verbose_name': 'line of the audit',
                'verbose_name_plural': 'audit',
                'indexes': [models.Index(fields=['at', 'number'], name='audit_by_time'), models.Index(fields=['clinic_id', 'at', 'number'], name='audit_of_clinic'), models.Index(fields=['by_id', 'at', 'number'], name='audit_of_person'), models.Index(condition=models.Q(('patient_id__isnull', False)), fields=['patient_id', 'at', 'number'], name='audit_of_patient'), models.Index(fields=['kind', 'at', 'number'], name='audit_of_kind'), models.Index(fields=['model', 'at', 'number'], name='audit_of_model')],
            },
        ),
        migrations.CreateModel(
            name='Clinic',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='name as patients know it')),
                ('phone', models.CharField(max_length=30, verbose_name='phone for patients')),
                ('emergency_number', models.CharField(max_length=20, verbose_name='emergency number')),
                ('country', models.CharField(help_text='Two letters, such as AR; phones are read in it.', max_length=2, verbose_name='country')),
                ('time_zone', models.CharField(max_length=60, validators=[healthmsg.clinic.models.clinic.known_zone], verbose_name='time zone')),
                ('languages', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=8), help_text="WhatsApp's codes, such as es, pt_BR; the first is the spare for all others.", size=None, verbose_name='languages')),
                ('sending_opens', models.TimeField(default=datetime.time(8, 0), verbose_name='messages from')),
                ('sending_closes', models.TimeField(default=datetime.time(20, 0), verbose_name='messages until')),
                ('mode', models.CharField(choices=[('PRACTICE', 'practice'), ('LIVE', 'live')], default='PRACTICE', max_length=8, verbose_name='mode')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('call_from_hours', models.PositiveSmallIntegerField(db_default=18, default=18, help_text='Whoever is not known to have received a reminder by then stands under “To call”. Whether it was read does not matter.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(48)], verbose_name='call from so many hours before the visit')),
                ('invitations_a_month', models.PositiveSmallIntegerField(db_default=4, default=4, help_text='Over all campaigns together; reminders of visits are not counted.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(30)], verbose_name='invitations to one patient in 30 days')),
                ('urgent_within_minutes', models.PositiveSmallIntegerField(db_default=15, default=15, help_text='A message with a word that needs haste is an alarm at once, and is told again to everybody if nobody has taken it by then.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1440)], verbose_name='look at what needs haste within so many minutes')),
                ('second_factor_for', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=150), blank=True, db_default=[], default=list, help_text='Whoever has none yet sets it up before the next page.', size=None, verbose_name='roles that sign in with a second factor')),
                ('earlier_notice_hours', models.PositiveSmallIntegerField(db_default=24, default=24, validators=[django.core.validators.MinValueValidator(4), django.core.validators.MaxValueValidator(336)], verbose_name='hours before it begins, from which a time is offered to nobody anymore')),
                ('earlier_offers_a_day', models.PositiveSmallIntegerField(db_default=2, default=2, help_text='To whoever would come earlier; only within the hours above.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10)], verbose_name='times that became free, offered to one patient in a day')),
                ('earlier_offers_in_all', models.PositiveSmallIntegerField(db_default=6, default=6, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(50)], verbose_name='the same, until nothing more is offered to them')),
            ],
            options={
                'verbose_name': 'clinic',
                'verbose_name_plural': 'clinics',
                'constraints': [models.CheckConstraint(condition=models.Q(('mode__in', ['PRACTICE', 'LIVE'])), name='clinic_mode_known'), models.CheckConstraint(condition=models.Q(('sending_opens__lt', models.F('sending_closes'))), name='clinic_sending_hours_forward', violation_error_message='Messages must end later in the day than they begin.'), models.CheckConstraint(condition=models.Q(('languages__len__gt', 0)), name='clinic_speaks_a_language'), models.CheckConstraint(condition=models.Q(('earlier_offers_in_all__gte', models.F('earlier_offers_a_day'))), name='clinic_earlier_offers_in_order', violation_error_message='In all no fewer times are offered than in one day.')],
            },
        ),
        migrations.CreateModel(
            name='StaffUser',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('has_second_factor', models.BooleanField(db_default=False, default=False, verbose_name='signs in with a second factor')),
                ('powers_version', models.PositiveIntegerField(db_default=0, default=0)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
                ('clinics', models.ManyToManyField(blank=True, related_name='staff', to='clinic.clinic', verbose_name='clinics')),
            ],
            options={
                'verbose_name': 'staff member',
                'verbose_name_plural': 'staff',
                'abstract': False,
            },
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='Clinician',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='name as patients know it')),
                ('is_active', models.BooleanField(default=True, verbose_name='sees patients')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='clinicians', to='clinic.clinic')),
                ('user', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='clinician', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'clinician',
                'verbose_name_plural': 'clinicians',
            },
        ),
        migrations.CreateModel(
            name='ClinicModeChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mode', models.CharField(choices=[('PRACTICE', 'practice'), ('LIVE', 'live')], max_length=8)),
                ('changed_at', models.DateTimeField()),
                ('next_day_messages', models.PositiveIntegerField(verbose_name='messages that would leave in the next 24 hours, as shown')),
                ('changed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mode_changes', to='clinic.clinic')),
            ],
            options={
                'verbose_name': 'change between practice and live',
                'verbose_name_plural': 'changes between practice and live',
            },
        ),
        migrations.CreateModel(
            name='ConsentRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(choices=[('APPOINTMENTS', 'appointments'), ('PREVENTION', 'vaccinations and check-ups'), ('INFORMATION', 'health information'), ('FEEDBACK', 'questions about a visit'), ('MARKETING', 'offers'), ('REPLY', 'answers')], max_length=12, verbose_name='for')),
                ('channel', models.CharField(choices=[('WHATSAPP', 'WhatsApp')], default='WHATSAPP', max_length=10)),
                ('change', models.CharField(choices=[('GRANTED', 'said yes'), ('DECLINED', 'said no'), ('WITHDRAWN', 'asked us to stop'), ('ENTERED_IN_ERROR', 'entered by mistake'), ('EXPIRED', 'ran out')], max_length=16, verbose_name='what')),
                ('given_by', models.CharField(blank=True, max_length=10, verbose_name='given by')),
                ('given_how', models.CharField(choices=[('AT_DESK', 'told at the desk'), ('ON_PAPER', 'signed on paper'), ('BY_PHONE', 'told on the telephone'), ('BY_MESSAGE', 'wrote or tapped on WhatsApp'), ('META_PREFERENCE', "chosen in WhatsApp's own settings"), ('IMPORTED', 'brought from another system'), ('BY_RULE', 'by rule')], max_length=16, verbose_name='how')),
                ('given_at', models.DateTimeField(verbose_name='when')),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='runs out')),
                ('recorded_at', models.DateTimeField(auto_now_add=True, verbose_name='recorded')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consent_records', to='clinic.clinic')),
                ('corrects', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='clinic.consentrecord')),
                ('recorded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL, verbose_name='recorded by')),
            ],
            options={
                'verbose_name': 'permission',
                'verbose_name_plural': 'permissions',
            },
        ),
        migrations.CreateModel(
            name='ConsentEvidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(blank=True, verbose_name='evidence')),
                ('blanked_at', models.DateTimeField(blank=True, null=True)),
                ('record', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='clinic.consentrecord')),
            ],
            options={
                'verbose_name': 'evidence',
                'verbose_name_plural': 'evidence',
            },
        ),
        migrations.CreateModel(
            name='OfferedPermission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(max_length=150)),
                ('permission', models.CharField(max_length=200)),
            ],
            options={
                'verbose_name': 'permission given to a role',
                'verbose_name_plural': 'permissions given to roles',
                'constraints': [models.UniqueConstraint(fields=('role', 'permission'), name='permission_offered_to_a_role_once')],
            },
        ),
        migrations.CreateModel(
            name='Patient',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('given_name', models.CharField(max_length=60, verbose_name='given name')),
                ('family_name', models.CharField(max_length=60, verbose_name='family name')),
                ('birth_date', models.DateField(blank=True, null=True, verbose_name='birth date')),
                ('external_id', models.CharField(blank=True, max_length=60, verbose_name='identifier')),
                ('needs', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('NO_PHONE_CALLS', 'cannot use the telephone'), ('INTERPRETER', 'interpreter'), ('SIGN_LANGUAGE', 'sign language'), ('EASY_LANGUAGE', 'easy words'), ('LOW_VISION', 'sees little')], max_length=20), blank=True, default=list, size=None, verbose_name='communication needs')),
                ('state', models.CharField(choices=[('ACTIVE', 'active'), ('PAUSED', 'paused'), ('GONE', 'no longer ours'), ('DECEASED', 'has died')], default='ACTIVE', max_length=10, verbose_name='state')),
                ('state_reason', models.CharField(blank=True, max_length=120, verbose_name='reason')),
                ('state_changed_at', models.DateTimeField(blank=True, null=True)),
                ('paused_until', models.DateField(blank=True, null=True, verbose_name='paused until')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('sex', models.CharField(choices=[('FEMALE', 'female'), ('MALE', 'male'), ('OTHER', 'other'), ('UNKNOWN', 'not known')], default='UNKNOWN', max_length=8, verbose_name='sex')),
                ('erased_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='deleted')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='patients', to='clinic.clinic')),
            ],
            options={
                'verbose_name': 'patient',
                'verbose_name_plural': 'patients',
                'permissions': [('view_patient_details', 'Can see who patients are'), ('copy_patient', "Can hand out a copy of a patient's data"), ('erase_patient', 'Can delete a patient for good')],
            },
        ),
        migrations.AddField(
            model_name='consentrecord',
            name='patient',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='consent_records', to='clinic.patient'),
        ),
        migrations.CreateModel(
            name='PatientKey',
            fields=[
                ('patient_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('wrapped', models.BinaryField(null=True)),
                ('made_at', models.DateTimeField()),
                ('destroyed_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'key of a patient',
                'verbose_name_plural': 'keys of patients',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('destroyed_at', None), ('wrapped__isnull', False)), models.Q(('destroyed_at__isnull', False), ('wrapped', None)), _connector='OR'), name='patient_key_there_or_destroyed')],
            },
        ),
        migrations.CreateModel(
            name='PatientTag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='patient_tags', to='clinic.patient')),
            ],
            options={
                'verbose_name': 'tag of a patient',
                'verbose_name_plural': 'tags of a patient',
            },
        ),
        migrations.CreateModel(
            name='Phone',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(help_text='E.164', max_length=16, verbose_name='number')),
                ('state', models.CharField(choices=[('NEW', 'nothing has arrived yet'), ('REACHED', 'a message has arrived'), ('FAILING', 'not reached lately'), ('WRONG_PERSON', 'belongs to somebody else'), ('STOPPED', 'asked us to stop')], default='NEW', max_length=12, verbose_name='state')),
                ('state_changed_at', models.DateTimeField(blank=True, null=True)),
                ('failed_days', models.PositiveSmallIntegerField(default=0, verbose_name='days in a row not reached')),
                ('last_failed_on', models.DateField(blank=True, null=True)),
                ('wa_id', models.CharField(blank=True, max_length=20)),
                ('user_id', models.CharField(blank=True, max_length=140)),
                ('parent_user_id', models.CharField(blank=True, max_length=140)),
                ('last_inbound_at', models.DateTimeField(blank=True, null=True, verbose_name='last wrote to us')),
                ('is_test', models.BooleanField(default=False, help_text='Gets real messages while we practice.', verbose_name='test phone')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='phones', to='clinic.clinic')),
            ],
            options={
                'verbose_name': 'phone',
                'verbose_name_plural': 'phones',
                'indexes': [models.Index(condition=models.Q(('wa_id', ''), _negated=True), fields=['wa_id'], name='phone_by_wa_id'), models.Index(condition=models.Q(('user_id', ''), _negated=True), fields=['user_id'], name='phone_by_user_id'), models.Index(fields=['number'], name='phone_by_number'), models.Index(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Reverse('number'), name='text_pattern_ops'), name='phone_by_last_digits'), models.Index(condition=models.Q(('parent_user_id', ''), _negated=True), fields=['parent_user_id'], name='phone_by_parent_user_id')],
                'constraints': [models.UniqueConstraint(fields=('clinic', 'number'), name='phone_once_per_clinic'), models.CheckConstraint(condition=models.Q(('state__in', ['NEW', 'REACHED', 'FAILING', 'WRONG_PERSON', 'STOPPED'])), name='phone_state_known'), models.CheckConstraint(condition=models.Q(('number__regex', '^\\+[1-9][0-9]{6,14}$')), name='phone_is_e164')],
            },
        ),
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='given name')),
                ('relationship', models.CharField(choices=[('SELF', 'the patient'), ('PARENT', 'parent'), ('GUARDIAN', 'guardian'), ('PARTNER', 'partner'), ('CHILD', 'son or daughter'), ('CARER', 'carer'), ('OTHER', 'other')], default='SELF', max_length=10, verbose_name='relationship')),
                ('language', models.CharField(max_length=8, verbose_name='language')),
                ('may_be_told', models.CharField(choices=[('FULL', 'everything in the message'), ('NEUTRAL', 'neutral words only'), ('CONTACT_US', 'only “please contact us”'), ('NEVER', 'never by message')], default='FULL', max_length=12, verbose_name='may be told')),
                ('until', models.DateField(blank=True, null=True, verbose_name='until')),
                ('rank', models.PositiveSmallIntegerField(default=1, verbose_name='order')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contacts', to='clinic.patient')),
                ('phone', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='contacts', to='clinic.phone', verbose_name='phone')),
            ],
            options={
                'verbose_name': 'contact',
                'verbose_name_plural': 'contacts',
                'constraints': [models.CheckConstraint(condition=models.Q(('may_be_told__in', ['FULL', 'NEUTRAL', 'CONTACT_US', 'NEVER'])), name='contact_told_known'), models.UniqueConstraint(fields=('patient', 'phone'), name='contact_once_per_patient_and_phone', violation_error_message='This patient already has a contact on this number.')],
            },
        ),
        migrations.AddField(
            model_name='consentrecord',
            name='phone',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consent_records', to='clinic.phone'),
        ),
        migrations.CreateModel(
            name='RecoveryCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64)),
                ('used_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recovery_codes', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'recovery code',
                'verbose_name_plural': 'recovery codes',
                'constraints': [models.UniqueConstraint(fields=('user', 'digest'), name='recovery_code_once')],
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
        migrations.CreateModel(
            name='Site',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('address', models.CharField(max_length=200, verbose_name='address')),
                ('directions', models.CharField(blank=True, max_length=200, verbose_name='how to find it')),
                ('phone', models.CharField(blank=True, max_length=30, verbose_name='phone')),
                ('time_zone', models.CharField(blank=True, help_text="Only where it differs from the clinic's.", max_length=60, validators=[healthmsg.clinic.models.clinic.known_zone], verbose_name='time zone')),
                ('opening_hours', models.JSONField(blank=True, default=dict, help_text='By weekday, 0 is Monday: {"0": [["08:00", "18:00"]]}.', verbose_name='opening hours')),
                ('holidays_region', models.CharField(blank=True, help_text="Country or country-region, such as AR or BR-SP; empty: the clinic's country.", max_length=12, verbose_name='holidays of')),
                ('latitude', models.DecimalField(blank=True, decimal_places=6, help_text='Degrees with a point, such as -34.603722; south of the equator with a minus.', max_digits=8, null=True, validators=[django.core.validators.MinValueValidator(-90), django.core.validators.MaxValueValidator(90)], verbose_name='latitude')),
                ('longitude', models.DecimalField(blank=True, decimal_places=6, help_text='Degrees with a point, such as -58.381592; west of Greenwich with a minus.', max_digits=9, null=True, validators=[django.core.validators.MinValueValidator(-180), django.core.validators.MaxValueValidator(180)], verbose_name='longitude')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sites', to='clinic.clinic')),
            ],
            options={
                'verbose_name': 'site',
                'verbose_name_plural': 'sites',
                'constraints': [models.UniqueConstraint(fields=('clinic', 'name'), name='site_name_once_per_clinic'), models.CheckConstraint(condition=models.Q(models.Q(('latitude', None), ('longitude', None)), models.Q(('latitude__isnull', False), ('latitude__range', (-90, 90)), ('longitude__isnull', False), ('longitude__range', (-180, 180))), _connector='OR'), name='site_place_whole_and_on_earth', violation_error_message='A place on the map has a latitude and a longitude.')],
            },
        ),
        migrations.AddField(
            model_name='patient',
            name='site',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.site', verbose_name='usual site'),
        ),
        migrations.CreateModel(
            name='ClosingDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('closed_on', models.DateField(verbose_name='day')),
                ('is_open_anyway', models.BooleanField(default=False, verbose_name='open although it is a holiday')),
                ('reason', models.CharField(blank=True, max_length=80, verbose_name='reason')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='closing_days', to='clinic.site')),
            ],
            options={
                'verbose_name': 'closing day',
                'verbose_name_plural': 'closing days',
                'constraints': [models.UniqueConstraint(fields=('site', 'closed_on'), name='closing_day_once_per_site')],
            },
        ),
        migrations.CreateModel(
            name='Appointment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField(verbose_name='starts')),
                ('ends_at', models.DateTimeField(verbose_name='ends')),
                ('status', models.CharField(choices=[('BOOKED', 'booked'), ('ARRIVED', 'arrived'), ('SEEN', 'seen'), ('LEFT', 'left without being seen'), ('MISSED', 'missed'), ('CANCELLED_BY_PATIENT', 'cancelled by the patient'), ('CANCELLED_BY_CLINIC', 'cancelled by the clinic')], default='BOOKED', max_length=20, verbose_name='status')),
                ('status_changed_at', models.DateTimeField()),
                ('cancel_reason', models.CharField(blank=True, max_length=120, verbose_name='reason')),
                ('answer', models.CharField(choices=[('NONE', 'no answer yet'), ('CONFIRMED', 'confirmed'), ('WANTS_ANOTHER_TIME', 'wants another time'), ('WANTS_TO_CANCEL', 'wants to cancel')], default='NONE', max_length=18, verbose_name='answer')),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('is_overbooked', models.BooleanField(default=False, verbose_name='booked beside another visit')),
                ('external_id', models.CharField(blank=True, max_length=60, verbose_name='identifier')),
                ('booked_at', models.DateTimeField(verbose_name='booked')),
                ('is_told_elsewhere', models.BooleanField(db_default=False, default=False, editable=False)),
                ('booked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL, verbose_name='booked by')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to='clinic.clinic')),
                ('clinician', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='clinic.clinician')),
                ('contact', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='clinic.contact', verbose_name='who is told')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to='clinic.patient')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='clinic.site')),
            ],
            options={
                'verbose_name': 'appointment',
                'verbose_name_plural': 'appointments',
                'permissions': [('overbook', 'Can book beside another visit')],
            },
        ),
        migrations.AddField(
            model_name='staffuser',
            name='sites',
            field=models.ManyToManyField(blank=True, help_text="None chosen: all. Visits, the waiting list and conversations of other sites are not shown; patients are the whole clinic's.", related_name='staff', to='clinic.site', verbose_name='only at these sites'),
        ),
        migrations.CreateModel(
            name='SlotHold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('until', models.DateTimeField(db_index=True, verbose_name='kept until')),
                ('appointment', models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='hold', to='clinic.appointment')),
                ('clinician', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to='clinic.clinician')),
                ('patient', models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='hold', to='clinic.patient')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='clinic.site')),
            ],
            options={
                'verbose_name': 'time being chosen',
                'verbose_name_plural': 'times being chosen',
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='hold_ends_after_it_starts'), django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.Func(django.db.models.functions.comparison.Coalesce(models.F('clinician_id'), django.db.models.expressions.CombinedExpression(models.F('site_id'), '*', models.Value(-1))), django.db.models.functions.comparison.Coalesce(models.F('clinician_id'), django.db.models.expressions.CombinedExpression(models.F('site_id'), '*', models.Value(-1))), models.Value('[]'), function='int8range'), '&&'), (models.Func(models.F('starts_at'), models.F('ends_at'), django.contrib.postgres.fields.ranges.RangeBoundary(), function='tstzrange', output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField()), '&&')], name='hold_no_overlap'), models.CheckConstraint(condition=models.Q(models.Q(('appointment__isnull', False), ('patient', None)), models.Q(('appointment', None), ('patient__isnull', False)), _connector='OR'), name='hold_is_somebodys')],
            },
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('is_sensitive', models.BooleanField(default=False, help_text='Who is chosen by it gets messages in neutral words only.', verbose_name='nobody else may learn of it')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tags', to='clinic.clinic')),
                ('patients', models.ManyToManyField(related_name='tags', through='clinic.PatientTag', to='clinic.patient')),
            ],
            options={
                'verbose_name': 'tag',
                'verbose_name_plural': 'tags',
                'constraints': [models.UniqueConstraint(fields=('clinic', 'name'), name='tag_once_per_clinic')],
            },
        ),
        migrations.AddField(
            model_name='patienttag',
            name='tag',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='patient_tags', to='clinic.tag'),
        ),
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
            name='Vaccine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=30, verbose_name='code')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='vaccines', to='clinic.clinic')),
            ],
            options={
                'verbose_name': 'vaccine',
                'verbose_name_plural': 'vaccines',
                'constraints': [models.UniqueConstraint(fields=('clinic', 'code'), name='vaccine_once_per_clinic')],
            },
        ),
        migrations.CreateModel(
            name='Immunisation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('given_on', models.DateField(blank=True, null=True, verbose_name='given on')),
                ('source', models.CharField(choices=[('ENTERED', 'entered by staff'), ('IMPORTED', 'brought from another system'), ('TOLD_BY_PATIENT', 'told by the patient')], default='ENTERED', max_length=16, verbose_name='known from')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded')),
                ('entered_in_error_at', models.DateTimeField(blank=True, null=True, verbose_name='entered by mistake')),
                ('recorded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='immunisations', to='clinic.patient')),
                ('vaccine', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.vaccine')),
            ],
            options={
                'verbose_name': 'vaccination',
                'verbose_name_plural': 'vaccinations',
                'indexes': [models.Index(fields=['vaccine', 'patient', 'given_on'], name='immunisation_of_vaccine')],
                'constraints': [models.CheckConstraint(condition=models.Q(('source__in', ['ENTERED', 'IMPORTED', 'TOLD_BY_PATIENT'])), name='immunisation_source_known'), models.UniqueConstraint(condition=models.Q(('entered_in_error_at', None), ('given_on__isnull', False)), fields=('patient', 'vaccine', 'given_on'), name='immunisation_once_a_day')],
            },
        ),
        migrations.CreateModel(
            name='VisitKind',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('length', models.DurationField(verbose_name='usual length')),
                ('discretion', models.CharField(choices=[('FULL', 'everything in the message'), ('NEUTRAL', 'neutral words only'), ('CONTACT_US', 'only “please contact us”'), ('NEVER', 'never by message')], default='NEUTRAL', max_length=12, verbose_name='a message may say')),
                ('cancel', models.CharField(choices=[('AT_ONCE', 'takes effect at once'), ('ASKS_A_PERSON', 'asks a person')], default='AT_ONCE', max_length=14, verbose_name='“Cancel” by the patient')),
                ('join_link', models.URLField(blank=True, verbose_name='link for video visits')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
                ('another_time', models.CharField(choices=[('AT_ONCE', 'takes effect at once'), ('ASKS_A_PERSON', 'asks a person')], db_default='AT_ONCE', default='AT_ONCE', help_text='At once: free times are offered, and the patient chooses one.', max_length=14, verbose_name='“Another time” by the patient')),
                ('offers_freed', models.BooleanField(db_default=True, default=True, verbose_name='times that become free are offered to the waiting list')),
                ('booked_by_patients', models.BooleanField(db_default=False, default=False, help_text='From the menu for patients, where its name is shown; with anybody free.', verbose_name='patients may book it by themselves')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='visit_kinds', to='clinic.clinic')),
            ],
            options={
                'verbose_name': 'kind of visit',
                'verbose_name_plural': 'kinds of visit',
                'constraints': [models.UniqueConstraint(fields=('clinic', 'name'), name='visit_kind_once_per_clinic'), models.CheckConstraint(condition=models.Q(('discretion__in', ['FULL', 'NEUTRAL', 'CONTACT_US', 'NEVER'])), name='visit_kind_discretion_known')],
            },
        ),
        migrations.AddField(
            model_name='appointment',
            name='kind',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='clinic.visitkind'),
        ),
        migrations.CreateModel(
            name='VisitPreparation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(max_length=8, verbose_name='language')),
                ('text', models.CharField(max_length=300, verbose_name='preparation')),
                ('kind', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='preparations', to='clinic.visitkind')),
            ],
            options={
                'verbose_name': 'preparation',
                'verbose_name_plural': 'preparations',
                'constraints': [models.UniqueConstraint(fields=('kind', 'language'), name='preparation_once_per_language')],
            },
        ),
        migrations.CreateModel(
            name='Wording',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(verbose_name='version')),
                ('language', models.CharField(max_length=8, verbose_name='language')),
                ('text', models.TextField(verbose_name='words')),
                ('valid_from', models.DateTimeField(verbose_name='valid from')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='wordings', to='clinic.clinic')),
            ],
            options={
                'verbose_name': 'wording of the permission',
                'verbose_name_plural': 'wordings of the permission',
                'constraints': [models.UniqueConstraint(fields=('clinic', 'version', 'language'), name='wording_once_per_version')],
            },
        ),
        migrations.AddField(
            model_name='consentrecord',
            name='wording',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='clinic.wording'),
        ),
        migrations.CreateModel(
            name='WorkingHours',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hours', models.JSONField(blank=True, default=dict, help_text='By weekday, 0 is Monday: {"0": [["08:00", "12:00"]]}.', verbose_name='hours')),
                ('clinician', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='working_hours', to='clinic.clinician')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='working_hours', to='clinic.site')),
            ],
            options={
                'verbose_name': 'working hours',
                'verbose_name_plural': 'working hours',
                'constraints': [models.UniqueConstraint(fields=('clinician', 'site'), name='working_hours_once_per_site')],
            },
        ),
        migrations.CreateModel(
            name='Leave',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_day', models.DateField(verbose_name='first day')),
                ('last_day', models.DateField(verbose_name='last day')),
                ('note', models.CharField(blank=True, max_length=80, verbose_name='note')),
                ('clinician', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='leave', to='clinic.clinician')),
            ],
            options={
                'verbose_name': 'time away',
                'verbose_name_plural': 'times away',
                'indexes': [models.Index(fields=['clinician', 'last_day'], name='leave_ahead')],
                'constraints': [models.CheckConstraint(condition=models.Q(('last_day__gte', models.F('first_day'))), name='leave_ends_after_it_begins', violation_error_message='The last day is not before the first.')],
            },
        ),
        migrations.CreateModel(
            name='Reach',
            fields=[
                ('patient', models.OneToOneField(db_index=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='reach', serialize=False, to='clinic.patient')),
                ('site_id', models.BigIntegerField(null=True)),
                ('birth_date', models.DateField(null=True)),
                ('sex', models.CharField(max_length=8)),
                ('state', models.CharField(max_length=10)),
                ('paused_until', models.DateField(null=True)),
                ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('contact_id', models.BigIntegerField(null=True)),
                ('language', models.CharField(max_length=8)),
                ('may_be_told', models.CharField(max_length=12)),
                ('contact_until', models.DateField(null=True)),
                ('phone_id', models.BigIntegerField(null=True)),
                ('phone_state', models.CharField(max_length=12)),
                ('standings', models.JSONField()),
                ('ends', models.JSONField()),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
            ],
            options={
                'indexes': [models.Index(fields=['clinic', 'birth_date'], name='reach_by_age'), models.Index(fields=['phone_id'], name='reach_by_phone'), models.Index(fields=['clinic', 'language'], name='reach_by_language')],
            },
        ),
        migrations.CreateModel(
            name='LegalHold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=200, verbose_name='reason')),
                ('placed_at', models.DateTimeField(verbose_name='since')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                ('ended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='ended by')),
                ('placed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='placed by')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='legal_holds', to='clinic.patient')),
            ],
            options={
                'verbose_name': 'legal hold',
                'verbose_name_plural': 'legal holds',
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('patient',), name='legal_hold_one_at_a_time')],
            },
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(fields=['clinic', 'family_name', 'given_name'], name='patient_by_name'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(condition=models.Q(('paused_until__isnull', False)), fields=['paused_until'], name='patient_pause_ends'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.search.SearchVector(healthmsg.clinic.folding.Folded('given_name'), healthmsg.clinic.folding.Folded('family_name'), 'external_id', config='simple'), name='patient_words'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(fields=['birth_date'], name='patient_by_birth_date'),
        ),
        migrations.AddConstraint(
            model_name='patient',
            constraint=models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('clinic', 'external_id'), name='patient_identifier_once_per_clinic'),
        ),
        migrations.AddConstraint(
            model_name='patient',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['ACTIVE', 'PAUSED', 'GONE', 'DECEASED'])), name='patient_state_known'),
        ),
        migrations.AddConstraint(
            model_name='patient',
            constraint=models.CheckConstraint(condition=models.Q(('paused_until', None), ('state', 'PAUSED'), _connector='OR'), name='patient_only_a_pause_ends'),
        ),
        migrations.AddConstraint(
            model_name='patient',
            constraint=models.CheckConstraint(condition=models.Q(('sex__in', ['FEMALE', 'MALE', 'OTHER', 'UNKNOWN'])), name='patient_sex_known'),
        ),
        migrations.AddConstraint(
            model_name='patienttag',
            constraint=models.UniqueConstraint(fields=('patient', 'tag'), name='patient_tag_once'),
        ),
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(fields=['clinic', 'starts_at'], name='appointment_day'),
        ),
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(fields=['patient', 'starts_at'], name='appointment_of_patient'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['BOOKED', 'ARRIVED', 'SEEN', 'LEFT', 'MISSED', 'CANCELLED_BY_PATIENT', 'CANCELLED_BY_CLINIC'])), name='appointment_status_known'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.CheckConstraint(condition=models.Q(('answer__in', ['NONE', 'CONFIRMED', 'WANTS_ANOTHER_TIME', 'WANTS_TO_CANCEL'])), name='appointment_answer_known'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='appointment_ends_after_it_starts'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ('BOOKED', 'ARRIVED', 'SEEN'))), fields=('patient', 'kind', 'starts_at'), name='appointment_once_per_time'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('clinic', 'external_id'), name='appointment_identifier_once_per_clinic'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('clinician__isnull', False), ('is_overbooked', False), ('status__in', ('BOOKED', 'ARRIVED', 'SEEN'))), expressions=[(models.Func(models.F('clinician_id'), models.F('clinician_id'), models.Value('[]'), function='int8range'), '&&'), (models.Func(models.F('starts_at'), models.F('ends_at'), django.contrib.postgres.fields.ranges.RangeBoundary(), function='tstzrange', output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField()), '&&')], name='appointment_no_overlap'),
        ),
        migrations.AddIndex(
            model_name='consentrecord',
            index=models.Index(fields=['phone', 'patient', 'purpose', '-given_at', '-id'], name='consent_newest'),
        ),
        migrations.AddConstraint(
            model_name='consentrecord',
            constraint=models.CheckConstraint(condition=models.Q(('purpose__in', ['APPOINTMENTS', 'PREVENTION', 'INFORMATION', 'FEEDBACK', 'MARKETING'])), name='consent_purpose_known'),
        ),
        migrations.AddConstraint(
            model_name='consentrecord',
            constraint=models.CheckConstraint(condition=models.Q(('change__in', ['GRANTED', 'DECLINED', 'WITHDRAWN', 'ENTERED_IN_ERROR', 'EXPIRED'])), name='consent_change_known'),
        ),
        migrations.AddConstraint(
            model_name='consentrecord',
            constraint=models.CheckConstraint(condition=models.Q(('corrects', None), ('change', 'ENTERED_IN_ERROR'), _connector='OR'), name='consent_only_an_error_corrects'),
        ),
        migrations.AddConstraint(
            model_name='consentrecord',
            constraint=models.CheckConstraint(condition=models.Q(('patient__isnull', False), models.Q(('change', 'GRANTED'), _negated=True), ('given_how__in', ['AT_DESK', 'ON_PAPER', 'BY_PHONE', 'BY_MESSAGE']), _connector='OR'), name='consent_a_stop_ends_by_a_person'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditline',
            trigger=pgtrigger.compiler.Trigger(name='audit_is_kept', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='6eda666eb482d2a3194bbaead241c468bb0bfd4f', operation='UPDATE OR DELETE', pgid='pgtrigger_audit_is_kept_39c13', table='clinic_auditline', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditnote',
            trigger=pgtrigger.compiler.Trigger(name='audit_note_is_kept', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='c5af7fe1d6916c6ac1e678ec8f003adce0994ec8', operation='UPDATE', pgid='pgtrigger_audit_note_is_kept_36889', table='clinic_auditnote', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditnote',
            trigger=pgtrigger.compiler.Trigger(name='audit_note_is_sealed_first', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    IF NOT EXISTS (SELECT 1 FROM clinic_auditline WHERE note_id = OLD.id) THEN\n                      RAISE EXCEPTION 'pgtrigger: Cannot delete a note that is not sealed';\n                    END IF;\n                    RETURN OLD;\n                ", hash='d575a2327a9725cff4aab22dc15418b568c9e027', operation='DELETE', pgid='pgtrigger_audit_note_is_sealed_first_21bbb', table='clinic_auditnote', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='patientkey',
            trigger=pgtrigger.compiler.Trigger(name='patient_key_row_stays', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='5a5f85b98355296fbefa689f31d603ffdaf07636', operation='DELETE', pgid='pgtrigger_patient_key_row_stays_36625', table='clinic_patientkey', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='patientkey',
            trigger=pgtrigger.compiler.Trigger(name='patient_key_stays_destroyed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."destroyed_at" IS NOT NULL)', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='3a52dc0984884bdf3f5aa006f68d196b68b165eb', operation='UPDATE', pgid='pgtrigger_patient_key_stays_destroyed_23d8c', table='clinic_patientkey', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='wording',
            trigger=pgtrigger.compiler.Trigger(name='wording_is_kept', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='bc07727f7e4ce5b18419d52397cbd6ecc96c4893', operation='UPDATE OR DELETE', pgid='pgtrigger_wording_is_kept_61605', table='clinic_wording', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='consentrecord',
            trigger=pgtrigger.compiler.Trigger(name='consent_is_kept', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='f4759f5a648c8bf8e64acf5c26e0579bec19c649', operation='UPDATE OR DELETE', pgid='pgtrigger_consent_is_kept_dd084', table='clinic_consentrecord', when='BEFORE')),
        ),
        migrations.RunSQL(_STANDING.CREATE, _STANDING.DROP),
        migrations.RunSQL(_REACH_FOLLOWS.VIEW + _REACH_FOLLOWS.REFRESH + _REACH_FOLLOWS.TRIGGERS, _REACH_FOLLOWS.DROP),
        migrations.RunSQL(_STOPS_THAT_OUTLIVE.FOLLOW, _STOPS_THAT_OUTLIVE.UNDO),
    ]
