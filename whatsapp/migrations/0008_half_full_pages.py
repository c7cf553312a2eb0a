"""
Leave half of each page of messages free, and clean up behind the digest sooner.

A claim, its settlement and three receipts each write a message anew. Receipts of messages that
were sent one after the other come together: at 80 % only four of five of them stayed on their page,
at 50 % all of them do, and the table is not larger, as claims stay on the page, too (measured).

Each notice is written twice more, so a fifth of a month's notices would be a lot to clean up at
once.
"""

from django.db import migrations

from healthmsg import migrating


class Migration(migrating.Migration):
    dependencies = [("whatsapp", "0007_what_codes_stop")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE whatsapp_message SET (fillfactor = 50)",
            "ALTER TABLE whatsapp_message SET (fillfactor = 80)",
        ),
        migrations.RunSQL(
            "ALTER TABLE whatsapp_delivery SET (autovacuum_vacuum_scale_factor = 0.05,"
            " autovacuum_vacuum_insert_scale_factor = 0.1)",
            "ALTER TABLE whatsapp_delivery RESET (autovacuum_vacuum_scale_factor,"
            " autovacuum_vacuum_insert_scale_factor)",
        ),
    ]
