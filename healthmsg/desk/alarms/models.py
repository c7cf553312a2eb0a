"""The rows of alarms: what is wrong, who is told, what was told, and silences."""

import json
from datetime import time

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic import strongbox
from healthmsg.clinic.models import Clinic, StaffUser
from healthmsg.desk.alarms.kinds import Kind, Severity

# What was chosen once stays possible; what the screens do not speak is mailed in English.
_LANGUAGES = [
    ("en", _("English")),
    ("es", _("Spanish")),
    ("pt-br", _("Portuguese (Brazil)")),
    ("fr", _("French")),
    ("ar", _("Arabic")),
    ("hi", _("Hindi")),
]


class Alarm(models.Model):
    """Something that is wrong, from when it was first seen until it ended by itself."""

    kind = models.CharField(_("what"), max_length=20, choices=Kind)
    # A row's kind and id, such as sender:3; never a name.
    subject = models.CharField(max_length=40, blank=True)
    clinic = models.ForeignKey(Clinic, models.CASCADE, null=True, related_name="alarms")
    severity = models.CharField(_("how grave"), max_length=8, choices=Severity)
    stage = models.PositiveSmallIntegerField(default=0)
    # What its sentence is filled with, in the clinic's own words: sentences are translated late.
    facts = models.JSONField(default=dict)
    opened_at = models.DateTimeField(_("since"))
    last_seen_at = models.DateTimeField(_("last seen"))
    closed_at = models.DateTimeField(_("over since"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("seen by a person"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        StaffUser,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("taken note of by"),
    )
    # Who it was, where a link in a mail was used and nobody had signed in.
    acknowledged_as = models.CharField(_("what was said about it"), max_length=80, blank=True)
    times_told = models.PositiveIntegerField(_("told"), default=0)
    last_told_at = models.DateTimeField(_("last told"), null=True, blank=True)

    class Meta:
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=Q(closed_at=None),
                name="alarm_open_once_per_subject",
            ),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="alarm_kind_known"),
        ]
        # The list, open ones first.
        indexes = [models.Index(fields=["-opened_at", "-id"], name="alarm_recent")]

    def __str__(self) -> str:
        return f"alarm #{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class Watcher(models.Model):
    """Somebody who is told: a member of staff, a person with a mail address, or a web address."""

    clinic = models.ForeignKey(
        Clinic, models.CASCADE, related_name="watchers", verbose_name=_("clinic")
    )
    name = models.CharField(_("name"), max_length=80)
    user = models.ForeignKey(
        StaffUser,
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("staff member"),
        help_text=_("Told at the mail address of their account."),
    )
    email = models.EmailField(
        _("mail address"), blank=True, help_text=_("For people who have no account here.")
    )
    # As they were typed, until `healthmsg.desk.alarms.rooms` has sealed them.
    address = models.URLField(_("web address"), blank=True)
    secret = models.CharField(_("secret for the web address"), max_length=200, blank=True)
    # Both of them.
    sealed_room = models.BinaryField(_("web address and secret, sealed"), null=True)
    language = models.CharField(
        _("language"), max_length=8, choices=_LANGUAGES, default=settings.LANGUAGE_CODE
    )
    is_active = models.BooleanField(_("is told"), default=True)
    only_severe = models.BooleanField(_("only what is severe"), default=False)
    kinds = ArrayField(
        models.CharField(max_length=20, choices=Kind),
        verbose_name=_("only of these"),
        default=list,
        blank=True,
        help_text=_("None chosen: all."),
    )
    day_begins = models.TimeField(
        _("in the day from"),
        default=time(7),
        help_text=_("By the clinic's clocks. At night only what is severe is told."),
    )
    day_ends = models.TimeField(_("until"), default=time(22))
    sleeps_at_night = models.BooleanField(
        _("never at night"), default=False, help_text=_("Not even what is severe.")
    )
    morning_at = models.TimeField(
        _("morning mail at"),
        null=True,
        blank=True,
        default=time(7, 30),
        help_text=_("Tomorrow's visits in numbers, by the clinic's clocks. Empty: none."),
    )
    created_at = models.DateTimeField(_("written down"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("person who is told")
        verbose_name_plural = _("people who are told")
        constraints = [
            models.UniqueConstraint(fields=["clinic", "name"], name="watcher_once_per_clinic"),
            models.CheckConstraint(
                condition=Q(user__isnull=False)
                | ~Q(email="")
                | ~Q(address="")
                | Q(sealed_room__isnull=False),
                name="watcher_can_be_told",
                violation_error_message=_("Choose a staff member, a mail or a web address."),
            ),
            models.CheckConstraint(
                condition=Q(day_begins__lt=models.F("day_ends")),
                name="watcher_day_forward",
                violation_error_message=_("The day must end later than it begins."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        # The form leaves the constraint out, for it does not show the sealed address.
        if not (self.user or self.email or self.has_room):
            raise ValidationError(gettext("Choose a staff member, a mail or a web address."))
        if self.user and not self.user.email and not self.email and not self.address:
            raise ValidationError({"user": gettext("This account has no mail address.")})

    def room(self) -> tuple[str, str]:
        """
        Return the web address, "" for none, and the secret that goes with it.

        :raises WrongKeys: they lie under a key that AUDIT_KEYS does not name
        """
        if self.address or self.sealed_room is None:
            return self.address, self.secret
        opened = strongbox.unseal(bytes(self.sealed_room), of=self.whose_room())
        address, secret = json.loads(opened)
        return address, secret

    @property
    def has_room(self) -> bool:
        return bool(self.address) or self.sealed_room is not None

    def whose_room(self) -> str:
        """Return whose a sealed address is, as the strongbox wants to know it."""
        return f"room of watcher {self.pk}"

    @property
    def mail_address(self) -> str:
        return self.email or (self.user.email if self.user and self.user.is_active else "")


class Telling(models.Model):
    """One person being told of one alarm, again and again, until it is acknowledged or over."""

    alarm = models.ForeignKey(Alarm, models.CASCADE, related_name="tellings")
    watcher = models.ForeignKey(Watcher, models.CASCADE, related_name="tellings")
    # NULL: nothing more to tell for now. Moved ahead before each try, so that a crash repeats
    # nothing at once and loses nothing.
    next_at = models.DateTimeField(null=True, blank=True)
    says_over = models.BooleanField(default=False)
    times = models.PositiveIntegerField(_("told"), default=0)
    tries = models.PositiveSmallIntegerField(_("tries since"), default=0)
    last_at = models.DateTimeField(_("last told"), null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("telling")
        verbose_name_plural = _("tellings")
        constraints = [
            models.UniqueConstraint(fields=["alarm", "watcher"], name="telling_once_per_person")
        ]
        indexes = [
            # What is to be told now.
            models.Index(fields=["next_at"], name="telling_due", condition=Q(next_at__isnull=False))
        ]

    def __str__(self) -> str:
        return f"telling #{self.pk}"


class MorningMail(models.Model):
    """Tomorrow's visits in numbers, for one person, on one morning."""

    watcher = models.ForeignKey(Watcher, models.CASCADE, related_name="morning_mails")
    day = models.DateField(_("morning of"))
    next_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("morning mail")
        verbose_name_plural = _("morning mails")
        constraints = [
            models.UniqueConstraint(fields=["watcher", "day"], name="morning_mail_once_a_day")
        ]

    def __str__(self) -> str:
        return f"morning mail #{self.pk}"


class Silence(models.Model):
    """A time in which the system was off; campaigns wait until somebody has looked at it."""

    began_at = models.DateTimeField(_("silent since"))
    ended_at = models.DateTimeField(_("back since"))
    # Answers received meanwhile were taken up, or reminders went on without them.
    taps_done_at = models.DateTimeField(null=True, blank=True)
    taps_in_time = models.BooleanField(default=True)
    looked_at = models.DateTimeField(_("looked at"), null=True, blank=True)
    looked_by = models.ForeignKey(
        StaffUser,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("looked at by"),
    )

    class Meta:
        verbose_name = _("silence")
        verbose_name_plural = _("silences")
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=Q(looked_at=None), name="silence_one_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"silence #{self.pk}"


class ReceiverGap(models.Model):
    """A moment from which on the receiver stood again, after it had not."""

    since = models.DateTimeField(_("stood again"), unique=True)

    class Meta:
        verbose_name = _("gap of the receiver")
        verbose_name_plural = _("gaps of the receiver")

    def __str__(self) -> str:
        return f"gap #{self.pk}"
