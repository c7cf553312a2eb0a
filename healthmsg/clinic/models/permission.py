"""The ledger of permissions: append-only, asked for every message; no line means no."""

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models.clinic import Clinic
from healthmsg.clinic.models.people import Patient, Phone


class Purpose(models.TextChoices):
    """Why we write. REPLY asks the open 24-hour window instead of the ledger."""

    APPOINTMENTS = "APPOINTMENTS", _("appointments")
    PREVENTION = "PREVENTION", _("vaccinations and check-ups")
    INFORMATION = "INFORMATION", _("health information")
    FEEDBACK = "FEEDBACK", _("questions about a visit")
    MARKETING = "MARKETING", _("offers")
    REPLY = "REPLY", _("answers")


class Change(models.TextChoices):
    GRANTED = "GRANTED", _("said yes")
    DECLINED = "DECLINED", _("said no")
    WITHDRAWN = "WITHDRAWN", _("asked us to stop")
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR", _("entered by mistake")
    EXPIRED = "EXPIRED", _("ran out")


class Channel(models.TextChoices):
    WHATSAPP = "WHATSAPP", _("WhatsApp")


class GivenHow(models.TextChoices):
    AT_DESK = "AT_DESK", _("told at the desk")
    ON_PAPER = "ON_PAPER", _("signed on paper")
    BY_PHONE = "BY_PHONE", _("told on the telephone")
    BY_MESSAGE = "BY_MESSAGE", _("wrote or tapped on WhatsApp")
    META_PREFERENCE = "META_PREFERENCE", _("chosen in WhatsApp's own settings")
    IMPORTED = "IMPORTED", _("brought from another system")
    BY_RULE = "BY_RULE", _("by rule")


class Wording(models.Model):
    """The words a person agreed to, kept for ever; a change of words is a new version."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="wordings")
    version = models.PositiveIntegerField(_("version"))
    language = models.CharField(_("language"), max_length=8)
    text = models.TextField(_("words"))
    valid_from = models.DateTimeField(_("valid from"))

    class Meta:
        verbose_name = _("wording of the permission")
        verbose_name_plural = _("wordings of the permission")
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "version", "language"], name="wording_once_per_version"
            )
        ]
        triggers = [
            pgtrigger.Protect(name="wording_is_kept", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"wording {self.version} {self.language}"


class ConsentRecord(models.Model):
    """
    One line of the ledger: somebody allowed, declined or withdrew one purpose.

    A line without a patient speaks for a number and everybody who will ever share it: how a stop
    is remembered for a patient who is registered on that number tomorrow.
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="consent_records")
    patient = models.ForeignKey(
        Patient, models.PROTECT, null=True, blank=True, related_name="consent_records"
    )
    phone = models.ForeignKey(Phone, models.PROTECT, related_name="consent_records")
    purpose = models.CharField(_("for"), max_length=12, choices=Purpose)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.WHATSAPP)
    change = models.CharField(_("what"), max_length=16, choices=Change)
    corrects = models.ForeignKey("self", models.PROTECT, null=True, blank=True)
    given_by = models.CharField(_("given by"), max_length=10, blank=True)
    recorded_by = models.ForeignKey(
        "clinic.StaffUser", models.PROTECT, null=True, blank=True, verbose_name=_("recorded by")
    )
    given_how = models.CharField(_("how"), max_length=16, choices=GivenHow)
    wording = models.ForeignKey(Wording, models.PROTECT, null=True, blank=True)
    given_at = models.DateTimeField(_("when"))
    expires_at = models.DateTimeField(_("runs out"), null=True, blank=True)
    recorded_at = models.DateTimeField(_("recorded"), auto_now_add=True)

    class Meta:
        verbose_name = _("permission")
        verbose_name_plural = _("permissions")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(purpose__in=[p for p in Purpose.values if p != "REPLY"]),
                name="consent_purpose_known",
            ),
            models.CheckConstraint(
                condition=models.Q(change__in=Change.values), name="consent_change_known"
            ),
            models.CheckConstraint(
                condition=models.Q(corrects=None) | models.Q(change="ENTERED_IN_ERROR"),
                name="consent_only_an_error_corrects",
            ),
            # A number's yes ends its stop for everybody on it: no import and no rule may write one.
            models.CheckConstraint(
                condition=models.Q(patient__isnull=False)
                | ~models.Q(change="GRANTED")
                | models.Q(given_how__in=["AT_DESK", "ON_PAPER", "BY_PHONE", "BY_MESSAGE"]),
                name="consent_a_stop_ends_by_a_person",
            ),
        ]
        indexes = [
            # The claim and the audience ask for the newest line of a patient, number and purpose.
            models.Index(
                fields=["phone", "patient", "purpose", "-given_at", "-id"], name="consent_newest"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="consent_is_kept", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"permission line #{self.pk}"


class ConsentEvidence(models.Model):
    """Free text behind a line, apart from it, so that retention may blank it."""

    record = models.OneToOneField(ConsentRecord, models.PROTECT, related_name="evidence")
    text = models.TextField(_("evidence"), blank=True)
    blanked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")

    def __str__(self) -> str:
        return f"evidence of line #{self.record_id}"
