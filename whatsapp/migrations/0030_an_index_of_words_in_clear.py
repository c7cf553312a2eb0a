from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Not inside a transaction: an index on what may have a million rows is made beside the work.
    atomic = False

    dependencies = [
        ('whatsapp', '0029_words_sealed'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='message',
            index=models.Index(condition=models.Q(('clear_body__gt', '')), fields=['id'], name='message_in_clear'),
        ),
    ]
