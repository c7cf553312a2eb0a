"""Tags and vaccines: the words a clinic sorts its patients and doses by."""

from django.contrib import admin
from django.http import HttpRequest

from healthmsg.clinic.models import Tag, Vaccine
from healthmsg.cockpit import ClinicAdmin


@admin.register(Tag)
class TagAdmin(ClinicAdmin[Tag]):
    """Words that patients carry."""

    list_display = ("name", "is_sensitive")
    ordering = ("clinic", "name")
    fields = ("clinic", "name", "is_sensitive")

    def has_delete_permission(self, request: HttpRequest, obj: Tag | None = None) -> bool:
        return False


@admin.register(Vaccine)
class VaccineAdmin(ClinicAdmin[Vaccine]):
    """What doses are recorded of."""

    list_display = ("name", "code")
    ordering = ("clinic", "code")
    fields = ("clinic", "name", "code")

    def has_delete_permission(self, request: HttpRequest, obj: Vaccine | None = None) -> bool:
        return False
