"""Templates while they are written, and the ledger of what was handed in to WhatsApp."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import StaffUser
from whatsapp.models.files import HeaderFile
from whatsapp.models.numbers import Account
from whatsapp.models.templates import Template
from whatsapp.template_rules import LONGEST_LIFE, NO_LIFE, SHORTEST_LIFE


class AskedCategory(models.TextChoices):
    """What we ask for; which one it becomes WhatsApp decides."""

    UTILITY = "UTILITY", _("about a visit (utility)")
    MARKETING = "MARKETING", _("invitation or offer (marketing)")


class HeaderFormat(models.TextChoices):
    NONE = "", _("nothing")
    TEXT = "TEXT", _("a heading")
    IMAGE = "IMAGE", _("a picture")
    DOCUMENT = "DOCUMENT", _("a document (PDF)")
    LOCATION = "LOCATION", _("where the site is, on a map")


class ButtonKind(models.TextChoices):
    QUICK_REPLY = "QUICK_REPLY", _("answers us")
    URL = "URL", _("opens a page")
    PHONE_NUMBER = "PHONE_NUMBER", _("calls a number")


class TemplateDraft(models.Model):
    """A template in one language until WhatsApp has taken it."""

    account = models.ForeignKey(
        Account, models.PROTECT, related_name="template_drafts", verbose_name=_("account")
    )
    name = models.CharField(
        _("name"),
        max_length=512,
        help_text=_("Small letters, digits and underscores; the same in all languages."),
    )
    language = models.CharField(_("language"), max_length=12)
    category = models.CharField(_("category"), max_length=20, choices=AskedCategory)
    header_format = models.CharField(
        _("on top"), max_length=10, choices=HeaderFormat, blank=True, default=HeaderFormat.NONE
    )
    header_text = models.CharField(_("heading"), max_length=200, blank=True)
    file = models.ForeignKey(
        HeaderFile, models.PROTECT, null=True, blank=True, verbose_name=_("file on top")
    )
    uses_preparation = models.BooleanField(
        _("send each kind of visit's own preparation"),
        default=False,
        help_text=_("In the patient's language; the file above is what WhatsApp's reviewers see."),
    )
    body = models.TextField(_("text"), max_length=2000, blank=True)
    footer = models.CharField(_("small line at the end"), max_length=200, blank=True)
    ttl_seconds = models.IntegerField(_("lifetime"), null=True, blank=True)
    parameter_format = models.CharField(
        _("how gaps are named"), max_length=12, default="NAMED", editable=False
    )
    native_check_needed = models.BooleanField(
        _("native check needed"),
        default=False,
        help_text=_("Somebody who speaks it has to read it first. Then take the tick away."),
    )
    changed_at = models.DateTimeField(_("changed"))
    # Until then somebody hands it in; a second one would create it twice.
    handed_in_until = models.DateTimeField(null=True, blank=True, editable=False)
    # What came of the last time it was handed in.
    refusal = models.CharField(
        _("WhatsApp's answer"), max_length=500, blank=True, default="", editable=False
    )

    class Meta:
        verbose_name = _("draft of a template")
        verbose_name_plural = _("drafts of templates")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "name", "language"],
                name="template_draft_once_per_language",
                violation_error_message=_("There is a draft of this name and language already."),
            ),
            models.CheckConstraint(
                condition=models.Q(category__in=AskedCategory.values),
                name="template_draft_category_known",
            ),
            models.CheckConstraint(
                condition=models.Q(header_format__in=HeaderFormat.values),
                name="template_draft_header_known",
            ),
            models.CheckConstraint(
                condition=models.Q(ttl_seconds=None)
                | models.Q(ttl_seconds=NO_LIFE)
                | models.Q(ttl_seconds__range=(SHORTEST_LIFE, LONGEST_LIFE)),
                name="template_draft_lifetime",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"


class DraftButton(models.Model):
    """A button of a draft, in its place."""

    draft = models.ForeignKey(
        TemplateDraft, models.CASCADE, related_name="buttons", verbose_name=_("draft")
    )
    kind = models.CharField(
        _("what it does"), max_length=20, choices=ButtonKind, default=ButtonKind.QUICK_REPLY
    )
    text = models.CharField(_("words"), max_length=60)
    value = models.CharField(_("page or number"), max_length=2100, blank=True)
    # What a tap asks for: a name of `catalog.VERBS`.
    meaning = models.CharField(_("a tap means"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("button")
        verbose_name_plural = _("buttons")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=ButtonKind.values), name="draft_button_kind_known"
            )
        ]

    def __str__(self) -> str:
        return self.text


class TemplateSubmission(models.Model):
    """Somebody handed a template in: a ledger, and the count that limits edits."""

    template = models.ForeignKey(
        Template, models.CASCADE, related_name="submissions", verbose_name=_("template")
    )
    at = models.DateTimeField(_("handed in"))
    by = models.ForeignKey(
        StaffUser, models.SET_NULL, null=True, blank=True, verbose_name=_("by"), related_name="+"
    )
    is_edit = models.BooleanField(_("change of what was there"), default=False)
    # WhatsApp limits the edits of what it had approved.
    was_approved = models.BooleanField(_("was approved"), default=False)
    category = models.CharField(_("category asked for"), max_length=20, choices=AskedCategory)

    class Meta:
        verbose_name = _("handing in of a template")
        verbose_name_plural = _("handings in of templates")
        indexes = [models.Index(fields=["template", "-at"], name="submission_lately")]

    def __str__(self) -> str:
        return f"submission #{self.pk}"
