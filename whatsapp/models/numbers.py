"""Meta's portfolio, accounts and numbers as we know them; each can be held with a reason."""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Clinic, Phone


class Portfolio(models.Model):
    """A business portfolio: the daily limit of people written to first is its own."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    daily_limit = models.PositiveIntegerField(
        _("people a day"), null=True, blank=True, help_text=_("Empty: unlimited.")
    )
    held_at = models.DateTimeField(_("stopped since"), null=True, blank=True)
    held_reason = models.CharField(_("stopped because"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("business portfolio")
        verbose_name_plural = _("business portfolios")

    def __str__(self) -> str:
        return self.name


class Account(models.Model):
    """A WhatsApp Business Account: templates belong to it."""

    portfolio = models.ForeignKey(Portfolio, models.PROTECT, related_name="accounts")
    waba_id = models.CharField(_("account id"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=80, blank=True)
    templates_synced_at = models.DateTimeField(_("templates fetched"), null=True, blank=True)
    held_at = models.DateTimeField(_("stopped since"), null=True, blank=True)
    held_reason = models.CharField(_("stopped because"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("WhatsApp account")
        verbose_name_plural = _("WhatsApp accounts")

    def __str__(self) -> str:
        return self.name or self.waba_id


class Sender(models.Model):
    """One of the clinic's own WhatsApp numbers."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="senders")
    account = models.ForeignKey(Account, models.PROTECT, related_name="senders")
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

    portfolio = models.ForeignKey(Portfolio, models.CASCADE)
    phone = models.ForeignKey(Phone, models.CASCADE)
    last_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["portfolio", "phone"], name="tier_seat_once_per_phone")
        ]

    def __str__(self) -> str:
        return f"seat #{self.pk}"
