"""What keeps a patient's data from being deleted."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models.kept import kept
from healthmsg.clinic.models.people import Patient


class LegalHold(models.Model):
    """A patient's data must be kept, whatever rules or wishes say, until somebody ends it."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="legal_holds")
    reason = models.CharField(_("reason"), max_length=200)
    placed_at = models.DateTimeField(_("since"))
    placed_by = models.ForeignKey(
        "clinic.StaffUser", models.PROTECT, null=True, related_name="+", verbose_name=_("placed by")
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_by = models.ForeignKey(
        "clinic.StaffUser",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("ended by"),
    )

    class Meta:
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        constraints = [
            models.UniqueConstraint(
                fields=["patient"], condition=Q(ended_at=None), name="legal_hold_one_at_a_time"
            )
        ]
        triggers = kept("legal_hold", but=("ended_at", "ended_by"))

    def __str__(self) -> str:
        return f"legal hold #{self.pk}"
