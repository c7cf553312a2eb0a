"""Clinicians have numbers of their own, and the ledger says whether they want notices on them."""

import django.db.models.deletion
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
_KNOWN = models.Q(purpose__in=[key for key, _words in PURPOSES if key != "REPLY"])


class Migration(migrating.Migration):
    # The ledger has millions of lines: they are looked through without holding up who writes.
    atomic = False

    dependencies = [("clinic", "0021_proof_of_permissions")]

    operations = [
        migrations.AddField(
            model_name="clinician",
            name="phone",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="clinicians",
                to="clinic.phone",
            ),
        ),
        migrations.AddField(
            model_name="clinician",
            name="language",
            field=models.CharField(blank=True, db_default="", default="", max_length=12),
        ),
        migrations.AlterField(
            model_name="consentrecord",
            name="purpose",
            field=models.CharField(choices=PURPOSES, max_length=12, verbose_name="for"),
        ),
        migrations.AlterField(
            model_name="rememberedstop",
            name="purpose",
            field=models.CharField(choices=PURPOSES, max_length=12, verbose_name="for"),
        ),
        migrations.AlterField(
            model_name="unkeptstop",
            name="purpose",
            field=models.CharField(blank=True, choices=PURPOSES, default="", max_length=12),
        ),
        migrations.RemoveConstraint("consentrecord", "consent_purpose_known"),
        AddConstraintNotValid(
            "consentrecord",
            models.CheckConstraint(condition=_KNOWN, name="consent_purpose_known"),
        ),
        ValidateConstraint("consentrecord", "consent_purpose_known"),
        migrations.RemoveConstraint("rememberedstop", "remembered_stop_purpose_known"),
        AddConstraintNotValid(
            "rememberedstop",
            models.CheckConstraint(condition=_KNOWN, name="remembered_stop_purpose_known"),
        ),
        ValidateConstraint("rememberedstop", "remembered_stop_purpose_known"),
    ]
