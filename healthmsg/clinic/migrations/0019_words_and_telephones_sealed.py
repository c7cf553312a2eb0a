from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from healthmsg import migrating


class Migration(migrating.Migration):

    # Rows that stand in clear are sealed afterwards, in portions, by "desk.seal_audit".
    atomic = False

    dependencies = [
        ('clinic', '0018_new_visits_and_caps_of_the_waiting_list'),
        ('otp_totp', '0003_add_timestamps'),
    ]

    operations = [
        migrations.CreateModel(
            name='Telephone',
            fields=[
            ],
            options={
                'verbose_name': 'telephone for signing in',
                'verbose_name_plural': 'telephones for signing in',
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('otp_totp.totpdevice',),
        ),
        migrations.AddField(
            model_name='consentevidence',
            name='secret',
            field=models.BinaryField(null=True),
        ),
        migrations.AlterField(
            model_name='consentevidence',
            name='text',
            field=models.TextField(blank=True, default='', verbose_name='evidence'),
        ),
        AddIndexConcurrently(
            model_name='consentevidence',
            index=models.Index(condition=models.Q(('text', ''), _negated=True), fields=['id'], name='evidence_in_clear'),
        ),
    ]
