"""Counts of a clinic's days. No row names or points to a person."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Clinic, Site


class Cut(models.TextChoices):
    """By what a day is cut into pieces; the pieces of each cut together are the whole day."""

    WHOLE = "WHOLE", _("all of it")
    RULE = "RULE", _("reminder rule")
    HOUR = "HOUR", _("hour of the day")
    LANGUAGE = "LANGUAGE", _("language")
    KIND = "KIND", _("kind of visit")


class DayCount(models.Model):
    """One piece of one day at one site."""

    clinic = models.ForeignKey(Clinic, models.CASCADE, db_index=False, related_name="+")
    day = models.DateField(_("day"))  # by the clinic's own clocks
    site = models.ForeignKey(Site, models.CASCADE, null=True, db_index=False, related_name="+")
    cut = models.CharField(max_length=8, choices=Cut)
    # A rule's or kind's primary key, an hour, a language; "" where it has none.
    key = models.CharField(max_length=20, blank=True)
    # Reminders that are planned and not written yet.
    to_come = models.PositiveIntegerField(default=0)
    # Messages written that day. These are all: waiting + under_way + arrived + failed + not_sent.
    written = models.PositiveIntegerField(default=0)
    waiting = models.PositiveIntegerField(default=0)
    under_way = models.PositiveIntegerField(default=0)
    arrived = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    not_sent = models.PositiveIntegerField(default=0)
    # Of those: taken by WhatsApp, read, answered.
    sent = models.PositiveIntegerField(default=0)
    read = models.PositiveIntegerField(default=0)
    answered = models.PositiveIntegerField(default=0)
    # Visits of that day whose outcome is known, and those to which nobody came.
    visits = models.PositiveIntegerField(default=0)
    missed = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("count of a day")
        verbose_name_plural = _("counts of days")
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "day", "cut", "key", "site"],
                name="day_counted_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(cut__in=Cut.values), name="day_count_cut_known"),
        ]

    def __str__(self) -> str:
        return f"count of a day #{self.pk}"


class CountedDay(models.Model):
    """When a day was last counted."""

    clinic = models.ForeignKey(Clinic, models.CASCADE, db_index=False, related_name="+")
    day = models.DateField(_("day"))
    counted_at = models.DateTimeField(_("counted"))
    # Its visits may go from then on, so it is never counted again.
    settled_at = models.DateTimeField(_("settled"), null=True)

    class Meta:
        verbose_name = _("counted day")
        verbose_name_plural = _("counted days")
        constraints = [models.UniqueConstraint(fields=["clinic", "day"], name="counted_day_once")]

    def __str__(self) -> str:
        return f"counted day #{self.pk}"
