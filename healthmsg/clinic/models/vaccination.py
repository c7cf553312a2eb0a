"""Vaccines, and the doses patients are known to have had."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models.clinic import Clinic
from healthmsg.clinic.models.people import Patient


class Vaccine(models.Model):
    """What a dose protects against, under the code that schedules and imports use."""

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, related_name="vaccines", verbose_name=_("clinic")
    )
    code = models.SlugField(_("code"), max_length=30, allow_unicode=False)
    name = models.CharField(_("name"), max_length=80)

    class Meta:
        verbose_name = _("vaccine")
        verbose_name_plural = _("vaccines")
        constraints = [
            models.UniqueConstraint(fields=["clinic", "code"], name="vaccine_once_per_clinic")
        ]

    def __str__(self) -> str:
        return self.name


class DoseSource(models.TextChoices):
    ENTERED = "ENTERED", _("entered by staff")
    IMPORTED = "IMPORTED", _("brought from another system")
    TOLD_BY_PATIENT = "TOLD_BY_PATIENT", _("told by the patient")


class Immunisation(models.Model):
    """
    One dose a patient has had, as far as we were told.

    The day is unknown where a patient only says "already done": it then counts from when it was
    told.
    """

    patient = models.ForeignKey(
        Patient, models.PROTECT, related_name="immunisations", verbose_name=_("patient")
    )
    vaccine = models.ForeignKey(
        Vaccine, models.PROTECT, related_name="+", verbose_name=_("vaccine")
    )
    given_on = models.DateField(_("given on"), null=True, blank=True)
    source = models.CharField(
        _("known from"), max_length=16, choices=DoseSource, default=DoseSource.ENTERED
    )
    recorded_by = models.ForeignKey(
        "clinic.StaffUser",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("written down by"),
    )
    recorded_at = models.DateTimeField(_("recorded"))
    entered_in_error_at = models.DateTimeField(_("entered by mistake"), null=True, blank=True)

    class Meta:
        verbose_name = _("vaccination")
        verbose_name_plural = _("vaccinations")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(source__in=DoseSource.values), name="immunisation_source_known"
            ),
            # The same dose brought in twice is one dose.
            models.UniqueConstraint(
                fields=["patient", "vaccine", "given_on"],
                name="immunisation_once_a_day",
                condition=models.Q(entered_in_error_at=None, given_on__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["vaccine", "patient", "given_on"], name="immunisation_of_vaccine")
        ]

    def __str__(self) -> str:
        return f"vaccination #{self.pk}"
