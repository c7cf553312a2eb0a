"""Kinds of visit, clinicians, and appointments; the booking verbs are the only writers."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from healthmsg.clinic.models.clinic import Clinic, Site
from healthmsg.clinic.models.identifiers import IdentifierField
from healthmsg.clinic.models.people import Contact, Discretion, Patient, Phone


class Saying(models.TextChoices):
    AT_ONCE = "AT_ONCE", _("takes effect at once")
    ASKS_A_PERSON = "ASKS_A_PERSON", _("asks a person")


class VisitKind(models.Model):
    """A kind of visit, and how much a message may say about it."""

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, related_name="visit_kinds", verbose_name=_("clinic")
    )
    name = models.CharField(_("name"), max_length=60)
    length = models.DurationField(_("usual length"))
    discretion = models.CharField(
        _("a message may say"), max_length=12, choices=Discretion, default=Discretion.NEUTRAL
    )
    cancel = models.CharField(
        _("“Cancel” by the patient"), max_length=14, choices=Saying, default=Saying.AT_ONCE
    )
    another_time = models.CharField(
        _("“Another time” by the patient"),
        max_length=14,
        choices=Saying,
        default=Saying.AT_ONCE,
        db_default=Saying.AT_ONCE,
        help_text=_("At once: free times are offered, and the patient chooses one."),
    )
    offers_freed = models.BooleanField(
        _("times that become free are offered to the waiting list"), default=True, db_default=True
    )
    booked_by_patients = models.BooleanField(
        _("patients may book it by themselves"),
        default=False,
        db_default=False,
        help_text=_("From the menu for patients, where its name is shown; with anybody free."),
    )
    join_link = models.URLField(_("link for video visits"), blank=True)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("kind of visit")
        verbose_name_plural = _("kinds of visit")
        constraints = [
            models.UniqueConstraint(fields=["clinic", "name"], name="visit_kind_once_per_clinic"),
            models.CheckConstraint(
                condition=Q(discretion__in=Discretion.values), name="visit_kind_discretion_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class VisitPreparation(models.Model):
    """What to do before a kind of visit, in one language."""

    kind = models.ForeignKey(
        VisitKind, models.CASCADE, related_name="preparations", verbose_name=_("kind of visit")
    )
    language = models.CharField(_("language"), max_length=8)
    text = models.CharField(_("preparation"), max_length=300)

    class Meta:
        verbose_name = _("preparation")
        verbose_name_plural = _("preparations")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "language"], name="preparation_once_per_language"
            )
        ]

    def __str__(self) -> str:
        return f"preparation {self.language}"


class Clinician(models.Model):
    """Somebody who sees patients."""

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, related_name="clinicians", verbose_name=_("clinic")
    )
    name = models.CharField(_("name as patients know it"), max_length=60)
    user = models.OneToOneField(
        "clinic.StaffUser",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="clinician",
        verbose_name=_("sign-in"),
    )
    is_active = models.BooleanField(_("sees patients"), default=True)
    # Of their own; whether they want notices on it, the ledger says.
    phone = models.ForeignKey(
        Phone,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="clinicians",
        verbose_name=_("number"),
    )
    language = models.CharField(_("language"), max_length=12, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("clinician")
        verbose_name_plural = _("clinicians")

    def __str__(self) -> str:
        return self.name


class VisitStatus(models.TextChoices):
    BOOKED = "BOOKED", _("booked")
    ARRIVED = "ARRIVED", pgettext_lazy("patient", "arrived")
    SEEN = "SEEN", pgettext_lazy("patient", "seen")
    LEFT = "LEFT", _("left without being seen")
    MISSED = "MISSED", _("missed")
    CANCELLED_BY_PATIENT = "CANCELLED_BY_PATIENT", _("cancelled by the patient")
    CANCELLED_BY_CLINIC = "CANCELLED_BY_CLINIC", _("cancelled by the clinic")


class Answer(models.TextChoices):
    NONE = "NONE", _("no answer yet")
    CONFIRMED = "CONFIRMED", _("confirmed")
    WANTS_ANOTHER_TIME = "WANTS_ANOTHER_TIME", _("wants another time")
    WANTS_TO_CANCEL = "WANTS_TO_CANCEL", _("wants to cancel")


# Statuses that hold a clinician's time.
LIVE_VISIT = (VisitStatus.BOOKED, VisitStatus.ARRIVED, VisitStatus.SEEN)


class Appointment(models.Model):
    """One visit of one patient; a move keeps the row and raises its version."""

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, related_name="appointments", verbose_name=_("clinic")
    )
    patient = models.ForeignKey(
        Patient, models.PROTECT, related_name="appointments", verbose_name=_("patient")
    )
    contact = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, verbose_name=_("who is told")
    )
    clinician = models.ForeignKey(
        Clinician, models.PROTECT, null=True, blank=True, verbose_name=_("clinician")
    )
    site = models.ForeignKey(Site, models.PROTECT, verbose_name=_("site"))
    kind = models.ForeignKey(VisitKind, models.PROTECT, verbose_name=_("kind of visit"))
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    status = models.CharField(
        _("status"), max_length=20, choices=VisitStatus, default=VisitStatus.BOOKED
    )
    status_changed_at = models.DateTimeField()
    cancel_reason = models.CharField(_("reason"), max_length=120, blank=True)
    answer = models.CharField(_("answer"), max_length=18, choices=Answer, default=Answer.NONE)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    version = models.PositiveIntegerField(_("version"), default=1)
    is_overbooked = models.BooleanField(_("booked beside another visit"), default=False)
    external_id = IdentifierField(_("identifier"), max_length=60, blank=True)
    # Brought along from the system that booked it: its booking needs no confirmation.
    is_told_elsewhere = models.BooleanField(
        _("told by another system"), default=False, db_default=False, editable=False
    )
    booked_by = models.ForeignKey(
        "clinic.StaffUser", models.PROTECT, null=True, blank=True, verbose_name=_("booked by")
    )
    booked_at = models.DateTimeField(_("booked"))

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        permissions = [("overbook", _("Can book beside another visit"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=VisitStatus.values), name="appointment_status_known"
            ),
            models.CheckConstraint(
                condition=Q(answer__in=Answer.values), name="appointment_answer_known"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="appointment_ends_after_it_starts"
            ),
            models.UniqueConstraint(
                fields=["patient", "kind", "starts_at"],
                name="appointment_once_per_time",
                condition=Q(status__in=LIVE_VISIT),
            ),
            models.UniqueConstraint(
                fields=["clinic", "external_id"],
                name="appointment_identifier_once_per_clinic",
                condition=~Q(external_id=""),
            ),
            # int8range instead of btree_gist: the embedded server has no extensions.
            ExclusionConstraint(
                name="appointment_no_overlap",
                expressions=[
                    (
                        Func(
                            F("clinician_id"),
                            F("clinician_id"),
                            models.Value("[]"),
                            function="int8range",
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                    (
                        Func(
                            F("starts_at"),
                            F("ends_at"),
                            RangeBoundary(),
                            function="tstzrange",
                            output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(status__in=LIVE_VISIT, is_overbooked=False, clinician__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["clinic", "starts_at"], name="appointment_day"),
            models.Index(fields=["patient", "starts_at"], name="appointment_of_patient"),
        ]

    def __str__(self) -> str:
        return f"appointment #{self.pk}"

    @property
    def is_live(self) -> bool:
        return self.status in LIVE_VISIT
