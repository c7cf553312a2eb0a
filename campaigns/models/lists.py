"""Lists of patients."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Clinic, Patient


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
