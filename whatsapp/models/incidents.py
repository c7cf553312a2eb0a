"""Numbers that turned out not to be the patient's, or not to be reached: what had gone there."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Clinic, Phone
from whatsapp.models.inbound import Reply


class IncidentCause(models.TextChoices):
    SAID_BY_BUTTON = "SAID_BY_BUTTON", _("whoever has it tapped “Wrong person”")
    SAID_IN_WORDS = "SAID_IN_WORDS", _("whoever has it wrote that it is somebody else's")
    SAID_AT_DESK = "SAID_AT_DESK", _("reception was told so")
    SET_UP_ANEW = "SET_UP_ANEW", _("WhatsApp says the phone was set up anew by somebody")
    CHANGED_NUMBER = "CHANGED_NUMBER", _("WhatsApp says the person has another number now")
    NOT_REACHED = "NOT_REACHED", _("not reached on several days")


class IncidentEnd(models.TextChoices):
    IS_RIGHT = "IS_RIGHT", _("it is their number after all")
    NEW_NUMBER = "NEW_NUMBER", _("another number was entered")
    PATIENT_TOLD = "PATIENT_TOLD", _("the patient was told of it")
    TAKEN_BACK = "TAKEN_BACK", _("what WhatsApp said was taken back")
    WORKS_AGAIN = "WORKS_AGAIN", _("something came from it, or arrived on it")


class NumberIncident(models.Model):
    """
    A number was stopped though nobody withdrew a permission: reception finds out whose it is.

    `told` lists the messages that had gone there, never their words: a stranger may have read them.
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, db_index=False, related_name="incidents")
    phone = models.ForeignKey(Phone, models.PROTECT, related_name="incidents")
    cause = models.CharField(_("why"), max_length=16, choices=IncidentCause)
    reply = models.ForeignKey(
        Reply, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    at = models.DateTimeField(_("since"))
    # What WhatsApp says the person's number is now; nobody has checked it.
    new_number = models.CharField(_("new number, as WhatsApp says"), max_length=20, blank=True)
    # Newest first: {"message": 12, "at": "…", "kind": "APPOINTMENTS", "template": "…",
    # "status": "READ"}.
    told = models.JSONField(default=list)
    told_in_all = models.PositiveIntegerField(_("messages that had gone there"), default=0)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    settled_as = models.CharField(_("settled as"), max_length=12, choices=IncidentEnd, blank=True)
    settled_by = models.ForeignKey(
        "clinic.StaffUser", models.PROTECT, null=True, blank=True, verbose_name=_("settled by")
    )

    class Meta:
        verbose_name = _("number to check")
        verbose_name_plural = _("numbers to check")
        constraints = [
            models.CheckConstraint(
                condition=Q(cause__in=IncidentCause.values), name="incident_cause_known"
            ),
            # Hearing the same again is no second task.
            models.UniqueConstraint(
                fields=["phone"], condition=Q(settled_at=None), name="incident_open_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["clinic", "at"], name="incident_open", condition=Q(settled_at=None)
            ),
            models.Index(fields=["clinic", "-at"], name="incident_recent"),
        ]

    def __str__(self) -> str:
        return f"number to check #{self.pk}"
