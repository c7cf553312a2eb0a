"""What reception has put off."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Patient, StaffUser


class AskLater(models.Model):
    """A patient who was not asked for permission when a visit was booked; ended by an answer."""

    patient = models.OneToOneField(
        Patient, models.CASCADE, related_name="ask_later", verbose_name=_("patient")
    )
    put_off_at = models.DateTimeField(_("put off"))
    put_off_by = models.ForeignKey(
        StaffUser, models.SET_NULL, null=True, verbose_name=_("put off by")
    )

    class Meta:
        verbose_name = _("permission to ask for later")
        verbose_name_plural = _("permissions to ask for later")

    def __str__(self) -> str:
        return f"permission to ask for later #{self.pk}"
