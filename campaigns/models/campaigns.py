"""What is said, to whom, why."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.audiences import Audience
from healthmsg.clinic.models import Clinic, Purpose, Vaccine, VisitKind
from whatsapp.models import Sender

# In place of a language: whoever's own is missing gets nothing.
LEAVE_OUT = "-"


class WhenLate(models.TextChoices):
    SKIP = "SKIP", _("leave it out")
    SEND = "SEND", _("send it late, once")


class Notice(models.TextChoices):
    """What people have to know for their safety, whatever else is going."""

    RECALL = "RECALL", _("a medicine is recalled")
    SITE_CLOSED = "SITE_CLOSED", _("a site is closed")


class RatePer(models.TextChoices):
    MINUTE = "MINUTE", _("a minute")
    HOUR = "HOUR", _("an hour")


class Campaign(models.Model):
    """
    What is said, to whom, why; a run is one time it is sent.

    A safety notice needs two people at any size and leaves before all other campaigns. Nothing of
    a campaign's own holds it up: no trial, no rate, no daily cap, no free slots, and the month's
    count of invitations is not asked. Permission is: it goes to whoever allowed information.
    """

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, related_name="campaigns", verbose_name=_("clinic")
    )
    name = models.CharField(_("name"), max_length=80)
    purpose = models.CharField(
        _("for"),
        max_length=12,
        choices=[p for p in Purpose.choices if p[0] not in ("REPLY", "TEAM")],
    )
    notice = models.CharField(
        _("safety notice"), max_length=12, choices=Notice, blank=True, default="", db_default=""
    )
    template_name = models.CharField(_("template"), max_length=512)
    audience = models.ForeignKey(
        Audience, models.PROTECT, related_name="campaigns", verbose_name=_("audience")
    )
    # What it invites to: who has that already needs no invitation.
    visit_kind = models.ForeignKey(
        VisitKind,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("leave out who is booked for"),
    )
    vaccine = models.ForeignKey(
        Vaccine,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("leave out who has had"),
    )
    vaccine_since = models.DateField(_("since"), null=True, blank=True)
    spare_language = models.CharField(
        _("where the template lacks a language"), max_length=8, blank=True
    )
    sender = models.ForeignKey(
        Sender,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("sending number"),
    )
    created_by = models.ForeignKey(
        "clinic.StaffUser",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("written by"),
    )
    # Whoever changed it last does not approve their own change.
    changed_by = models.ForeignKey(
        "clinic.StaffUser",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("changed by"),
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
    # What it was given to, as campaigns.stamps has it; it stays when an approval is taken back, to
    # say why. Empty where nobody has approved it, or a release that did not write it down had.
    approved_parts = models.JSONField(
        _("as it was approved"), default=dict, db_default={}, editable=False
    )
    # Who is written to first, and what has to arrive before the rest are.
    trial_size = models.PositiveSmallIntegerField(
        _("write to so many first"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    trial_percent = models.PositiveSmallIntegerField(
        _("percent of them that have to arrive"),
        default=80,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    trial_hours = models.PositiveSmallIntegerField(
        _("within so many hours"),
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(72)],
    )
    # How fast, beside what WhatsApp allows the number.
    own_rate = models.PositiveIntegerField(
        _("messages at most"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    own_rate_per = models.CharField(
        _("in"), max_length=6, choices=RatePer, default=RatePer.MINUTE, db_default=RatePer.MINUTE
    )
    daily_cap = models.PositiveIntegerField(
        _("messages a day at most"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    # With it, a site's free slots limit how many are invited to it a day.
    expected_percent = models.PositiveSmallIntegerField(
        _("of 100 invited, so many want a visit"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    # What all its runs together may cost; None: nobody set a limit.
    budget = models.DecimalField(
        _("budget"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
    )
    budget_currency = models.CharField(
        _("currency"), max_length=3, blank=True, default="", db_default=""
    )
    # Either a moment, or a crontab row that says how it repeats; its hours are the clinic's.
    starts_at = models.DateTimeField(_("starts"), null=True, blank=True)
    crontab = models.ForeignKey(
        "django_celery_beat.CrontabSchedule",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("repeats"),
    )
    ends_on = models.DateField(_("for the last time on"), null=True, blank=True)
    when_late = models.CharField(
        _("if its time was missed"), max_length=4, choices=WhenLate, default=WhenLate.SKIP
    )
    # Somebody who is still there: nothing is sent for ever in the name of nobody.
    owner = models.ForeignKey(
        "clinic.StaffUser",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who looks after it"),
    )
    next_run_at = models.DateTimeField(_("next run"), null=True, blank=True)
    not_started_because = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(_("written down"), auto_now_add=True)

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        permissions = [
            ("approve_campaign", _("Can approve a campaign")),
            ("start_campaign", _("Can start a campaign")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "name"], name="campaign_once_per_clinic"),
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(crontab=None), name="campaign_once_or_repeated"
            ),
            models.CheckConstraint(
                condition=Q(budget=None)
                | (Q(budget__gt=0) & Q(budget_currency__regex="^[A-Z]{3}$")),
                name="campaign_budget_in_a_currency",
                violation_error_message=_("A budget needs a currency."),
            ),
            models.CheckConstraint(
                condition=Q(approved_at=None) | Q(approved_by__isnull=False),
                name="campaign_approval_names_a_person",
            ),
            models.CheckConstraint(
                condition=(Q(own_rate=None) | Q(own_rate__gte=1))
                & (Q(daily_cap=None) | Q(daily_cap__gte=1))
                & (Q(expected_percent=None) | Q(expected_percent__range=(1, 100))),
                name="campaign_limits_let_somebody_through",
            ),
            models.CheckConstraint(
                condition=Q(own_rate_per__in=RatePer.values), name="campaign_rate_known"
            ),
            models.CheckConstraint(
                condition=Q(expected_percent=None) | Q(visit_kind__isnull=False),
                name="campaign_slots_of_a_kind",
                violation_error_message=_(
                    "Free times are of a kind of visit: choose the one it invites to."
                ),
            ),
            models.CheckConstraint(
                condition=Q(notice__in=["", *Notice.values]), name="campaign_notice_known"
            ),
            models.CheckConstraint(
                condition=Q(notice="") | Q(purpose=Purpose.INFORMATION),
                name="campaign_notice_informs",
                violation_error_message=_("A safety notice is for information."),
            ),
            models.CheckConstraint(
                condition=Q(notice="")
                | Q(trial_size=None, own_rate=None, daily_cap=None, expected_percent=None),
                name="campaign_notice_is_held_up_by_nothing",
                violation_error_message=_(
                    "A safety notice goes at once: it has no trial, no rate, no daily limit and no"
                    " free times of its own."
                ),
            ),
            models.CheckConstraint(
                condition=Q(notice="")
                | Q(approved_by=None)
                | (Q(created_by__isnull=False) & ~Q(created_by=F("approved_by"))),
                name="campaign_notice_needs_two",
                violation_error_message=_(
                    "A safety notice is approved by another than its author."
                ),
            ),
        ]

        indexes = [
            models.Index(
                fields=["next_run_at"],
                name="campaign_due",
                condition=Q(next_run_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.name
