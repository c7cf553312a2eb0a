"""Each list that a campaign went to becomes an audience of exactly these patients."""

from typing import Any

from django.db import migrations, models

from healthmsg import migrating


def make_audiences(apps: Any, _schema: Any) -> None:
    campaigns = apps.get_model("campaigns", "Campaign").objects
    audiences = apps.get_model("campaigns", "Audience").objects
    for campaign in campaigns.filter(audience=None).select_related("patient_list", "clinic"):
        chosen = campaign.patient_list
        audience, is_new = audiences.get_or_create(
            clinic_id=chosen.clinic_id, name=chosen.name, defaults={"lists_alone": True}
        )
        if is_new:
            audience.lists.add(chosen)
        # As it was until now: whose language is missing gets the clinic's first.
        campaigns.filter(pk=campaign.pk).update(
            audience=audience, spare_language=campaign.clinic.languages[0]
        )
    # Whoever they go to is written down already.
    begun = apps.get_model("campaigns", "Run").objects.exclude(status="EXPANDING")
    begun.filter(expanded_at=None).update(expanded_at=models.F("started_at"))


class Migration(migrating.Migration):
    dependencies = [("campaigns", "0004_audiences")]
    operations = [
        migrations.RunPython(make_audiences, migrations.RunPython.noop),
    ]
