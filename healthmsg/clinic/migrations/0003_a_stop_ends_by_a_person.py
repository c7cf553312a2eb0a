"""A yes of a number itself is written by people alone, as it ends a stop for everybody on it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clinic", "0002_standing")]
    operations = [
        migrations.AddConstraint(
            model_name="consentrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("patient__isnull", False),
                    models.Q(("change", "GRANTED"), _negated=True),
                    ("given_how__in", ["AT_DESK", "ON_PAPER", "BY_PHONE", "BY_MESSAGE"]),
                    _connector="OR",
                ),
                name="consent_a_stop_ends_by_a_person",
            ),
        ),
    ]
