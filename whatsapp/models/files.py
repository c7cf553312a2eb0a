"""Files that stand on top of messages, and where WhatsApp keeps them for which number."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Clinic, VisitKind
from whatsapp.models.numbers import Sender


class HeaderFile(models.Model):
    """A picture or document of the clinic, the same for everybody: never a patient's own."""

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, related_name="header_files", verbose_name=_("clinic")
    )
    name = models.CharField(
        _("name"), max_length=80, help_text=_("Patients see it, such as preparation.pdf.")
    )
    mime_type = models.CharField(_("kind"), max_length=40, editable=False)
    content = models.BinaryField(_("content"), editable=False)
    size = models.PositiveIntegerField(_("bytes"), editable=False)
    visit_kind = models.ForeignKey(
        VisitKind,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="preparation_files",
        verbose_name=_("preparation for"),
        help_text=_("None: it is no preparation."),
    )
    language = models.CharField(_("language"), max_length=12, blank=True)
    changed_at = models.DateTimeField(_("changed"), editable=False)

    class Meta:
        verbose_name = _("file on top of messages")
        verbose_name_plural = _("files on top of messages")
        constraints = [
            models.UniqueConstraint(
                fields=["visit_kind", "language"],
                condition=models.Q(visit_kind__isnull=False),
                name="preparation_file_once_per_language",
                violation_error_message=_("This kind of visit has one in this language."),
            ),
            models.CheckConstraint(
                condition=models.Q(visit_kind=None)
                | ~models.Q(language="") & models.Q(mime_type="application/pdf"),
                name="preparation_file_is_a_pdf_in_a_language",
                violation_error_message=_("A preparation is a PDF in one language."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FileUpload(models.Model):
    """A file as WhatsApp keeps it for one of our numbers, for 30 days."""

    file = models.ForeignKey(HeaderFile, models.CASCADE, related_name="uploads")
    sender = models.ForeignKey(Sender, models.CASCADE, related_name="+")
    media_id = models.CharField(max_length=40)
    uploaded_at = models.DateTimeField(_("uploaded"))

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        constraints = [
            models.UniqueConstraint(fields=["file", "sender"], name="upload_once_per_number")
        ]

    def __str__(self) -> str:
        return f"upload #{self.pk}"
