"""The clinic itself, and the act that lets messages leave for real."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import rates
from healthmsg import clock, start
from healthmsg.clinic import going_live, guardians, roles
from healthmsg.clinic.consent import LEDGER_PURPOSES
from healthmsg.clinic.models import Clinic, ClinicModeChange, LegalBasis, Mode, StaffUser
from healthmsg.cockpit import (
    Act,
    ClinicAdmin,
    CockpitInline,
    ReadOnlyInline,
    Tone,
    act_page,
    act_path,
    fields,
    mark,
    row_or_404,
    zones,
)
from healthmsg.desk.admin import spoken
from healthmsg.desk.next_day import next_day
from reminders.timing import local_day


class ModeChangeInline(ReadOnlyInline[ClinicModeChange, Clinic]):
    model = ClinicModeChange
    fields = ("changed_at", "mode", "changed_by", "next_day_messages", "acknowledged_by")
    ordering = ("-changed_at",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever sees the clinic sees who made it live: no role gets rows of its own for it."""
        return request.user.has_perm("clinic.view_clinic")


class LegalBasisInline(CockpitInline[LegalBasis, Clinic]):
    model = LegalBasis
    fields = (("purpose", "basis"), "note")
    max_num = len(LEDGER_PURPOSES)


class AcknowledgementForm(forms.Form):
    """In the United States: a named person accepts who else can read the messages."""

    acknowledged_by = fields.text(
        gettext_lazy("Who has read and accepted it: name and position"),
        help_text=gettext_lazy(
            "Messages go through servers of Meta, which decrypts them on the clinic's behalf and"
            " keeps them for at most 30 days. See “Who processes data for the clinic”."
        ),
        most=120,
    )


@admin.register(Clinic)
class ClinicAdminPage(ClinicAdmin[Clinic]):
    """The legal body that writes to patients."""

    list_display = ("name", "where", "time_zone", "how")
    ordering = ("name",)
    inlines = (LegalBasisInline, ModeChangeInline)
    change_form_outer_before_template = "desk/clinic_acts.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "name",
                    ("phone", "emergency_number"),
                    ("country", "time_zone"),
                    "languages",
                )
            },
        ),
        (gettext_lazy("When messages go out"), {"fields": (("sending_opens", "sending_closes"),)}),
        (gettext_lazy("To call"), {"fields": ("call_from_hours",)}),
        (gettext_lazy("Messages from patients"), {"fields": ("urgent_within_minutes",)}),
        (
            gettext_lazy("Waiting list"),
            {
                "fields": (
                    ("earlier_offers_a_day", "earlier_offers_in_all"),
                    "earlier_notice_hours",
                )
            },
        ),
        (gettext_lazy("Campaigns"), {"fields": ("invitations_a_month",)}),
        (gettext_lazy("Parents and guardians"), {"fields": ("guardians_until_age",)}),
        (gettext_lazy("Signing in"), {"fields": ("second_factor_for",)}),
    )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "country":
            choices = [("", _("please choose")), *rates.countries()]
            field = fields.choice(_("Country"), choices, required=True)
            field.help_text = _(
                "Numbers typed without a country are taken for numbers of this one."
            )
            return field
        if db_field.name != "second_factor_for":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        field = fields.several(
            db_field.verbose_name, [(one, roles.in_words(one)) for one in roles.ROLES]
        )
        field.required, field.help_text = False, db_field.help_text
        return field

    def get_form(
        self,
        request: HttpRequest,
        obj: Clinic | None = None,
        change: bool = False,  # noqa: FBT001, FBT002 - Django's
        **kwargs: Any,
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if "time_zone" in form.base_fields:
            kept = obj.time_zone if obj else ""
            form.base_fields["time_zone"] = zones.field(required=True, kept=kept)
        if "languages" in form.base_fields:
            form.base_fields["languages"] = spoken.field(obj.languages if obj else ())
        return form

    def has_delete_permission(self, request: HttpRequest, obj: Clinic | None = None) -> bool:
        return False

    def save_model(
        self,
        request: HttpRequest,
        obj: Clinic,
        form: Any,
        change: bool,  # noqa: FBT001 - Django's
    ) -> None:
        super().save_model(request, obj, form, change)
        if "guardians_until_age" in form.changed_data:
            guardians.follow_age(obj, today=local_day(clock.now(), obj.zone))

    @admin.display(description=gettext_lazy("country"), ordering="country")
    def where(self, clinic: Clinic) -> str:
        return rates.country_name(clinic.country)

    @admin.display(description=gettext_lazy("mode"))
    def how(self, clinic: Clinic) -> str:
        return mode_mark(clinic)

    def get_urls(self) -> list[URLPattern]:
        return [
            act_path(self, "go-live", self.go_live),
            act_path(self, "practice", self.practice),
            *super().get_urls(),
        ]

    def go_live(self, request: HttpRequest, object_id: int) -> HttpResponse:
        clinic = row_or_404(self, request, str(object_id), "clinic.change_clinic")
        leaving = next_day(clinic, now=clock.now())
        total = sum(kind.count for kind in leaving)
        # Kept here and not in the page, which could be sent without having been looked at.
        key = f"leaving:{clinic.pk}"
        seen, request.session[key] = request.session.get(key), total

        def go(values: dict[str, Any]) -> str:
            if seen != total:
                raise ValidationError(_("Please look again: this is what would leave now."))
            return self._change(request, clinic, Mode.LIVE, total, **values)

        is_asked = going_live.needs_acknowledgement(clinic)

        act = Act(
            title=_("%(clinic)s goes live") % {"clinic": clinic},
            button=_("Go live: messages reach patients"),
            do=go,
            form=AcknowledgementForm if is_asked else forms.Form,
            is_dangerous=True,
            template="desk/go_live.html",
            context={
                "leaving": leaving,
                "leaving_total": total,
                "missing": settings.MISSING_FOR_LIVE,
                "clinic": clinic,
            },
        )
        return act_page(self, request, clinic, act)

    def practice(self, request: HttpRequest, object_id: int) -> HttpResponse:
        clinic = row_or_404(self, request, str(object_id), "clinic.change_clinic")
        act = Act(
            title=_("%(clinic)s goes back to practice") % {"clinic": clinic},
            button=_("Back to practice"),
            explanation=_("From now on nothing reaches patients; only test phones get messages."),
            do=lambda _values: self._change(request, clinic, Mode.PRACTICE, 0),
            is_dangerous=True,
        )
        return act_page(self, request, clinic, act)

    def _change(
        self,
        request: HttpRequest,
        clinic: Clinic,
        mode: Mode,
        shown: int,
        acknowledged_by: str = "",
    ) -> str:
        try:
            going_live.change_mode(
                clinic,
                mode=mode,
                by=request.user if isinstance(request.user, StaffUser) else None,
                next_day_messages=shown,
                missing=settings.MISSING_FOR_LIVE,
                now=clock.now(),
                acknowledged_by=acknowledged_by,
            )
        except going_live.NotReady as refusal:
            raise ValidationError(str(refusal)) from refusal
        # Once it is certain: a lost .env must not be noticed only after the next orderly start.
        transaction.on_commit(lambda: start.remember(is_live=going_live.is_any_live()))
        return _("%(clinic)s: %(mode)s.") % {"clinic": clinic, "mode": Mode(mode).label}

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        clinic = self.get_object(request, object_id)
        may_change = request.user.has_perm("clinic.change_clinic")
        shown = {
            "title": str(clinic),
            "subtitle": None,
            "clinic": clinic,
            "clinic_mark": mode_mark(clinic) if clinic else "",
            "clinic_may_change": may_change,
        }
        return super().change_view(request, object_id, form_url, shown | (extra_context or {}))


def mode_mark(clinic: Clinic) -> str:
    if clinic.is_live:
        return mark(_("live: messages reach patients"), Tone.GOOD)
    return mark(_("practice"), Tone.ASKS)
