import django.db.models.deletion
from django.db import migrations, models

from healthmsg import migrating


class Migration(migrating.Migration):
    dependencies = [("campaigns", "0005_lists_become_audiences")]
    operations = [
        migrations.AlterField(
            model_name="campaign",
            name="audience",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="campaigns",
                to="campaigns.audience",
                verbose_name="audience",
            ),
        ),
        migrations.RemoveField(model_name="campaign", name="patient_list"),
    ]
