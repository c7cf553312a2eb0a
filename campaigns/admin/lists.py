"""Lists of patients: put together by identifiers, or made and approved; shown in part."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns import approving, listing, vouching
from campaigns.admin import list_words, vouched
from campaigns.models import ListEntry, Making, PatientList
from healthmsg.clinic.folding import latin_digits
from healthmsg.clinic.models import AuditVerb, Patient
from healthmsg.cockpit import (
    Act,
    ClinicAdmin,
    act_page,
    act_path,
    fields,
    recording,
    row_or_404,
)


class IdentifiersForm(forms.Form):
    """Who is put on the list."""

    identifiers = fields.long_text(
        gettext_lazy("Identifiers of patients"),
        help_text=gettext_lazy("One a line, as in your own system."),
        required=True,
    )
    due_on = fields.day(gettext_lazy("Due"), required=False)


@admin.register(PatientList)
class PatientListAdmin(ClinicAdmin[PatientList]):
    """Patients put together for one reason."""

    list_display = ("name", "source", "state", "created_at")
    list_select_related = ("schedule", "season", "approved_by")
    ordering = ("-pk",)
    fields = ("clinic", "name")
    change_form_outer_after_template = "campaigns/entries.html"

    def has_delete_permission(self, request: HttpRequest, obj: PatientList | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        return [
            act_path(self, "add-patients", self.add_patients),
            act_path(self, "approve", self.approve),
            act_path(self, "stop", self.stop),
            act_path(self, "go-on", self.go_on),
            *super().get_urls(),
        ]

    @admin.display(description=gettext_lazy("made by"))
    def source(self, patient_list: PatientList) -> str:
        return str(patient_list.made_by or _("hand"))

    @admin.display(description=gettext_lazy("state"))
    def state(self, patient_list: PatientList) -> str:
        return list_words.state_of(patient_list)

    def approve(self, request: HttpRequest, object_id: int) -> HttpResponse:
        patient_list = row_or_404(self, request, str(object_id), vouching.PERMISSION)
        act = vouched.approve_act(
            patient_list,
            request,
            template="campaigns/list_approve.html",
            context=list_words.told(patient_list, request),
        )
        return act_page(self, request, patient_list, act)

    def stop(self, request: HttpRequest, object_id: int) -> HttpResponse:
        patient_list = row_or_404(self, request, str(object_id), "campaigns.change_patientlist")

        def do(_values: dict[str, Any]) -> str:
            listing.stop(patient_list)
            return _("Stopped. It can go on from here at any time.")

        act = Act(title=_("Stop making it"), button=_("Stop"), do=do)
        return act_page(self, request, patient_list, act)

    def go_on(self, request: HttpRequest, object_id: int) -> HttpResponse:
        patient_list = row_or_404(self, request, str(object_id), "campaigns.change_patientlist")

        def do(_values: dict[str, Any]) -> str:
            listing.resume(patient_list)
            return _("Goes on where it was stopped.")

        act = Act(title=_("Go on making it"), button=_("Go on"), do=do)
        return act_page(self, request, patient_list, act)

    def add_patients(self, request: HttpRequest, object_id: int) -> HttpResponse:
        patient_list = row_or_404(self, request, str(object_id), "campaigns.add_listentry")

        def do(values: dict[str, Any]) -> str:
            with transaction.atomic():
                added = put_on(patient_list, values, request)
                campaigns = approving.of_list(patient_list)
                is_voided = bool(added and approving.change(campaigns, by=vouched.person(request)))
            if added and patient_list.approved_at is not None:
                # The database has taken it back.
                messages.warning(request, _("A clinician has to approve this list again."))
            if is_voided:
                messages.warning(request, _("Campaigns that go to it have to be approved again."))
            return ngettext("Added %d patient.", "Added %d patients.", added) % added

        act = Act(
            title=_("Put patients on “%(name)s”") % {"name": patient_list.name},
            button=_("Put on the list"),
            form=IdentifiersForm,
            do=do,
        )
        return act_page(self, request, patient_list, act)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        patient_list = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if patient_list is not None:
            shown = {
                "title": patient_list.name,
                "subtitle": None,
                **list_words.told(patient_list, request),
                "may_add": request.user.has_perm("campaigns.add_listentry"),
                "may_stop": request.user.has_perm("campaigns.change_patientlist"),
                "may_approve": vouched.may_approve(request, patient_list)
                and patient_list.making == Making.READY,
            }
        return super().change_view(request, object_id, form_url, shown | (extra_context or {}))


@transaction.atomic
def put_on(patient_list: PatientList, values: dict[str, Any], request: HttpRequest) -> int:
    """
    Put patients on a list, and note who did; those already on it stay as they are.

    :raises ValidationError: some identifiers are not known; nothing was changed
    """
    typed = latin_digits(values["identifiers"])
    wanted = {line.strip() for line in typed.splitlines() if line.strip()}
    known = dict(
        Patient.objects.filter(clinic=patient_list.clinic_id, external_id__in=wanted).values_list(
            "external_id", "pk"
        )
    )
    if unknown := sorted(wanted - set(known)):
        words = _("Nobody is known by: %(some)s. Nothing was changed.")
        raise ValidationError(words % {"some": ", ".join(unknown[:10])})
    there = ListEntry.objects.filter(patient_list=patient_list, patient__in=known.values())
    before = set(there.values_list("pk", flat=True))
    ListEntry.objects.bulk_create(
        [
            ListEntry(patient_list=patient_list, patient_id=key, due_on=values["due_on"])
            for key in known.values()
        ],
        ignore_conflicts=True,
    )
    added = list(there.exclude(pk__in=before).select_related("patient").order_by("pk"))
    recording.did(request, added, AuditVerb.INSERT, after={"patient_list_id": patient_list.pk})
    return len(added)
