"""What patients want no more invitations about."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaigns import Campaign
from healthmsg.clinic.models import Patient, Vaccine, VisitKind


class DeclinedTopic(models.Model):
    """
    One thing a patient wants no more invitations about; permission for all else stays.

    A vaccine, a kind of visit, or what one campaign alone speaks of.
    """

    patient = models.ForeignKey(
        Patient, models.CASCADE, related_name="declined_topics", verbose_name=_("patient")
    )
    vaccine = models.ForeignKey(
        Vaccine, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("vaccine")
    )
    visit_kind = models.ForeignKey(
        VisitKind,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("kind of visit"),
    )
    campaign = models.ForeignKey(
        Campaign,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("campaign"),
    )
    declined_at = models.DateTimeField(_("since"))
    # A patient who changes their mind tells reception.
    lifted_at = models.DateTimeField(_("no longer since"), null=True, blank=True)
    lifted_by = models.ForeignKey(
        "clinic.StaffUser",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("lifted by"),
    )

    class Meta:
        verbose_name = _("declined topic")
        verbose_name_plural = _("declined topics")
        constraints = [
            models.CheckConstraint(
                condition=Q(vaccine__isnull=False, visit_kind=None, campaign=None)
                | Q(vaccine=None, visit_kind__isnull=False, campaign=None)
                | Q(vaccine=None, visit_kind=None, campaign__isnull=False),
                name="declined_topic_is_one_thing",
            ),
            models.UniqueConstraint(
                fields=["patient", "vaccine", "visit_kind", "campaign"],
                name="declined_topic_once",
                condition=Q(lifted_at=None),
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"declined topic #{self.pk}"

    @property
    def about(self) -> str:
        """What it is, in a word; reads the row it names."""
        return str(self.vaccine or self.visit_kind or self.campaign)
