"""The tables of reminders at once, for an empty database; who has some of what it replaces goes on with that."""

import datetime
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from healthmsg import migrating


class Migration(migrating.Migration):

    replaces = [
        ('reminders', '0001_initial'),
        ('reminders', '0002_initial'),
        ('reminders', '0003_the_days_plan'),
        ('reminders', '0004_reasons_of_invitations'),
        ('reminders', '0005_a_reason_of_topics'),
        ('reminders', '0006_a_reason_of_places'),
        ('reminders', '0007_other_times_and_the_waiting_list'),
        ('reminders', '0008_a_reason_of_words'),
        ('reminders', '0009_calls'),
        ('reminders', '0010_restored_and_deleted'),
        ('reminders', '0011_words_of_fields'),
        ('reminders', '0012_calls_are_kept'),
    ]

    initial = True

    dependencies = [
        ('clinic', '0034_one_word_for_a_visit'),
        ('whatsapp', '0001_squashed_0035_words_are_not_emptied'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='EarlierWish',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_day', models.DateField(blank=True, null=True, verbose_name='not before')),
                ('last_day', models.DateField(blank=True, null=True, verbose_name='not after')),
                ('wished_at', models.DateTimeField(verbose_name='since')),
                ('offers', models.PositiveSmallIntegerField(default=0, verbose_name='times offered')),
                ('last_offer_at', models.DateTimeField(blank=True, null=True, verbose_name='last offered')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                ('ended', models.CharField(blank=True, choices=[('MOVED', 'came earlier'), ('VISIT_OVER', 'the visit is over or cancelled'), ('NO_LONGER', 'wants it no longer'), ('BY_STAFF', 'taken off by staff')], default='', max_length=10, verbose_name='because')),
                ('appointment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='earlier_wishes', to='clinic.appointment', verbose_name='visit')),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic', verbose_name='clinic')),
                ('clinician', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinician', verbose_name='only with')),
                ('kind', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.visitkind', verbose_name='kind of visit')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='earlier_wishes', to='clinic.patient', verbose_name='patient')),
                ('site', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.site', verbose_name='only at')),
                ('wished_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='entered by')),
            ],
            options={
                'verbose_name': 'wish to come earlier',
                'verbose_name_plural': 'wishes to come earlier',
                'indexes': [models.Index(condition=models.Q(('ended_at', None)), fields=['clinic', 'wished_at'], name='earlier_wish_open')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('patient', 'kind'), name='earlier_wish_once_per_kind'), models.CheckConstraint(condition=models.Q(('last_day__gte', models.F('first_day')), ('first_day', None), ('last_day', None), _connector='OR'), name='earlier_wish_days_forward', violation_error_message='The last day is not before the first.'), models.CheckConstraint(condition=models.Q(('ended__in', ['', 'MOVED', 'VISIT_OVER', 'NO_LONGER', 'BY_STAFF'])), name='earlier_wish_end_known')],
            },
        ),
        migrations.CreateModel(
            name='FreedSlot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField(verbose_name='starts')),
                ('ends_at', models.DateTimeField(verbose_name='ends')),
                ('left_version', models.PositiveIntegerField()),
                ('freed_at', models.DateTimeField(verbose_name='free since')),
                ('generation', models.PositiveSmallIntegerField(default=0)),
                ('waves', models.PositiveSmallIntegerField(default=0)),
                ('next_wave_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True, verbose_name='ended')),
                ('ended', models.CharField(blank=True, choices=[('TAKEN', 'taken by somebody of the waiting list'), ('BOOKED', 'no longer free'), ('TOO_LATE', 'too short before it begins'), ('NOBODY', 'nobody left to ask')], default='', max_length=8, verbose_name='how')),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('clinician', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinician', verbose_name='clinician')),
                ('kind', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.visitkind', verbose_name='kind of visit')),
                ('left_by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='freed_slots', to='clinic.appointment')),
                ('site', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.site', verbose_name='site')),
                ('taken_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='clinic.appointment')),
            ],
            options={
                'verbose_name': 'time that became free',
                'verbose_name_plural': 'times that became free',
                'indexes': [models.Index(condition=models.Q(('next_wave_at__isnull', False)), fields=['next_wave_at'], name='freed_slot_to_offer'), models.Index(condition=models.Q(('ended', 'TAKEN')), fields=['clinic', 'ended_at'], name='freed_slot_recovered')],
                'constraints': [models.UniqueConstraint(fields=('left_by', 'left_version'), name='freed_slot_once_per_version'), models.CheckConstraint(condition=models.Q(('ended__in', ['', 'TAKEN', 'BOOKED', 'TOO_LATE', 'NOBODY'])), name='freed_slot_end_known')],
            },
        ),
        migrations.CreateModel(
            name='ReminderRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
                ('anchor', models.CharField(choices=[('BOOKED', 'the booking'), ('MOVED', 'a move to another time'), ('CANCELLED', 'a cancellation by the clinic'), ('STARTS', 'the start of the visit'), ('SEEN', 'the patient was seen'), ('MISSED', 'a person marked it missed')], max_length=10, verbose_name='counted from')),
                ('offset', models.DurationField(default=datetime.timedelta(0), help_text='Negative: before.', verbose_name='how long after')),
                ('days_before', models.PositiveSmallIntegerField(blank=True, help_text='With a time of day; replaces “how long after”.', null=True, verbose_name='days before the visit')),
                ('at_time', models.TimeField(blank=True, help_text="The site's own time.", null=True, verbose_name='at')),
                ('least_notice', models.DurationField(default=datetime.timedelta(seconds=3600), help_text='Negative: after the visit.', verbose_name='useful until so long before the visit')),
                ('when_late', models.CharField(choices=[('SEND_NOW', 'send at once'), ('UNLESS_TOLD', 'send at once, unless another message goes at once anyway'), ('SKIP', 'do not send')], default='SKIP', max_length=12, verbose_name='when booked too late for it')),
                ('purpose', models.CharField(choices=[('APPOINTMENTS', 'appointments'), ('PREVENTION', 'vaccinations and check-ups'), ('INFORMATION', 'health information'), ('FEEDBACK', 'questions about a visit'), ('MARKETING', 'offers'), ('REPLY', 'answers')], default='APPOINTMENTS', max_length=12, verbose_name='purpose')),
                ('template_name', models.CharField(max_length=512, verbose_name='template')),
                ('spare_template_name', models.CharField(blank=True, max_length=512, verbose_name='spare template')),
                ('confirmed_template_name', models.CharField(blank=True, help_text='Sent instead, without buttons, when the patient has confirmed.', max_length=512, verbose_name='template once confirmed')),
                ('several_template_name', models.CharField(blank=True, help_text='Visits of one number on one day share one message.', max_length=512, verbose_name='template for several visits')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reminder_rules', to='clinic.clinic', verbose_name='clinic')),
                ('kinds', models.ManyToManyField(blank=True, help_text='None chosen: all kinds.', to='clinic.visitkind', verbose_name='only for')),
            ],
            options={
                'verbose_name': 'reminder rule',
                'verbose_name_plural': 'reminder rules',
                'constraints': [models.UniqueConstraint(fields=('clinic', 'name'), name='rule_once_per_clinic'), models.CheckConstraint(condition=models.Q(models.Q(('at_time', None), ('days_before', None)), models.Q(('anchor', 'STARTS'), ('at_time__isnull', False), ('days_before__isnull', False)), _connector='OR'), name='rule_day_and_time_together', violation_error_message='Days before the visit and a time of day belong together, counted from the start of the visit.')],
            },
        ),
        migrations.CreateModel(
            name='Reminder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('starts_at', models.DateTimeField(verbose_name='time of the visit')),
                ('due_at', models.DateTimeField(verbose_name='due')),
                ('useful_until', models.DateTimeField(verbose_name='useful until')),
                ('status', models.CharField(choices=[('PLANNED', 'planned'), ('QUEUED', 'handed to WhatsApp'), ('SKIPPED', 'not sent'), ('WITHDRAWN', 'taken back')], default='PLANNED', max_length=10, verbose_name='status')),
                ('reason', models.CharField(blank=True, choices=[('NEVER_ASKED', 'never asked for permission'), ('DECLINED', 'said no'), ('ASKED_US_TO_STOP', 'asked us to stop'), ('PERMISSION_RAN_OUT', 'the permission ran out'), ('NO_NUMBER', 'no number'), ('NO_CONTACT', 'nobody to tell'), ('WRONG_PERSON', 'the number belongs to somebody else'), ('NOT_ON_WHATSAPP', 'not reached on WhatsApp'), ('HAS_DIED', 'has died'), ('NO_LONGER_OURS', 'no longer a patient'), ('PAUSED', 'messages are paused'), ('CONTACT_ENDED', 'this person may no longer be told'), ('NEVER_BY_MESSAGE', 'never by message'), ('VISIT_CHANGED', 'the visit was moved'), ('VISIT_CANCELLED', 'the visit was cancelled'), ('VISIT_OVER', 'the visit is over'), ('ANSWERED', 'already answered'), ('TEMPLATE_MISSING', 'no approved template in this language'), ('TEMPLATE_NOT_APPROVED', 'the template is not approved'), ('TEMPLATE_UNBOUND', 'the template has a gap nobody fills in'), ('VALUE_MISSING', 'something to fill in is missing'), ('NO_PLACE', 'the template shows a place on a map, and there is none'), ('TOO_LONG', 'too long for WhatsApp'), ('TOO_LATE', 'it was too late'), ('BOOKED_LATE', 'the visit was booked later than that'), ('SAID_ANYWAY', 'another message says it at the same time'), ('WINDOW_CLOSED', 'the patient has not written within 24 hours'), ('PRACTICE', 'practice: only test phones get messages'), ('NO_SENDER', 'no WhatsApp number to send from'), ('CANCELLED_BY_STAFF', 'taken back by staff'), ('REPLACED', 'replaced by a newer message'), ('ALREADY_BOOKED', 'has a visit for it already'), ('ALREADY_DONE', 'has had it already'), ('NOT_THIS', 'wants no invitations about this'), ('TOLD_RECENTLY', 'got enough invitations lately'), ('TOO_MANY_ON_NUMBER', 'too many patients on this number'), ('STOP_TO_READ', 'a person first reads whether they asked us to stop'), ('MARKETING_STOPPED', 'stopped offers in WhatsApp'), ('META_LIMIT', 'WhatsApp limits how many offers a person gets'), ('META_EXPERIMENT', 'WhatsApp left this person out'), ('REFUSED', 'WhatsApp refused it'), ('UNKNOWN_CODE', 'WhatsApp gave a reason we do not know'), ('TRIED_OFTEN', 'WhatsApp could not take it after several tries'), ('UNKNOWN_OUTCOME', 'WhatsApp has not told us whether it arrived'), ('RESTORED', 'not known: the system was restored, and may have sent it before'), ('ERASED', 'the patient was deleted'), ('DAILY_LIMIT', "WhatsApp's daily limit is used up"), ('NUMBER_STOPPED', 'our WhatsApp number is stopped'), ('BLOCKED_BY_US', 'we have blocked this person on WhatsApp'), ('COUNTRY_CLOSED', 'WhatsApp lets nobody write to this country'), ('RESTRICTED', 'WhatsApp has closed this kind of message for us'), ('NUMBER_CHANGED_HANDS', 'the phone was set up anew; check the number')], max_length=24, verbose_name='because')),
                ('edition', models.PositiveSmallIntegerField(default=0)),
                ('is_shared', models.BooleanField(default=False, verbose_name='together with other visits')),
                ('planned_at', models.DateTimeField(verbose_name='planned')),
                ('changed_at', models.DateTimeField()),
                ('appointment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reminders', to='clinic.appointment')),
                ('message', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='reminders', to='whatsapp.message')),
                ('site', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.site')),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reminders', to='reminders.reminderrule')),
            ],
            options={
                'verbose_name': 'reminder',
                'verbose_name_plural': 'reminders',
                'indexes': [models.Index(condition=models.Q(('status', 'PLANNED')), fields=['due_at', 'id'], name='reminder_due'), models.Index(condition=models.Q(('is_shared', True), ('status', 'QUEUED')), fields=['useful_until'], name='reminder_shared'), models.Index(condition=models.Q(('reason', 'DAILY_LIMIT'), ('status', 'SKIPPED')), fields=['due_at'], name='reminder_left_out')],
                'constraints': [models.UniqueConstraint(fields=('appointment', 'version', 'rule'), name='reminder_once_per_version_and_rule'), models.CheckConstraint(condition=models.Q(('status__in', ['PLANNED', 'QUEUED', 'SKIPPED', 'WITHDRAWN'])), name='reminder_status_known')],
            },
        ),
        migrations.CreateModel(
            name='LimitDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='day')),
                ('people', models.PositiveIntegerField(default=0, verbose_name='people to remind')),
                ('places', models.PositiveIntegerField(default=0, verbose_name='as far as the limit goes')),
                ('spared', models.PositiveIntegerField(default=0)),
                ('used', models.PositiveIntegerField(blank=True, null=True, verbose_name='people written to')),
                ('portfolio', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='days', to='whatsapp.portfolio')),
                ('rule', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='reminders.reminderrule')),
            ],
            options={
                'verbose_name': 'day of the daily limit',
                'verbose_name_plural': 'days of the daily limit',
                'constraints': [models.UniqueConstraint(fields=('portfolio', 'day'), name='limit_day_once')],
            },
        ),
        migrations.CreateModel(
            name='SlotOffer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('offered_at', models.DateTimeField()),
                ('answered_at', models.DateTimeField(null=True)),
                ('is_taken', models.BooleanField(default=False)),
                ('message', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='slot_offer', to='whatsapp.message')),
                ('slot', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='offers', to='reminders.freedslot')),
                ('wish', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='slot_offers', to='reminders.earlierwish')),
            ],
            options={
                'verbose_name': 'offer of a time that became free',
                'verbose_name_plural': 'offers of times that became free',
                'constraints': [models.UniqueConstraint(fields=('slot', 'wish'), name='slot_offered_once_to_each'), models.UniqueConstraint(condition=models.Q(('is_taken', True)), fields=('slot',), name='slot_taken_once')],
            },
        ),
        migrations.CreateModel(
            name='TimeOffer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('rounds', models.PositiveSmallIntegerField(default=0)),
                ('touched_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended', models.CharField(blank=True, choices=[('MOVED', 'another time was chosen'), ('PERSON', 'a person was asked'), ('LEFT', 'nobody chose any more'), ('CHANGED', 'the visit changed meanwhile')], default='', max_length=8)),
                ('appointment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='time_offers', to='clinic.appointment')),
                ('reply', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='whatsapp.reply')),
            ],
            options={
                'verbose_name': 'offer of other times',
                'verbose_name_plural': 'offers of other times',
                'indexes': [models.Index(condition=models.Q(('ended_at', None)), fields=['touched_at'], name='time_offer_open')],
                'constraints': [models.UniqueConstraint(fields=('appointment', 'version'), name='time_offer_once_per_version'), models.CheckConstraint(condition=models.Q(('ended__in', ['', 'MOVED', 'PERSON', 'LEFT', 'CHANGED'])), name='time_offer_end_known')],
            },
        ),
        migrations.CreateModel(
            name='CallOutcome',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('number', models.PositiveSmallIntegerField(verbose_name='how many calls about the visit')),
                ('outcome', models.CharField(choices=[('COMES', 'comes'), ('ANOTHER_TIME', 'wants another time'), ('CANCELS', 'cancels'), ('TOLD', 'was told'), ('NOT_WANTED', 'wants no new visit'), ('WRONG_NUMBER', 'wrong number'), ('NO_ANSWER', 'no answer'), ('LEFT_MESSAGE', 'left a message with somebody'), ('VOICEMAIL', 'spoke to a voicemail')], max_length=12, verbose_name='outcome')),
                ('called_at', models.DateTimeField(verbose_name='called at')),
                ('again_at', models.DateTimeField(null=True, verbose_name='again at')),
                ('answer_before', models.CharField(choices=[('NONE', 'no answer yet'), ('CONFIRMED', 'confirmed'), ('WANTS_ANOTHER_TIME', 'wants another time'), ('WANTS_TO_CANCEL', 'wants to cancel')], default='NONE', max_length=18)),
                ('undone_at', models.DateTimeField(null=True, verbose_name='undone')),
                ('appointment', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='calls', to='clinic.appointment')),
                ('called_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='called by')),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('phone', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.phone', verbose_name='called')),
                ('undone_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='undone by')),
            ],
            options={
                'verbose_name': 'call',
                'verbose_name_plural': 'calls',
                'indexes': [models.Index(fields=['clinic', 'called_at'], name='call_lately')],
                'constraints': [models.UniqueConstraint(fields=('appointment', 'number'), name='call_number_once_per_visit'), models.CheckConstraint(condition=models.Q(('outcome__in', ['COMES', 'ANOTHER_TIME', 'CANCELS', 'TOLD', 'NOT_WANTED', 'WRONG_NUMBER', 'NO_ANSWER', 'LEFT_MESSAGE', 'VOICEMAIL'])), name='call_outcome_known')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='calloutcome',
            trigger=pgtrigger.compiler.Trigger(name='call_is_kept', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."clinic_id" IS DISTINCT FROM (NEW."clinic_id") OR OLD."appointment_id" IS DISTINCT FROM (NEW."appointment_id") OR OLD."version" IS DISTINCT FROM (NEW."version") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."outcome" IS DISTINCT FROM (NEW."outcome") OR OLD."phone_id" IS DISTINCT FROM (NEW."phone_id") OR OLD."called_at" IS DISTINCT FROM (NEW."called_at") OR OLD."called_by_id" IS DISTINCT FROM (NEW."called_by_id") OR OLD."again_at" IS DISTINCT FROM (NEW."again_at") OR OLD."answer_before" IS DISTINCT FROM (NEW."answer_before"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='84a41c4e1af32416b7d94a297cfe704e4b36ac87', operation='UPDATE', pgid='pgtrigger_call_is_kept_bb3e4', table='reminders_calloutcome', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='calloutcome',
            trigger=pgtrigger.compiler.Trigger(name='call_stays', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='040235e8215a9a19bb250bc2fb83f48a72d45c7a', operation='DELETE', pgid='pgtrigger_call_stays_8f383', table='reminders_calloutcome', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='calloutcome',
            trigger=pgtrigger.compiler.Trigger(name='call_not_emptied', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot empty table %', TG_TABLE_NAME;", hash='1688f53b7eaf3655bf6314cb082d17bd5f2bcffc', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_call_not_emptied_b79e0', table='reminders_calloutcome', when='BEFORE')),
        ),
    ]
