"""Vaccination schedules: what an authority recommends, edition by edition."""

from typing import Any

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from campaigns import spans
from campaigns.due import Step
from healthmsg.clinic.models import Clinic, Sex, Vaccine


def span(label: Any, **fields: Any) -> "models.CharField[str, str]":
    """Return a column for an age or an interval, such as "6w"."""
    return models.CharField(
        label, max_length=4, validators=[RegexValidator(spans.WRITTEN)], **fields
    )


class Schedule(models.Model):
    """
    One edition of what an authority recommends, for whom, and from when.

    Approved by a clinician it is frozen, by the database: what changes is a new edition.
    """

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, related_name="schedules", verbose_name=_("clinic")
    )
    name = models.CharField(_("name"), max_length=80)
    authority = models.CharField(_("authority"), max_length=80)
    edition = models.CharField(_("edition"), max_length=80)
    source = models.CharField(
        _("source"),
        max_length=300,
        blank=True,
        help_text=_("Where it can be looked up, such as an address or a page."),
    )
    effective_from = models.DateField(_("applies from"))
    born_from = models.DateField(_("for patients born from"), null=True, blank=True)
    born_until = models.DateField(_("for patients born until"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    created_by = models.ForeignKey(
        "clinic.StaffUser",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("written by"),
    )
    approved_by = models.ForeignKey(
        "clinic.StaffUser",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("approved by"),
    )
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)
    # A clinician no longer stands by it: nothing more is made by it, and nothing more leaves.
    withdrawn_by = models.ForeignKey(
        "clinic.StaffUser",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("withdrawn by"),
    )
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    withdrawn_because = models.CharField(_("why it was withdrawn"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("vaccination schedule")
        verbose_name_plural = _("vaccination schedules")
        permissions = [
            ("approve_schedule", _("Can approve, as a clinician, what decides who is vaccinated"))
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "authority", "name", "edition"],
                name="schedule_edition_once_per_clinic",
                violation_error_message=_("There is this edition already."),
            ),
            models.CheckConstraint(
                condition=Q(born_from=None)
                | Q(born_until=None)
                | Q(born_until__gte=F("born_from")),
                name="schedule_births_in_order",
                violation_error_message=_("The last birth date cannot be before the first."),
            ),
            models.CheckConstraint(
                condition=Q(approved_at=None) | Q(approved_by__isnull=False),
                name="schedule_approval_names_a_person",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("created_by")),
                name="schedule_approved_by_another",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None)
                | Q(approved_at__isnull=False, withdrawn_by__isnull=False),
                name="schedule_withdrawn_after_approval",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.authority}, {self.name}, {self.edition}"

    @property
    def is_frozen(self) -> bool:
        return self.approved_at is not None

    @property
    def is_valid(self) -> bool:
        """True while a clinician stands by it."""
        return self.approved_at is not None and self.withdrawn_at is None


class ScheduleDose(models.Model):
    """One dose of a vaccine: from which age, how long after the dose before, until which age."""

    schedule = models.ForeignKey(
        Schedule, models.CASCADE, related_name="doses", verbose_name=_("schedule")
    )
    vaccine = models.ForeignKey(
        Vaccine, models.PROTECT, related_name="+", verbose_name=_("vaccine")
    )
    number = models.PositiveSmallIntegerField(
        _("dose"), default=1, validators=[MinValueValidator(1)]
    )
    due_age = span(_("due at"))
    minimum_age = span(_("not before"))
    interval = span(_("after the dose before, at least"), blank=True)
    until_age = span(_("no longer from this age on"), blank=True)
    sex = models.CharField(
        _("only for"),
        max_length=8,
        choices=[c for c in Sex.choices if c[0] != "UNKNOWN"],
        blank=True,
    )

    class Meta:
        verbose_name = _("dose")
        verbose_name_plural = _("doses")
        constraints = [
            models.UniqueConstraint(
                fields=["schedule", "vaccine", "number"],
                name="schedule_dose_once",
                violation_error_message=_("This dose of the vaccine is there already."),
            ),
            models.CheckConstraint(
                condition=Q(
                    due_age__regex=spans.WRITTEN,
                    minimum_age__regex=spans.WRITTEN,
                ),
                name="schedule_dose_ages_said",
            ),
            models.CheckConstraint(
                condition=(Q(interval="") | Q(interval__regex=spans.WRITTEN))
                & (Q(until_age="") | Q(until_age__regex=spans.WRITTEN)),
                name="schedule_dose_spans_said",
            ),
            models.CheckConstraint(
                condition=Q(number=1, interval="") | (Q(number__gt=1) & ~Q(interval="")),
                name="schedule_dose_keeps_an_interval",
                violation_error_message=_(
                    "Every dose after the first says how long after the dose before it is given."
                ),
            ),
        ]

    def __str__(self) -> str:
        return _now("%(vaccine)s, dose %(number)d") % {
            "vaccine": self.vaccine,
            "number": self.number,
        }

    @property
    def step(self) -> Step:
        """The row as the date rules read it."""
        return Step(
            self.vaccine_id,
            self.number,
            spans.read(self.minimum_age),
            spans.read(self.due_age),
            spans.read(self.interval) if self.interval else None,
            spans.read(self.until_age) if self.until_age else None,
            self.sex,
        )


class Season(models.Model):
    """
    The days of a year on which a vaccine is given, and to whom; one dose within them is enough.

    Approved by a clinician; a change of it takes that back, by the database.
    """

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, related_name="seasons", verbose_name=_("clinic")
    )
    name = models.CharField(_("name"), max_length=80)
    vaccine = models.ForeignKey(
        Vaccine, models.PROTECT, related_name="+", verbose_name=_("vaccine")
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    audience = models.ForeignKey(
        "campaigns.Audience",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("for whom"),
        help_text=_("Empty: for every patient."),
    )
    created_by = models.ForeignKey(
        "clinic.StaffUser",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("written by"),
    )
    approved_by = models.ForeignKey(
        "clinic.StaffUser",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("approved by"),
    )
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)

    class Meta:
        verbose_name = _("vaccination season")
        verbose_name_plural = _("vaccination seasons")
        constraints = [
            models.UniqueConstraint(fields=["clinic", "name"], name="season_once_per_clinic"),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="season_days_in_order",
                violation_error_message=_("The last day cannot be before the first."),
            ),
            models.CheckConstraint(
                condition=Q(approved_at=None) | Q(approved_by__isnull=False),
                name="season_approval_names_a_person",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("created_by")),
                name="season_approved_by_another",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_valid(self) -> bool:
        """True while a clinician stands by it."""
        return self.approved_at is not None
