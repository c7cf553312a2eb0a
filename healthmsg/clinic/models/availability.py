"""When clinicians work and are away, and times kept for who is choosing one."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models.clinic import Site
from healthmsg.clinic.models.people import Patient
from healthmsg.clinic.models.visits import Appointment, Clinician


class WorkingHours(models.Model):
    """A clinician's week at one site."""

    clinician = models.ForeignKey(
        Clinician, models.CASCADE, related_name="working_hours", verbose_name=_("clinician")
    )
    site = models.ForeignKey(
        Site, models.CASCADE, related_name="working_hours", verbose_name=_("site")
    )
    hours = models.JSONField(
        _("hours"),
        default=dict,
        blank=True,
        help_text=_('By weekday, 0 is Monday: {"0": [["08:00", "12:00"]]}.'),
    )

    class Meta:
        verbose_name = _("working hours")
        verbose_name_plural = _("working hours")
        constraints = [
            models.UniqueConstraint(
                fields=["clinician", "site"], name="working_hours_once_per_site"
            )
        ]

    def __str__(self) -> str:
        return f"working hours #{self.pk}"


class Leave(models.Model):
    """Days on which a clinician sees nobody, by the clocks of each site."""

    clinician = models.ForeignKey(
        Clinician, models.CASCADE, related_name="leave", verbose_name=_("clinician")
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    # Not why: that is the clinician's own business.
    note = models.CharField(_("note"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("time away")
        verbose_name_plural = _("times away")
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="leave_ends_after_it_begins",
                violation_error_message=_("The last day is not before the first."),
            )
        ]
        indexes = [models.Index(fields=["clinician", "last_day"], name="leave_ahead")]

    def __str__(self) -> str:
        return f"time away #{self.pk}"


class SlotHold(models.Model):
    """
    A time kept for some minutes for a visit that is about to be moved there, or for a new one.

    Two of them never overlap; against visits the visits' own constraint has the last word.
    """

    appointment = models.OneToOneField(Appointment, models.CASCADE, null=True, related_name="hold")
    # Whose new visit it would be, where it is none that is booked already.
    patient = models.OneToOneField(Patient, models.CASCADE, null=True, related_name="hold")
    clinician = models.ForeignKey(Clinician, models.CASCADE, null=True)
    site = models.ForeignKey(Site, models.CASCADE)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    until = models.DateTimeField(_("kept until"), db_index=True)

    class Meta:
        verbose_name = _("time being chosen")
        verbose_name_plural = _("times being chosen")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="hold_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(appointment__isnull=False, patient=None)
                | Q(appointment=None, patient__isnull=False),
                name="hold_is_somebodys",
            ),
            # A visit with nobody named takes the site's own place, as if the site were a clinician.
            ExclusionConstraint(
                name="hold_no_overlap",
                expressions=[
                    (
                        Func(
                            Coalesce(F("clinician_id"), -F("site_id")),
                            Coalesce(F("clinician_id"), -F("site_id")),
                            models.Value("[]"),
                            function="int8range",
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                    (
                        Func(
                            F("starts_at"),
                            F("ends_at"),
                            RangeBoundary(),
                            function="tstzrange",
                            output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"time being chosen #{self.pk}"
