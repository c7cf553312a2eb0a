"""Vaccination schedules: written or copied, approved by a clinician, and frozen from then on."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import editions, vouching
from campaigns.admin import vouched
from campaigns.admin.schedule_forms import DoseForm, EditionForm, ExampleForm
from campaigns.admin.span_words import in_words
from campaigns.models import Schedule, ScheduleDose
from healthmsg import clock
from healthmsg.cockpit import (
    Act,
    ClinicAdmin,
    CockpitTable,
    act_page,
    act_path,
    clinics_of,
    row_or_404,
)
from whatsapp.admin.holding import ReasonForm


class DoseInline(CockpitTable[ScheduleDose, Schedule]):
    """The rows of a schedule, while it may still be changed."""

    model = ScheduleDose
    form = DoseForm
    fields = (
        "vaccine",
        "number",
        "due_age",
        "minimum_age",
        "interval",
        "until_age",
        "sex",
    )
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ScheduleDose]:
        return super().get_queryset(request).select_related("vaccine")

    def get_formset(self, request: HttpRequest, obj: Schedule | None = None, **kwargs: Any) -> Any:
        made = super().get_formset(request, obj, **kwargs)
        vaccines: Any = made.form.base_fields["vaccine"]
        if obj is not None:
            vaccines.queryset = vaccines.queryset.filter(clinic=obj.clinic_id)
        return made


@admin.register(Schedule)
class ScheduleAdmin(ClinicAdmin[Schedule]):
    """What an authority recommends, edition by edition."""

    list_display = ("name", "authority", "edition", "effective_from", "state")
    list_select_related = ("approved_by",)
    ordering = ("-pk",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "clinic",
                    "name",
                    ("authority", "edition"),
                    "source",
                    "effective_from",
                    ("born_from", "born_until"),
                    "note",
                )
            },
        ),
    )
    inlines = (DoseInline,)
    list_before_template = "campaigns/schedules_top.html"
    change_form_outer_before_template = "campaigns/schedule_top.html"

    def has_change_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.is_frozen)

    def has_delete_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        return False

    def get_inlines(self, request: HttpRequest, obj: Schedule | None) -> Any:
        # A new one has a clinic first, whose vaccines it may name; a frozen one shows a table.
        may_change = obj is not None and self.has_change_permission(request, obj)
        return super().get_inlines(request, obj) if may_change else ()

    def save_model(self, request: HttpRequest, obj: Schedule, form: Any, change: Any) -> None:
        if not change:
            obj.created_by = vouched.person(request)
        super().save_model(request, obj, form, change)

    @admin.display(description=gettext_lazy("approval"))
    def state(self, schedule: Schedule) -> str:
        return vouched.state_of(schedule)

    def get_urls(self) -> list[URLPattern]:
        example = self.admin_site.admin_view(self.add_example)
        return [
            path("example/", example, name="campaigns_schedule_example"),
            act_path(self, "approve", self.approve),
            act_path(self, "withdraw", self.withdraw),
            act_path(self, "new-edition", self.new_edition),
            act_path(self, "make-list", self.make_list),
            *super().get_urls(),
        ]

    def add_example(self, request: HttpRequest) -> HttpResponse:
        """Give a clinic WHO's schedule as an example."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        clinics = clinics_of(request.user)

        def do(values: dict[str, Any]) -> str:
            editions.add_example(values["clinic"])
            return _("Added. It is an example that nobody has approved: look at every row.")

        act = Act(
            title=_("Add the WHO example"),
            button=_("Add it"),
            explanation=editions.NOTE,
            form=ExampleForm,
            form_arguments={"clinics": clinics},
            initial={"clinic": clinics.values_list("pk", flat=True).first()},
            do=do,
        )
        return act_page(self, request, None, act)

    def approve(self, request: HttpRequest, object_id: int) -> HttpResponse:
        schedule = row_or_404(self, request, str(object_id), vouching.PERMISSION)
        act = vouched.approve_act(
            schedule,
            request,
            explanation=_("From then on this edition is frozen: what changes is a new edition."),
            template="campaigns/schedule_approve.html",
            context=told(schedule),
        )
        return act_page(self, request, schedule, act)

    def withdraw(self, request: HttpRequest, object_id: int) -> HttpResponse:
        schedule = row_or_404(self, request, str(object_id), vouching.PERMISSION)

        def do(values: dict[str, Any]) -> str:
            by, now = vouched.person(request), clock.now()
            if not vouching.withdraw(schedule, by=by, reason=values["reason"], now=now):
                raise ValidationError(_("It is not approved, or was withdrawn already."))
            return _("Withdrawn. Nothing more is made by it, and nothing more leaves by its lists.")

        act = Act(
            title=_("Withdraw “%(name)s”") % {"name": schedule.edition},
            button=_("Withdraw for good"),
            explanation=_(
                "No list is made by it any more, and campaigns that go to its lists are paused."
            ),
            form=ReasonForm,
            do=do,
            is_dangerous=True,
        )
        return act_page(self, request, schedule, act)

    def new_edition(self, request: HttpRequest, object_id: int) -> HttpResponse:
        schedule = row_or_404(self, request, str(object_id), "campaigns.add_schedule")

        def do(values: dict[str, Any]) -> str:
            editions.make_new(schedule, **values, by=vouched.person(request))
            return _("A new edition is there to be changed. A clinician approves it before use.")

        act = Act(
            title=_("Make a new edition"),
            button=_("Make the new edition"),
            form=EditionForm,
            form_arguments={"schedule": schedule},
            do=do,
            done=reverse("admin:campaigns_schedule_changelist"),
        )
        return act_page(self, request, schedule, act)

    def make_list(self, request: HttpRequest, object_id: int) -> HttpResponse:
        schedule = row_or_404(self, request, str(object_id), "campaigns.add_patientlist")
        return act_page(self, request, schedule, vouched.make_act(schedule, request))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        schedule = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if schedule is not None:
            shown = {
                "title": schedule.name,
                "subtitle": None,
                **told(schedule),
                "state": vouched.state_of(schedule),
                "shows_rows": not self.has_change_permission(request, schedule),
                "may_approve": vouched.may_approve(request, schedule),
                "may_withdraw": schedule.is_valid and vouching.may(vouched.person(request)),
                "may_copy": self.has_add_permission(request),
                "may_make": schedule.is_valid
                and request.user.has_perm("campaigns.add_patientlist"),
            }
        return super().change_view(request, object_id, form_url, shown | (extra_context or {}))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        shown = {"may_add_example": self.has_add_permission(request)}
        return super().changelist_view(request, shown | (extra_context or {}))


def told(schedule: Schedule) -> dict[str, Any]:
    """Return a schedule's rows in words."""
    rows = schedule.doses.select_related("vaccine").order_by("pk")
    return {
        "schedule": schedule,
        "doses": [
            {
                "vaccine": row.vaccine.name,
                "number": row.number,
                "due": in_words(row.due_age),
                "minimum": in_words(row.minimum_age),
                "interval": in_words(row.interval),
                "until": in_words(row.until_age),
                "only": row.get_sex_display(),
            }
            for row in rows
        ],
    }
