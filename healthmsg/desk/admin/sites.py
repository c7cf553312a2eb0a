"""Sites: where they are, when they are open, on which days not."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg.clinic.models import ClosingDay, Site
from healthmsg.cockpit import ClinicAdmin, CockpitInline, Tone, mark, zones
from healthmsg.cockpit.week import HoursField
from whatsapp import places


class SiteForm(forms.ModelForm[Site]):
    """A site with its week."""

    opening_hours = HoursField(
        label=gettext_lazy("Opening hours"),
        required=False,
        help_text=gettext_lazy("Such as 08:00-12:00, 14:00-18:00; empty: closed."),
    )

    class Meta:
        model = Site
        fields = ("opening_hours",)  # the page adds the rest


class ClosingDayInline(CockpitInline[ClosingDay, Site]):
    model = ClosingDay
    fields = (("closed_on", "reason"), "is_open_anyway")
    ordering = ("closed_on",)


@admin.register(Site)
class SiteAdmin(ClinicAdmin[Site]):
    """Places where patients are seen."""

    form = SiteForm
    change_form_outer_before_template = "desk/site_off_the_map.html"
    ordering = ("name",)
    inlines = (ClosingDayInline,)
    fields = (
        "clinic",
        "name",
        "address",
        "directions",
        ("latitude", "longitude"),
        "phone",
        "time_zone",
        "holidays_region",
        "opening_hours",
    )

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        # Asked once for each clinic and page, not for each row.
        needed: dict[int, bool] = {}

        @admin.display(description=gettext_lazy("on the map"))
        def on_the_map(site: Site) -> SafeString:
            if site.is_on_the_map:
                return mark(_("yes"), Tone.GOOD)
            if site.clinic_id not in needed:
                needed[site.clinic_id] = bool(places.needing(site.clinic_id))
            return mark(_("no"), Tone.ASKS if needed[site.clinic_id] else Tone.QUIET)

        return ("name", "address", "phone", on_the_map)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        site = self.get_object(request, object_id)
        is_off = site is not None and not site.is_on_the_map
        shown = {"site_needed_by": places.needing(site.clinic_id) if site and is_off else ()}
        return super().change_view(request, object_id, form_url, shown | (extra_context or {}))

    def get_form(
        self,
        request: HttpRequest,
        obj: Site | None = None,
        change: bool = False,  # noqa: FBT001, FBT002 - Django's
        **kwargs: Any,
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if "time_zone" in form.base_fields:
            form.base_fields["time_zone"] = zones.field(
                required=False,
                kept=obj.time_zone if obj else "",
                help_text=_("Only where it differs from the clinic's."),
            )
        return form

    def has_delete_permission(self, request: HttpRequest, obj: Site | None = None) -> bool:
        return False
