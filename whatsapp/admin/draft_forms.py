"""The composer's forms: a draft, and its buttons."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from healthmsg.clinic import languages
from healthmsg.cockpit import CockpitInline, fields
from whatsapp.admin.gaps import button_choices
from whatsapp.models import DraftButton, HeaderFormat, TemplateDraft
from whatsapp.template_languages import LANGUAGES

_HOUR = 60 * 60
_LIVES = (
    ("", gettext_lazy("none: WhatsApp tries for 30 days")),
    (str(_HOUR), gettext_lazy("1 hour")),
    (str(3 * _HOUR), gettext_lazy("3 hours")),
    (str(6 * _HOUR), gettext_lazy("6 hours")),
    (str(12 * _HOUR), gettext_lazy("12 hours, the longest")),
)


def language_choices() -> list[tuple[str, str]]:
    """Return all languages WhatsApp takes, those in words first."""
    named = [(code, languages.in_words(code)) for code in sorted(LANGUAGES)]
    return sorted(named, key=lambda one: (one[0] == one[1], one[1]))


def languages_to_choose() -> list[tuple[str, str]]:
    """Return them with none chosen: the first of the alphabet is nobody's."""
    return [("", _("please choose")), *language_choices()]


class DraftForm(forms.ModelForm[TemplateDraft]):
    """Everything but the buttons; what breaks a rule is said beside, and may be kept."""

    language = fields.choice(gettext_lazy("Language"), languages_to_choose)
    header_format = fields.choice(gettext_lazy("On top"), HeaderFormat.choices, required=False)
    ttl_seconds = forms.TypedChoiceField(
        label=gettext_lazy("Lifetime"),
        choices=_LIVES,
        required=False,
        coerce=int,
        empty_value=None,
        widget=UnfoldAdminSelectWidget(),
        help_text=gettext_lazy("What is not delivered by then never arrives."),
    )

    class Meta:
        model = TemplateDraft
        fields = ("language", "header_format", "ttl_seconds")  # the page adds the rest

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        life = self.instance.ttl_seconds
        field = self.fields.get("ttl_seconds")
        if isinstance(field, forms.TypedChoiceField) and str(life or "") not in dict(_LIVES):
            field.choices = [*_LIVES, (str(life), _("%d seconds") % life)]
        if "body" in self.fields:
            self.fields["body"].widget = UnfoldAdminTextareaWidget({"rows": 9})

    def clean_body(self) -> str:
        # Browsers send both signs of a line's end; WhatsApp would show an empty line more.
        return str(self.cleaned_data["body"]).replace("\r\n", "\n")


class ButtonForm(forms.ModelForm[DraftButton]):
    meaning = fields.choice(
        gettext_lazy("A tap means"),
        lambda: [("", _("nothing: it opens a page or calls")), *button_choices()],
        required=False,
    )

    class Meta:
        model = DraftButton
        fields = ("kind", "text", "meaning", "value")


class ButtonInline(CockpitInline[DraftButton, TemplateDraft]):
    model = DraftButton
    form = ButtonForm
    fields = ("kind", "text", "meaning", "value")
    ordering = ("pk",)
    extra = 0
    max_num = 10


def buttons_in(request: HttpRequest) -> list[DraftButton]:
    """Return the buttons as they stand in the form, those to be deleted left out."""
    found = []
    for number in range(min(int_of(request.POST.get("buttons-TOTAL_FORMS", "")), 20)):
        prefix = f"buttons-{number}-"
        said = {key: request.POST.get(prefix + key, "") for key in ButtonForm.Meta.fields}
        if not request.POST.get(f"{prefix}DELETE") and any((said["text"], said["value"])):
            found.append(DraftButton(**said))
    return found


def int_of(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 0
