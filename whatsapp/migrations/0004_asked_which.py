"""A reply that we answered by asking which appointment it means."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("whatsapp", "0003_guards")]
    operations = [
        migrations.AlterField(
            model_name="reply",
            name="outcome",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "not looked at yet"),
                    ("CONFIRMED", "confirmed"),
                    ("WANTS_ANOTHER_TIME", "wants another time"),
                    ("CANCELLED", "cancelled"),
                    ("WANTS_TO_CANCEL", "wants to cancel"),
                    ("ASKED_WHICH", "was asked which appointment"),
                    ("UNDONE", "took the cancellation back"),
                    ("STOPPED", "asked us to stop"),
                    ("KEPT", "keeps appointment messages"),
                    ("INTERESTED", "wants an appointment"),
                    ("ALREADY_DONE", "already done"),
                    ("NOT_THIS", "does not want this"),
                    ("OUT_OF_DATE", "answered something that has changed since"),
                    ("FOR_A_PERSON", "for a person to read"),
                    ("FOREIGN", "did not belong to this number"),
                ],
                default="",
                max_length=20,
                verbose_name="understood as",
            ),
        ),
    ]
