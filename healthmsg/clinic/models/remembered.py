"""Stops on their way into a file outside the database, and stops of numbers we no longer have."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models.clinic import Clinic
from healthmsg.clinic.models.people import Phone
from healthmsg.clinic.models.permission import Purpose


class StopKind(models.TextChoices):
    """What must not come undone when a backup is restored."""

    WITHDRAWN = "WITHDRAWN", _("asked us to stop")
    DECLINED = "DECLINED", _("said no")
    WRONG_PERSON = "WRONG_PERSON", _("the number belongs to somebody else")
    DECEASED = "DECEASED", _("has died")
    GONE = "GONE", _("no longer ours")
    ERASED = "ERASED", _("was deleted")


class UnkeptStop(models.Model):
    """
    A stop that is not in the journal outside the database yet; written by triggers.

    Triggers, so that no way of writing a stop forgets it: see migration 0013.
    """

    clinic = models.ForeignKey(Clinic, models.CASCADE, db_index=False, related_name="+")
    phone = models.ForeignKey(Phone, models.CASCADE, null=True, db_index=False, related_name="+")
    # Of somebody who was deleted: the number itself is gone.
    number_hash = models.CharField(max_length=64, blank=True, default="", db_default="")
    # No reference: it says whom a restored database may know.
    patient_number = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=16, choices=StopKind)
    purpose = models.CharField(max_length=12, choices=Purpose, blank=True, default="")
    since = models.DateTimeField()

    class Meta:
        verbose_name = _("stop on its way into the journal")
        verbose_name_plural = _("stops on their way into the journal")

    def __str__(self) -> str:
        return f"stop on its way #{self.pk}"


class RememberedStop(models.Model):
    """A number that had stopped a purpose, kept as a keyed hash: the number itself is not here."""

    clinic = models.ForeignKey(Clinic, models.CASCADE, db_index=False, related_name="+")
    number_hash = models.CharField(max_length=64)
    purpose = models.CharField(_("for"), max_length=12, choices=Purpose)
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("stop of a number we no longer have")
        verbose_name_plural = _("stops of numbers we no longer have")
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "number_hash", "purpose"], name="remembered_stop_once"
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=[p for p in Purpose.values if p != "REPLY"]),
                name="remembered_stop_purpose_known",
            ),
        ]

    def __str__(self) -> str:
        return f"remembered stop #{self.pk}"
