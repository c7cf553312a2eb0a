from django.db import migrations, models

from healthmsg import migrating


class Migration(migrating.Migration):
    # The columns that hold words in clear keep their names, for the release before. What stands in
    # them is sealed afterwards, in portions, by "desk.seal_audit".
    dependencies = [
        ('whatsapp', '0028_notices_to_staff'),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='sealed',
            field=models.BinaryField(null=True),
        ),
        migrations.AlterField(
            model_name='message',
            name='payload',
            field=models.JSONField(db_column='payload', default=dict, verbose_name='what is posted, without number'),
        ),
        migrations.RenameField(
            model_name='message',
            old_name='payload',
            new_name='clear_payload',
        ),
        migrations.AlterField(
            model_name='message',
            name='body',
            field=models.TextField(blank=True, db_column='body', verbose_name='words'),
        ),
        migrations.RenameField(
            model_name='message',
            old_name='body',
            new_name='clear_body',
        ),
    ]
