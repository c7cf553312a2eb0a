"""Certificates of what was deleted, and copies that were handed out."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Clinic
from healthmsg.clinic.models.kept import kept


class RemovalKind(models.TextChoices):
    PATIENT = "PATIENT", _("a patient, on request")
    COPY = "COPY", _("a copy of a patient's data, handed out")


class Removal(models.Model):
    """What was deleted or handed out, when, how much, and who decided; of whom, it forgets."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    kind = models.CharField(_("what"), max_length=12, choices=RemovalKind)
    # Our own key, which tells nobody anything once the person is gone.
    patient_number = models.BigIntegerField(_("patient"), null=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    counts = models.JSONField(_("how many"), default=dict)
    decided_by = models.ForeignKey(
        "clinic.StaffUser",
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("certificate of deletion")
        verbose_name_plural = _("certificates of deletion")
        triggers = kept("removal")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=RemovalKind.values), name="removal_kind_known"
            )
        ]
        indexes = [models.Index(fields=["clinic", "-decided_at"], name="removal_recent")]

    def __str__(self) -> str:
        return f"certificate #{self.pk}"


class Kept(models.TextChoices):
    """What is kept for a time of its own."""

    MESSAGES = "MESSAGES", _("words of messages we sent")
    REPLIES = "REPLIES", _("words of messages from patients")
    FILES = "FILES", _("pictures, voice notes and documents of patients")
    NOTICES = "NOTICES", _("notices from WhatsApp, as they came")
    NOTES = "NOTES", _("notes of staff on conversations")
    VISITS = "VISITS", _("identifiers and reasons of past visits")
    PAST_VISITS = "PAST_VISITS", _("past visits: who came when, and to whom")
    PERMISSIONS = "PERMISSIONS", _("notes beside permissions")
    REPLACED = "REPLACED", _("permissions that a later word has replaced")
    # One chain for all clinics: `cutting` lets it go, nothing else.
    AUDIT = "AUDIT", _("who looked and changed")


class RetentionRule(models.Model):
    """For how long a clinic keeps one kind; without a row the usual time counts."""

    clinic = models.ForeignKey(
        Clinic, models.CASCADE, related_name="retention_rules", verbose_name=_("clinic")
    )
    kind = models.CharField(_("what"), max_length=12, choices=Kept)
    days = models.PositiveIntegerField(_("kept for so many days"))
    overdue_since = models.DateTimeField(_("too much is kept since"), null=True, editable=False)

    class Meta:
        verbose_name = _("how long something is kept")
        verbose_name_plural = _("how long things are kept")
        constraints = [
            models.UniqueConstraint(fields=["clinic", "kind"], name="retention_rule_once"),
            models.CheckConstraint(
                condition=Q(kind__in=Kept.values), name="retention_rule_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"retention rule #{self.pk}"


class RunState(models.TextChoices):
    GOING = "GOING", _("going on")
    STOPPED = "STOPPED", _("stopped")
    DONE = "DONE", _("done")


class RetentionRun(models.Model):
    """One removal by a rule; when it is done, its certificate."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    kind = models.CharField(_("what"), max_length=12, choices=Kept)
    before = models.DateTimeField(_("older than"))
    # As it was shown to whoever decided.
    expected = models.PositiveBigIntegerField(_("as checked"))
    removed = models.PositiveBigIntegerField(_("removed"), default=0)
    # Up to which row: what is killed or stopped goes on from there.
    reached = models.BigIntegerField(default=0)
    state = models.CharField(_("state"), max_length=8, choices=RunState, default=RunState.GOING)
    decided_by = models.ForeignKey(
        "clinic.StaffUser",
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided"))
    finished_at = models.DateTimeField(_("finished"), null=True)
    stopped_by = models.ForeignKey(
        "clinic.StaffUser",
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("stopped by"),
    )

    class Meta:
        verbose_name = _("removal by a rule")
        verbose_name_plural = _("removals by rules")
        triggers = kept(
            "retention", but=("removed", "reached", "state", "finished_at", "stopped_by")
        )
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=Kept.values), name="retention_run_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=RunState.values), name="retention_run_state_known"
            ),
            models.UniqueConstraint(
                fields=["clinic", "kind"],
                condition=Q(state="GOING"),
                name="retention_run_one_at_a_time",
            ),
        ]
        indexes = [models.Index(fields=["clinic", "-decided_at"], name="retention_run_recent")]

    def __str__(self) -> str:
        return f"removal by a rule #{self.pk}"
