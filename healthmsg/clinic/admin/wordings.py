"""The words people agree to: new versions are added, old ones stay as they were."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from healthmsg import clock
from healthmsg.clinic import languages, wording_starter
from healthmsg.clinic.models import Wording
from healthmsg.cockpit import ClinicAdmin, clinics_of, fields

_SAYS = _(
    "They should say who writes, what for, that WhatsApp is Meta's and that it handles the number"
    " in other countries too, that messages may show on a locked screen, that it is free to say no,"
    " and how to end it. Have them read by somebody who knows the law of your country."
)


@admin.register(Wording)
class WordingAdmin(ClinicAdmin[Wording]):
    """A change of words is a new version."""

    list_display = ("version", "in_words", "valid_from", "begins")
    ordering = ("-version", "language")
    fieldsets = (
        (
            None,
            {
                "fields": ("clinic", "version", "language", "text", "valid_from"),
                "description": _SAYS,
            },
        ),
    )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begin with words in a language that has none yet, to be read and changed."""
        clinic = clinics_of(request.user).order_by("pk").first()
        if clinic is None:
            return {}
        begins = wording_starter.next_of(clinic)
        text = wording_starter.starter(clinic, str(begins["language"]))
        told = {"clinic": clinic.pk, "text": text, "valid_from": clock.now(), **begins}
        return told | super().get_changeform_initial_data(request)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "language":
            mine = clinics_of(request.user)
            spoken = (code for clinic in mine for code in clinic.languages)
            return fields.choice(_("Language"), languages.choices(spoken))
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Wording | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Wording | None = None) -> bool:
        return False

    @admin.display(description=_("language"))
    def in_words(self, wording: Wording) -> str:
        return languages.in_words(wording.language)

    @admin.display(description=_("begins"))
    def begins(self, wording: Wording) -> str:
        return f"{wording.text[:60]}…" if len(wording.text) > 60 else wording.text
