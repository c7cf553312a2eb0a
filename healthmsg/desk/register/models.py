"""The rows of the incident register: entries, whom they concern, and their diary."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Clinic, Patient, StaffUser
from healthmsg.clinic.models.kept import kept
from whatsapp.models import NumberIncident


class What(models.TextChoices):
    NUMBER = "NUMBER", _("messages went to a number that may be somebody else's")
    SENT_WRONG = "SENT_WRONG", _("something was said or sent to the wrong person")
    LOOKED = "LOOKED", _("somebody looked who had no reason to")
    LOST = "LOST", _("a device, a paper or a file was lost or stolen")
    INTRUDER = "INTRUDER", _("somebody from outside got in")
    GONE = "GONE", _("data was lost or changed by mistake")
    OTHER = "OTHER", _("something else")


class Risk(models.TextChoices):
    NONE = "NONE", _("it was no incident: nobody's data was touched")
    UNLIKELY = "UNLIKELY", _("harm is unlikely: it is written down here")
    POSSIBLE = "POSSIBLE", _("harm is possible: the authority is told")
    HIGH = "HIGH", _("harm is likely: the authority and the patients are told")


class Incident(models.Model):
    """One entry of the register: something happened, or may have, to what is known of patients."""

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, db_index=False, related_name="+", verbose_name=_("clinic")
    )
    what = models.CharField(_("what happened"), max_length=12, choices=What)
    # A number to check is an entry too: there is one register.
    number = models.OneToOneField(
        NumberIncident,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="entry",
        verbose_name=_("number"),
    )
    story = models.TextField(
        _("in your words"),
        blank=True,
        help_text=_("Name no patient: they are listed beside it. What was it, where, how long?"),
    )
    consequences = models.TextField(
        _("what may come of it"),
        blank=True,
        help_text=_("For these people: who may know what now, what may happen to them?"),
    )
    happened_at = models.DateTimeField(_("when it happened"), null=True, blank=True)
    known_at = models.DateTimeField(_("when the clinic came to know"))
    affected = models.PositiveIntegerField(
        _("how many patients, as far as known"), null=True, blank=True
    )
    risk = models.CharField(_("how bad"), max_length=8, choices=Risk, blank=True)
    authority_told_at = models.DateTimeField(_("authority told"), null=True)
    authority_reference = models.CharField(_("its reference"), max_length=100, blank=True)
    patients_told_at = models.DateTimeField(_("patients told"), null=True)
    entered_at = models.DateTimeField(_("written down"))
    entered_by = models.ForeignKey(
        StaffUser, models.PROTECT, null=True, related_name="+", verbose_name=_("written down by")
    )
    closed_at = models.DateTimeField(_("closed"), null=True)
    closed_by = models.ForeignKey(
        StaffUser, models.PROTECT, null=True, related_name="+", verbose_name=_("closed by")
    )

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incident register")
        constraints = [
            models.CheckConstraint(condition=Q(what__in=What.values), name="entry_what_known"),
            models.CheckConstraint(
                condition=Q(risk__in=["", *Risk.values]), name="entry_risk_known"
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | ~Q(risk=""), name="entry_decided_before_closed"
            ),
        ]
        indexes = [
            models.Index(
                fields=["clinic", "known_at"], name="entry_open", condition=Q(closed_at=None)
            ),
            models.Index(fields=["clinic", "-known_at"], name="entry_recent"),
        ]

    def __str__(self) -> str:
        return f"incident #{self.pk}"


class IncidentPatient(models.Model):
    """A patient whom an incident concerns."""

    incident = models.ForeignKey(
        Incident,
        models.PROTECT,
        db_index=False,
        related_name="concerned",
        verbose_name=_("incident"),
    )
    patient = models.ForeignKey(
        Patient, models.PROTECT, related_name="+", verbose_name=_("patient")
    )

    class Meta:
        verbose_name = _("patient of an incident")
        verbose_name_plural = _("patients of incidents")
        constraints = [
            models.UniqueConstraint(fields=["incident", "patient"], name="entry_patient_once")
        ]

    def __str__(self) -> str:
        return f"patient of an incident #{self.pk}"


class Step(models.TextChoices):
    NOTED = "NOTED", _("written down")
    DECIDED = "DECIDED", _("decided how bad it is")
    PATIENTS = "PATIENTS", _("patients added")
    AUTHORITY = "AUTHORITY", _("the authority was told")
    TOLD = "TOLD", _("the patients were told")
    CLOSED = "CLOSED", _("closed")
    REOPENED = "REOPENED", _("opened again")


class IncidentLine(models.Model):
    """One step that was taken; lines are only added, each with who and when."""

    incident = models.ForeignKey(Incident, models.PROTECT, db_index=False, related_name="lines")
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(StaffUser, models.PROTECT, null=True, related_name="+")
    step = models.CharField(_("what"), max_length=10, choices=Step)
    text = models.TextField(_("in their words"), blank=True)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        triggers = kept("incident_step")
        constraints = [
            models.CheckConstraint(condition=Q(step__in=Step.values), name="entry_step_known")
        ]
        indexes = [models.Index(fields=["incident", "at"], name="entry_lines")]

    def __str__(self) -> str:
        return f"step #{self.pk}"
