"""Patients, the people written to about them, and the numbers they are reached on."""

from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models.functions import Reverse
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.folding import Folded
from healthmsg.clinic.models.clinic import Clinic, Site
from healthmsg.clinic.models.identifiers import IdentifierField


class Need(models.TextChoices):
    NO_PHONE_CALLS = "NO_PHONE_CALLS", _("cannot use the telephone")
    INTERPRETER = "INTERPRETER", _("interpreter")
    SIGN_LANGUAGE = "SIGN_LANGUAGE", _("sign language")
    EASY_LANGUAGE = "EASY_LANGUAGE", _("easy words")
    LOW_VISION = "LOW_VISION", _("sees little")


class Sex(models.TextChoices):
    """FHIR's administrative gender: what the clinic's papers say."""

    FEMALE = "FEMALE", _("female")
    MALE = "MALE", _("male")
    OTHER = "OTHER", _("other")
    UNKNOWN = "UNKNOWN", _("not known")


class PatientState(models.TextChoices):
    ACTIVE = "ACTIVE", _("active")
    PAUSED = "PAUSED", _("paused")
    GONE = "GONE", _("no longer ours")
    DECEASED = "DECEASED", _("has died")


class Patient(models.Model):
    """A person cared for by a clinic."""

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, related_name="patients", verbose_name=_("clinic")
    )
    given_name = models.CharField(_("given name"), max_length=60)
    family_name = models.CharField(_("family name"), max_length=60)
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    sex = models.CharField(_("sex"), max_length=8, choices=Sex, default=Sex.UNKNOWN)
    # Where the patient belongs; visits name their own.
    site = models.ForeignKey(
        Site, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("usual site")
    )
    external_id = IdentifierField(_("identifier"), max_length=60, blank=True)
    needs = ArrayField(
        models.CharField(max_length=20, choices=Need),
        verbose_name=_("communication needs"),
        default=list,
        blank=True,
    )
    state = models.CharField(
        _("state"), max_length=10, choices=PatientState, default=PatientState.ACTIVE
    )
    state_reason = models.CharField(_("reason"), max_length=120, blank=True)
    state_changed_at = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateField(_("paused until"), null=True, blank=True)
    created_at = models.DateTimeField(_("written down"), auto_now_add=True)
    # Nobody stands here any more; what happened to them does.
    erased_at = models.DateTimeField(_("deleted"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("patient")
        verbose_name_plural = _("patients")
        permissions = [
            ("view_patient_details", _("Can see who patients are")),
            ("copy_patient", _("Can hand out a copy of a patient's data")),
            ("erase_patient", _("Can delete a patient for good")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "external_id"],
                name="patient_identifier_once_per_clinic",
                condition=~models.Q(external_id=""),
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=PatientState.values), name="patient_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(sex__in=Sex.values), name="patient_sex_known"
            ),
            models.CheckConstraint(
                condition=models.Q(paused_until=None) | models.Q(state="PAUSED"),
                name="patient_only_a_pause_ends",
            ),
        ]
        indexes = [
            # Reception's search: words and prefixes of names and of the identifier.
            GinIndex(
                SearchVector(
                    Folded("given_name"), Folded("family_name"), "external_id", config="simple"
                ),
                name="patient_words",
            ),
            models.Index(fields=["birth_date"], name="patient_by_birth_date"),
            models.Index(fields=["clinic", "family_name", "given_name"], name="patient_by_name"),
            # The list of who is paused, gone or has died: few of a million.
            models.Index(
                fields=["clinic", "state", "family_name", "given_name", "id"],
                name="patient_not_active",
                condition=~models.Q(state="ACTIVE"),
            ),
            # The list of who has to be spoken to otherwise: few of a million.
            models.Index(
                fields=["clinic", "id"],
                name="patient_with_needs",
                condition=~models.Q(needs=[]),
            ),
            # Served by the hourly look for pauses that have ended.
            models.Index(
                fields=["paused_until"],
                name="patient_pause_ends",
                condition=models.Q(paused_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"patient #{self.pk}"

    @property
    def full_name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    def is_active_on(self, day: date) -> bool:
        """True where messages may go out about this patient; a pause ends by itself."""
        if self.state == PatientState.PAUSED:
            return self.paused_until is not None and self.paused_until <= day
        return self.state == PatientState.ACTIVE


class PhoneState(models.TextChoices):
    NEW = "NEW", _("nothing has arrived yet")
    REACHED = "REACHED", _("a message has arrived")
    FAILING = "FAILING", _("not reached lately")
    WRONG_PERSON = "WRONG_PERSON", _("belongs to somebody else")
    STOPPED = "STOPPED", _("asked us to stop")


class Phone(models.Model):
    """One number as one clinic knows it; several patients' contacts may share it."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="phones")
    number = models.CharField(_("number"), max_length=16, help_text=_("E.164"))
    state = models.CharField(_("state"), max_length=12, choices=PhoneState, default=PhoneState.NEW)
    state_changed_at = models.DateTimeField(null=True, blank=True)
    failed_days = models.PositiveSmallIntegerField(_("days in a row not reached"), default=0)
    last_failed_on = models.DateField(null=True, blank=True)
    wa_id = models.CharField(max_length=20, blank=True)
    user_id = models.CharField(max_length=140, blank=True)
    parent_user_id = models.CharField(max_length=140, blank=True)
    last_inbound_at = models.DateTimeField(_("last wrote to us"), null=True, blank=True)
    is_test = models.BooleanField(
        _("test phone"), default=False, help_text=_("Gets real messages while we practice.")
    )

    class Meta:
        verbose_name = _("phone")
        verbose_name_plural = _("phones")
        constraints = [
            models.UniqueConstraint(fields=["clinic", "number"], name="phone_once_per_clinic"),
            models.CheckConstraint(
                condition=models.Q(state__in=PhoneState.values), name="phone_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(number__regex=r"^\+[1-9][0-9]{6,14}$"), name="phone_is_e164"
            ),
        ]
        indexes = [
            # A reply is matched by what WhatsApp calls the number first.
            models.Index(fields=["wa_id"], name="phone_by_wa_id", condition=~models.Q(wa_id="")),
            models.Index(
                fields=["user_id"], name="phone_by_user_id", condition=~models.Q(user_id="")
            ),
            models.Index(
                fields=["parent_user_id"],
                name="phone_by_parent_user_id",
                condition=~models.Q(parent_user_id=""),
            ),
            models.Index(fields=["number"], name="phone_by_number"),
            # People remember the last digits.
            models.Index(
                OpClass(Reverse("number"), name="text_pattern_ops"), name="phone_by_last_digits"
            ),
        ]

    def __str__(self) -> str:
        return f"phone #{self.pk}"

    @property
    def masked(self) -> str:
        """The country's first digits and the last three: enough to recognize, not to dial."""
        return f"{self.number[:3]} … {self.number[-3:]}"


class Relationship(models.TextChoices):
    SELF = "SELF", _("the patient")
    PARENT = "PARENT", _("parent")
    GUARDIAN = "GUARDIAN", _("guardian")
    PARTNER = "PARTNER", _("partner")
    CHILD = "CHILD", _("son or daughter")
    CARER = "CARER", _("carer")
    OTHER = "OTHER", _("other")


class Discretion(models.TextChoices):
    """How much may be told, to a contact or about a kind of visit; the more discreet one wins."""

    FULL = "FULL", _("everything in the message")
    NEUTRAL = "NEUTRAL", _("neutral words only")
    CONTACT_US = "CONTACT_US", _("only “please contact us”")
    NEVER = "NEVER", _("never by message")


class Contact(models.Model):
    """Somebody who may be written to about a patient, the patient being one."""

    patient = models.ForeignKey(
        Patient, models.CASCADE, related_name="contacts", verbose_name=_("patient")
    )
    name = models.CharField(_("given name"), max_length=60)
    relationship = models.CharField(
        _("relationship"), max_length=10, choices=Relationship, default=Relationship.SELF
    )
    language = models.CharField(_("language"), max_length=8)
    phone = models.ForeignKey(
        Phone,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="contacts",
        verbose_name=_("phone"),
    )
    may_be_told = models.CharField(
        _("may be told"), max_length=12, choices=Discretion, default=Discretion.FULL
    )
    until = models.DateField(_("until"), null=True, blank=True)
    # True where `until` follows from the patient's age: see guardians.follow_age.
    until_by_age = models.BooleanField(
        _("ends as the patient comes of age"), default=False, db_default=False, editable=False
    )
    agreed_on = models.DateField(
        _("agreed to by the grown-up patient on"),
        null=True,
        blank=True,
        help_text=_("For a parent or guardian who is still written to, as the patient wants it."),
    )
    rank = models.PositiveSmallIntegerField(_("order"), default=1)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(may_be_told__in=Discretion.values), name="contact_told_known"
            ),
            models.UniqueConstraint(
                fields=["patient", "phone"],
                name="contact_once_per_patient_and_phone",
                violation_error_message=_("This patient already has a contact on this number."),
            ),
        ]

    def __str__(self) -> str:
        return f"contact #{self.pk}"
