from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from healthmsg import migrating


class Migration(migrating.Migration):
    # Not inside a transaction: an index on what may have a million rows is made beside the work.
    atomic = False

    dependencies = [
        ('whatsapp', '0035_words_are_not_emptied'),
    ]

    operations = [
        migrations.AddField(
            model_name='inboundfile',
            name='is_sealed',
            field=models.BooleanField(db_default=False, default=False),
        ),
        AddIndexConcurrently(
            model_name='inboundfile',
            index=models.Index(condition=models.Q(('is_sealed', False), ('state', 'KEPT')), fields=['id'], name='inbound_file_in_clear'),
        ),
    ]
