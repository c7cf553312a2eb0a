"""What WhatsApp tells us: raw notices as they arrived, news of accounts, and signs of life."""

import json
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.strongbox import WrongKeys
from whatsapp import sealed_notices


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


class Notice(models.Model):
    """Something WhatsApp told us about an account, number or template, or that we do not know."""

    received_at = models.DateTimeField(_("arrived"), db_index=True)
    waba_id = models.CharField(_("account id"), max_length=20, blank=True)
    field = models.CharField(_("about"), max_length=60)
    # What `content` returns: of a patient's message that nobody understood it is their words.
    sealed = models.BinaryField(null=True)
    # The same in clear: written by the release before, or while SEAL_MESSAGES is off.
    clear_content = models.JSONField(default=dict, db_column="content")
    is_understood = models.BooleanField(_("understood"))
    # Meta repeats itself; the same change with the same time is one notice.
    fingerprint = models.CharField(max_length=64, unique=True)

    class Meta:
        verbose_name = _("notice from WhatsApp")
        verbose_name_plural = _("notices from WhatsApp")
        indexes = [
            # What is still to be sealed.
            models.Index(fields=["id"], name="notice_in_clear", condition=~Q(clear_content={})),
        ]

    def __str__(self) -> str:
        return f"notice #{self.pk}"

    @property
    def content(self) -> dict[str, Any] | None:
        """What WhatsApp told; None where a key is missing."""
        if self.sealed is None:
            return dict(self.clear_content)
        try:
            told = sealed_notices.unseal_news(bytes(self.sealed), fingerprint=self.fingerprint)
        except WrongKeys:
            return None
        return dict(json.loads(told))
