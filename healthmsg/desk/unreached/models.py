"""What reached somebody whom WhatsApp does not."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Clinic, Patient, StaffUser


class How(models.TextChoices):
    LETTER = "LETTER", _("reached by letter")
    SMS = "SMS", _("reached by SMS")
    TELEPHONE = "TELEPHONE", _("reached by telephone")
    NOT_REACHED = "NOT_REACHED", _("not reached")


class UnreachedOutcome(models.Model):
    """What came of reaching a patient otherwise; undone, it counts no more and stays written."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, db_index=False, related_name="+")
    patient = models.ForeignKey(Patient, models.CASCADE, db_index=False, related_name="+")
    # One for all that were written down by one click, and are undone by one.
    batch = models.UUIDField()
    how = models.CharField(_("outcome"), max_length=12, choices=How)
    happened_on = models.DateField(_("day"))
    written_at = models.DateTimeField(_("written down"))
    written_by = models.ForeignKey(
        StaffUser, models.PROTECT, verbose_name=_("written down by"), related_name="+"
    )
    undone_at = models.DateTimeField(_("undone"), null=True)
    undone_by = models.ForeignKey(
        StaffUser, models.PROTECT, null=True, verbose_name=_("undone by"), related_name="+"
    )

    class Meta:
        verbose_name = _("outcome without WhatsApp")
        verbose_name_plural = _("outcomes without WhatsApp")
        constraints = [
            # A form that is sent twice writes once.
            models.UniqueConstraint(fields=["batch", "patient"], name="unreached_written_once"),
            models.CheckConstraint(condition=Q(how__in=How.values), name="unreached_how_known"),
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_by=None)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="unreached_undone_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "happened_on"], name="unreached_of_patient"),
            models.Index(fields=["clinic", "written_at"], name="unreached_lately"),
        ]

    def __str__(self) -> str:
        return f"outcome without WhatsApp #{self.pk}"
