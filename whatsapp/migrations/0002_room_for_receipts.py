"""Leave room on each page, so that a message's receipts stay on it (heap-only updates)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("whatsapp", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE whatsapp_message SET (fillfactor = 80)",
            "ALTER TABLE whatsapp_message RESET (fillfactor)",
        )
    ]
