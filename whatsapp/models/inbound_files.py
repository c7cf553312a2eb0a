"""Files that patients sent: fetched from WhatsApp, looked at, and kept where nobody else reads."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from whatsapp import loose
from whatsapp.models.inbound import Reply

LONGEST_NAME = 240


class FileState(models.TextChoices):
    WAITS = "WAITS", _("is being fetched from WhatsApp")
    KEPT = "KEPT", _("here")
    TOO_LARGE = "TOO_LARGE", _("larger than we take")
    WRONG_KIND = "WRONG_KIND", _("not of the kind it was said to be; not kept")
    GONE = "GONE", _("WhatsApp does not have it anymore")
    DELETED = "DELETED", _("deleted after its time")


class InboundFile(models.Model):
    """One picture, recording, film or document of a patient. The row is the queue entry."""

    reply = models.OneToOneField(Reply, models.CASCADE, related_name="file")
    media_id = models.CharField(max_length=40)
    # What the file is called on our disk: its own name may be anything.
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    said_type = models.CharField(_("said to be"), max_length=100, blank=True)
    # Empty where the reply is sealed: see `called`.
    said_name = models.CharField(_("called"), max_length=LONGEST_NAME, blank=True)
    # Found in its first bytes.
    mime_type = models.CharField(_("kind"), max_length=100, blank=True)
    size = models.PositiveBigIntegerField(_("bytes"), null=True, blank=True)
    # False for what an earlier release wrote. True stays: then nothing in clear is taken for it.
    is_sealed = models.BooleanField(default=False, db_default=False)
    # False where it would have to be unpacked first, or is larger than a browser can show.
    is_shown = models.BooleanField(default=False, db_default=False)
    state = models.CharField(_("state"), max_length=10, choices=FileState, default=FileState.WAITS)
    # NULL unless it waits. Moved ahead before each try: a process that dies in one loses nothing.
    # By the database's real clock, whatever the business clock shows.
    fetch_after = models.DateTimeField(null=True, blank=True, default=Now())
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    fetched_at = models.DateTimeField(_("fetched"), null=True, blank=True)

    class Meta:
        verbose_name = _("file of a patient")
        verbose_name_plural = _("files of patients")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=FileState.values), name="inbound_file_state_known"
            ),
            models.CheckConstraint(
                condition=Q(fetch_after=None) | Q(state=FileState.WAITS),
                name="inbound_file_only_waiting_is_fetched",
            ),
        ]
        indexes = [
            models.Index(
                fields=["fetch_after"],
                name="inbound_file_due",
                condition=Q(fetch_after__isnull=False),
            ),
            # The sweeper of what was kept long enough.
            models.Index(
                fields=["fetched_at"],
                name="inbound_file_kept",
                condition=Q(state=FileState.KEPT),
            ),
            # What is still to be sealed: soon none.
            models.Index(
                fields=["id"],
                name="inbound_file_in_clear",
                condition=Q(state=FileState.KEPT, is_sealed=False),
            ),
        ]

    def __str__(self) -> str:
        return f"file of a patient #{self.pk}"

    @property
    def called(self) -> str:
        """What the patient's phone called it; "" where it said nothing, or it is removed."""
        if self.said_name or self.reply.sealed is None:
            return self.said_name
        told = loose.mapping(self.reply.content.get(self.reply.kind))
        return loose.text(told.get("filename"), LONGEST_NAME)
