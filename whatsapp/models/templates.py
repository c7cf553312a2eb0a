"""Message templates as Meta approved them, every version kept, and what fills their gaps."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from whatsapp.models.files import HeaderFile
from whatsapp.models.numbers import Account


class TemplateStatus(models.TextChoices):
    """Meta's words; others it may invent are kept as they come and never usable."""

    APPROVED = "APPROVED", _("approved")
    PENDING = "PENDING", _("being reviewed")
    REJECTED = "REJECTED", _("rejected")
    PAUSED = "PAUSED", _("paused by WhatsApp")
    DISABLED = "DISABLED", _("disabled by WhatsApp")
    DELETED = "DELETED", _("deleted")
    PENDING_DELETION = "PENDING_DELETION", _("being deleted")
    IN_APPEAL = "IN_APPEAL", _("appealed against, looked at again")
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED", _("over WhatsApp's limit")
    LOCKED = "LOCKED", _("locked by WhatsApp")
    ARCHIVED = "ARCHIVED", _("archived")


# Gone, or going: nothing is changed or begun with it any more.
ENDED = (TemplateStatus.DELETED, TemplateStatus.PENDING_DELETION)


class Category(models.TextChoices):
    UTILITY = "UTILITY", _("utility")
    MARKETING = "MARKETING", _("marketing")
    AUTHENTICATION = "AUTHENTICATION", _("authentication")


class Template(models.Model):
    """One template in one language, as WhatsApp last told us."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="templates")
    meta_id = models.CharField(max_length=20, blank=True, db_index=True)
    name = models.CharField(_("name"), max_length=512)
    language = models.CharField(_("language"), max_length=12)
    status = models.CharField(_("status"), max_length=30)
    rejected_reason = models.CharField(_("rejected because"), max_length=200, blank=True)
    category = models.CharField(_("category"), max_length=20)
    quality = models.CharField(_("quality"), max_length=10, blank=True)
    current = models.ForeignKey(
        "whatsapp.TemplateVersion", models.PROTECT, null=True, related_name="+"
    )
    # Ours: what was asked for when it was handed in here, "" where it was written elsewhere.
    category_asked = models.CharField(
        _("category asked for"), max_length=20, blank=True, default="", db_default=""
    )
    # WhatsApp has said that it will move it there.
    category_coming = models.CharField(max_length=20, blank=True, default="", db_default="")
    ttl_seconds = models.IntegerField(_("lifetime"), null=True, blank=True)
    file = models.ForeignKey(
        HeaderFile, models.PROTECT, null=True, blank=True, verbose_name=_("file")
    )
    # Instead of the file, the one of each visit's own kind, in the language written in.
    uses_preparation = models.BooleanField(
        _("sends the kind of visit's own preparation"), default=False, db_default=False
    )
    seen_at = models.DateTimeField(_("last fetched"))
    status_changed_at = models.DateTimeField(null=True, blank=True)
    # Notices overtake each other; the newest counts.
    quality_told_at = models.DateTimeField(null=True, blank=True)
    category_told_at = models.DateTimeField(null=True, blank=True)
    # Ours, beside WhatsApp's own status: it approves of a template whose gaps we fill wrongly.
    held_at = models.DateTimeField(_("stopped since"), null=True, blank=True)
    held_reason = models.CharField(
        _("stopped because"), max_length=200, blank=True, default="", db_default=""
    )
    held_code = models.IntegerField(_("WhatsApp's code"), null=True, blank=True)
    # Refusals in a row with one code.
    strikes = models.PositiveSmallIntegerField(default=0, db_default=0)
    strike_code = models.IntegerField(null=True, blank=True)
    struck_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "name", "language"], name="template_once_per_language"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"

    @property
    def is_approved(self) -> bool:
        return self.status == TemplateStatus.APPROVED


class TemplateVersion(models.Model):
    """The words of a template from one fetch until the next change; never altered."""

    template = models.ForeignKey(Template, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    components = models.JSONField()
    parameter_format = models.CharField(max_length=12, default="POSITIONAL")
    first_seen_at = models.DateTimeField()

    class Meta:
        verbose_name = _("wording of a template")
        verbose_name_plural = _("wordings of templates")
        constraints = [
            models.UniqueConstraint(
                fields=["template", "number"], name="template_version_numbered_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.template} v{self.number}"


class Binding(models.Model):
    """What fills one gap of a template, in all its languages."""

    account = models.ForeignKey(
        Account, models.CASCADE, related_name="bindings", verbose_name=_("account")
    )
    template_name = models.CharField(_("template"), max_length=512)
    variable = models.CharField(_("gap"), max_length=60)
    fill_in = models.CharField(_("filled with"), max_length=60)

    class Meta:
        verbose_name = _("fill-in")
        verbose_name_plural = _("fill-ins")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "template_name", "variable"], name="binding_once_per_gap"
            )
        ]

    def __str__(self) -> str:
        return f"{self.template_name}: {self.variable}"
