"""The words people agree to: new versions are added, old ones stay as they were."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Wording
from healthmsg.cockpit import ClinicAdmin


@admin.register(Wording)
class WordingAdmin(ClinicAdmin[Wording]):
    """A change of words is a new version."""

    list_display = ("version", "language", "valid_from", "begins")
    ordering = ("-version", "language")
    fields = ("clinic", "version", "language", "text", "valid_from")

    def has_change_permission(self, request: HttpRequest, obj: Wording | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Wording | None = None) -> bool:
        return False

    @admin.display(description=_("begins"))
    def begins(self, wording: Wording) -> str:
        return f"{wording.text[:60]}…" if len(wording.text) > 60 else wording.text
