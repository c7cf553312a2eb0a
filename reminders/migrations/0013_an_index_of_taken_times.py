from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # Times go on being freed and taken meanwhile.
    atomic = False

    dependencies = [
        ("reminders", "0012_calls_are_kept"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="freedslot",
            index=models.Index(condition=models.Q(("taken_by__isnull", False)), fields=["taken_by"], name="freed_slot_taken_by"),
        ),
    ]
