"""How each patient can be reached, worked out by the database whenever anything changes."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from healthmsg.clinic.models.clinic import Clinic
from healthmsg.clinic.models.people import Patient


class Reach(models.Model):
    """
    What an audience asks of a patient, in one narrow row.

    Written by triggers alone (migration 0006); its meaning is the view `clinic_reach_now`. A
    million patients are counted in half a second, where the joins behind it take ten. It never
    decides whether a message leaves: the claim asks the ledger itself.
    """

    patient = models.OneToOneField(
        Patient, models.CASCADE, primary_key=True, related_name="reach", db_index=False
    )
    clinic = models.ForeignKey(Clinic, models.PROTECT, db_index=False, related_name="+")
    site_id = models.BigIntegerField(null=True)
    birth_date = models.DateField(null=True)
    sex = models.CharField(max_length=8)
    state = models.CharField(max_length=10)
    paused_until = models.DateField(null=True)
    tags = ArrayField(models.BigIntegerField())
    # The first contact: nobody else is written to instead.
    contact_id = models.BigIntegerField(null=True)
    language = models.CharField(max_length=8)
    may_be_told = models.CharField(max_length=12)
    contact_until = models.DateField(null=True)
    phone_id = models.BigIntegerField(null=True)
    # Empty unless it keeps messages from arriving.
    phone_state = models.CharField(max_length=12)
    # By purpose: what the newest line says, and until when where a permission runs out.
    standings = models.JSONField()
    ends = models.JSONField()

    class Meta:
        indexes = [
            models.Index(fields=["clinic", "birth_date"], name="reach_by_age"),
            models.Index(fields=["phone_id"], name="reach_by_phone"),
            models.Index(fields=["clinic", "language"], name="reach_by_language"),
        ]

    def __str__(self) -> str:
        return f"reach of patient #{self.patient_id}"
