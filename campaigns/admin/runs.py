"""Runs: how a campaign goes, watched while it does, and explained for any patient afterwards."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from campaigns import explaining
from campaigns.admin import downloads
from campaigns.admin.run_words import mark_of, told_in_full
from campaigns.explaining import Verdict
from campaigns.models import Run
from healthmsg import clock
from healthmsg.clinic.admin.search import patients_like
from healthmsg.clinic.models import Patient
from healthmsg.cockpit import (
    StoryAdmin,
    act_path,
    again,
    countries_of,
    recording,
    row_or_404,
    sees_details,
)
from whatsapp.admin import story

FOUND = 10


@admin.register(Run)
class RunAdmin(StoryAdmin[Run]):
    """How campaigns go and went."""

    list_title = gettext_lazy("How campaigns go")
    list_empty = gettext_lazy(
        "When a campaign is started, it stands here with what became of its messages."
    )
    list_display = ("campaign", "started_at", "stands", "audience_size")
    list_display_links = ("campaign", "started_at")
    list_select_related = ("campaign",)
    list_filter = ("status",)
    ordering = ("-pk",)
    change_form_outer_before_template = "campaigns/run.html"

    class Media:
        js = ("cockpit/live.js",)

    @admin.display(description=gettext_lazy("how it stands"))
    def stands(self, run: Run) -> str:
        return mark_of(run)

    def get_urls(self) -> list[URLPattern]:
        return [
            act_path(self, "patient", self.patient),
            act_path(self, "csv", self.csv),
            act_path(self, "xlsx", self.xlsx),
            *super().get_urls(),
        ]

    @method_decorator(never_cache)
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Tell how it goes; with `?only=now`, the part that is renewed in place."""
        if request.GET.get("only") == "now":
            run = row_or_404(self, request, object_id, "campaigns.view_run")
            return TemplateResponse(request, "campaigns/run_now.html", self.story(request, run))
        return super().change_view(request, object_id, form_url, extra_context)

    def story(self, request: HttpRequest, row: Run) -> dict[str, Any]:
        run = Run.objects.select_related("campaign__clinic", "stream").get(pk=row.pk)
        return told_in_full(run, now=clock.now()) | {
            "title": run.campaign.name,
            "may_stop": request.user.has_perm("campaigns.change_run"),
            "may_see_patients": sees_details(request.user),
            "fits_a_workbook": run.audience_size <= downloads.WORKBOOK_LINES,
        }

    def patient(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Say why one patient got it, or did not."""
        run: Run = row_or_404(self, request, str(object_id), "campaigns.view_run")
        if not sees_details(request.user):
            raise PermissionDenied
        # Typed names travel in the body: addresses end up in logs.
        typed = request.POST.get("typed", "").strip()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Who got “%(name)s”, and why not") % {"name": run.campaign.name},
            "back": reverse("admin:campaigns_run_change", args=[run.pk]),
            "run": run,
            "typed": typed,
            "found": self._found(request, run, typed) if typed else None,
        }
        return TemplateResponse(request, "campaigns/run_patient.html", context)

    def csv(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        run = self._exported(request, object_id)
        return again.ask(request) if again.is_needed(request) else downloads.run_as_csv(run)

    def xlsx(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        run = self._exported(request, object_id)
        return again.ask(request) if again.is_needed(request) else downloads.run_as_xlsx(run)

    def _exported(self, request: HttpRequest, object_id: int) -> Run:
        """Patients are named by their identifiers, which is for those who may see who they are."""
        if not sees_details(request.user):
            raise PermissionDenied
        run: Run = row_or_404(self, request, str(object_id), "campaigns.view_run")
        recording.counts(request, run.audience_size)
        return run

    def _found(self, request: HttpRequest, run: Run, typed: str) -> list[dict[str, Any]]:
        known = Patient.objects.filter(clinic=run.campaign.clinic_id)
        patients = patients_like(known, typed, countries=countries_of(request.user))
        now = clock.now()
        shown = list(patients.order_by("family_name", "given_name", "pk")[:FOUND])
        recording.shows(request, shown, is_list=True)
        return [_told(explaining.explain(run, patient, now=now)) for patient in shown]


def _told(verdict: Verdict) -> dict[str, Any]:
    message = verdict.message
    return {
        "verdict": verdict,
        "patient": verdict.patient,
        "mark": story.mark_of(message) if message else "",
        "steps": story.steps_of(message) if message else [],
    }
