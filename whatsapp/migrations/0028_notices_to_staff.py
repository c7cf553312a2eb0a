"""A notice to staff is about no patient, and is no answer."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models

from healthmsg import migrating

PURPOSES = [
    ("APPOINTMENTS", "appointments"),
    ("PREVENTION", "vaccinations and check-ups"),
    ("INFORMATION", "health information"),
    ("FEEDBACK", "questions about a visit"),
    ("MARKETING", "offers"),
    ("REPLY", "answers"),
    ("TEAM", "notices to staff"),
]


class Migration(migrating.Migration):
    # Millions of messages are looked through without holding up those that leave.
    atomic = False

    dependencies = [
        ("clinic", "0022_notices_to_staff"),
        ("whatsapp", "0027_proof_of_permissions"),
    ]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="purpose",
            field=models.CharField(choices=PURPOSES, max_length=12, verbose_name="for"),
        ),
        migrations.RemoveConstraint("message", "message_asks_somebodys_permission"),
        AddConstraintNotValid(
            "message",
            models.CheckConstraint(
                condition=models.Q(
                    ("purpose", "REPLY"),
                    models.Q(("appointment", None), ("patient", None), ("purpose", "TEAM")),
                    models.Q(
                        models.Q(("purpose", "TEAM"), _negated=True), ("patient__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="message_asks_somebodys_permission",
            ),
        ),
        ValidateConstraint("message", "message_asks_somebodys_permission"),
    ]
