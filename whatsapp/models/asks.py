"""What patients may ask for by themselves, and what they asked that only people answer."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Clinic, Patient, Phone
from whatsapp.models.inbound import Reply


class MenuRow(models.TextChoices):
    MY_VISIT = "MY_VISIT", _("my next visit")
    ADDRESS = "ADDRESS", _("address and hours")
    CHANGE_VISIT = "CHANGE_VISIT", _("change my visit")
    NEW_VISIT = "NEW_VISIT", _("book a visit")
    REPEAT = "REPEAT", _("repeat prescription")
    TALK = "TALK", _("talk to us")


def all_rows() -> list[str]:
    return [str(row) for row in MenuRow.values]


class Menu(models.Model):
    """
    The list a clinic offers to whoever writes what no question was open for.

    Off until somebody has read its words: they are the clinic's own voice.
    """

    clinic = models.OneToOneField(
        Clinic, models.PROTECT, related_name="menu", verbose_name=_("clinic")
    )
    is_on = models.BooleanField(
        _("offered"),
        default=False,
        help_text=_("Read its words under “Automatic texts” first, in each of your languages."),
    )
    rows = ArrayField(
        models.CharField(max_length=12, choices=MenuRow), verbose_name=_("rows"), default=all_rows
    )
    quiet_hours = models.PositiveSmallIntegerField(
        _("to one number once in so many hours"),
        default=12,
        validators=[MinValueValidator(1), MaxValueValidator(168)],
    )
    repeat_hours = models.PositiveSmallIntegerField(
        _("hours until a repeat prescription is answered"),
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(168)],
        help_text=_("Patients are told this time; afterwards it is an alarm."),
    )

    class Meta:
        verbose_name = _("menu for patients")
        verbose_name_plural = _("menus for patients")
        constraints = [
            models.CheckConstraint(
                condition=Q(rows__contained_by=MenuRow.values), name="menu_rows_known"
            )
        ]

    def __str__(self) -> str:
        return f"menu #{self.pk}"


class RepeatRequest(models.Model):
    """A patient asks for a prescription again: a task with a deadline, answered by staff."""

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, db_index=False, related_name="repeat_requests"
    )
    phone = models.ForeignKey(Phone, models.PROTECT, related_name="repeat_requests")
    # None: a number nobody is registered on.
    patient = models.ForeignKey(
        Patient, models.PROTECT, null=True, blank=True, related_name="repeat_requests"
    )
    reply = models.ForeignKey(Reply, models.PROTECT, related_name="+", db_index=False)
    asked_at = models.DateTimeField(_("asked"))
    due_at = models.DateTimeField(_("to be answered by"))
    taken_by = models.ForeignKey(
        "clinic.StaffUser",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("taken by"),
    )
    taken_at = models.DateTimeField(_("taken"), null=True, blank=True)
    done_by = models.ForeignKey(
        "clinic.StaffUser",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answered by"),
    )
    done_at = models.DateTimeField(_("answered"), null=True, blank=True)

    class Meta:
        verbose_name = _("repeat prescription")
        verbose_name_plural = _("repeat prescriptions")
        constraints = [
            # Asking again while it is open asks for nothing new.
            models.UniqueConstraint(
                fields=["phone", "patient"],
                condition=Q(done_at=None),
                name="repeat_open_once",
                nulls_distinct=False,
            )
        ]
        indexes = [
            # The list, the overview and the alarm.
            models.Index(
                fields=["clinic", "due_at"], name="repeat_open", condition=Q(done_at=None)
            ),
            models.Index(fields=["clinic", "-asked_at"], name="repeat_recent"),
        ]

    def __str__(self) -> str:
        return f"repeat prescription #{self.pk}"


class StopDoubt(models.Model):
    """
    A stop word stood inside a longer message: campaigns to the number wait for a person's word.

    Reminders and answers go on.
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, db_index=False, related_name="stop_doubts")
    phone = models.ForeignKey(Phone, models.PROTECT, db_index=False, related_name="stop_doubts")
    reply = models.ForeignKey(Reply, models.PROTECT, related_name="+", db_index=False)
    since = models.DateTimeField(_("since"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        "clinic.StaffUser", models.PROTECT, null=True, blank=True, verbose_name=_("decided by")
    )
    was_stop = models.BooleanField(_("they asked us to stop"), null=True)

    class Meta:
        verbose_name = _("words that may be a stop")
        verbose_name_plural = _("words that may be a stop")
        constraints = [
            # The claim asks by it for every message of a campaign.
            models.UniqueConstraint(
                fields=["phone"], condition=Q(decided_at=None), name="stop_doubt_open_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["clinic", "since"], name="stop_doubt_open", condition=Q(decided_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"words that may be a stop #{self.pk}"
