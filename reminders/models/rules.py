"""Rules that turn a booking into reminders, and the reminders they planned."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Appointment, Clinic, Purpose, Site, VisitKind
from reminders.timing import Anchor, When, WhenLate
from whatsapp.models import Message, Portfolio
from whatsapp.status import Reason


class ReminderRule(models.Model):
    """When and with which template a visit is spoken of."""

    clinic = models.ForeignKey(
        Clinic, models.CASCADE, related_name="reminder_rules", verbose_name=_("clinic")
    )
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
    purpose = models.CharField(
        _("purpose"),
        max_length=12,
        choices=[p for p in Purpose.choices if p[0] != "TEAM"],
        default=Purpose.APPOINTMENTS,
    )
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

    @property
    def when(self) -> When:
        return When(
            anchor=Anchor(self.anchor),
            offset=self.offset,
            days_before=self.days_before,
            at_time=self.at_time,
            least_notice=self.least_notice,
            when_late=WhenLate(self.when_late),
        )


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
    # The time and place it speaks of: what a patient was told stays known after a move.
    starts_at = models.DateTimeField(_("time of the visit"))
    site = models.ForeignKey(Site, models.PROTECT, db_index=False, related_name="+")
    due_at = models.DateTimeField(_("due"))
    useful_until = models.DateTimeField(_("useful until"))
    status = models.CharField(
        _("status"), max_length=10, choices=ReminderStatus, default=ReminderStatus.PLANNED
    )
    reason = models.CharField(_("because"), max_length=24, choices=Reason, blank=True)
    message = models.ForeignKey(
        Message, models.SET_NULL, null=True, blank=True, related_name="reminders"
    )
    # Raised when it is planned again after its message was taken back: dedupe keys name it.
    edition = models.PositiveSmallIntegerField(default=0)
    is_shared = models.BooleanField(_("together with other visits"), default=False)
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
            ),
            # The look for shared messages that one of their visits held back.
            models.Index(
                fields=["useful_until"],
                name="reminder_shared",
                condition=Q(status="QUEUED", is_shared=True),
            ),
            # What the day's plan left out, and takes back in when there is room.
            models.Index(
                fields=["due_at"],
                name="reminder_left_out",
                condition=Q(status="SKIPPED", reason="DAILY_LIMIT"),
            ),
        ]

    def __str__(self) -> str:
        return f"reminder #{self.pk}"


class LimitDay(models.Model):
    """One day of a daily limit: how many people are to be reminded, or were written to."""

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, db_index=False, related_name="days")
    day = models.DateField(_("day"))
    people = models.PositiveIntegerField(_("people to remind"), default=0)
    places = models.PositiveIntegerField(_("as far as the limit goes"), default=0)
    # The rule without which most of them need no place, and how many that are.
    rule = models.ForeignKey(ReminderRule, models.SET_NULL, null=True, blank=True, related_name="+")
    spared = models.PositiveIntegerField(default=0)
    # The most people in use at any moment of the day; empty on days to come.
    used = models.PositiveIntegerField(_("people written to"), null=True, blank=True)

    class Meta:
        verbose_name = _("day of the daily limit")
        verbose_name_plural = _("days of the daily limit")
        constraints = [models.UniqueConstraint(fields=["portfolio", "day"], name="limit_day_once")]

    def __str__(self) -> str:
        return f"day of the daily limit #{self.pk}"
