"""What WhatsApp's answers have stopped by themselves, and what is counted so that few are."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Phone
from whatsapp.models.numbers import Account, Sender


class Kind(models.TextChoices):
    """What WhatsApp can close of an account while the rest goes on; templates by category."""

    REPLIES = "REPLIES", _("answers")
    UTILITY = "UTILITY", _("reminders")
    MARKETING = "MARKETING", _("offers and invitations")
    AUTHENTICATION = "AUTHENTICATION", _("codes")


class Restriction(models.Model):
    """One kind of message that may not leave an account, for one cause."""

    account = models.ForeignKey(
        Account, models.CASCADE, db_index=False, related_name="restrictions"
    )
    kind = models.CharField(_("what"), max_length=16, choices=Kind)
    # WhatsApp's word for it, or its code as digits: two causes close a kind twice.
    cause = models.CharField(max_length=60)
    held_at = models.DateTimeField(_("stopped since"))
    held_until = models.DateTimeField(_("stopped until"), null=True, blank=True)
    held_code = models.IntegerField(_("WhatsApp's code"), null=True, blank=True)
    held_reason = models.CharField(_("stopped because"), max_length=200)
    # When WhatsApp wrote it: notices overtake each other, and the newest counts.
    told_at = models.DateTimeField()

    class Meta:
        verbose_name = _("restriction")
        verbose_name_plural = _("restrictions")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind", "cause"], name="restriction_once_per_cause"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=Kind.values), name="restriction_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"restriction #{self.pk}"


class SendTally(models.Model):
    """What WhatsApp answered to a number in one minute of the real clock; many processes add."""

    sender = models.ForeignKey(Sender, models.CASCADE, db_index=False, related_name="+")
    minute = models.DateTimeField()
    answered = models.PositiveIntegerField(default=0)
    unknown = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender", "minute"], name="send_tally_once_a_minute")
        ]

    def __str__(self) -> str:
        return f"tally #{self.pk}"


class UnknownCode(models.Model):
    """A code of WhatsApp's that no table of ours knows; somebody has to look it up."""

    sender = models.ForeignKey(Sender, models.CASCADE, db_index=False, related_name="+")
    # Empty where a refusal named none.
    code = models.CharField(_("WhatsApp's code"), max_length=20, blank=True)
    first_at = models.DateTimeField(_("first seen"))
    last_at = models.DateTimeField(_("last seen"))
    times = models.PositiveIntegerField(_("how often"), default=1)
    title = models.CharField(_("WhatsApp's words"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("unknown code")
        verbose_name_plural = _("unknown codes")
        constraints = [
            models.UniqueConstraint(fields=["sender", "code"], name="unknown_code_once_per_number")
        ]

    def __str__(self) -> str:
        return f"unknown code {self.code}"


class ClosedCountry(models.Model):
    """A beginning of telephone numbers that WhatsApp does not let an account write to."""

    account = models.ForeignKey(
        Account, models.CASCADE, db_index=False, related_name="closed_countries"
    )
    prefix = models.CharField(_("numbers that begin with"), max_length=8)
    closed_at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("closed country")
        verbose_name_plural = _("closed countries")
        constraints = [
            models.UniqueConstraint(fields=["account", "prefix"], name="closed_country_once")
        ]

    def __str__(self) -> str:
        return self.prefix


class Breaker(models.Model):
    """Too many people of a number would have been stopped at once: a person decides about them."""

    sender = models.ForeignKey(Sender, models.CASCADE, related_name="breakers")
    opened_at = models.DateTimeField(_("since"))
    told = models.PositiveIntegerField(_("people written to in that hour"))
    limit = models.PositiveIntegerField(_("stopped by themselves at most"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        "clinic.StaffUser", models.SET_NULL, null=True, blank=True, verbose_name=_("decided by")
    )
    was_applied = models.BooleanField(_("all stopped"), null=True)

    class Meta:
        verbose_name = _("people stopped at once")
        verbose_name_plural = _("people stopped at once")
        constraints = [
            models.UniqueConstraint(
                fields=["sender"], condition=Q(decided_at=None), name="breaker_one_open_per_number"
            )
        ]

    def __str__(self) -> str:
        return f"people stopped at once #{self.pk}"


class SuppressionKind(models.TextChoices):
    PHONE = "PHONE", _("no more messages to this number")
    MARKETING = "MARKETING", _("no more offers to this number")
    FAILING = "FAILING", _("not reached lately")


class SuppressionState(models.TextChoices):
    APPLIED = "APPLIED", _("stopped")
    NOTED = "NOTED", _("waits for a person to decide")
    UNDONE = "UNDONE", _("taken back")
    DROPPED = "DROPPED", _("not stopped")


class Suppression(models.Model):
    """Somebody whom a code of WhatsApp's stopped, or would have: what it was before comes back."""

    phone = models.ForeignKey(Phone, models.CASCADE, related_name="suppressions")
    sender = models.ForeignKey(Sender, models.CASCADE, db_index=False, related_name="+")
    breaker = models.ForeignKey(
        Breaker, models.SET_NULL, null=True, blank=True, related_name="suppressions"
    )
    what = models.CharField(_("what"), max_length=10, choices=SuppressionKind)
    code = models.IntegerField(_("WhatsApp's code"))
    at = models.DateTimeField(_("when"))
    state = models.CharField(_("state"), max_length=8, choices=SuppressionState)
    # The phone's state, or the lines written into the ledger: what undoing needs.
    before = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("stopped by a code")
        verbose_name_plural = _("stopped by codes")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=SuppressionState.values),
                name="suppression_state_known",
            )
        ]
        indexes = [
            # How many of a number's people were stopped within the hour.
            models.Index(fields=["sender", "at"], name="suppression_lately")
        ]

    def __str__(self) -> str:
        return f"stopped by a code #{self.pk}"
