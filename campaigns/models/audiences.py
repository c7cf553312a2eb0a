"""Who a campaign is for, put together in a form."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.lists import PatientList
from campaigns.models.schedules import Season
from healthmsg.clinic.models import Clinic, Clinician, Sex, Site, Tag, Vaccine, VisitKind


class NextVisit(models.TextChoices):
    ANY = "ANY", _("does not matter")
    BOOKED = "BOOKED", _("has one booked")
    NONE = "NONE", _("has none booked")


class Doses(models.TextChoices):
    ANY = "ANY", _("does not matter")
    RECORDED = "RECORDED", _("a dose is recorded")
    NOT_RECORDED = "NOT_RECORDED", _("no dose is recorded")


class Audience(models.Model):
    """
    Everybody for whom all that is filled in is true; what is left empty is not asked.

    Patients on `lists` belong to it whatever else is filled in, those on `left_out` never do.
    """

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, related_name="audiences", verbose_name=_("clinic")
    )
    name = models.CharField(_("name"), max_length=80)

    lists = models.ManyToManyField(
        PatientList, blank=True, related_name="+", verbose_name=_("also everybody on")
    )
    lists_alone = models.BooleanField(_("nobody but the patients on these lists"), default=False)
    left_out = models.ManyToManyField(
        PatientList, blank=True, related_name="+", verbose_name=_("but nobody on")
    )

    sites = models.ManyToManyField(Site, blank=True, related_name="+", verbose_name=_("usual site"))
    age_from_months = models.PositiveSmallIntegerField(
        _("from this age on, in months"), null=True, blank=True
    )
    age_below_months = models.PositiveSmallIntegerField(
        _("younger than, in months"), null=True, blank=True
    )
    sexes = ArrayField(
        models.CharField(max_length=8, choices=Sex), verbose_name=_("sex"), default=list, blank=True
    )
    languages = ArrayField(
        models.CharField(max_length=8), verbose_name=_("language"), default=list, blank=True
    )
    tags = models.ManyToManyField(
        Tag, blank=True, related_name="+", verbose_name=_("with any of these tags")
    )
    tags_left_out = models.ManyToManyField(
        Tag, blank=True, related_name="+", verbose_name=_("with none of these tags")
    )

    visit_kinds = models.ManyToManyField(
        VisitKind, blank=True, related_name="+", verbose_name=_("visits of these kinds only")
    )
    clinicians = models.ManyToManyField(
        Clinician, blank=True, related_name="+", verbose_name=_("visits with these clinicians only")
    )
    seen_within_days = models.PositiveSmallIntegerField(
        _("was seen within so many days"), null=True, blank=True
    )
    not_seen_for_days = models.PositiveSmallIntegerField(
        _("was not seen for so many days"), null=True, blank=True
    )
    next_visit = models.CharField(
        _("next visit"), max_length=8, choices=NextVisit, default=NextVisit.ANY
    )

    vaccine = models.ForeignKey(
        Vaccine,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("vaccine"),
    )
    doses = models.CharField(_("doses"), max_length=12, choices=Doses, default=Doses.ANY)
    doses_since = models.DateField(_("since"), null=True, blank=True)
    season = models.ForeignKey(
        Season, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("season")
    )
    in_season = models.CharField(
        _("in this season"), max_length=12, choices=Doses, default=Doses.ANY, db_default=Doses.ANY
    )

    not_contacted_for_days = models.PositiveSmallIntegerField(
        _("got no invitation for so many days"), null=True, blank=True
    )
    created_at = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta:
        verbose_name = _("audience")
        verbose_name_plural = _("audiences")
        constraints = [
            models.UniqueConstraint(fields=["clinic", "name"], name="audience_once_per_clinic"),
            models.CheckConstraint(
                condition=Q(age_below_months=None)
                | Q(age_from_months=None)
                | Q(age_below_months__gt=F("age_from_months")),
                name="audience_ages_in_order",
                violation_error_message=_("“Younger than” has to be more than “from this age on”."),
            ),
            models.CheckConstraint(
                condition=Q(doses=Doses.ANY) | Q(vaccine__isnull=False),
                name="audience_doses_of_a_vaccine",
                violation_error_message=_("Choose the vaccine whose doses are meant."),
            ),
            models.CheckConstraint(
                condition=Q(in_season=Doses.ANY) | Q(season__isnull=False),
                name="audience_doses_of_a_season",
                violation_error_message=_("Choose the season that is meant."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
