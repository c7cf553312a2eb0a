"""Identifiers that were kept in the digits of another script, in Latin ones."""

import unicodedata

from django.db import migrations

_NOT_ASCII = r"[^\x01-\x7f]"


def spell(apps, schema_editor):
    """Where another row has the Latin ones already, people have to say whose they are."""
    for name in ("Patient", "Appointment"):
        rows = apps.get_model("clinic", name).objects
        odd = rows.filter(external_id__regex=_NOT_ASCII).order_by("pk")
        for key, clinic, identifier in odd.values_list("pk", "clinic_id", "external_id"):
            latin = _latin(identifier)
            others = rows.filter(clinic=clinic, external_id=latin).exclude(pk=key)
            if latin != identifier and not others.exists():
                rows.filter(pk=key).update(external_id=latin)


def _latin(words):
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in words)


class Migration(migrations.Migration):

    dependencies = [
        ('clinic', '0034_one_word_for_a_visit'),
    ]

    operations = [migrations.RunPython(spell, migrations.RunPython.noop, elidable=True)]
