from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("whatsapp", "0003_attempts")]
    operations = [
        migrations.AddField(
            model_name="reply",
            name="failures",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        )
    ]
