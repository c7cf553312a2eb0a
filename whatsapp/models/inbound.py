"""What came back: replies of patients, open conversations."""

import json
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce, Now, NullIf
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Clinic, Phone
from healthmsg.clinic.strongbox import WrongKeys
from whatsapp import sealed_replies
from whatsapp.models.message import Message
from whatsapp.models.numbers import Sender
from whatsapp.sealed_replies import Said


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
    # What `text` and `content` return; NULL where nothing was said, or it is removed.
    sealed = models.BinaryField(null=True)
    # The same in clear: written by the release before, or while SEAL_MESSAGES is off.
    clear_text = models.TextField(_("words"), blank=True, db_column="text")
    clear_content = models.JSONField(default=dict, blank=True, db_column="content")
    # Ours, signed: it says no more than `outcome`.
    button = models.CharField(max_length=256, blank=True)
    context_wamid = models.CharField(max_length=255, blank=True)
    answers = models.ForeignKey(
        Message, models.SET_NULL, null=True, blank=True, db_index=False, related_name="replies"
    )
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

    # What holds words, in clear or sealed, beside what it is bound to; and how they are removed.
    WORDS: ClassVar = ("wamid", "sealed", "clear_text", "clear_content")
    NO_WORDS: ClassVar[dict[str, Any]] = {
        "sealed": None,
        "clear_text": "",
        "button": "",
        "clear_content": {},
    }

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
            # What is still to be sealed: each minute it is asked whether there is any.
            models.Index(
                fields=["id"],
                name="reply_in_clear",
                condition=Q(clear_text__gt="") | ~Q(clear_content={}),
            ),
        ]

    def __str__(self) -> str:
        return f"message from a patient #{self.pk}"

    @property
    def is_readable(self) -> bool:
        """False where a key is missing: nobody knows yet what was said."""
        return self._said() is not None

    @property
    def text(self) -> str:
        """Its words, or that they cannot be read; "" where it has none."""
        said = self._said()
        return (
            gettext("(its words cannot be read: a key is missing)") if said is None else said.text
        )

    @property
    def content(self) -> dict[str, Any]:
        """What stands in no field of its own; empty where nothing does, or it cannot be read."""
        said = self._said()
        if said is None or self.sealed is None:
            return {} if said is None else dict(self.clear_content)
        return dict(json.loads(said.content))

    def _said(self) -> Said | None:
        """Open it once: whoever understands it looks at its words a dozen times."""
        if self.sealed is None:
            return Said(self.clear_text, "")
        known = self.__dict__.get("_known")
        if known is None or known[0] is not self.sealed:
            known = self.__dict__["_known"] = (self.sealed, self._opened(bytes(self.sealed)))
        return known[1]

    def _opened(self, sealed: bytes) -> Said | None:
        try:
            return sealed_replies.unseal(sealed, wamid=self.wamid)
        except WrongKeys:
            return None
