"""Words a clinic puts on patients, to find them again: "diabetes programme", "home visits"."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models.clinic import Clinic
from healthmsg.clinic.models.people import Patient


class Tag(models.Model):
    """A word that patients of a clinic may carry."""

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, related_name="tags", verbose_name=_("clinic")
    )
    name = models.CharField(_("name"), max_length=60)
    is_sensitive = models.BooleanField(
        _("nobody else may learn of it"),
        default=False,
        help_text=_("Who is chosen by it gets messages in neutral words only."),
    )
    patients = models.ManyToManyField(Patient, through="PatientTag", related_name="tags")

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [
            models.UniqueConstraint(fields=["clinic", "name"], name="tag_once_per_clinic")
        ]

    def __str__(self) -> str:
        return self.name


class PatientTag(models.Model):
    """A tag on a patient."""

    patient = models.ForeignKey(
        Patient, models.CASCADE, related_name="patient_tags", verbose_name=_("patient")
    )
    tag = models.ForeignKey(Tag, models.PROTECT, related_name="patient_tags", verbose_name=_("tag"))

    class Meta:
        verbose_name = _("tag of a patient")
        verbose_name_plural = _("tags of a patient")
        constraints = [models.UniqueConstraint(fields=["patient", "tag"], name="patient_tag_once")]

    def __str__(self) -> str:
        return f"tag of patient #{self.patient_id}"
