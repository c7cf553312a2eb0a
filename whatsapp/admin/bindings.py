"""Fill-ins as one list; they are usually chosen on the template's own page."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from healthmsg.cockpit import ClinicAdmin, Tone, mark
from whatsapp.admin.gaps import button_choices, fill_in_choices, tell
from whatsapp.models import Binding


class BindingForm(forms.ModelForm[Binding]):
    """Offers only what exists."""

    fill_in = forms.ChoiceField(label=capfirst(_("filled with")), widget=UnfoldAdminSelectWidget())

    class Meta:
        model = Binding
        fields = ("account", "template_name", "variable", "fill_in")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(_("gap"), fill_in_choices()), (_("button"), button_choices())]
        field = self.fields["fill_in"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = choices


@admin.register(Binding)
class BindingAdmin(ClinicAdmin[Binding]):
    """What fills the gaps of which template."""

    form = BindingForm
    list_display = ("template_name", "gap_in_words", "in_words")
    list_filter = ("template_name",)
    ordering = ("template_name", "variable")

    @admin.display(description=_("gap"))
    def gap_in_words(self, binding: Binding) -> str:
        button = binding.variable.removeprefix("button.")
        if button != binding.variable and button.isdecimal():
            return gettext("button %d") % (int(button) + 1)
        return binding.variable

    @admin.display(description=_("filled with"))
    def in_words(self, binding: Binding) -> str:
        words = dict([*fill_in_choices(), *button_choices()]).get(binding.fill_in)
        return str(words) if words else mark(_("nothing we know"), Tone.BAD)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Binding | None = None
    ) -> tuple[Any, ...]:
        fixed = ("account", "template_name", "variable") if obj else ()
        return (*super().get_readonly_fields(request, obj), *fixed)

    def save_model(self, request: HttpRequest, obj: Binding, form: Any, change: Any) -> None:
        super().save_model(request, obj, form, change)
        if form.changed_data:
            tell(request, obj.account_id, obj.template_name)

    def delete_model(self, request: HttpRequest, obj: Binding) -> None:
        super().delete_model(request, obj)
        tell(request, obj.account_id, obj.template_name)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Binding]) -> None:
        gone = list(queryset)
        super().delete_queryset(request, queryset)
        for binding in gone:
            tell(request, binding.account_id, binding.template_name)
