"""Campaigns: what is said, to whom, why; started only after a look at who would get it."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Field, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import audience, forecast, launching
from campaigns.admin.run_words import audience_in_words, run_in_words
from campaigns.models import Campaign, Run
from healthmsg import clock
from healthmsg.clinic.models import StaffUser
from healthmsg.cockpit import Act, ClinicAdmin, Tone, act_page, act_path, mark, row_or_404
from whatsapp.admin.choices import template_field
from whatsapp.admin.holding import ReasonForm

RUNS = 10


@admin.register(Campaign)
class CampaignAdmin(ClinicAdmin[Campaign]):
    """What the clinic invites to."""

    list_display = ("name", "purpose", "template_name", "patient_list", "approval")
    list_select_related = ("patient_list", "approved_by")
    ordering = ("-pk",)
    fields = ("clinic", "name", "purpose", "template_name", "patient_list", "sender")
    change_form_outer_before_template = "campaigns/campaign_acts.html"
    change_form_outer_after_template = "campaigns/runs.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        return super().get_queryset(request).select_related("clinic")

    def get_readonly_fields(self, request: HttpRequest, obj: Campaign | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        # What was approved or sent is not changed under the approver.
        fixed = ("purpose", "template_name", "patient_list")
        if obj is not None and (obj.approved_at or obj.runs.exists()):
            return (*fields, *fixed)
        return fields

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        return False

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name != "template_name":
            field = super().formfield_for_dbfield(db_field, request, **kwargs)
            if db_field.name == "sender" and field is not None:
                field.label = _("WhatsApp number")
                field.help_text = _("None: the number the patient last wrote to.")
            return field
        key = request.resolver_match.kwargs.get("object_id") if request.resolver_match else None
        campaign = self.get_object(request, key) if key else None
        return template_field(
            request.user,
            present=campaign.template_name if campaign else "",
            label=_("Template"),
            required=True,
        )

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: Any) -> None:
        if not change:
            obj.created_by = _person(request)
        super().save_model(request, obj, form, change)

    @admin.display(description=gettext_lazy("approved"))
    def approval(self, campaign: Campaign) -> str:
        if campaign.approved_by is None:
            return mark(_("not yet"), Tone.QUIET)
        return mark(_("by %(name)s") % {"name": campaign.approved_by}, Tone.GOOD)

    def get_urls(self) -> list[URLPattern]:
        return [
            act_path(self, "start", self.start),
            act_path(self, "approve", self.approve),
            act_path(self, "pause", self.pause),
            act_path(self, "resume", self.resume),
            act_path(self, "cancel", self.cancel),
            *super().get_urls(),
        ]

    def start(self, request: HttpRequest, object_id: int) -> HttpResponse:
        campaign = row_or_404(self, request, str(object_id), "campaigns.start_campaign")

        def do(_values: dict[str, Any]) -> str:
            try:
                launching.start(campaign, by=_person(request), now=clock.now())
            except launching.NotAllowed as refusal:
                raise ValidationError(_(str(refusal))) from refusal
            return _("Started. It is sent in portions; it can be stopped at any moment.")

        act = Act(
            title=_("Start “%(name)s”") % {"name": campaign.name},
            button=_("Start now"),
            do=do,
            template="campaigns/start.html",
            context=_look(campaign),
        )
        return act_page(self, request, campaign, act)

    def approve(self, request: HttpRequest, object_id: int) -> HttpResponse:
        campaign = row_or_404(self, request, str(object_id), "campaigns.approve_campaign")

        def do(_values: dict[str, Any]) -> str:
            if campaign.created_by_id == request.user.pk:
                raise ValidationError(_("Somebody other than its author has to approve it."))
            campaign.approved_by, campaign.approved_at = _person(request), clock.now()
            campaign.save(update_fields=["approved_by", "approved_at"])
            return _("Approved.")

        act = Act(
            title=_("Approve “%(name)s”") % {"name": campaign.name},
            button=_("Approve"),
            do=do,
            template="campaigns/start.html",
            context=_look(campaign),
        )
        return act_page(self, request, campaign, act)

    def pause(self, request: HttpRequest, object_id: int) -> HttpResponse:
        campaign, run = self._run(request, object_id)

        def do(values: dict[str, Any]) -> str:
            launching.pause(run, reason=values["reason"], now=clock.now())
            return _("Paused 1 campaign. Nothing more leaves.")

        act = Act(title=_("Pause"), button=_("Pause now"), form=ReasonForm, do=do)
        return act_page(self, request, campaign, act)

    def resume(self, request: HttpRequest, object_id: int) -> HttpResponse:
        campaign, run = self._run(request, object_id)

        def do(_values: dict[str, Any]) -> str:
            launching.resume(run)
            return _("Goes on where it was paused.")

        act = Act(
            title=_("Go on"),
            button=_("Go on"),
            explanation=_("Paused because: %(reason)s") % {"reason": run.stream.held_reason},
            do=do,
        )
        return act_page(self, request, campaign, act)

    def cancel(self, request: HttpRequest, object_id: int) -> HttpResponse:
        campaign, run = self._run(request, object_id)

        def do(values: dict[str, Any]) -> str:
            count = launching.cancel(run, reason=values["reason"], now=clock.now())
            return _("Cancelled; %(count)d waiting messages were taken back.") % {"count": count}

        act = Act(
            title=_("Cancel for good"),
            button=_("Cancel for good"),
            explanation=_("What has left cannot be taken back; everything else never leaves."),
            form=ReasonForm,
            do=do,
            is_dangerous=True,
        )
        return act_page(self, request, campaign, act)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        campaign = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if campaign is not None:
            runs = campaign.runs.select_related("stream").order_by("-occurrence_at")[:RUNS]
            shown = {
                "title": campaign.name,
                "subtitle": None,
                "campaign": campaign,
                "runs": [run_in_words(run, now=clock.now()) for run in runs],
                "may_start": request.user.has_perm("campaigns.start_campaign"),
                "may_approve": request.user.has_perm("campaigns.approve_campaign")
                and campaign.approved_at is None
                and campaign.created_by_id != request.user.pk,
                "may_stop": request.user.has_perm("campaigns.change_run"),
            }
        return super().change_view(request, object_id, form_url, shown | (extra_context or {}))

    def _run(self, request: HttpRequest, object_id: int) -> tuple[Campaign, Run]:
        campaign = row_or_404(self, request, str(object_id), "campaigns.change_run")
        typed = request.GET.get("run", "")
        runs = Run.objects.filter(campaign=campaign).select_related("stream")
        return campaign, get_object_or_404(runs, pk=int(typed) if typed.isdigit() else 0)


def _look(campaign: Campaign) -> dict[str, Any]:
    """Return who would get it now, and when the last of them would."""
    now = clock.now()
    found = audience.look(campaign, now=now)
    done_at = forecast.of_campaign(campaign, found[""], now=now) if found[""] else None
    return {"look": audience_in_words(found), "done_at": done_at}


def _person(request: HttpRequest) -> StaffUser:
    if not isinstance(request.user, StaffUser):
        raise PermissionDenied
    return request.user
