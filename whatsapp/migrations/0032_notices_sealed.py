import django.contrib.postgres.fields
from django.db import migrations, models

from healthmsg import migrating


class Migration(migrating.Migration):
    # The column that holds them in clear keeps its name, for the release before. What stands in it
    # is sealed afterwards, in portions, by "desk.seal_audit".
    dependencies = [
        ('whatsapp', '0031_words_of_fields'),
    ]

    operations = [
        migrations.AddField(
            model_name='delivery',
            name='sealed',
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name='delivery',
            name='named',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), null=True, size=None),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='body',
            field=models.BinaryField(db_column='body'),
        ),
        migrations.RenameField(
            model_name='delivery',
            old_name='body',
            new_name='clear_body',
        ),
    ]
