from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # Reception goes on while a million patients are looked through.
    atomic = False

    dependencies = [
        ("clinic", "0028_what_was_done_to_numbers"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='patient',
            index=models.Index(condition=models.Q(('needs', []), _negated=True), fields=['clinic', 'id'], name='patient_with_needs'),
        ),
    ]
