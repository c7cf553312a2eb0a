"""How each patient can be reached, worked out by the database whenever anything changes."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, CharField, Q, Value, When

from healthmsg.clinic.models.clinic import Clinic
from healthmsg.clinic.models.people import Patient


class Obstacle(models.TextChoices):
    """What may keep messages about visits from somebody, as far as no clock has to be asked."""

    NO_NUMBER = "NO_NUMBER"
    FOR_A_WHILE = "FOR_A_WHILE"  # whoever is told is told until a day only; then any of these
    NOT_BY_MESSAGE = "NOT_BY_MESSAGE"
    WRONG_NUMBER = "WRONG_NUMBER"
    STOPPED = "STOPPED"
    FAILING = "FAILING"
    RUNS_OUT = "RUNS_OUT"  # the permission, once
    NEVER_ASKED = "NEVER_ASKED"


def obstacle() -> Case:
    """Return the first of them, "" for none: the very expression of the index reach_by_obstacle."""
    first = (
        (Q(phone_id=None), Obstacle.NO_NUMBER),
        (Q(contact_until__isnull=False), Obstacle.FOR_A_WHILE),
        (Q(may_be_told="NEVER"), Obstacle.NOT_BY_MESSAGE),
        (Q(phone_state="WRONG_PERSON"), Obstacle.WRONG_NUMBER),
        (Q(phone_state="STOPPED"), Obstacle.STOPPED),
        (Q(standings__APPOINTMENTS__in=("WITHDRAWN", "DECLINED")), Obstacle.STOPPED),
        (Q(phone_state="FAILING"), Obstacle.FAILING),
        (Q(standings__APPOINTMENTS="GRANTED", ends__has_key="APPOINTMENTS"), Obstacle.RUNS_OUT),
        (Q(standings__APPOINTMENTS="GRANTED"), ""),
    )
    return Case(
        *(When(when, then=Value(str(what))) for when, what in first),
        default=Value(str(Obstacle.NEVER_ASKED)),
        output_field=CharField(),
    )


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
            # Whoever is not reached for a rare reason, among a million who are.
            models.Index("clinic", obstacle(), "patient", name="reach_by_obstacle"),
        ]

    def __str__(self) -> str:
        return f"reach of patient #{self.patient_id}"
