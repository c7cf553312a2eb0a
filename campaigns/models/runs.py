"""One time a campaign is sent, and who was reached by it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaigns import Campaign
from healthmsg.clinic.models import Contact, Patient, Phone
from whatsapp.models import Message, ReplyOutcome, Stream
from whatsapp.status import Reason


class RunStatus(models.TextChoices):
    EXPANDING = "EXPANDING", _("being prepared")
    POURING = "POURING", _("being sent")
    PAUSED = "PAUSED", _("paused")
    DONE = "DONE", _("done")
    CANCELLED = "CANCELLED", _("cancelled")


class Run(models.Model):
    """One firing of a campaign, unique per occurrence."""

    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="runs", verbose_name=_("campaign")
    )
    occurrence_at = models.DateTimeField(_("planned for"))
    stream = models.OneToOneField(Stream, models.PROTECT, related_name="run")
    status = models.CharField(
        _("status"), max_length=10, choices=RunStatus, default=RunStatus.EXPANDING
    )
    status_reason = models.CharField(_("reason"), max_length=200, blank=True)
    # What WhatsApp counted the template as when somebody last let it go.
    categories = ArrayField(models.CharField(max_length=20), default=list, editable=False)
    # How many were written down: what became of them must always be as many.
    audience_size = models.PositiveBigIntegerField(
        _("people"), default=0, db_default=0, editable=False
    )
    # Up to which patient it is written down who gets it: a run that is killed goes on from there.
    expanded_to = models.BigIntegerField(default=0, db_default=0, editable=False)
    expanded_at = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(_("useful until"))
    started_by = models.ForeignKey(
        "clinic.StaffUser",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("started by"),
    )
    # Who had let this go, whatever becomes of the campaign's approval later.
    approved_by = models.ForeignKey(
        "clinic.StaffUser",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("approved by"),
    )
    started_at = models.DateTimeField(_("started"))
    # Up to when its own rate has no room for another message.
    paced_until = models.DateTimeField(null=True, blank=True, editable=False)
    # True where recipients were written down by site, as free slots limit each.
    is_by_site = models.BooleanField(default=False, db_default=False, editable=False)
    # The trial group's deadline, once all of it is queued; and when the rest became free to go.
    trial_ends_at = models.DateTimeField(_("trial ends"), null=True, blank=True)
    trial_passed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When a person last let it go on: what was before then is known and was accepted.
    resumed_at = models.DateTimeField(null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    # How often somebody had those tried again whom a passing reason had kept from getting it.
    retries = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    # What it costs at most, of all that is in the outbox or has left, in the currency of the
    # campaign's budget: counting messages at a million takes a second. None: count them first.
    costs_at_most = models.DecimalField(
        max_digits=14, decimal_places=6, null=True, blank=True, editable=False
    )

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "occurrence_at"], name="run_once_per_occurrence"
            ),
            models.CheckConstraint(
                condition=Q(status__in=RunStatus.values), name="run_status_known"
            ),
        ]

    def __str__(self) -> str:
        return f"run #{self.pk}"


class Recipient(models.Model):
    """
    One patient of a run: a message, or the reason why there is none.

    The database's own look at each reference made a million of these take 53 seconds to write, that
    at the patient alone 9. Run, contact and phone are checked by Django, and again by the message;
    that a patient with a row here is not deleted, by a trigger once for each statement.
    """

    run = models.ForeignKey(
        Run, models.PROTECT, db_index=False, db_constraint=False, related_name="recipients"
    )
    patient = models.ForeignKey(
        Patient, models.PROTECT, db_constraint=False, related_name="invitations"
    )
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, db_constraint=False, related_name="+"
    )
    phone = models.ForeignKey(
        Phone, models.PROTECT, null=True, blank=True, db_constraint=False, related_name="+"
    )
    reason = models.CharField(_("not sent because"), max_length=24, choices=Reason, blank=True)
    # Many to one: a household shares a message.
    message = models.ForeignKey(
        Message, models.SET_NULL, null=True, blank=True, db_index=False, related_name="recipients"
    )

    # The last tap on its message, and when it was.
    answer = models.CharField(
        _("answer"), max_length=20, choices=ReplyOutcome, blank=True, default="", db_default=""
    )
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    is_trial = models.BooleanField(default=False, db_default=False, editable=False)
    # Lower is written to first: the place of the first priority group somebody belongs to.
    place = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    # Whose free slots limit it, 0 for nobody's; NULL where the run is not limited by any.
    limited_by_site_id = models.BigIntegerField(null=True, blank=True, editable=False)
    # Which of the run's new tries this waits for, or went with; 0 for the first.
    retry = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    # When a message was queued: "told recently" is asked of a patient's rows alone.
    poured_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("recipient")
        verbose_name_plural = _("recipients")
        constraints = [
            models.UniqueConstraint(fields=["run", "patient"], name="recipient_once_per_run")
        ]
        indexes = [
            # Whom a message, and so an answer to it, was for.
            models.Index(
                fields=["message"], name="recipient_of_message", condition=Q(message__isnull=False)
            ),
            # The pouring: who has neither a message nor a reason yet.
            models.Index(
                fields=["run", "place", "id"],
                name="recipient_to_pour",
                condition=Q(message=None, reason=""),
            ),
            # The same where free slots limit each site: past a full one's to another's.
            models.Index(
                fields=["run", "limited_by_site_id", "place", "id"],
                name="recipient_to_pour_by_site",
                condition=Q(message=None, reason="", limited_by_site_id__isnull=False),
            ),
            models.Index(fields=["run"], name="recipient_of_trial", condition=Q(is_trial=True)),
            # Answers by kind: a few of a run's people have given one.
            models.Index(
                fields=["run", "answer"], name="recipient_answer", condition=~Q(answer="")
            ),
            # The last ones of a run tell how it goes.
            models.Index(
                fields=["run", "-poured_at"],
                name="recipient_lately",
                condition=Q(poured_at__isnull=False),
            ),
            models.Index(fields=["run"], name="recipient_answered", condition=~Q(answer="")),
            models.Index(
                fields=["patient", "poured_at"],
                name="recipient_told",
                condition=Q(poured_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"recipient #{self.pk}"
