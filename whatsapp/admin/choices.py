"""Template names to choose from: what is approved, and what is chosen already."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminSelectWidget

from healthmsg.cockpit import owned
from whatsapp.models import Template, TemplateStatus


def template_choices(person: Any, *, present: str = "") -> list[tuple[str, str]]:
    """Return the names of approved templates; one chosen earlier stays, and says what it is."""
    mine = owned(Template.objects.filter(status=TemplateStatus.APPROVED), person)
    names = sorted(set(mine.values_list("name", flat=True)))
    choices = [(name, name) for name in names]
    if present and present not in names:
        choices.append((present, _("%(name)s (not approved)") % {"name": present}))
    return choices


def template_field(
    person: Any, *, present: str, label: Any, required: bool, help_text: Any = ""
) -> forms.ChoiceField:
    """Return a field that offers templates by name."""
    nothing = ("", _("please choose") if required else _("none"))
    return forms.ChoiceField(
        label=label,
        help_text=help_text,
        required=required,
        choices=[nothing, *template_choices(person, present=present)],
        widget=UnfoldAdminSelectWidget(),
    )
