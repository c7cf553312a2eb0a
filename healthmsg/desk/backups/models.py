"""Why nothing leaves after a restore or on another machine, and which machines are known."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Cause(models.TextChoices):
    RESTORED = "RESTORED", _("restored from a backup")
    OTHER_MACHINE = "OTHER_MACHINE", _("a machine that is not known")


class Standstill(models.Model):
    """A time in which nothing leaves, until a person says that no other machine sends the same."""

    cause = models.CharField(_("because"), max_length=16, choices=Cause)
    began_at = models.DateTimeField(_("since"))
    # The machine that noticed.
    host = models.CharField(_("where"), max_length=64, blank=True)
    machine = models.UUIDField(null=True)
    # Up to when the copy is as it was written; NULL where nobody knows.
    copied_at = models.DateTimeField(_("copied"), null=True)
    # How many of what was due are not known to have been sent, and stops that were brought back.
    found = models.JSONField(default=dict)
    ended_at = models.DateTimeField(_("ended"), null=True)
    ended_by = models.ForeignKey(
        "clinic.StaffUser", models.PROTECT, null=True, verbose_name=_("ended by")
    )
    # Since when, as that person says, the other machine has sent nothing.
    other_off_at = models.DateTimeField(_("the other machine was off from"), null=True)

    class Meta:
        verbose_name = _("standstill")
        verbose_name_plural = _("standstills")
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=Q(ended_at=None), name="standstill_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(cause__in=Cause.values), name="standstill_cause_known"
            ),
        ]

    def __str__(self) -> str:
        return f"standstill #{self.pk}"


class Machine(models.Model):
    """A machine that may send for this installation, by the words in a file beside its data."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.CharField(_("name"), max_length=64)
    known_at = models.DateTimeField(_("known since"))
    known_by = models.ForeignKey(
        "clinic.StaffUser", models.PROTECT, null=True, verbose_name=_("made known by")
    )

    class Meta:
        verbose_name = _("machine")
        verbose_name_plural = _("machines")

    def __str__(self) -> str:
        return f"machine {self.pk}"
