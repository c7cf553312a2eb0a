"""The clinic as a legal body, its sites, and whether it is practicing or live."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models.kept import kept

# Degrees.
FURTHEST_NORTH, FURTHEST_EAST = 90, 180


def known_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("This is not a time zone, such as America/Argentina/Buenos_Aires."))


class Mode(models.TextChoices):
    PRACTICE = "PRACTICE", _("practice")
    LIVE = "LIVE", _("live")


class Clinic(models.Model):
    """The legal body that writes to patients."""

    name = models.CharField(_("name as patients know it"), max_length=60)
    phone = models.CharField(_("phone for patients"), max_length=30)
    emergency_number = models.CharField(_("emergency number"), max_length=20)
    country = models.CharField(
        _("country"), max_length=2, help_text=_("Two letters, such as AR; phones are read in it.")
    )
    time_zone = models.CharField(_("time zone"), max_length=60, validators=[known_zone])
    languages = ArrayField(
        models.CharField(max_length=8),
        verbose_name=_("languages"),
        help_text=_("WhatsApp's codes, such as es, pt_BR; the first is the spare for all others."),
    )
    sending_opens = models.TimeField(_("messages from"), default=time(8))
    sending_closes = models.TimeField(_("messages until"), default=time(20))
    call_from_hours = models.PositiveSmallIntegerField(
        _("call from so many hours before the visit"),
        default=18,
        db_default=18,
        validators=[MinValueValidator(1), MaxValueValidator(48)],
        help_text=_(
            "Whoever is not known to have received a reminder by then stands under “To call”."
            " Whether it was read does not matter."
        ),
    )
    invitations_a_month = models.PositiveSmallIntegerField(
        _("invitations to one patient in 30 days"),
        default=4,
        db_default=4,
        validators=[MinValueValidator(1), MaxValueValidator(30)],
        help_text=_("Over all campaigns together; reminders of visits are not counted."),
    )
    guardians_until_age = models.PositiveSmallIntegerField(
        _("messages to parents and guardians end at the age of"),
        null=True,
        blank=True,
        validators=[MinValueValidator(10), MaxValueValidator(25)],
        help_text=_(
            "From that birthday on nothing is written to them until the young patient has been"
            " asked and agrees. Empty: it never ends by itself."
        ),
    )
    # Names of roles; see healthmsg.clinic.second_factor.
    second_factor_for = ArrayField(
        models.CharField(max_length=150),
        verbose_name=_("roles that sign in with a second factor"),
        default=list,
        db_default=[],
        blank=True,
        help_text=_("Whoever has none yet sets it up before the next page."),
    )
    urgent_within_minutes = models.PositiveSmallIntegerField(
        _("look at what needs haste within so many minutes"),
        default=15,
        db_default=15,
        validators=[MinValueValidator(1), MaxValueValidator(24 * 60)],
        help_text=_(
            "A message with a word that needs haste is an alarm at once, and is told again to"
            " everybody if nobody has taken it by then."
        ),
    )
    earlier_offers_a_day = models.PositiveSmallIntegerField(
        _("times that became free, offered to one patient in a day"),
        default=2,
        db_default=2,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
        help_text=_("To whoever would come earlier; only within the hours above."),
    )
    earlier_offers_in_all = models.PositiveSmallIntegerField(
        _("the same, until nothing more is offered to them"),
        default=6,
        db_default=6,
        validators=[MinValueValidator(1), MaxValueValidator(50)],
    )
    earlier_notice_hours = models.PositiveSmallIntegerField(
        _("hours before it begins, from which a time is offered to nobody anymore"),
        default=24,
        db_default=24,
        validators=[MinValueValidator(4), MaxValueValidator(14 * 24)],
    )
    mode = models.CharField(_("mode"), max_length=8, choices=Mode, default=Mode.PRACTICE)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("clinic")
        verbose_name_plural = _("clinics")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(mode__in=["PRACTICE", "LIVE"]), name="clinic_mode_known"
            ),
            models.CheckConstraint(
                condition=models.Q(sending_opens__lt=models.F("sending_closes")),
                name="clinic_sending_hours_forward",
                violation_error_message=_("Messages must end later in the day than they begin."),
            ),
            models.CheckConstraint(
                condition=models.Q(languages__len__gt=0), name="clinic_speaks_a_language"
            ),
            models.CheckConstraint(
                condition=models.Q(earlier_offers_in_all__gte=models.F("earlier_offers_a_day")),
                name="clinic_earlier_offers_in_order",
                violation_error_message=_("In all no fewer times are offered than in one day."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def call_from(self) -> timedelta:
        """How long before a visit a message that is still on its way becomes a call."""
        return timedelta(hours=self.call_from_hours)

    @property
    def earlier_notice(self) -> timedelta:
        """How long before it begins a time that became free may still be offered."""
        return timedelta(hours=self.earlier_notice_hours)

    @property
    def is_live(self) -> bool:
        return self.mode == Mode.LIVE


class ClinicModeChange(models.Model):
    """Somebody made a clinic live, or took it back into practice, having seen what would leave."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="mode_changes")
    mode = models.CharField(_("state"), max_length=8, choices=Mode)
    changed_by = models.ForeignKey(
        "clinic.StaffUser", models.PROTECT, null=True, verbose_name=_("changed by")
    )
    changed_at = models.DateTimeField(_("changed"))
    next_day_messages = models.PositiveIntegerField(
        _("messages that would leave in the next 24 hours, as shown")
    )
    # In the United States: who has read that messages go through Meta's servers, and accepts it.
    acknowledged_by = models.CharField(
        _("who has read and accepted it"), max_length=120, blank=True, db_default=""
    )

    class Meta:
        verbose_name = _("change between practice and live")
        verbose_name_plural = _("changes between practice and live")
        triggers = kept("mode_change")

    def __str__(self) -> str:
        return f"mode change #{self.pk}"


class Site(models.Model):
    """A place where patients are seen."""

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, related_name="sites", verbose_name=_("clinic")
    )
    name = models.CharField(_("name"), max_length=60)
    address = models.CharField(_("address"), max_length=200)
    directions = models.CharField(_("how to find it"), max_length=200, blank=True)
    latitude = models.DecimalField(
        _("latitude"),
        max_digits=8,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-FURTHEST_NORTH), MaxValueValidator(FURTHEST_NORTH)],
        help_text=_("Degrees with a point, such as -34.603722; south of the equator with a minus."),
    )
    longitude = models.DecimalField(
        _("longitude"),
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-FURTHEST_EAST), MaxValueValidator(FURTHEST_EAST)],
        help_text=_("Degrees with a point, such as -58.381592; west of Greenwich with a minus."),
    )
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    time_zone = models.CharField(
        _("time zone"),
        max_length=60,
        blank=True,
        validators=[known_zone],
        help_text=_("Only where it differs from the clinic's."),
    )
    opening_hours = models.JSONField(
        _("opening hours"),
        default=dict,
        blank=True,
        help_text=_('By weekday, 0 is Monday: {"0": [["08:00", "18:00"]]}.'),
    )
    holidays_region = models.CharField(
        _("holidays of"),
        max_length=12,
        blank=True,
        help_text=_("Country or country-region, such as AR or BR-SP; empty: the clinic's country."),
    )

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        constraints = [
            models.UniqueConstraint(fields=["clinic", "name"], name="site_name_once_per_clinic"),
            models.CheckConstraint(
                condition=models.Q(latitude=None, longitude=None)
                | models.Q(
                    # Said, as a range of nothing is neither true nor false: that would pass.
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__range=(-FURTHEST_NORTH, FURTHEST_NORTH),
                    longitude__range=(-FURTHEST_EAST, FURTHEST_EAST),
                ),
                name="site_place_whole_and_on_earth",
                violation_error_message=_("A place on the map has a latitude and a longitude."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone or self.clinic.time_zone)

    @property
    def is_on_the_map(self) -> bool:
        return self.latitude is not None and self.longitude is not None


class ClosingDay(models.Model):
    """A day on which a site is closed though it would be open, or open though it is a holiday."""

    site = models.ForeignKey(
        Site, models.CASCADE, related_name="closing_days", verbose_name=_("site")
    )
    closed_on = models.DateField(_("day"))
    is_open_anyway = models.BooleanField(_("open although it is a holiday"), default=False)
    reason = models.CharField(_("reason"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("closing day")
        verbose_name_plural = _("closing days")
        constraints = [
            models.UniqueConstraint(fields=["site", "closed_on"], name="closing_day_once_per_site")
        ]

    def __str__(self) -> str:
        return f"{self.closed_on:%Y-%m-%d}"
