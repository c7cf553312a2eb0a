"""Rows about telephone calls: what came of each, who made it and when."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Answer, Appointment, Clinic, Phone, StaffUser
from healthmsg.clinic.models.kept import kept


class Outcome(models.TextChoices):
    COMES = "COMES", _("comes")
    ANOTHER_TIME = "ANOTHER_TIME", _("wants another time")
    CANCELS = "CANCELS", _("cancels")
    TOLD = "TOLD", _("was told")
    NOT_WANTED = "NOT_WANTED", _("wants no new visit")
    WRONG_NUMBER = "WRONG_NUMBER", _("wrong number")
    NO_ANSWER = "NO_ANSWER", _("no answer")
    LEFT_MESSAGE = "LEFT_MESSAGE", _("left a message with somebody")
    VOICEMAIL = "VOICEMAIL", _("spoke to a voicemail")


class CallOutcome(models.Model):
    """One call about a visit as it stood; undone, it counts no more and stays written down."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, db_index=False, related_name="+")
    appointment = models.ForeignKey(
        Appointment, models.CASCADE, db_index=False, related_name="calls"
    )
    version = models.PositiveIntegerField()
    number = models.PositiveSmallIntegerField(_("how many calls about the visit"))
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome)
    phone = models.ForeignKey(
        Phone, models.PROTECT, null=True, db_index=False, verbose_name=_("called"), related_name="+"
    )
    called_at = models.DateTimeField(_("called at"))
    called_by = models.ForeignKey(
        StaffUser, models.PROTECT, verbose_name=_("called by"), related_name="+"
    )
    # When somebody is to try again; NULL: this settled it.
    again_at = models.DateTimeField(_("again at"), null=True)
    answer_before = models.CharField(max_length=18, choices=Answer, default=Answer.NONE)
    undone_at = models.DateTimeField(_("undone"), null=True)
    undone_by = models.ForeignKey(
        StaffUser, models.PROTECT, null=True, verbose_name=_("undone by"), related_name="+"
    )

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        triggers = kept("call", but=("undone_at", "undone_by"))
        constraints = [
            # Of two people who write down a call at once, the second is told of the first.
            models.UniqueConstraint(
                fields=["appointment", "number"], name="call_number_once_per_visit"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=Outcome.values), name="call_outcome_known"
            ),
        ]
        indexes = [
            # What was done today, beside the list.
            models.Index(fields=["clinic", "called_at"], name="call_lately")
        ]

    def __str__(self) -> str:
        return f"call #{self.pk}"
