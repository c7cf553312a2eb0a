import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from healthmsg import migrating


class Migration(migrating.Migration):
    # Not inside a transaction: an index on what may have a million rows is made beside the work.
    atomic = False

    dependencies = [
        ('whatsapp', '0032_notices_sealed'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='delivery',
            index=models.Index(condition=models.Q(('clear_body__gt', b'')), fields=['id'], name='delivery_in_clear'),
        ),
        AddIndexConcurrently(
            model_name='delivery',
            index=django.contrib.postgres.indexes.GinIndex(condition=models.Q(('digest_after__isnull', True)), fields=['named'], name='delivery_names'),
        ),
    ]
