"""In which order a campaign writes to its audience, and how many of it a day."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.audiences import Audience
from campaigns.models.campaigns import Campaign
from healthmsg.clinic.models import Site


class PriorityGroup(models.Model):
    """Whoever of a campaign's audience belongs to this one too is written to before the rest."""

    campaign = models.ForeignKey(
        Campaign, models.CASCADE, related_name="priority_groups", verbose_name=_("campaign")
    )
    audience = models.ForeignKey(
        Audience, models.PROTECT, related_name="+", verbose_name=_("audience")
    )
    place = models.PositiveSmallIntegerField(
        _("place"),
        validators=[MinValueValidator(1)],
        help_text=_("1 is written to first. Whoever is in several counts to the first of them."),
    )

    class Meta:
        verbose_name = _("group that is written to first")
        verbose_name_plural = _("groups that are written to first")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "place"], name="priority_place_once"),
            models.UniqueConstraint(fields=["campaign", "audience"], name="priority_audience_once"),
            models.CheckConstraint(condition=Q(place__gte=1), name="priority_place_counts_from_1"),
        ]

    def __str__(self) -> str:
        return f"priority group #{self.pk}"


class FreeSlots(models.Model):
    """How many visits of the kind that a campaign invites to a site has free on each open day."""

    campaign = models.ForeignKey(
        Campaign, models.CASCADE, related_name="free_slots", verbose_name=_("campaign")
    )
    site = models.ForeignKey(Site, models.PROTECT, related_name="+", verbose_name=_("site"))
    a_day = models.PositiveSmallIntegerField(_("free times a day"))

    class Meta:
        verbose_name = _("site with free times")
        verbose_name_plural = _("sites with free times")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "site"], name="free_slots_once_per_site")
        ]

    def __str__(self) -> str:
        return f"free slots #{self.pk}"


class DayCount(models.Model):
    """
    What a campaign has queued on one day: messages by the clinic's calendar, or, with a site,
    people invited to it by the site's own.
    """

    campaign = models.ForeignKey(Campaign, models.CASCADE, db_index=False, related_name="+")
    site = models.ForeignKey(Site, models.PROTECT, null=True, db_index=False, related_name="+")
    day = models.DateField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "day", "site"], name="day_count_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"day count #{self.pk}"
