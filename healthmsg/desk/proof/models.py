"""Codes of the desk: what a patient's own phone sends back to allow messages."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Clinic, Contact, Patient, Phone, Purpose, Wording
from whatsapp.models import Reply


class PermissionCode(models.Model):
    """
    A code shown at the desk for one patient's phone: good once, and for minutes.

    The code is made by chance and tells nothing of anybody. What came with it is the reply, which
    proves that whoever stood at the desk reads what is sent to the number.
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, db_index=False, related_name="+")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="permission_codes")
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, db_index=False, related_name="+"
    )
    phone = models.ForeignKey(Phone, models.PROTECT, related_name="+")
    purposes = ArrayField(
        models.CharField(max_length=12, choices=Purpose), verbose_name=_("for"), size=8
    )
    wording = models.ForeignKey(
        Wording, models.PROTECT, related_name="+", verbose_name=_("words agreed to")
    )
    code = models.CharField(_("code"), max_length=9)
    made_by = models.ForeignKey(
        "clinic.StaffUser", models.PROTECT, related_name="+", verbose_name=_("shown by")
    )
    made_at = models.DateTimeField(_("shown"))
    expires_at = models.DateTimeField(_("good until"))
    # When it came from a number that it was not made for.
    elsewhere_at = models.DateTimeField(_("came from another number"), null=True, blank=True)
    used_at = models.DateTimeField(_("used"), null=True, blank=True)
    reply = models.OneToOneField(
        Reply, models.SET_NULL, null=True, blank=True, related_name="permission_code"
    )

    class Meta:
        verbose_name = _("code of the desk")
        verbose_name_plural = _("codes of the desk")
        constraints = [
            models.UniqueConstraint(fields=["clinic", "code"], name="permission_code_once"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("made_at")), name="permission_code_runs_out"
            ),
            models.CheckConstraint(
                condition=Q(reply=None) | Q(used_at__isnull=False),
                name="permission_code_reply_has_used_it",
            ),
        ]

    def __str__(self) -> str:
        return f"code of the desk #{self.pk}"
