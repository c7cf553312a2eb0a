"""Who approves while an approver is away."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Clinic


class Deputy(models.Model):
    """Somebody who approves campaigns in an approver's place, from one day to another."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", verbose_name=_("clinic"))
    stands_in_for = models.ForeignKey(
        "clinic.StaffUser", models.PROTECT, related_name="+", verbose_name=_("stands in for")
    )
    deputy = models.ForeignKey(
        "clinic.StaffUser", models.PROTECT, related_name="+", verbose_name=_("who approves instead")
    )
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("until"))

    class Meta:
        verbose_name = _("deputy of an approver")
        verbose_name_plural = _("deputies of approvers")
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="deputy_days_in_order",
                violation_error_message=_("The last day cannot be before the first."),
            ),
            models.CheckConstraint(
                condition=~Q(deputy=F("stands_in_for")),
                name="deputy_is_another",
                violation_error_message=_("Nobody stands in for themselves."),
            ),
        ]

    def __str__(self) -> str:
        return f"deputy #{self.pk}"
