"""The ledger of permissions: append-only, asked for every message; no line means no."""

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models.clinic import Clinic
from healthmsg.clinic.models.kept import not_emptied
from healthmsg.clinic.models.people import Patient, Phone


class Purpose(models.TextChoices):
    """
    Why we write. REPLY asks the open 24-hour window instead of the ledger.

    TEAM asks the line of a clinician's own number; such a message is about no patient.
    """

    APPOINTMENTS = "APPOINTMENTS", _("appointments")
    PREVENTION = "PREVENTION", _("vaccinations and check-ups")
    INFORMATION = "INFORMATION", _("health information")
    FEEDBACK = "FEEDBACK", _("questions about a visit")
    MARKETING = "MARKETING", _("offers")
    REPLY = "REPLY", _("answers")
    TEAM = "TEAM", _("notices to staff")


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


class Basis(models.TextChoices):
    """On what a clinic's law lets it write; WhatsApp's own rules ask for a yes besides."""

    CONSENT = "CONSENT", _("consent")
    CARE = "CARE", _("part of the care")
    PUBLIC_TASK = "PUBLIC_TASK", _("a public task")
    LEGAL_DUTY = "LEGAL_DUTY", _("a duty by law")
    INTERESTS = "INTERESTS", _("legitimate interests")


class LegalBasis(models.Model):
    """On which legal basis a clinic writes for one purpose; without a row nobody has said yet."""

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, related_name="legal_bases", verbose_name=_("clinic")
    )
    purpose = models.CharField(
        _("for"), max_length=12, choices=[one for one in Purpose.choices if one[0] != "REPLY"]
    )
    basis = models.CharField(_("legal basis"), max_length=12, choices=Basis)
    note = models.CharField(
        _("where it stands"),
        max_length=200,
        blank=True,
        help_text=_("The article of the law, and who has decided it."),
    )

    class Meta:
        verbose_name = _("legal basis")
        verbose_name_plural = _("legal bases")
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "purpose"], name="legal_basis_once_per_purpose"
            ),
            models.CheckConstraint(
                condition=models.Q(purpose__in=[p for p in Purpose.values if p != "REPLY"]),
                name="legal_basis_purpose_known",
            ),
            models.CheckConstraint(
                condition=models.Q(basis__in=Basis.values), name="legal_basis_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(purpose="MARKETING") | models.Q(basis="CONSENT"),
                name="legal_basis_of_offers_is_consent",
                violation_error_message=_("Offers always need consent."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.get_basis_display()}"


class Wording(models.Model):
    """The words a person agreed to, kept for ever; a change of words is a new version."""

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, related_name="wordings", verbose_name=_("clinic")
    )
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
            pgtrigger.Protect(
                name="wording_is_kept", operation=pgtrigger.Update | pgtrigger.Delete
            ),
            not_emptied("wording"),
        ]

    def __str__(self) -> str:
        return f"wording {self.version} {self.language}"


class ConsentRecord(models.Model):
    """
    One line of the ledger: somebody allowed, declined or withdrew one purpose.

    A line without a patient speaks for a number and everybody who will ever share it: how a stop
    is remembered for a patient who is registered on that number tomorrow.
    """

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, related_name="consent_records", verbose_name=_("clinic")
    )
    patient = models.ForeignKey(
        Patient,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="consent_records",
        verbose_name=_("patient"),
    )
    phone = models.ForeignKey(
        Phone, models.PROTECT, related_name="consent_records", verbose_name=_("number")
    )
    purpose = models.CharField(_("for"), max_length=12, choices=Purpose)
    channel = models.CharField(
        _("channel"), max_length=10, choices=Channel, default=Channel.WHATSAPP
    )
    change = models.CharField(_("what"), max_length=16, choices=Change)
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, verbose_name=_("corrects")
    )
    given_by = models.CharField(_("given by"), max_length=10, blank=True)
    recorded_by = models.ForeignKey(
        "clinic.StaffUser", models.PROTECT, null=True, blank=True, verbose_name=_("recorded by")
    )
    given_how = models.CharField(_("how"), max_length=16, choices=GivenHow)
    wording = models.ForeignKey(
        Wording, models.PROTECT, null=True, blank=True, verbose_name=_("wording")
    )
    given_at = models.DateTimeField(_("when"))
    expires_at = models.DateTimeField(_("runs out"), null=True, blank=True)
    recorded_at = models.DateTimeField(_("recorded"), auto_now_add=True)

    class Meta:
        verbose_name = _("permission")
        verbose_name_plural = _("permissions")
        permissions = [("prove_permission", _("Can hand out the proof of permissions"))]
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
            # Numbers that have stopped something: few, and looked through each hour.
            models.Index(
                fields=["phone"],
                name="consent_stop_of_number",
                condition=models.Q(patient=None, change="WITHDRAWN"),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="consent_is_kept", operation=pgtrigger.Update | pgtrigger.Delete
            ),
            not_emptied("consent"),
        ]

    def __str__(self) -> str:
        return f"permission line #{self.pk}"


class ConsentEvidence(models.Model):
    """Free text behind a line, apart from it, so that retention may blank it."""

    record = models.OneToOneField(
        ConsentRecord, models.PROTECT, related_name="evidence", verbose_name=_("line of the record")
    )
    # As the release before wrote it; sealed within a minute, see healthmsg.clinic.proof.
    text = models.TextField(_("evidence"), blank=True, default="")
    secret = models.BinaryField(_("key"), null=True)
    blanked_at = models.DateTimeField(_("words removed"), null=True, blank=True)

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        indexes = [
            # What is still to be sealed: each minute it is asked whether there is any.
            models.Index(fields=["id"], name="evidence_in_clear", condition=~models.Q(text=""))
        ]

    def __str__(self) -> str:
        return f"evidence of line #{self.record_id}"
