"""Lists of patients: put together by hand, or made by a schedule or a season."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.schedules import Schedule, Season
from healthmsg.clinic.models import Clinic, Patient


class Making(models.TextChoices):
    """How far a list is that a schedule or a season makes; empty for one made by hand."""

    BY_HAND = "", _("put together by hand")
    MAKING = "MAKING", _("being made")
    STOPPED = "STOPPED", _("stopped")
    READY = "READY", _("ready")


class PatientList(models.Model):
    """
    Patients put together for one reason, such as a vaccination that is due.

    One that a schedule or a season made is approved by a clinician before anybody on it is written
    to; a change of who is on it takes the approval back, by the database.
    """

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, related_name="patient_lists", verbose_name=_("clinic")
    )
    name = models.CharField(_("name"), max_length=80)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)

    schedule = models.ForeignKey(
        Schedule,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="lists",
        verbose_name=_("schedule"),
    )
    season = models.ForeignKey(
        Season,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="lists",
        verbose_name=_("season"),
    )
    due_by = models.DateField(_("due by"), null=True, blank=True, editable=False)
    asked_by = models.ForeignKey(
        "clinic.StaffUser", models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    making = models.CharField(
        max_length=8,
        choices=Making,
        blank=True,
        default=Making.BY_HAND,
        db_default="",
        editable=False,
    )
    # By whose records it is asked who has had what; a dose recorded later is another matter.
    asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    made_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Up to which patient it is made: what is killed or stopped goes on from there.
    made_to = models.BigIntegerField(default=0, db_default=0, editable=False)
    to_look_at = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    looked_at = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    found = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    # How many are due for what, by primary key of Vaccine.
    by_vaccine = models.JSONField(default=dict, editable=False)
    approved_by = models.ForeignKey(
        "clinic.StaffUser",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("approved by"),
    )
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("list of patients")
        verbose_name_plural = _("lists of patients")
        constraints = [
            models.UniqueConstraint(fields=["clinic", "name"], name="patient_list_once_per_clinic"),
            models.CheckConstraint(
                condition=Q(making__in=Making.values), name="patient_list_making_known"
            ),
            models.CheckConstraint(
                condition=Q(making="", schedule=None, season=None)
                | (~Q(making="") & Q(schedule__isnull=False, season=None))
                | (~Q(making="") & Q(schedule=None, season__isnull=False)),
                name="patient_list_made_by_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(approved_at=None) | Q(approved_by__isnull=False, making="READY"),
                name="patient_list_approved_when_ready",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("asked_by")),
                name="patient_list_approved_by_another",
            ),
        ]
        indexes = [
            # The tick that makes them.
            models.Index(fields=["id"], name="patient_list_to_make", condition=Q(making="MAKING"))
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_made(self) -> bool:
        """True where a schedule or a season says who is on it."""
        return bool(self.making)

    @property
    def made_by(self) -> Schedule | Season | None:
        return self.schedule or self.season


class ListEntry(models.Model):
    """One patient on a list: what falls on one day is one entry, and one message."""

    patient_list = models.ForeignKey(PatientList, models.CASCADE, related_name="entries")
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="list_entries")
    due_on = models.DateField(_("due"), null=True, blank=True)
    # Primary keys of Vaccine, and beside each which dose of it; on lists that were made.
    vaccines = ArrayField(models.BigIntegerField(), default=list, db_default=[], editable=False)
    dose_numbers = ArrayField(
        models.PositiveSmallIntegerField(), default=list, db_default=[], editable=False
    )
    # A dose before it came too early to count: a clinician looks at it.
    is_after_early = models.BooleanField(default=False, db_default=False, editable=False)

    class Meta:
        verbose_name = _("patient on the list")
        verbose_name_plural = _("patients on the list")
        constraints = [
            models.UniqueConstraint(fields=["patient_list", "patient"], name="list_entry_once"),
        ]
        indexes = [
            models.Index(
                fields=["patient_list", "id"],
                name="list_entry_after_early",
                condition=Q(is_after_early=True),
            )
        ]

    def __str__(self) -> str:
        return f"list entry #{self.pk}"
