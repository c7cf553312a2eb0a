"""Rows about times: which were offered, what became free, who would come earlier."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Appointment, Clinic, Clinician, Patient, Site, VisitKind
from whatsapp.models import Message, Reply


class OfferEnd(models.TextChoices):
    MOVED = "MOVED", _("another time was chosen")
    PERSON = "PERSON", _("a person was asked")
    LEFT = "LEFT", _("nobody chose any more")
    CHANGED = "CHANGED", _("the visit changed meanwhile")


class TimeOffer(models.Model):
    """Other times being offered for one version of a visit."""

    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="time_offers")
    version = models.PositiveIntegerField()
    rounds = models.PositiveSmallIntegerField(default=0)
    # The last thing the patient said about it, for the person who may have to go on.
    reply = models.ForeignKey(Reply, models.SET_NULL, null=True, related_name="+")
    touched_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended = models.CharField(max_length=8, choices=OfferEnd, blank=True, default="")

    class Meta:
        verbose_name = _("offer of other times")
        verbose_name_plural = _("offers of other times")
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "version"], name="time_offer_once_per_version"
            ),
            models.CheckConstraint(
                condition=Q(ended__in=["", *OfferEnd.values]), name="time_offer_end_known"
            ),
        ]
        indexes = [
            # The sweep for those nobody goes on with.
            models.Index(fields=["touched_at"], name="time_offer_open", condition=Q(ended_at=None))
        ]

    def __str__(self) -> str:
        return f"offer of other times #{self.pk}"


class EarlierEnd(models.TextChoices):
    MOVED = "MOVED", _("came earlier")
    VISIT_OVER = "VISIT_OVER", _("the visit is over or cancelled")
    NO_LONGER = "NO_LONGER", _("wants it no longer")
    BY_STAFF = "BY_STAFF", _("taken off by staff")


class EarlierWish(models.Model):
    """A patient who would come earlier than booked; ends with the visit."""

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, db_index=False, related_name="+", verbose_name=_("clinic")
    )
    patient = models.ForeignKey(
        Patient, models.PROTECT, related_name="earlier_wishes", verbose_name=_("patient")
    )
    kind = models.ForeignKey(
        VisitKind, models.PROTECT, db_index=False, related_name="+", verbose_name=_("kind of visit")
    )
    appointment = models.ForeignKey(
        Appointment, models.CASCADE, related_name="earlier_wishes", verbose_name=_("visit")
    )
    clinician = models.ForeignKey(
        Clinician,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("only with"),
        related_name="+",
    )
    site = models.ForeignKey(
        Site,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("only at"),
        related_name="+",
    )
    first_day = models.DateField(_("not before"), null=True, blank=True)
    last_day = models.DateField(_("not after"), null=True, blank=True)
    wished_at = models.DateTimeField(_("since"))
    wished_by = models.ForeignKey(
        "clinic.StaffUser",
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("entered by"),
        related_name="+",
    )
    offers = models.PositiveSmallIntegerField(_("times offered"), default=0)
    last_offer_at = models.DateTimeField(_("last offered"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended = models.CharField(
        _("because"), max_length=10, choices=EarlierEnd, blank=True, default=""
    )

    class Meta:
        verbose_name = _("wish to come earlier")
        verbose_name_plural = _("wishes to come earlier")
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "kind"],
                name="earlier_wish_once_per_kind",
                condition=Q(ended_at=None),
            ),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")) | Q(first_day=None) | Q(last_day=None),
                name="earlier_wish_days_forward",
                violation_error_message=_("The last day is not before the first."),
            ),
            models.CheckConstraint(
                condition=Q(ended__in=["", *EarlierEnd.values]), name="earlier_wish_end_known"
            ),
        ]
        indexes = [
            # Whoever waits longest is asked first.
            models.Index(
                fields=["clinic", "wished_at"],
                name="earlier_wish_open",
                condition=Q(ended_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"wish to come earlier #{self.pk}"


class SlotEnd(models.TextChoices):
    TAKEN = "TAKEN", _("taken by somebody of the waiting list")
    BOOKED = "BOOKED", _("no longer free")
    TOO_LATE = "TOO_LATE", _("too short before it begins")
    NOBODY = "NOBODY", _("nobody left to ask")


class FreedSlot(models.Model):
    """A time that a visit left, to be offered to the waiting list."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, db_index=False, related_name="+")
    site = models.ForeignKey(
        Site, models.PROTECT, db_index=False, related_name="+", verbose_name=_("site")
    )
    kind = models.ForeignKey(
        VisitKind, models.PROTECT, db_index=False, related_name="+", verbose_name=_("kind of visit")
    )
    clinician = models.ForeignKey(
        Clinician,
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("clinician"),
    )
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    left_by = models.ForeignKey(Appointment, models.CASCADE, related_name="freed_slots")
    left_version = models.PositiveIntegerField()
    freed_at = models.DateTimeField(_("free since"))
    # How many moves of the waiting list led to it: each frees another time.
    generation = models.PositiveSmallIntegerField(default=0)
    waves = models.PositiveSmallIntegerField(default=0)
    # NULL unless somebody is still to be asked.
    next_wave_at = models.DateTimeField(null=True)
    taken_by = models.ForeignKey(
        Appointment, models.SET_NULL, null=True, db_index=False, related_name="+"
    )
    ended_at = models.DateTimeField(_("ended"), null=True)
    ended = models.CharField(_("how"), max_length=8, choices=SlotEnd, blank=True, default="")

    class Meta:
        verbose_name = _("time that became free")
        verbose_name_plural = _("times that became free")
        constraints = [
            models.UniqueConstraint(
                fields=["left_by", "left_version"], name="freed_slot_once_per_version"
            ),
            models.CheckConstraint(
                condition=Q(ended__in=["", *SlotEnd.values]), name="freed_slot_end_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_wave_at"],
                name="freed_slot_to_offer",
                condition=Q(next_wave_at__isnull=False),
            ),
            # How many were given to somebody, lately.
            models.Index(
                fields=["clinic", "ended_at"],
                name="freed_slot_recovered",
                condition=Q(ended="TAKEN"),
            ),
            # Removing a past visit looks for those it took.
            models.Index(
                fields=["taken_by"],
                name="freed_slot_taken_by",
                condition=Q(taken_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"time that became free #{self.pk}"


class SlotOffer(models.Model):
    """A freed time offered to one patient."""

    slot = models.ForeignKey(FreedSlot, models.CASCADE, related_name="offers")
    wish = models.ForeignKey(EarlierWish, models.CASCADE, related_name="slot_offers")
    message = models.OneToOneField(Message, models.SET_NULL, null=True, related_name="slot_offer")
    offered_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    is_taken = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("offer of a time that became free")
        verbose_name_plural = _("offers of times that became free")
        constraints = [
            models.UniqueConstraint(fields=["slot", "wish"], name="slot_offered_once_to_each"),
            # The first tap wins here, whatever else happens.
            models.UniqueConstraint(
                fields=["slot"], name="slot_taken_once", condition=Q(is_taken=True)
            ),
        ]

    def __str__(self) -> str:
        return f"offer of a time that became free #{self.pk}"
