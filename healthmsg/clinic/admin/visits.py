"""Kinds of visit and clinicians."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic import languages
from healthmsg.clinic.models import (
    Clinician,
    Leave,
    VisitKind,
    VisitPreparation,
    WorkingHours,
)
from healthmsg.cockpit import ClinicAdmin, CockpitInline, clinics_of
from healthmsg.cockpit import fields as cockpit_fields
from healthmsg.cockpit.fields import MinutesField
from healthmsg.cockpit.week import HoursField


class VisitKindForm(forms.ModelForm[VisitKind]):
    """A kind of visit, its length in minutes."""

    length = MinutesField(label=_("Usual length in minutes"), min_value=1, max_value=24 * 60)

    class Meta:
        model = VisitKind
        fields = ("length",)  # the page adds the rest


class PreparationInline(CockpitInline[VisitPreparation, VisitKind]):
    model = VisitPreparation
    fields = ("language", "text")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "language":
            mine = clinics_of(request.user)
            spoken = (code for clinic in mine for code in clinic.languages)
            return cockpit_fields.choice(_("Language"), languages.choices(spoken))
        return super().formfield_for_dbfield(db_field, request, **kwargs)


@admin.register(VisitKind)
class VisitKindAdmin(ClinicAdmin[VisitKind]):
    """What patients come for, and how much a message may say about it."""

    form = VisitKindForm
    list_display = ("name", "minutes", "discretion", "cancel", "is_active")
    ordering = ("name",)
    inlines = (PreparationInline,)
    fields = (
        "clinic",
        "name",
        "length",
        "discretion",
        "cancel",
        "another_time",
        "offers_freed",
        "booked_by_patients",
        "join_link",
        "is_active",
    )

    def has_delete_permission(self, request: HttpRequest, obj: VisitKind | None = None) -> bool:
        return False

    @admin.display(description=_("minutes"))
    def minutes(self, kind: VisitKind) -> int:
        return int(kind.length.total_seconds() // 60)


class WorkingHoursForm(forms.ModelForm[WorkingHours]):
    """A clinician's week at one site."""

    hours = HoursField(
        label=_("Hours"),
        required=False,
        help_text=_("Such as 08:00-12:00, 14:00-18:00; empty: not here on this day."),
    )

    class Meta:
        model = WorkingHours
        fields = ("site", "hours")


class OneClinicsSites(
    forms.BaseInlineFormSet[WorkingHours, Clinician, forms.ModelForm[WorkingHours]]
):
    """Sites of the clinician's own clinic, also for people who work at several."""

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            site = getattr(form, "cleaned_data", {}).get("site")
            if site is not None and site.clinic_id != self.instance.clinic_id:
                form.add_error("site", _("This belongs to another clinic."))


class WorkingHoursInline(CockpitInline[WorkingHours, Clinician]):
    model = WorkingHours
    form = WorkingHoursForm
    formset = OneClinicsSites
    verbose_name_plural = _("Working hours (none: whenever a site is open)")
    fields = ("site", "hours")


class LeaveForm(forms.ModelForm[Leave]):
    """Days away; what is wrong stands beside the day."""

    class Meta:
        model = Leave
        fields = ("first_day", "last_day", "note")

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = values.get("first_day"), values.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day is not before the first."))
        return values


class LeaveInline(CockpitInline[Leave, Clinician]):
    model = Leave
    form = LeaveForm
    fields = (("first_day", "last_day"), "note")
    ordering = ("first_day",)


@admin.register(Clinician)
class ClinicianAdmin(ClinicAdmin[Clinician]):
    """Who sees patients."""

    list_display = ("name", "is_active")
    ordering = ("name",)
    inlines = (WorkingHoursInline, LeaveInline)
    change_form_outer_before_template = "desk/clinician_acts.html"
    fields = ("clinic", "name", "user", "is_active")

    def has_delete_permission(self, request: HttpRequest, obj: Clinician | None = None) -> bool:
        return False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "user" and field is not None:
            field.help_text = _("Their own sign-in, where they have one.")
        return field
