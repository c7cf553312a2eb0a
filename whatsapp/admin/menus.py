"""The menu for patients: whether it is offered, which rows it has, how long answers may take."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg.cockpit import ClinicAdmin, OneClinicForm, Tone, fields, mark
from whatsapp.models import Menu, MenuRow


class MenuForm(OneClinicForm[Menu]):
    """A menu; its rows are ticked, in the order they are offered."""

    rows = fields.several(gettext_lazy("Rows"), MenuRow.choices)

    class Meta:
        model = Menu
        fields = ("rows",)  # the page adds the rest


@admin.register(Menu)
class MenuAdmin(ClinicAdmin[Menu]):
    """One for each clinic."""

    list_title = gettext_lazy("Menu for patients")
    form: type[forms.ModelForm[Menu]] = MenuForm
    list_display = ("clinic", "standing", "chosen")
    list_select_related = ("clinic",)
    ordering = ("clinic",)
    fields = ("clinic", "is_on", "rows", "quiet_hours", "repeat_hours")

    def has_delete_permission(self, request: HttpRequest, obj: Menu | None = None) -> bool:
        return False

    @admin.display(description=gettext_lazy("offered"))
    def standing(self, menu: Menu) -> SafeString:
        return mark(_("offered"), Tone.GOOD) if menu.is_on else mark(_("not offered"), Tone.QUIET)

    @admin.display(description=gettext_lazy("rows"))
    def chosen(self, menu: Menu) -> str:
        return ", ".join(str(MenuRow(row).label) for row in menu.rows)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"rows": MenuRow.values} | super().get_changeform_initial_data(request)
