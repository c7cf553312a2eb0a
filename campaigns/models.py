"""Lists of patients, campaigns, their runs, and who was reached by each."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Clinic, Contact, Patient, Phone, Purpose
from whatsapp.models import Message, Sender, Stream
from whatsapp.status import Reason


class PatientList(models.Model):
    """Patients put together for one reason, such as a vaccination that is due."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="patient_lists")
    name = models.CharField(_("name"), max_length=80)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta:
        verbose_name = _("list of patients")
        verbose_name_plural = _("lists of patients")
        constraints = [
            models.UniqueConstraint(fields=["clinic", "name"], name="patient_list_once_per_clinic")
        ]

    def __str__(self) -> str:
        return self.name


class ListEntry(models.Model):
    """One patient on a list."""

    patient_list = models.ForeignKey(PatientList, models.CASCADE, related_name="entries")
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="list_entries")
    due_on = models.DateField(_("due"), null=True, blank=True)

    class Meta:
        verbose_name = _("patient on the list")
        verbose_name_plural = _("patients on the list")
        constraints = [
            models.UniqueConstraint(fields=["patient_list", "patient"], name="list_entry_once")
        ]

    def __str__(self) -> str:
        return f"list entry #{self.pk}"


class Campaign(models.Model):
    """What is said, to whom, why; a run is one time it is sent."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="campaigns")
    name = models.CharField(_("name"), max_length=80)
    purpose = models.CharField(
        _("for"), max_length=12, choices=[p for p in Purpose.choices if p[0] != "REPLY"]
    )
    template_name = models.CharField(_("template"), max_length=512)
    patient_list = models.ForeignKey(PatientList, models.PROTECT, verbose_name=_("list"))
    sender = models.ForeignKey(Sender, models.PROTECT, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(
        "clinic.StaffUser", models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_by = models.ForeignKey(
        "clinic.StaffUser", models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)
    next_run_at = models.DateTimeField(_("next run"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        permissions = [
            ("approve_campaign", _("Can approve a campaign")),
            ("start_campaign", _("Can start a campaign")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "name"], name="campaign_once_per_clinic"),
            models.CheckConstraint(
                condition=Q(approved_at=None) | Q(approved_by__isnull=False),
                name="campaign_approval_names_a_person",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RunStatus(models.TextChoices):
    EXPANDING = "EXPANDING", _("being prepared")
    POURING = "POURING", _("being sent")
    PAUSED = "PAUSED", _("paused")
    DONE = "DONE", _("done")
    CANCELLED = "CANCELLED", _("cancelled")


class Run(models.Model):
    """One firing of a campaign, unique per occurrence."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="runs")
    occurrence_at = models.DateTimeField(_("planned for"))
    stream = models.OneToOneField(Stream, models.PROTECT, related_name="run")
    status = models.CharField(
        _("status"), max_length=10, choices=RunStatus, default=RunStatus.EXPANDING
    )
    status_reason = models.CharField(max_length=200, blank=True)
    expires_at = models.DateTimeField(_("useful until"))
    started_by = models.ForeignKey(
        "clinic.StaffUser", models.PROTECT, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "occurrence_at"], name="run_once_per_occurrence"
            ),
            models.CheckConstraint(
                condition=Q(status__in=RunStatus.values), name="run_status_known"
            ),
        ]

    def __str__(self) -> str:
        return f"run #{self.pk}"


class Recipient(models.Model):
    """One patient of a run: a message, or the reason why there is none."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="recipients")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="invitations")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="+")
    phone = models.ForeignKey(Phone, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(_("not sent because"), max_length=24, choices=Reason, blank=True)
    # Many to one: a household shares a message.
    message = models.ForeignKey(
        Message, models.SET_NULL, null=True, blank=True, related_name="recipients"
    )

    class Meta:
        verbose_name = _("recipient")
        verbose_name_plural = _("recipients")
        constraints = [
            models.UniqueConstraint(fields=["run", "patient"], name="recipient_once_per_run")
        ]
        indexes = [
            # The pouring: who has neither a message nor a reason yet.
            models.Index(
                fields=["run", "id"],
                name="recipient_to_pour",
                condition=Q(message=None, reason=""),
            )
        ]

    def __str__(self) -> str:
        return f"recipient #{self.pk}"
