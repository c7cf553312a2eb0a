"""Saved answers: words that staff need often, by language."""

from typing import Any

from django.contrib import admin

from healthmsg.cockpit import ClinicAdmin, OneClinicForm, fields
from whatsapp.admin.choices import LanguageFilter, in_its_language
from whatsapp.admin.draft_forms import languages_to_choose
from whatsapp.models import SavedAnswer


class SavedAnswerForm(OneClinicForm[SavedAnswer]):
    """The language is chosen among those that templates have."""

    language = fields.choice(
        SavedAnswer._meta.get_field("language").verbose_name, languages_to_choose
    )

    class Meta:
        model = SavedAnswer
        fields = ("clinic", "language", "name", "text")


@admin.register(SavedAnswer)
class SavedAnswerAdmin(ClinicAdmin[SavedAnswer]):
    """What is inserted into an answer and can still be changed before it is sent."""

    form = SavedAnswerForm
    list_display = ("name", in_its_language, "text")
    list_filter = (("language", LanguageFilter),)
    ordering = ("language", "name", "pk")

    def get_list_display_links(self, request: Any, list_display: Any) -> Any:
        return ("name",)
