"""Campaigns: what is said, to whom, why; started only after a look at who would get it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Field, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import approving, audience, budgeting, launching, refusing, stamps
from campaigns.admin import approval, choices, downloads, limits, planning, run_acts
from campaigns.admin.budget_form import CampaignForm
from campaigns.admin.check_words import look_in_words
from campaigns.admin.cost_words import spent_in_words
from campaigns.admin.run_words import run_in_words
from campaigns.models import Campaign, Run
from healthmsg import clock
from healthmsg.clinic.models import StaffUser
from healthmsg.cockpit import (
    Act,
    ClinicAdmin,
    Tone,
    act_page,
    act_path,
    again,
    mark,
    row_or_404,
    sees_details,
)
from healthmsg.cockpit.keys import key_of
from whatsapp.admin import troubles
from whatsapp.admin.choices import template_field

RUNS = 10


@admin.register(Campaign)
class CampaignAdmin(ClinicAdmin[Campaign]):
    """What the clinic invites to."""

    form = CampaignForm
    list_display = ("name", "purpose", "template_name", "audience", "approval")
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("clinic", "name", ("purpose", "audience"))}),
        (
            gettext_lazy("Words"),
            {"fields": (("template_name", "spare_language"), "sender")},
        ),
        (
            gettext_lazy("A trial first"),
            {"fields": ("trial_size", ("trial_percent", "trial_hours"))},
        ),
        (gettext_lazy("Budget"), {"fields": (("budget", "budget_currency"),)}),
        (
            gettext_lazy("Who needs no invitation"),
            {"fields": ("visit_kind", ("vaccine", "vaccine_since"))},
        ),
        *limits.FIELDSETS,
    )
    change_form_outer_before_template = "campaigns/campaign_acts.html"
    change_form_outer_after_template = "campaigns/runs.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        rows = super().get_queryset(request)
        return stamps.with_free_slots(rows.select_related("clinic", "audience", "approved_by"))

    def get_form(
        self, request: HttpRequest, obj: Campaign | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, *args, **kwargs)
        if obj is not None:
            choices.offer(request, form.base_fields, clinic_id=obj.clinic_id)
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Campaign | None = None) -> Any:
        """Fold away what this campaign makes no use of."""
        first, words, *others = super().get_fieldsets(request, obj)
        return [first, words, *(limits.folded(part, obj or Campaign()) for part in others)]

    def get_inlines(self, request: HttpRequest, obj: Campaign | None) -> Any:
        return () if obj is None else limits.INLINES

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        return False

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "spare_language":
            return choices.spare_language()
        if (chosen := limits.field(db_field.name)) is not None:
            return chosen
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
            names=choices.templates(request, clinic_id=campaign.clinic_id) if campaign else None,
        )

    def get_formset_kwargs(
        self, request: HttpRequest, obj: Campaign, inline: Any, prefix: str
    ) -> dict[str, Any]:
        given: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        if request.method == "GET" and limits.is_known_to_have_none(inline, obj):
            given["queryset"] = given["queryset"].none()
        return given

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: Any) -> None:
        if set(form.changed_data) - {"name"}:
            obj.changed_by = _person(request)
        if not change:
            obj.created_by = _person(request)
        elif obj.approved_at is not None and set(form.changed_data) - {"name"}:
            # Approved was what stood there before.
            obj.approved_by = obj.approved_at = None
            messages.warning(request, _("It has to be approved again, as it was changed."))
        super().save_model(request, obj, form, change)
        if {"budget", "budget_currency"} & set(form.changed_data):
            budgeting.forget(Campaign.objects.filter(pk=obj.pk))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        super().save_related(request, form, formsets, change)
        if not any(formset.has_changed() for formset in formsets):
            return
        itself = Campaign.objects.filter(pk=form.instance.pk)
        if approving.change(itself, by=_person(request)):
            messages.warning(request, _("It has to be approved again, as it was changed."))

    @admin.display(description=gettext_lazy("approved"))
    def approval(self, campaign: Campaign) -> str:
        if campaign.approved_by is None:
            return mark(_("not yet"), Tone.QUIET)
        return mark(_("by %(name)s") % {"name": campaign.approved_by}, Tone.GOOD)

    def get_urls(self) -> list[URLPattern]:
        return [
            act_path(self, "start", self.start),
            act_path(self, "who", self.who),
            act_path(self, "costs", self.costs),
            act_path(self, "plan", self.plan),
            act_path(self, "approve", self.approve),
            act_path(self, "pause", self.pause),
            act_path(self, "resume", self.resume),
            act_path(self, "cancel", self.cancel),
            act_path(self, "retry", self.retry),
            *super().get_urls(),
        ]

    def who(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        """Hand out the check as a file; it names patients by their identifiers."""
        if not sees_details(request.user):
            raise PermissionDenied
        campaign = row_or_404(self, request, str(object_id), "campaigns.view_campaign")
        if again.is_needed(request):
            return again.ask(request)
        verdicts = audience.everybody(audience.of(campaign, now=clock.now()))
        return downloads.as_csv(verdicts, name=f"campaign-{campaign.pk}")

    def costs(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Answer what it has cost so far; a part of a page, as counting may take a second."""
        campaign = row_or_404(self, request, str(object_id), "campaigns.view_campaign")
        shown = spent_in_words(campaign, now=clock.now())
        return TemplateResponse(request, "campaigns/costs_now.html", shown)

    def start(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show who would get it, also to its author; the button is for those who may send."""
        may_start = request.user.has_perm("campaigns.start_campaign")
        is_look = request.method == "GET" and request.user.has_perm("campaigns.change_campaign")
        needed = "campaigns.view_campaign" if is_look else "campaigns.start_campaign"
        campaign = row_or_404(self, request, str(object_id), needed)
        look = look_in_words(campaign, now=clock.now())
        is_large = may_start and look["look"]["reached"] > refusing.SIZE_THAT_NEEDS_TWO
        if is_large and again.is_needed(request):
            return again.ask(request)

        def do(_values: dict[str, Any]) -> str:
            try:
                launching.start(campaign, by=_person(request), now=clock.now())
            except refusing.NotAllowed as refusal:
                raise ValidationError(_(str(refusal))) from refusal
            return _("Started. It is sent in portions; it can be stopped at any moment.")

        act = Act(
            title=_("Start “%(name)s”") % {"name": campaign.name},
            button=_("Start now"),
            do=do,
            template="campaigns/start.html",
            context=look | {"only_looks": not may_start},
        )
        return act_page(self, request, campaign, act)

    def plan(self, request: HttpRequest, object_id: int) -> HttpResponse:
        campaign = row_or_404(self, request, str(object_id), "campaigns.start_campaign")
        if again.is_needed(request):
            return again.ask(request)
        by = _person(request)
        act = Act(
            title=_("When “%(name)s” is sent") % {"name": campaign.name},
            button=_("Keep"),
            form=planning.PlanForm,
            form_arguments={"campaign": campaign, "now": clock.now()},
            initial=planning.present(campaign),
            do=lambda values: planning.plan(campaign, values, by=by, now=clock.now()),
        )
        return act_page(self, request, campaign, act)

    def approve(self, request: HttpRequest, object_id: int) -> HttpResponse:
        campaign = row_or_404(self, request, str(object_id), "campaigns.view_campaign")
        if not _may_approve(request, campaign):
            raise PermissionDenied
        return act_page(self, request, campaign, approval.approve(campaign, by=_person(request)))

    def pause(self, request: HttpRequest, object_id: int) -> HttpResponse:
        campaign, run = self._run(request, object_id)
        return act_page(self, request, campaign, run_acts.pause(run))

    def resume(self, request: HttpRequest, object_id: int) -> HttpResponse:
        campaign, run = self._run(request, object_id)
        if run.audience_size > refusing.SIZE_THAT_NEEDS_TWO and again.is_needed(request):
            return again.ask(request)
        return act_page(self, request, campaign, run_acts.resume(run))

    def cancel(self, request: HttpRequest, object_id: int) -> HttpResponse:
        campaign, run = self._run(request, object_id)
        return act_page(self, request, campaign, run_acts.cancel(run))

    def retry(self, request: HttpRequest, object_id: int) -> HttpResponse:
        campaign, run = self._run(request, object_id)
        if run.audience_size > refusing.SIZE_THAT_NEEDS_TWO and again.is_needed(request):
            return again.ask(request)
        return act_page(self, request, campaign, run_acts.retry(run))

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
            changed = approving.changed(campaign)
            runs = campaign.runs.select_related("stream").order_by("-occurrence_at")[:RUNS]
            shown = {
                "title": campaign.name,
                "subtitle": None,
                "campaign": campaign,
                "troubles": troubles.of_names(
                    request.user,
                    campaign.clinic_id,
                    [campaign.template_name],
                    purpose=campaign.purpose,
                ),
                "runs": [run_in_words(run, now=clock.now()) for run in runs],
                "may_start": request.user.has_perm("campaigns.start_campaign"),
                "may_check": request.user.has_perm("campaigns.change_campaign"),
                "changed_since": [stamps.IN_WORDS[part] for part in changed],
                "may_approve": (
                    campaign.approved_at is None or bool(changed) or not campaign.approved_parts
                )
                and request.user.pk not in {campaign.created_by_id, campaign.changed_by_id}
                and _may_approve(request, campaign),
                "may_stop": request.user.has_perm("campaigns.change_run"),
            }
        return super().change_view(request, object_id, form_url, shown | (extra_context or {}))

    def _run(self, request: HttpRequest, object_id: int) -> tuple[Campaign, Run]:
        campaign = row_or_404(self, request, str(object_id), "campaigns.change_run")
        runs = Run.objects.filter(campaign=campaign).select_related("stream")
        return campaign, get_object_or_404(runs, pk=key_of(request.GET.get("run")))


def _may_approve(request: HttpRequest, campaign: Campaign) -> bool:
    today = clock.now().astimezone(campaign.clinic.zone).date()
    return approving.may(_person(request), campaign, today=today)


def _person(request: HttpRequest) -> StaffUser:
    if not isinstance(request.user, StaffUser):
        raise PermissionDenied
    return request.user
