"""Audiences: who a campaign is for, counted while it is put together."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import ManyToManyField, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from campaigns import approving, audience, criteria, vouching
from campaigns.audience import Asked
from campaigns.models import Audience
from campaigns.naming import keep_named
from healthmsg import clock
from healthmsg.clinic.languages import LANGUAGES
from healthmsg.clinic.models import Clinic, Patient, Sex, StaffUser
from healthmsg.cockpit import (
    ClinicAdmin,
    OneClinicForm,
    clinics_of,
    fields,
    recording,
    sees_details,
)


class AudienceForm(OneClinicForm[Audience]):
    """What is left empty is not asked."""

    sexes = fields.several(gettext_lazy("Sex"), Sex.choices, required=False)
    languages = fields.several(gettext_lazy("Language"), LANGUAGES.items(), required=False)

    class Meta:
        model = Audience
        fields = ("sexes", "languages")  # the page adds the rest


@admin.register(Audience)
class AudienceAdmin(ClinicAdmin[Audience]):
    """Who a campaign is for."""

    form = AudienceForm
    list_display = ("name", "created_at")
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("clinic", "name")}),
        (
            gettext_lazy("The patient"),
            {
                "fields": (
                    ("age_from_months", "age_below_months"),
                    ("sexes", "languages"),
                    "sites",
                    ("tags", "tags_left_out"),
                )
            },
        ),
        (
            gettext_lazy("Visits"),
            {
                "fields": (
                    ("seen_within_days", "not_seen_for_days"),
                    "next_visit",
                    ("visit_kinds", "clinicians"),
                )
            },
        ),
        (
            gettext_lazy("Vaccinations"),
            {"fields": (("vaccine", "doses"), "doses_since", ("season", "in_season"))},
        ),
        (gettext_lazy("Invitations"), {"fields": ("not_contacted_for_days",)}),
        (gettext_lazy("Lists"), {"fields": (("lists", "left_out"), "lists_alone")}),
    )
    formfield_overrides = {
        **ClinicAdmin.formfield_overrides,
        ManyToManyField: {"widget": UnfoldAdminCheckboxSelectMultipleWidget},
    }
    change_form_outer_before_template = "campaigns/audience_count.html"

    def save_model(self, request: HttpRequest, obj: Audience, form: Any, change: Any) -> None:
        super().save_model(request, obj, form, change)
        if not change or not set(form.changed_data) - {"name"}:
            return
        by = request.user
        if isinstance(by, StaffUser) and approving.change(approving.of_audience(obj), by=by):
            messages.warning(
                request, _("Campaigns that go to it have to be approved again, as it was changed.")
            )
        if vouching.void_seasons(obj):
            messages.warning(request, _("Seasons that are for it have to be approved again."))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Audience]:
        return super().get_queryset(request).select_related("clinic")

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Audience | None:
        row = super().get_object(request, object_id, from_field)
        if row is not None and request.method == "GET":
            # The form asks for each of its seven lists.
            keep_named(row)
        return row

    def has_delete_permission(self, request: HttpRequest, obj: Audience | None = None) -> bool:
        return obj is not None and not obj.campaigns.exists()

    def get_urls(self) -> list[URLPattern]:
        name = "campaigns_audience_count"
        return [
            path("count/", self.admin_site.admin_view(self.count), name=name),
            *super().get_urls(),
        ]

    def count(self, request: HttpRequest) -> HttpResponse:
        """Answer what stands in the form, saved or not; a part of a page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self._row(request)
        form = self.get_form(request, row, change=row is not None)(request.POST, instance=row)
        form.full_clean()
        form.errors.pop("name", None)
        clinic = row.clinic if row else form.cleaned_data.get("clinic")
        shown: dict[str, Any] = {"errors": form.errors}
        if clinic is not None and not form.errors:
            shown |= self._counted(request, clinic, form.cleaned_data)
        return TemplateResponse(request, "campaigns/counted.html", shown)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        address = reverse("admin:campaigns_audience_count")
        shown = {"count_address": f"{address}?row={object_id}" if object_id else address}
        return super().changeform_view(request, object_id, form_url, shown | (extra_context or {}))

    def _row(self, request: HttpRequest) -> Audience | None:
        key = request.GET.get("row", "")
        return self.get_object(request, key) if key else None

    def _counted(
        self, request: HttpRequest, clinic: Clinic, values: dict[str, Any]
    ) -> dict[str, Any]:
        if not clinics_of(request.user).filter(pk=clinic.pk).exists():
            raise PermissionDenied
        asked = Asked(clinic, criteria.typed(clinic.pk, values), clock.now())
        some = list(Patient.objects.filter(pk__in=audience.some(asked)).order_by("pk"))
        if details := sees_details(request.user):
            recording.shows(request, some, is_list=True)
        return {"count": audience.count(asked), "some": some, "sees_details": details}
