"""What is chosen among: templates by name, and rows by the language or state they are in."""

from typing import Any

from django import forms
from django.contrib.admin import AllValuesFieldListFilter, display
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from healthmsg.clinic import languages
from healthmsg.cockpit import owned
from whatsapp.models import Template, TemplateStatus


class LanguageFilter(AllValuesFieldListFilter):
    """The languages that rows are in, in words."""

    def choices(self, changelist: Any) -> Any:
        for one in super().choices(changelist):
            yield {**one, "display": languages.in_words(str(one["display"]))}


class StatusFilter(AllValuesFieldListFilter):
    """The states that templates are in; one that WhatsApp has invented since stays as it is."""

    def choices(self, changelist: Any) -> Any:
        words = dict(TemplateStatus.choices)
        for one in super().choices(changelist):
            yield {**one, "display": words.get(str(one["display"]), one["display"])}


@display(description=gettext_lazy("language"))
def in_its_language(row: Any) -> str:
    """Say in a list which language a row is in; in none stands for any."""
    return languages.in_words(row.language) if row.language else _("any")


def template_choices(
    person: Any, *, present: str = "", names: list[str] | None = None
) -> list[tuple[str, str]]:
    """
    Return the names of approved templates; one chosen earlier stays, and says what it is.

    :param names: those of the person's clinics, where they are known already
    """
    if names is None:
        mine = owned(Template.objects.filter(status=TemplateStatus.APPROVED), person)
        names = sorted(set(mine.values_list("name", flat=True)))
    choices = [(name, name) for name in names]
    if present and present not in names:
        choices.append((present, _("%(name)s (not approved)") % {"name": present}))
    return choices


def template_field(
    person: Any,
    *,
    present: str,
    label: Any,
    required: bool,
    help_text: Any = "",
    names: list[str] | None = None,
) -> forms.ChoiceField:
    """Return a field that offers templates by name."""
    nothing = ("", _("please choose") if required else _("none"))
    return forms.ChoiceField(
        label=label,
        help_text=help_text,
        required=required,
        choices=[nothing, *template_choices(person, present=present, names=names)],
        widget=UnfoldAdminSelectWidget(),
    )
