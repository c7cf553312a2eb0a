"""The inbox: what patients wrote, as people at the clinic work through it and answer."""

from datetime import datetime
from enum import StrEnum

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Clinic, Phone, Site, StaffUser
from whatsapp.models.message import Message
from whatsapp.models.numbers import Sender


class ThreadState(StrEnum):
    NEW = "NEW"
    TAKEN = "TAKEN"
    DONE = "DONE"


class Thread(models.Model):
    """
    Everything one person has written to one of our numbers; it opens anew with each message.

    Open while `opened_at` is set: new until somebody takes it, then theirs until it is done.
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, db_index=False, related_name="threads")
    sender = models.ForeignKey(Sender, models.PROTECT, db_index=False, related_name="+")
    # NULL where WhatsApp hides the number: it can be read and not answered.
    phone = models.ForeignKey(
        Phone, models.PROTECT, null=True, blank=True, db_index=False, related_name="threads"
    )
    hidden_as = models.CharField(max_length=140, blank=True, default="", db_default="")
    # Of the next visit of whoever is reached on this number, else of the last one.
    site = models.ForeignKey(
        Site,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        verbose_name=_("site"),
        related_name="+",
    )
    last_written_at = models.DateTimeField(_("last wrote"))
    opened_at = models.DateTimeField(_("open since"), null=True, blank=True)
    # The first message that nobody has answered.
    waits_since = models.DateTimeField(_("waits since"), null=True, blank=True)
    urgent_since = models.DateTimeField(_("needs haste since"), null=True, blank=True)
    urgent_until = models.DateTimeField(_("to be answered until"), null=True, blank=True)
    # The words of our own list that were found, not the patient's.
    urgent_because = models.CharField(
        _("because of"), max_length=80, blank=True, default="", db_default=""
    )
    # Somebody has taken it since: there is no alarm anymore.
    urgent_seen_at = models.DateTimeField(null=True, blank=True)
    taken_by = models.ForeignKey(
        StaffUser,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        verbose_name=_("taken by"),
        related_name="+",
    )
    taken_at = models.DateTimeField(_("taken"), null=True, blank=True)
    done_by = models.ForeignKey(
        StaffUser,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        verbose_name=_("done by"),
        related_name="+",
    )
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    class Meta:
        verbose_name = _("conversation with a patient")
        verbose_name_plural = _("conversations with patients")
        constraints = [
            models.UniqueConstraint(
                fields=["sender", "phone"],
                condition=Q(phone__isnull=False),
                name="thread_once_per_phone",
            ),
            models.UniqueConstraint(
                fields=["sender", "hidden_as"],
                condition=Q(phone=None),
                name="thread_once_per_hidden_number",
            ),
            models.CheckConstraint(
                condition=Q(taken_by=None) | Q(taken_at__isnull=False),
                name="thread_taken_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(opened_at__isnull=False)
                | Q(waits_since=None, urgent_since=None, taken_by=None),
                name="thread_done_waits_for_nobody",
            ),
        ]
        indexes = [
            # The list: what needs haste first (NULLs stand last), then who has waited longest.
            models.Index(
                fields=["clinic", "urgent_since", "waits_since", "id"],
                name="thread_open",
                condition=Q(opened_at__isnull=False),
            ),
            models.Index(
                fields=["clinic", "urgent_since", "waits_since", "id"],
                name="thread_untaken",
                condition=Q(opened_at__isnull=False, taken_by=None),
            ),
            models.Index(
                fields=["taken_by", "urgent_since", "waits_since", "id"],
                name="thread_of_somebody",
                condition=Q(taken_by__isnull=False),
            ),
            models.Index(
                fields=["clinic", "-done_at", "-id"],
                name="thread_done",
                condition=Q(opened_at=None),
            ),
            # The watch for what needs haste.
            models.Index(
                fields=["urgent_since"],
                name="thread_unseen_haste",
                condition=Q(urgent_since__isnull=False, urgent_seen_at=None),
            ),
            # Searching a patient, and a patient's page.
            models.Index(
                fields=["phone"], name="thread_of_phone", condition=Q(phone__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"conversation with a patient #{self.pk}"

    @property
    def state(self) -> ThreadState:
        if self.opened_at is None:
            return ThreadState.DONE
        return ThreadState.NEW if self.taken_by_id is None else ThreadState.TAKEN

    @property
    def is_urgent(self) -> bool:
        return self.urgent_since is not None

    def is_overdue(self, now: datetime) -> bool:
        """True where nobody has looked at something urgent within the clinic's own time."""
        until = self.urgent_until
        return until is not None and self.urgent_seen_at is None and until <= now


class LineKind(models.TextChoices):
    NOTE = "NOTE", _("note")
    TAKEN = "TAKEN", _("taken")
    HANDED = "HANDED", _("handed over")
    GIVEN_BACK = "GIVEN_BACK", _("given back")
    DONE = "DONE", _("done")


class ThreadLine(models.Model):
    """A note among staff, or who took, handed over or finished a conversation; never sent."""

    thread = models.ForeignKey(Thread, models.CASCADE, related_name="lines")
    kind = models.CharField(_("what"), max_length=10, choices=LineKind)
    text = models.TextField(_("note"), blank=True)
    written_by = models.ForeignKey(
        StaffUser, models.SET_NULL, null=True, db_index=False, related_name="+"
    )
    handed_to = models.ForeignKey(
        StaffUser, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+"
    )
    written_at = models.DateTimeField(_("written"))
    words_removed_at = models.DateTimeField(_("words removed"), null=True, blank=True)

    class Meta:
        verbose_name = _("note of a conversation")
        verbose_name_plural = _("notes of conversations")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=LineKind.values), name="thread_line_kind_known"
            ),
            models.CheckConstraint(
                condition=~Q(kind=LineKind.NOTE) | ~Q(text=""), name="thread_note_says_something"
            ),
        ]

    def __str__(self) -> str:
        return f"note #{self.pk} of a conversation"


class Answer(models.Model):
    """Who of the clinic wrote a message to a patient."""

    thread = models.ForeignKey(Thread, models.CASCADE, related_name="answers")
    message = models.OneToOneField(Message, models.CASCADE, related_name="answer_of_a_person")
    written_by = models.ForeignKey(
        StaffUser, models.SET_NULL, null=True, db_index=False, related_name="+"
    )
    # Set until it is known whether it left: one that did not opens the conversation again.
    unsettled_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("answer of a person")
        verbose_name_plural = _("answers of people")
        indexes = [
            models.Index(
                fields=["unsettled_since"],
                name="answer_unsettled",
                condition=Q(unsettled_since__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"answer of a person #{self.pk}"


class SavedAnswer(models.Model):
    """Words that a clinic writes often."""

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, related_name="saved_answers", verbose_name=_("clinic")
    )
    language = models.CharField(_("language"), max_length=12)
    name = models.CharField(_("name"), max_length=60, help_text=_("Only staff see it."))
    text = models.TextField(
        _("words"),
        max_length=1000,
        help_text=_("{contact_name}, {clinic_name} and {clinic_phone} are filled in."),
    )

    class Meta:
        verbose_name = _("saved answer")
        verbose_name_plural = _("saved answers")
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "language", "name"],
                name="saved_answer_once_per_name",
                violation_error_message=_("There is one of this name in this language."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class UrgentWord(models.Model):
    """Words that need haste, wherever they stand in a patient's message."""

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, related_name="urgent_words", verbose_name=_("clinic")
    )
    language = models.CharField(_("language"), max_length=12)
    words = models.CharField(
        _("words"),
        max_length=80,
        help_text=_("One word or several in a row; capitals and accents do not matter."),
    )
    is_checked = models.BooleanField(
        _("checked by somebody who speaks it"),
        default=False,
        help_text=_("The words we bring along still need it. They count either way."),
    )

    class Meta:
        verbose_name = _("word that needs haste")
        verbose_name_plural = _("words that need haste")
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "language", "words"],
                name="urgent_word_once",
                violation_error_message=_("These words stand there already."),
            )
        ]

    def __str__(self) -> str:
        return self.words
