from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from healthmsg import migrating


class Migration(migrating.Migration):
    # The columns that hold words in clear keep their names, for the release before. What stands in
    # them is sealed afterwards, in portions, by "desk.seal_audit". Not inside a transaction: an
    # index on what may have a million rows is made beside the work.
    atomic = False

    dependencies = [
        ('whatsapp', '0033_indexes_of_notices'),
    ]

    operations = [
        migrations.AddField(
            model_name='reply',
            name='sealed',
            field=models.BinaryField(null=True),
        ),
        migrations.AlterField(
            model_name='reply',
            name='text',
            field=models.TextField(blank=True, db_column='text', verbose_name='words'),
        ),
        migrations.RenameField(
            model_name='reply',
            old_name='text',
            new_name='clear_text',
        ),
        migrations.AlterField(
            model_name='reply',
            name='content',
            field=models.JSONField(blank=True, db_column='content', default=dict),
        ),
        migrations.RenameField(
            model_name='reply',
            old_name='content',
            new_name='clear_content',
        ),
        AddIndexConcurrently(
            model_name='reply',
            index=models.Index(condition=models.Q(('clear_text__gt', ''), models.Q(('clear_content', {}), _negated=True), _connector='OR'), fields=['id'], name='reply_in_clear'),
        ),
        migrations.AddField(
            model_name='notice',
            name='sealed',
            field=models.BinaryField(null=True),
        ),
        migrations.AlterField(
            model_name='notice',
            name='content',
            field=models.JSONField(db_column='content', default=dict),
        ),
        migrations.RenameField(
            model_name='notice',
            old_name='content',
            new_name='clear_content',
        ),
        AddIndexConcurrently(
            model_name='notice',
            index=models.Index(condition=models.Q(('clear_content', {}), _negated=True), fields=['id'], name='notice_in_clear'),
        ),
    ]
