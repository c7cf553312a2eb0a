"""What WhatsApp takes for a message, as a clinic entered it."""

from decimal import Decimal

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Clinic
from whatsapp.models import Category


class Rate(models.Model):
    """
    The price of one delivered message of a category to one country, from a day on.

    Source: WhatsApp Cloud API, pricing, read 2026-11: by category and the recipient's country code.
    """

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, related_name="rates", verbose_name=_("clinic")
    )
    country = models.CharField(
        _("country"), max_length=2, validators=[RegexValidator("^[A-Z]{2}$")]
    )
    category = models.CharField(_("category"), max_length=20, choices=Category)
    price = models.DecimalField(
        _("price of one message"),
        max_digits=12,
        decimal_places=6,
        validators=[MinValueValidator(Decimal(0))],
    )
    currency = models.CharField(
        _("currency"), max_length=3, validators=[RegexValidator("^[A-Z]{3}$")]
    )
    valid_from = models.DateField(_("valid from"))

    class Meta:
        verbose_name = _("rate")
        verbose_name_plural = _("rates")
        constraints = [
            # Also the order of the list, and the look-up of a clinic's prices.
            models.UniqueConstraint(
                fields=["clinic", "country", "category", "valid_from"],
                name="rate_once_a_day",
                violation_error_message=_("There is a rate for this from this day on already."),
            ),
            models.CheckConstraint(condition=Q(price__gte=0), name="rate_not_negative"),
            models.CheckConstraint(
                condition=Q(country__regex="^[A-Z]{2}$") & Q(currency__regex="^[A-Z]{3}$"),
                name="rate_in_letters",
            ),
            models.CheckConstraint(
                condition=Q(category__in=Category.values), name="rate_category_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.category} {self.valid_from:%Y-%m-%d}"
