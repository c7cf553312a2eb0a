"""Rows of cancelled lists: what somebody decided, and what became of each visit."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Appointment, Clinic, Clinician, Site, StaffUser
from whatsapp.models import Message, Stream


class ListAct(models.TextChoices):
    CANCEL = "CANCEL", _("cancel all")
    OTHER_DAY = "OTHER_DAY", _("move all to another day, at the same hours")
    LATER = "LATER", _("move all by some minutes")
    NEXT_FREE = "NEXT_FREE", _("move each to the next free time of the same clinician")
    HAND_OVER = "HAND_OVER", _("hand over to another clinician, at the same times")


class CancelledList(models.Model):
    """One decision about all visits of a clinician, a site or both, in a span of time."""

    # Made with the form: sent twice, it is one decision.
    key = models.UUIDField(unique=True, default=uuid.uuid4)
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    clinician = models.ForeignKey(Clinician, models.PROTECT, null=True, related_name="+")
    site = models.ForeignKey(Site, models.PROTECT, null=True, related_name="+")
    begins_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    act = models.CharField(_("what happens"), max_length=10, choices=ListAct)
    to_clinician = models.ForeignKey(Clinician, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(_("why, for staff"), max_length=120, blank=True)
    stream = models.OneToOneField(Stream, models.PROTECT, related_name="cancelled_list")
    created_by = models.ForeignKey(StaffUser, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("decided"))
    # NULL while visits are still to be worked on.
    ended_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(_("stopped"), null=True)
    stopped_by = models.ForeignKey(StaffUser, models.PROTECT, null=True, related_name="+")
    # The last time, for whoever presses second.
    let_go_on_at = models.DateTimeField(_("went on"), null=True)
    let_go_on_by = models.ForeignKey(StaffUser, models.PROTECT, null=True, related_name="+")
    taken_back_at = models.DateTimeField(_("taken back"), null=True)
    taken_back_by = models.ForeignKey(StaffUser, models.PROTECT, null=True, related_name="+")
    taken_back_because = models.CharField(
        _("why it was taken back, for staff"),
        max_length=120,
        blank=True,
        default="",
        db_default="",
    )
    # NULL while visits are still to be looked at.
    back_ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("cancelled list")
        verbose_name_plural = _("cancelled lists")
        constraints = [
            models.CheckConstraint(
                condition=Q(act__in=ListAct.values), name="cancelled_list_act_known"
            ),
            models.CheckConstraint(
                condition=Q(act="HAND_OVER", to_clinician__isnull=False)
                | (~Q(act="HAND_OVER") & Q(to_clinician=None)),
                name="cancelled_list_handed_to_somebody",
            ),
        ]
        indexes = [
            # What the tick goes on with.
            models.Index(
                fields=["created_at"], name="cancelled_list_open", condition=Q(ended_at=None)
            ),
            models.Index(
                fields=["created_at"],
                name="cancelled_list_going_back",
                condition=Q(taken_back_at__isnull=False, back_ended_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"cancelled list #{self.pk}"

    @property
    def is_through(self) -> bool:
        """True where nothing is left to do, be it to cancel, to move or to take back."""
        is_back = self.taken_back_at is None or self.back_ended_at is not None
        return self.ended_at is not None and is_back


class VisitEnd(models.TextChoices):
    CANCELLED = "CANCELLED", _("cancelled")
    MOVED = "MOVED", _("moved")
    HANDED_OVER = "HANDED_OVER", _("handed over")
    NOT_POSSIBLE = "NOT_POSSIBLE", _("not possible: stands as it was")
    CHANGED = "CHANGED", _("somebody changed it meanwhile")


class Back(models.TextChoices):
    """What became of a visit when its list was taken back."""

    BACK = "BACK", _("is as it was")
    PAST = "PAST", _("its time is over")
    TAKEN = "TAKEN", _("its time is taken by another visit")
    REBOOKED = "REBOOKED", _("the patient was given another visit")
    ANSWERED = "ANSWERED", _("the patient has answered about the new time")
    CHANGED = "CHANGED", _("somebody has changed it since")
    GONE = "GONE", _("nobody comes: has died, or is a patient no longer")
    UNTOUCHED = "UNTOUCHED", _("the list has not changed it")


class AffectedVisit(models.Model):
    """One visit of a cancelled list."""

    cancelled_list = models.ForeignKey(CancelledList, models.CASCADE, related_name="visits")
    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="cancelled_lists")
    version = models.PositiveIntegerField()
    starts_at = models.DateTimeField(_("was to begin"))
    new_starts_at = models.DateTimeField(_("new time"), null=True)
    # NULL until it was worked on.
    done_at = models.DateTimeField(null=True)
    ended = models.CharField(
        _("what became of it"), max_length=12, choices=VisitEnd, blank=True, default=""
    )
    message = models.OneToOneField(
        Message, models.SET_NULL, null=True, related_name="affected_visit"
    )
    seen_at = models.DateTimeField(_("seen"), null=True)
    back = models.CharField(
        _("when the list was taken back"),
        max_length=10,
        choices=Back,
        blank=True,
        default="",
        db_default="",
    )
    # NULL until it was looked at by whoever takes the list back.
    back_at = models.DateTimeField(null=True)
    # True where they knew of what was taken back.
    must_be_told = models.BooleanField(default=False, db_default=False)

    class Meta:
        verbose_name = _("visit of a cancelled list")
        verbose_name_plural = _("visits of cancelled lists")
        constraints = [
            models.UniqueConstraint(
                fields=["cancelled_list", "appointment"], name="affected_visit_once_per_list"
            ),
            models.CheckConstraint(
                condition=Q(ended__in=["", *VisitEnd.values]), name="affected_visit_end_known"
            ),
            models.CheckConstraint(
                condition=Q(back__in=["", *Back.values]), name="affected_visit_back_known"
            ),
        ]

    def __str__(self) -> str:
        return f"visit #{self.pk} of a cancelled list"
