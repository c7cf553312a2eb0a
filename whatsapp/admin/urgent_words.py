"""Words that need haste: the clinic's own, begun with those we bring along."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from healthmsg.cockpit import (
    Act,
    ClinicAdmin,
    OneClinicForm,
    Tone,
    act_page,
    clinics_of,
    fields,
    mark,
)
from whatsapp import arriving, haste
from whatsapp.admin.choices import LanguageFilter, in_its_language
from whatsapp.admin.draft_forms import languages_to_choose
from whatsapp.models import UrgentWord


class UrgentWordForm(OneClinicForm[UrgentWord]):
    """Words that hold no letter would be found nowhere."""

    language = fields.choice(
        UrgentWord._meta.get_field("language").verbose_name, languages_to_choose
    )

    class Meta:
        model = UrgentWord
        fields = ("clinic", "language", "words", "is_checked")

    def clean_words(self) -> str:
        words = str(self.cleaned_data["words"])
        if not haste.fold(words):
            raise ValidationError(_("Write at least one letter."))
        return words


@admin.register(UrgentWord)
class UrgentWordAdmin(ClinicAdmin[UrgentWord]):
    """Until a clinic has words of its own, those we bring along are looked for."""

    form = UrgentWordForm
    list_display = ("words", in_its_language, "checked")
    list_filter = (("language", LanguageFilter), "is_checked")
    ordering = ("language", "words", "pk")
    list_before_template = "whatsapp/urgent_words_top.html"

    @admin.display(description=gettext_lazy("checked"))
    def checked(self, row: UrgentWord) -> str:
        if row.is_checked:
            return mark(_("by a speaker"), Tone.GOOD)
        return mark(_("check by a native speaker needed"), Tone.ASKS)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.begin)
        return [path("begin/", view, name="whatsapp_urgentword_begin"), *super().get_urls()]

    def begin(self, request: HttpRequest) -> HttpResponse:
        """Take over the words we bring along; those that stand there stay."""
        if not self.has_add_permission(request):
            return HttpResponse(status=403)

        def do(_values: dict[str, Any]) -> str:
            count = sum(arriving.install_words(one) for one in clinics_of(request.user))
            return ngettext("Took over %d entry.", "Took over %d entries.", count) % count

        act = Act(
            title=_("Take over the words we bring along"),
            button=_("Take them over"),
            explanation=_(
                "For each clinic of yours, in English and in those of its languages that we have."
                " Somebody who speaks the language has to go through them; from then on the"
                " clinic's list alone counts."
            ),
            do=do,
        )
        return act_page(self, request, None, act)
