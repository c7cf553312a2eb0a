"""Kinds of visit and clinicians."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Clinician, VisitKind, VisitPreparation
from healthmsg.cockpit import ClinicAdmin, CockpitInline
from healthmsg.cockpit.fields import MinutesField


class VisitKindForm(forms.ModelForm[VisitKind]):
    """A kind of visit, its length in minutes."""

    length = MinutesField(label=_("Usual length in minutes"), min_value=1, max_value=24 * 60)

    class Meta:
        model = VisitKind
        fields = ("length",)  # the page adds the rest


class PreparationInline(CockpitInline[VisitPreparation, VisitKind]):
    model = VisitPreparation
    fields = ("language", "text")


@admin.register(VisitKind)
class VisitKindAdmin(ClinicAdmin[VisitKind]):
    """What patients come for, and how much a message may say about it."""

    form = VisitKindForm
    list_display = ("name", "minutes", "discretion", "cancel", "is_active")
    ordering = ("name",)
    inlines = (PreparationInline,)
    fields = ("clinic", "name", "length", "discretion", "cancel", "join_link", "is_active")

    def has_delete_permission(self, request: HttpRequest, obj: VisitKind | None = None) -> bool:
        return False

    @admin.display(description=_("minutes"))
    def minutes(self, kind: VisitKind) -> int:
        return int(kind.length.total_seconds() // 60)


@admin.register(Clinician)
class ClinicianAdmin(ClinicAdmin[Clinician]):
    """Who sees patients."""

    list_display = ("name", "is_active")
    ordering = ("name",)
    fields = ("clinic", "name", "user", "is_active")

    def has_delete_permission(self, request: HttpRequest, obj: Clinician | None = None) -> bool:
        return False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "user" and field is not None:
            field.help_text = _("Their own sign-in, where they have one.")
        return field
