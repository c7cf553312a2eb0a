"""A clinic's own words for what we say by ourselves; every version is kept."""

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Clinic
from healthmsg.clinic.models.kept import not_emptied


class ClinicWords(models.Model):
    """
    One version of one automatic text in one language: the newest counts.

    Empty words are the shipped ones again. What was sent keeps its own text, and its buttons name
    no words: an older version is answered as before.
    """

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, db_index=False, related_name="own_words", verbose_name=_("clinic")
    )
    # The root alone: es, pt.
    language = models.CharField(_("language"), max_length=8)
    key = models.CharField(_("which text"), max_length=40)
    number = models.PositiveIntegerField(_("version"))
    text = models.TextField(_("words"), blank=True)
    is_checked = models.BooleanField(_("read by a native speaker"), default=False)
    changed_by = models.ForeignKey(
        "clinic.StaffUser", models.PROTECT, null=True, blank=True, verbose_name=_("changed by")
    )
    changed_at = models.DateTimeField(_("changed"))

    class Meta:
        verbose_name = _("automatic text")
        verbose_name_plural = _("automatic texts")
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "language", "key", "number"], name="words_once_per_version"
            )
        ]
        triggers = [
            pgtrigger.Protect(name="words_are_kept", operation=pgtrigger.Update | pgtrigger.Delete),
            not_emptied("words"),
        ]

    def __str__(self) -> str:
        return f"{self.key} ({self.language}), {self.number}"
