"""What came back: raw notices as they arrived, replies of patients, open conversations."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce, Now, NullIf
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Clinic, Phone
from whatsapp import sealed_notices
from whatsapp.models.message import Message
from whatsapp.models.numbers import Sender


class Delivery(models.Model):
    """One signed body from Meta, on disk before it is answered 200; the evidence of receipts."""

    received_at = models.DateTimeField(_("arrived"), db_default=Now())
    # What `body` returns: raw bytes, bound to the row's own id.
    sealed = models.BinaryField(null=True)
    # The same in clear: kept by the release before, or while SEAL_MESSAGES is off. A NUL or broken
    # UTF-8 in text or jsonb would kill a shared COPY.
    clear_body = models.BinaryField(db_column="body")
    # Whom it names: see `sealed_notices`. NULL in what the release before kept.
    named = ArrayField(models.BigIntegerField(), null=True)
    tries = models.PositiveSmallIntegerField(_("tries"), db_default=0, default=0)
    digest_after = models.DateTimeField(null=True, db_default=Now())
    problem = models.CharField(_("what was not understood"), max_length=200, db_default="")

    class Meta:
        verbose_name = _("notice from WhatsApp, as it came")
        verbose_name_plural = _("notices from WhatsApp, as they came")
        indexes = [
            models.Index(
                fields=["digest_after", "id"],
                name="delivery_undigested",
                condition=Q(digest_after__isnull=False),
            ),
            models.Index(fields=["id"], name="delivery_with_problem", condition=~Q(problem="")),
            # What is still to be sealed, and is looked through for a name meanwhile.
            models.Index(fields=["id"], name="delivery_in_clear", condition=Q(clear_body__gt=b"")),
            # Those of one patient. Only what is read: a notice is written three times, and two of
            # them would be entered for nothing.
            GinIndex(
                fields=["named"], name="delivery_names", condition=Q(digest_after__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"notice #{self.pk}"

    @property
    def body(self) -> bytes | None:
        """What WhatsApp said, byte for byte; None where a key is missing."""
        return sealed_notices.opened(self.clear_body, self.sealed, notice=self.pk)


class LineBeat(models.Model):
    """
    When the receiver of Meta's notices last stood ready, and the last moment it did not.

    Silence about a message counts as an answer only while this row says the line is talking.
    """

    name = models.CharField(max_length=20, primary_key=True)
    since = models.DateTimeField(_("without a gap since"))
    seen_at = models.DateTimeField(_("last seen"))

    class Meta:
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")

    def __str__(self) -> str:
        return self.name


class Conversation(models.Model):
    """One phone talking with one of our numbers: opens the 24-hour window."""

    sender = models.ForeignKey(Sender, models.CASCADE, related_name="conversations")
    phone = models.ForeignKey(Phone, models.CASCADE, related_name="conversations")
    last_inbound_at = models.DateTimeField(_("last wrote to us"))
    last_acknowledged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        constraints = [
            models.UniqueConstraint(fields=["sender", "phone"], name="conversation_once_per_phone")
        ]

    def __str__(self) -> str:
        return f"conversation #{self.pk}"


class ReplyOutcome(models.TextChoices):
    NEW = "", _("not looked at yet")
    CONFIRMED = "CONFIRMED", _("confirmed")
    WANTS_ANOTHER_TIME = "WANTS_ANOTHER_TIME", _("wants another time")
    OFFERED = "OFFERED", _("was offered other times")
    BOOKED = "BOOKED", _("booked a visit")
    MOVED = "MOVED", _("chose another time")
    SLOT_GONE = "SLOT_GONE", _("chose a time that was gone")
    KEEPS_TIME = "KEEPS_TIME", _("keeps the time")
    WANTS_EARLIER = "WANTS_EARLIER", _("would come earlier")
    CANCELLED = "CANCELLED", _("cancelled")
    WANTS_TO_CANCEL = "WANTS_TO_CANCEL", _("wants to cancel")
    ASKED_WHICH = "ASKED_WHICH", _("was asked which one is meant")
    UNDONE = "UNDONE", _("took the cancellation back")
    STOPPED = "STOPPED", _("asked us to stop")
    STOPPED_FOR_ONE = "STOPPED_FOR_ONE", _("asked us to stop for one patient only")
    KEPT = "KEPT", _("keeps appointment messages")
    PERMITTED = "PERMITTED", _("allowed messages by a code of the desk")
    CODE_REFUSED = "CODE_REFUSED", _("sent a code that does not count")
    INTERESTED = "INTERESTED", _("wants an appointment")
    ALREADY_DONE = "ALREADY_DONE", _("already done")
    NOT_THIS = "NOT_THIS", _("does not want this")
    OUT_OF_DATE = "OUT_OF_DATE", _("answered something that has changed since")
    OFFERED_MENU = "OFFERED_MENU", _("was offered the menu")
    TOLD = "TOLD", _("was told what they asked for")
    SEEN = "SEEN", _("has seen it")
    WANTS_REPEAT = "WANTS_REPEAT", _("wants a repeat prescription")
    WRONG_PERSON = "WRONG_PERSON", _("says the number is somebody else's")
    FOR_A_PERSON = "FOR_A_PERSON", _("for a person to read")
    FOREIGN = "FOREIGN", _("did not belong to this number")


class Reply(models.Model):
    """Something a patient wrote or tapped; stored once, handled once."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="replies")
    sender = models.ForeignKey(Sender, models.PROTECT, db_index=False)
    phone = models.ForeignKey(Phone, models.PROTECT, null=True, blank=True, related_name="replies")
    wamid = models.CharField(max_length=255, unique=True)
    from_number = models.CharField(_("from"), max_length=20, blank=True)
    from_user_id = models.CharField(max_length=140, blank=True)
    from_parent_user_id = models.CharField(max_length=140, blank=True, default="", db_default="")
    kind = models.CharField(_("kind"), max_length=20)
    text = models.TextField(_("words"), blank=True)
    button = models.CharField(max_length=256, blank=True)
    context_wamid = models.CharField(max_length=255, blank=True)
    answers = models.ForeignKey(
        Message, models.SET_NULL, null=True, blank=True, db_index=False, related_name="replies"
    )
    content = models.JSONField(default=dict, blank=True)
    written_at = models.DateTimeField(_("written"))
    stored_at = models.DateTimeField(db_default=Now())
    handled_at = models.DateTimeField(null=True, blank=True)
    # Tries to handle it that broke off; after a few a person gets it.
    failures = models.PositiveSmallIntegerField(default=0, db_default=0)
    outcome = models.CharField(
        _("understood as"), max_length=20, choices=ReplyOutcome, blank=True, default=""
    )
    # Set while somebody at the clinic still has to read it.
    needs_person_at = models.DateTimeField(_("waits for a person since"), null=True, blank=True)
    read_by = models.ForeignKey(
        "clinic.StaffUser", models.SET_NULL, null=True, blank=True, verbose_name=_("read by")
    )
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    # Where people work on it; NULL for what they never have to see.
    thread = models.ForeignKey(
        "whatsapp.Thread",
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="replies",
    )
    # What it said went by a rule or on request.
    words_removed_at = models.DateTimeField(_("words removed"), null=True, blank=True)
    # One of very many within a minute: handled after everybody else's.
    is_flood = models.BooleanField(default=False, db_default=False)

    class Meta:
        verbose_name = _("message from a patient")
        verbose_name_plural = _("messages from patients")
        indexes = [
            models.Index(
                fields=["stored_at"], name="reply_unhandled", condition=Q(handled_at=None)
            ),
            # What is looked through each second, and what comes after it.
            models.Index(
                fields=["is_flood", "written_at", "id"],
                name="reply_in_turn",
                condition=Q(handled_at=None),
            ),
            # How much somebody has written within a minute.
            models.Index(
                models.F("sender"),
                Coalesce(NullIf("from_number", Value("")), "from_user_id"),
                models.F("stored_at"),
                name="reply_of_writer",
            ),
            models.Index(
                fields=["thread", "-written_at", "-id"],
                name="reply_of_thread",
                condition=Q(thread__isnull=False),
            ),
            # The sweeper of what waits for a person and stands in no conversation.
            models.Index(
                fields=["id"],
                name="reply_without_thread",
                condition=Q(needs_person_at__isnull=False, thread=None),
            ),
            models.Index(
                fields=["clinic", "needs_person_at"],
                name="reply_for_a_person",
                condition=Q(needs_person_at__isnull=False),
            ),
            models.Index(fields=["clinic", "written_at"], name="reply_recent"),
        ]

    def __str__(self) -> str:
        return f"message from a patient #{self.pk}"


class Notice(models.Model):
    """Something WhatsApp told us about an account, number or template, or that we do not know."""

    received_at = models.DateTimeField(_("arrived"), db_index=True)
    waba_id = models.CharField(_("account id"), max_length=20, blank=True)
    field = models.CharField(_("about"), max_length=60)
    content = models.JSONField(default=dict)
    is_understood = models.BooleanField(_("understood"))
    # Meta repeats itself; the same change with the same time is one notice.
    fingerprint = models.CharField(max_length=64, unique=True)

    class Meta:
        verbose_name = _("notice from WhatsApp")
        verbose_name_plural = _("notices from WhatsApp")

    def __str__(self) -> str:
        return f"notice #{self.pk}"
