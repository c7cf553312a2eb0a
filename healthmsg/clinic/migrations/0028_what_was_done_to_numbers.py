from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # The book is as long as the house is old; it is written meanwhile.
    atomic = False

    dependencies = [
        ("clinic", "0027_stops_of_numbers"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='auditline',
            index=models.Index(condition=models.Q(('model', 'clinic.phone')), fields=['row_id', 'at'], name='audit_of_phone'),
        ),
    ]
