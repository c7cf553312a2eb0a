"""Pictures and documents on top of messages, and the preparation of each kind of visit."""

from contextlib import suppress
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from kombu.exceptions import OperationalError
from unfold.widgets import UnfoldAdminFileFieldWidget

from healthmsg import clock
from healthmsg.celery import app
from healthmsg.cockpit import ClinicAdmin, OneClinicForm, fields
from whatsapp import files
from whatsapp.admin.choices import in_its_language
from whatsapp.admin.draft_forms import language_choices
from whatsapp.models import HeaderFile


class FileForm(OneClinicForm[HeaderFile]):
    """A file is looked at before it is kept: what WhatsApp would refuse is refused here."""

    upload = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ",".join(files.LARGEST)}),
        help_text=gettext_lazy("A PDF of at most 10 MB, or a JPEG or PNG picture of at most 5 MB."),
    )
    language = fields.choice(
        gettext_lazy("Language"),
        lambda: [("", gettext_lazy("any")), *language_choices()],
        required=False,
    )

    class Meta:
        model = HeaderFile
        fields = ("clinic", "name", "visit_kind", "language")

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        upload = values.get("upload")
        if upload is None and not self.instance.pk:
            self.add_error("upload", _("Choose a file."))
        if upload is not None:
            content = upload.read()
            try:
                self.instance.mime_type = files.kind_of(content)
            except forms.ValidationError as refusal:
                self.add_error("upload", refusal)
            self.instance.content, self.instance.size = content, len(content)
        return values


def ask_for_uploads() -> None:
    """Let WhatsApp have the file soon; each fetch of the templates does it anyway."""
    with suppress(OperationalError):
        app.send_task("whatsapp.sync_templates")


@admin.register(HeaderFile)
class HeaderFileAdmin(ClinicAdmin[HeaderFile]):
    """What stands on top of messages; the same for everybody, and never by a public link."""

    form = FileForm
    fields = ("clinic", "name", "upload", "visit_kind", "language")
    list_display = ("name", "mime_type", "visit_kind", in_its_language, "kilobytes", "changed_at")
    list_select_related = ("visit_kind",)
    ordering = ("name", "pk")

    def save_model(self, request: HttpRequest, obj: HeaderFile, form: Any, change: Any) -> None:
        obj.changed_at = clock.now()
        super().save_model(request, obj, form, change)
        if "upload" in form.changed_data:
            files.forget_uploads(obj)
            ask_for_uploads()

    def has_delete_permission(self, request: HttpRequest, obj: HeaderFile | None = None) -> bool:
        may: bool = super().has_delete_permission(request, obj)
        return may and obj is not None and not files.is_used(obj)

    @admin.display(description=gettext_lazy("size"))
    def kilobytes(self, file: HeaderFile) -> str:
        return _("%d kB") % (file.size // 1024 + 1)
