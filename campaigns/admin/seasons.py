"""Vaccination seasons: their days, for whom, and a clinician who stands by them."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import vouching
from campaigns.admin import vouched
from campaigns.models import Season
from healthmsg.cockpit import ClinicAdmin, act_page, act_path, row_or_404


@admin.register(Season)
class SeasonAdmin(ClinicAdmin[Season]):
    """When a vaccine is given, such as flu in autumn."""

    list_display = ("name", "vaccine", "first_day", "last_day", "state")
    list_select_related = ("vaccine", "approved_by")
    ordering = ("-last_day", "-pk")
    fields = ("clinic", "name", "vaccine", ("first_day", "last_day"), "audience")
    change_form_outer_before_template = "campaigns/season_top.html"

    def has_delete_permission(self, request: HttpRequest, obj: Season | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Season, form: Any, change: Any) -> None:
        if not change:
            obj.created_by = vouched.person(request)
            super().save_model(request, obj, form, change)
            return
        was_approved = obj.is_valid
        # Not the approval: the database takes it back where something else than the name changed.
        obj.save(update_fields=[*form.changed_data] or None)
        obj.refresh_from_db()
        if was_approved and not obj.is_valid:
            messages.warning(request, _("It has to be approved again, as it was changed."))

    @admin.display(description=gettext_lazy("approval"))
    def state(self, season: Season) -> str:
        return vouched.state_of(season)

    def get_urls(self) -> list[URLPattern]:
        return [
            act_path(self, "approve", self.approve),
            act_path(self, "make-list", self.make_list),
            *super().get_urls(),
        ]

    def approve(self, request: HttpRequest, object_id: int) -> HttpResponse:
        season = row_or_404(self, request, str(object_id), vouching.PERMISSION)
        act = vouched.approve_act(
            season, request, template="campaigns/season_approve.html", context={"season": season}
        )
        return act_page(self, request, season, act)

    def make_list(self, request: HttpRequest, object_id: int) -> HttpResponse:
        season = row_or_404(self, request, str(object_id), "campaigns.add_patientlist")
        return act_page(self, request, season, vouched.make_act(season, request))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        season = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if season is not None:
            shown = {
                "title": season.name,
                "subtitle": None,
                "season": season,
                "state": vouched.state_of(season),
                "may_approve": vouched.may_approve(request, season),
                "may_make": season.is_valid and request.user.has_perm("campaigns.add_patientlist"),
            }
        return super().change_view(request, object_id, form_url, shown | (extra_context or {}))
