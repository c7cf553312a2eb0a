"""Meta's portfolio, accounts and numbers as we know them; each can be held with a reason."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Value
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Clinic, Phone


class Portfolio(models.Model):
    """A business portfolio: the daily limit of people written to first is its own."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    daily_limit = models.PositiveIntegerField(
        _("people a day"), null=True, blank=True, help_text=_("Empty: unlimited.")
    )
    # Notices overtake each other; the newest word about the limit counts.
    limit_told_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The day's plan, made every minute. Of the daily limit, what campaigns leave to reminders.
    seats_kept = models.PositiveIntegerField(
        _("kept for reminders"), default=0, db_default=0, editable=False
    )
    # How many more people campaigns, and confirmations, may write to first until the next plan.
    campaign_seats = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    confirmation_seats = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    # By date, how many places of a day campaigns leave; days beyond are not known yet.
    kept_by_day = models.JSONField(
        default=dict, db_default=Value({}, models.JSONField()), editable=False
    )
    # By the database's real clock, as nobody's business clock stands still.
    plan_made_at = models.DateTimeField(null=True, blank=True, editable=False)
    held_at = models.DateTimeField(_("stopped since"), null=True, blank=True)
    held_reason = models.CharField(_("stopped because"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("business portfolio")
        verbose_name_plural = _("business portfolios")

    def __str__(self) -> str:
        return self.name


class Account(models.Model):
    """A WhatsApp Business Account: templates belong to it."""

    portfolio = models.ForeignKey(
        Portfolio, models.PROTECT, related_name="accounts", verbose_name=_("business portfolio")
    )
    waba_id = models.CharField(_("account id"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=80, blank=True)
    templates_synced_at = models.DateTimeField(_("templates fetched"), null=True, blank=True)
    held_at = models.DateTimeField(_("stopped since"), null=True, blank=True)
    held_reason = models.CharField(_("stopped because"), max_length=200, blank=True)
    # A restriction of WhatsApp's that ends by itself.
    held_until = models.DateTimeField(_("stopped until"), null=True, blank=True)
    # When WhatsApp wrote its newest word about stopping or reinstating the account.
    told_at = models.DateTimeField(null=True, blank=True, editable=False)
    warning = models.CharField(_("warning"), max_length=200, blank=True, db_default="")
    warned_at = models.DateTimeField(_("warned"), null=True, blank=True)

    class Meta:
        verbose_name = _("WhatsApp account")
        verbose_name_plural = _("WhatsApp accounts")

    def __str__(self) -> str:
        return self.name or self.waba_id


class Sender(models.Model):
    """One of the clinic's own WhatsApp numbers."""

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, related_name="senders", verbose_name=_("clinic")
    )
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="senders", verbose_name=_("account")
    )
    phone_number_id = models.CharField(_("phone number id"), max_length=20, unique=True)
    display_number = models.CharField(_("number"), max_length=30, blank=True)
    verified_name = models.CharField(_("name shown to patients"), max_length=80, blank=True)
    quality = models.CharField(_("quality"), max_length=10, blank=True)
    # 80 is Meta's standard; 20 for numbers shared with the app, 1,000 when upgraded.
    rate_per_second = models.PositiveIntegerField(
        _("messages a second"), default=80, validators=[MinValueValidator(1)]
    )
    state_checked_at = models.DateTimeField(_("checked"), null=True, blank=True)
    held_at = models.DateTimeField(_("stopped since"), null=True, blank=True)
    held_reason = models.CharField(_("stopped because"), max_length=200, blank=True)
    held_until = models.DateTimeField(_("stopped until"), null=True, blank=True)
    held_code = models.IntegerField(_("WhatsApp's code"), null=True, blank=True)
    # By the database's real clock. The pace at any later moment follows from these: see throttle.
    slowed_to = models.FloatField(
        _("slowed to messages a second"), null=True, blank=True, editable=False
    )
    slowed_at = models.DateTimeField(_("slowed since"), null=True, blank=True, editable=False)
    slowed_reason = models.CharField(
        _("slowed because"), max_length=200, blank=True, db_default="", editable=False
    )
    broadcasts_held_until = models.DateTimeField(
        _("no campaigns until"), null=True, blank=True, editable=False
    )
    broadcasts_held_reason = models.CharField(
        _("no campaigns because"), max_length=200, blank=True, db_default="", editable=False
    )

    class Meta:
        verbose_name = _("WhatsApp number")
        verbose_name_plural = _("WhatsApp numbers")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(rate_per_second__gte=1), name="sender_sends_at_some_rate"
            )
        ]

    def __str__(self) -> str:
        return self.display_number or self.phone_number_id


class TierSeat(models.Model):
    """A person written to first by a portfolio, and when last: Meta counts them over 24 hours."""

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, db_index=False)
    phone = models.ForeignKey(Phone, models.CASCADE, db_index=False)
    # By the business clock, as it is asked beside visits and sending hours.
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["portfolio", "phone"], name="tier_seat_once_per_phone")
        ]
        indexes = [models.Index(fields=["portfolio", "last_at"], name="tier_seat_lately")]

    def __str__(self) -> str:
        return f"seat #{self.pk}"


class Switch(models.Model):
    """What can be held for the whole house at once; no row, or no `held_at`, means it runs."""

    class Name(models.TextChoices):
        EVERYTHING = "everything", _("all messages")
        REMINDERS = "reminders", _("reminders and campaigns")
        BROADCASTS = "broadcasts", _("campaigns")

    name = models.CharField(_("what"), max_length=12, choices=Name, primary_key=True)
    held_at = models.DateTimeField(_("stopped since"), null=True, blank=True)
    held_reason = models.CharField(_("stopped because"), max_length=200, blank=True)
    held_by = models.ForeignKey(
        "clinic.StaffUser", models.SET_NULL, null=True, blank=True, verbose_name=_("stopped by")
    )

    class Meta:
        verbose_name = _("main switch")
        verbose_name_plural = _("main switches")

    def __str__(self) -> str:
        return self.get_name_display()
