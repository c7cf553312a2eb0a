"""One message to one phone is one row, and the row is the queue entry."""

import json
import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Appointment, Clinic, Contact, Patient, Phone, Purpose
from healthmsg.clinic.strongbox import WrongKeys
from whatsapp import sealed_words
from whatsapp.models.numbers import Sender
from whatsapp.models.templates import TemplateVersion
from whatsapp.status import Reason, Status


class Stream(models.Model):
    """What can be held, capped and given turns: a campaign's run owns one."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="streams")
    name = models.CharField(_("name"), max_length=80)
    # Its rows are claimed before those of other streams of the broadcast lane.
    goes_first = models.BooleanField(_("goes first"), default=False, db_default=False)
    # Its rows of the reminder lane leave from six in the morning on: see `serving.open_lanes`.
    opens_early = models.BooleanField(default=False, db_default=False)
    held_at = models.DateTimeField(_("stopped since"), null=True, blank=True)
    held_reason = models.CharField(_("stopped because"), max_length=200, blank=True)
    # Kept as deltas by settle and digest: counting rows at a million takes a second.
    counts = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("stream of messages")
        verbose_name_plural = _("streams of messages")
        indexes = [
            # Asked at each claim between six and the clinic's own hour.
            models.Index(
                fields=["clinic"], name="stream_opens_early", condition=Q(opens_early=True)
            )
        ]

    def __str__(self) -> str:
        return f"stream #{self.pk}"


class Message(models.Model):
    """
    One WhatsApp message to one phone. The row is the queue entry.

    `send_after` is NULL unless the row waits to be sent. No index and no index predicate mentions
    `status` or a receipt's column, so that receipts stay heap-only updates (measured on a million
    rows: 57,000 receipts a second against 17,000 with such an index).
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, db_index=False)
    # NULL only where the clinic has no number to send from; the row says so.
    sender = models.ForeignKey(
        Sender, models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )
    phone = models.ForeignKey(Phone, models.PROTECT, related_name="messages")
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+"
    )
    patient = models.ForeignKey(
        Patient, models.PROTECT, null=True, blank=True, related_name="messages"
    )
    appointment = models.ForeignKey(
        Appointment, models.PROTECT, null=True, blank=True, related_name="messages"
    )
    appointment_version = models.PositiveIntegerField(null=True, blank=True)
    # As it was when this was written: a message about a booked visit is withheld once it is
    # cancelled or over, one that tells of the cancellation is not.
    appointment_status = models.CharField(max_length=20, blank=True, default="", db_default="")
    # True where AlsoAbout rows name more patients; spares the claim a look for all others.
    is_shared = models.BooleanField(default=False, db_default=False)
    stream = models.ForeignKey(Stream, models.PROTECT, null=True, blank=True, db_index=False)
    lane = models.PositiveSmallIntegerField(default=1)
    purpose = models.CharField(_("for"), max_length=12, choices=Purpose)
    dedupe_key = models.CharField(max_length=120)
    callback = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    language = models.CharField(_("language"), max_length=12, blank=True)
    template_version = models.ForeignKey(
        TemplateVersion, models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )
    # What `body` and `payload` return; NULL where nothing was said, or its words are removed.
    sealed = models.BinaryField(null=True)
    # The same in clear: written by the release before, or while SEAL_MESSAGES is off.
    clear_payload = models.JSONField(
        _("what is posted, without number"), default=dict, db_column="payload"
    )
    clear_body = models.TextField(_("words"), blank=True, db_column="body")

    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.QUEUED)
    reason = models.CharField(_("because"), max_length=24, choices=Reason, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0, db_default=0)
    failures = models.PositiveSmallIntegerField(default=0, db_default=0)
    send_after = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(_("useful until"))
    # By the database's real clock, whatever the business clock shows.
    leased_until = models.DateTimeField(null=True, blank=True)
    wamid = models.CharField(max_length=255, blank=True, default="", db_default="")
    error_code = models.IntegerField(_("WhatsApp's code"), null=True, blank=True)
    error_title = models.CharField(max_length=200, blank=True, default="", db_default="")

    # What receipts say WhatsApp takes money for, such as marketing; "" where it is free, or nothing
    # was said. It falls due once the message is delivered.
    charged_as = models.CharField(max_length=40, blank=True, default="", db_default="")

    created_at = models.DateTimeField(_("written"))
    accepted_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    # When it was decided not to send it; of what the release before decided nobody knows.
    withheld_at = models.DateTimeField(null=True, blank=True)
    # Its words went by a rule or on request; that it was written stays.
    words_removed_at = models.DateTimeField(_("words removed"), null=True, blank=True)
    # A receipt came for an older attempt although a later one was accepted too.
    doubled_at = models.DateTimeField(null=True, blank=True)

    # What holds its words, in clear or sealed; what rows have that still hold some; and how they
    # are removed.
    WORDS: ClassVar = ("clear_body", "clear_payload", "sealed")
    HAS_WORDS: ClassVar = Q(clear_body__gt="") | Q(sealed__isnull=False)
    NO_WORDS: ClassVar[dict[str, Any]] = {"clear_body": "", "clear_payload": {}, "sealed": None}

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            # Not a field's `unique`: that brings a second index, for LIKE.
            models.UniqueConstraint(fields=["dedupe_key"], name="message_once"),
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="message_status_known"
            ),
            # Permission is a patient's: without one only an answer may be written, or a notice to
            # staff, which is about none.
            models.CheckConstraint(
                condition=Q(purpose=Purpose.REPLY)
                | Q(purpose=Purpose.TEAM, patient=None, appointment=None)
                | (~Q(purpose=Purpose.TEAM) & Q(patient__isnull=False)),
                name="message_asks_somebodys_permission",
            ),
            models.CheckConstraint(condition=Q(lane__in=[0, 1, 2]), name="message_lane_known"),
            models.CheckConstraint(
                condition=Q(send_after=None) | Q(status=Status.QUEUED),
                name="message_only_queued_waits",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.WITHHELD) | ~Q(reason=""),
                name="message_withheld_says_why",
            ),
            models.CheckConstraint(
                condition=Q(appointment=None) | Q(appointment_version__isnull=False),
                name="message_names_the_version",
            ),
        ]
        indexes = [
            # The claim, one query per lane.
            models.Index(
                fields=["sender", "lane", "send_after", "id"],
                name="message_due",
                condition=Q(send_after__isnull=False),
            ),
            # Turns among streams.
            models.Index(
                fields=["stream", "send_after"],
                name="message_due_of_stream",
                condition=Q(send_after__isnull=False, stream__isnull=False),
            ),
            models.Index(
                fields=["sender", "stream", "send_after", "id"],
                name="message_due_in_turn",
                condition=Q(send_after__isnull=False, lane=2),
            ),
            # The sweeper of what waited too long, held rows included.
            models.Index(
                fields=["expires_at"],
                name="message_expiring",
                condition=Q(send_after__isnull=False),
            ),
            # The sweeper of leases that ran out, and of calls that may have worked.
            models.Index(
                fields=["leased_until"],
                name="message_leased",
                condition=Q(leased_until__isnull=False),
            ),
            models.Index(fields=["wamid"], name="message_by_wamid", condition=~Q(wamid="")),
            models.Index(fields=["created_at", "id"], name="message_recent"),
            # "Did receipts of later attempts come?" Set once by settle, so receipts stay heap-only.
            models.Index(
                fields=["sender", "accepted_at"],
                name="message_accepted",
                condition=Q(accepted_at__isnull=False),
            ),
            models.Index(
                fields=["failed_at"], name="message_failed", condition=Q(failed_at__isnull=False)
            ),
            # What is still to be sealed: each minute it is asked whether there is any.
            models.Index(fields=["id"], name="message_in_clear", condition=Q(clear_body__gt="")),
        ]

    def __str__(self) -> str:
        return f"message #{self.pk}"

    @property
    def body(self) -> str:
        """Its words, or that they cannot be read; "" where it has none."""
        if self.sealed is None:
            return self.clear_body
        try:
            return sealed_words.unseal(bytes(self.sealed), callback=self.callback).body
        except WrongKeys:
            return gettext("(its words cannot be read: a key is missing)")

    @property
    def payload(self) -> dict[str, Any]:
        """What is posted, without number; empty where it has none, or it cannot be read."""
        if self.sealed is None:
            return dict(self.clear_payload)
        try:
            opened = sealed_words.unseal(bytes(self.sealed), callback=self.callback)
        except WrongKeys:
            return {}
        return dict(json.loads(opened.payload))


class AlsoAbout(models.Model):
    """A further patient, and visit, that a shared message speaks of."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="also_about")
    patient = models.ForeignKey(Patient, models.PROTECT)
    appointment = models.ForeignKey(
        Appointment, models.PROTECT, null=True, blank=True, related_name="also_in"
    )
    appointment_version = models.PositiveIntegerField(null=True, blank=True)
    appointment_status = models.CharField(max_length=20, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("further visit of a message")
        verbose_name_plural = _("further visits of a message")
        constraints = [
            models.UniqueConstraint(
                fields=["message", "patient", "appointment"],
                name="also_about_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"further visit #{self.pk}"


class Attempt(models.Model):
    """A try to send that WhatsApp did not accept."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField(_("try"))
    ended_at = models.DateTimeField(_("when"))
    # Not later than the call itself, by the database's real clock: what the line's silence since
    # then is measured from.
    began_at = models.DateTimeField(db_default=Now())
    outcome = models.CharField(_("what happened"), max_length=20)
    error_code = models.IntegerField(_("WhatsApp's code"), null=True, blank=True)
    error_title = models.CharField(max_length=200, blank=True)
    fbtrace_id = models.CharField(_("WhatsApp's trace"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("try")
        verbose_name_plural = _("tries")

    def __str__(self) -> str:
        return f"try {self.number} of message #{self.message_id}"
