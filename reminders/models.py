"""Rules that turn a booking into reminders, and the reminders they planned."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Appointment, Clinic, Purpose, VisitKind
from whatsapp.models import Message
from whatsapp.status import Reason


class Anchor(models.TextChoices):
    """What a rule counts from."""

    BOOKED = "BOOKED", _("the booking")
    MOVED = "MOVED", _("a move to another time")
    CANCELLED = "CANCELLED", _("a cancellation by the clinic")
    STARTS = "STARTS", _("the start of the visit")
    SEEN = "SEEN", _("the patient was seen")
    MISSED = "MISSED", _("a person marked it missed")


class WhenLate(models.TextChoices):
    """What a rule does when its moment is already past as the visit is booked or moved."""

    SEND_NOW = "SEND_NOW", _("send at once")
    UNLESS_TOLD = "UNLESS_TOLD", _("send at once, unless another message goes at once anyway")
    SKIP = "SKIP", _("do not send")


class ReminderRule(models.Model):
    """When and with which template a visit is spoken of."""

    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="reminder_rules")
    name = models.CharField(_("name"), max_length=60)
    is_active = models.BooleanField(_("in use"), default=True)
    anchor = models.CharField(_("counted from"), max_length=10, choices=Anchor)
    offset = models.DurationField(
        _("how long after"), default=timedelta(), help_text=_("Negative: before.")
    )
    days_before = models.PositiveSmallIntegerField(
        _("days before the visit"),
        null=True,
        blank=True,
        help_text=_("With a time of day; replaces “how long after”."),
    )
    at_time = models.TimeField(_("at"), null=True, blank=True, help_text=_("The site's own time."))
    least_notice = models.DurationField(
        _("useful until so long before the visit"),
        default=timedelta(hours=1),
        help_text=_("Negative: after the visit."),
    )
    when_late = models.CharField(
        _("when booked too late for it"), max_length=12, choices=WhenLate, default=WhenLate.SKIP
    )
    purpose = models.CharField(max_length=12, choices=Purpose, default=Purpose.APPOINTMENTS)
    template_name = models.CharField(_("template"), max_length=512)
    spare_template_name = models.CharField(_("spare template"), max_length=512, blank=True)
    confirmed_template_name = models.CharField(
        _("template once confirmed"),
        max_length=512,
        blank=True,
        help_text=_("Sent instead, without buttons, when the patient has confirmed."),
    )
    several_template_name = models.CharField(
        _("template for several visits"),
        max_length=512,
        blank=True,
        help_text=_("Visits of one number on one day share one message."),
    )
    kinds = models.ManyToManyField(
        VisitKind, verbose_name=_("only for"), blank=True, help_text=_("None chosen: all kinds.")
    )

    class Meta:
        verbose_name = _("reminder rule")
        verbose_name_plural = _("reminder rules")
        constraints = [
            models.UniqueConstraint(fields=["clinic", "name"], name="rule_once_per_clinic"),
            models.CheckConstraint(
                condition=Q(days_before=None, at_time=None)
                | Q(days_before__isnull=False, at_time__isnull=False, anchor="STARTS"),
                name="rule_day_and_time_together",
                violation_error_message=_(
                    "Days before the visit and a time of day belong together, counted from the"
                    " start of the visit."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ReminderStatus(models.TextChoices):
    PLANNED = "PLANNED", _("planned")
    QUEUED = "QUEUED", _("handed to WhatsApp")
    SKIPPED = "SKIPPED", _("not sent")
    WITHDRAWN = "WITHDRAWN", _("taken back")


class Reminder(models.Model):
    """One rule applied to one version of one visit."""

    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="reminders")
    version = models.PositiveIntegerField()
    rule = models.ForeignKey(ReminderRule, models.PROTECT, related_name="reminders")
    due_at = models.DateTimeField(_("due"))
    useful_until = models.DateTimeField(_("useful until"))
    status = models.CharField(
        _("status"), max_length=10, choices=ReminderStatus, default=ReminderStatus.PLANNED
    )
    reason = models.CharField(_("because"), max_length=24, choices=Reason, blank=True)
    message = models.ForeignKey(
        Message, models.SET_NULL, null=True, blank=True, related_name="reminders"
    )
    planned_at = models.DateTimeField(_("planned"))
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "version", "rule"], name="reminder_once_per_version_and_rule"
            ),
            models.CheckConstraint(
                condition=Q(status__in=ReminderStatus.values), name="reminder_status_known"
            ),
        ]
        indexes = [
            # The tick that queues what is due.
            models.Index(
                fields=["due_at", "id"], name="reminder_due", condition=Q(status="PLANNED")
            )
        ]

    def __str__(self) -> str:
        return f"reminder #{self.pk}"
