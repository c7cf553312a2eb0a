"""Rows of duplicates: who may be registered twice, and what was put together."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Clinic, Patient, StaffUser
from healthmsg.clinic.models.kept import kept


class Suspicion(models.TextChoices):
    NAME = "NAME", _("same name and birth date")
    NUMBER = "NUMBER", _("same number, and the same given name or birth date")


class SuspectedDuplicate(models.Model):
    """Two patients who may be one; once a person has said no, it is not asked again."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, db_index=False, related_name="+")
    one = models.ForeignKey(Patient, models.CASCADE, db_index=False, related_name="+")
    other = models.ForeignKey(Patient, models.CASCADE, related_name="+")
    why = models.CharField(_("why"), max_length=8, choices=Suspicion)
    found_at = models.DateTimeField(_("found"))
    dismissed_at = models.DateTimeField(null=True)
    dismissed_by = models.ForeignKey(
        StaffUser,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("said to be two people by"),
    )

    class Meta:
        verbose_name = _("suspected duplicate")
        verbose_name_plural = _("suspected duplicates")
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="duplicate_suspected_once"),
            models.CheckConstraint(
                condition=Q(one__lt=F("other")), name="duplicate_older_one_first"
            ),
            models.CheckConstraint(
                condition=Q(why__in=Suspicion.values), name="duplicate_suspicion_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["clinic", "id"], name="duplicate_open", condition=Q(dismissed_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"suspected duplicate #{self.pk}"


class PatientMerge(models.Model):
    """One patient's rows put to another's; remembers each, so that it can be undone."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, db_index=False, related_name="+")
    kept = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    merged = models.ForeignKey(Patient, models.PROTECT, db_index=False, related_name="+")
    merged_at = models.DateTimeField(_("put together"))
    merged_by = models.ForeignKey(StaffUser, models.PROTECT, related_name="+")
    # By model, the primary keys that were the merged patient's.
    moved = models.JSONField(default=dict)
    # By field, what the kept patient had not known.
    filled = models.JSONField(default=dict)
    # Primary keys of the lines of the ledger that were written for it.
    lines = models.JSONField(default=list)
    has_paused = models.BooleanField(default=False)
    undone_at = models.DateTimeField(_("undone"), null=True)
    undone_by = models.ForeignKey(StaffUser, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("merge of two patients")
        verbose_name_plural = _("merges of patients")
        # What one had of the other goes with a patient who is deleted.
        triggers = kept("merge", but=("filled", "undone_at", "undone_by"))
        constraints = [
            models.UniqueConstraint(
                fields=["merged"], name="patient_merged_once", condition=Q(undone_at=None)
            ),
            models.CheckConstraint(
                condition=~Q(kept=F("merged")), name="patient_merged_with_another"
            ),
        ]
        indexes = [models.Index(fields=["clinic", "merged_at"], name="patient_merges_lately")]

    def __str__(self) -> str:
        return f"merge #{self.pk} of two patients"
