"""Lists of patients: put together by identifiers, shown in part."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns import approving
from campaigns.models import ListEntry, PatientList
from healthmsg.clinic.models import Patient
from healthmsg.cockpit import Act, ClinicAdmin, act_page, act_path, fields, row_or_404, sees_details

SHOWN = 50
COUNT_UNTIL = 10_000


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

    list_display = ("name", "created_at")
    ordering = ("-pk",)
    fields = ("clinic", "name")
    change_form_outer_after_template = "campaigns/entries.html"

    def has_delete_permission(self, request: HttpRequest, obj: PatientList | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        return [act_path(self, "add-patients", self.add_patients), *super().get_urls()]

    def add_patients(self, request: HttpRequest, object_id: int) -> HttpResponse:
        patient_list = row_or_404(self, request, str(object_id), "campaigns.add_listentry")

        def do(values: dict[str, Any]) -> str:
            added = put_on(patient_list, values)
            if added and approving.void(approving.of_list(patient_list)):
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
            entries = ListEntry.objects.filter(patient_list=patient_list)
            count = entries[: COUNT_UNTIL + 1].count()
            shown = {
                "title": patient_list.name,
                "subtitle": None,
                "patient_list": patient_list,
                "entries": list(entries.select_related("patient").order_by("-pk")[:SHOWN]),
                "entry_count": f"{COUNT_UNTIL}+" if count > COUNT_UNTIL else count,
                "entry_details": sees_details(request.user),
                "may_add": request.user.has_perm("campaigns.add_listentry"),
            }
        return super().change_view(request, object_id, form_url, shown | (extra_context or {}))


def put_on(patient_list: PatientList, values: dict[str, Any]) -> int:
    """
    Put patients on a list; those already on it stay as they are.

    :raises ValidationError: some identifiers are not known; nothing was changed
    """
    wanted = {line.strip() for line in values["identifiers"].splitlines() if line.strip()}
    known = dict(
        Patient.objects.filter(clinic=patient_list.clinic_id, external_id__in=wanted).values_list(
            "external_id", "pk"
        )
    )
    if unknown := sorted(wanted - set(known)):
        words = _("Nobody is known by: %(some)s. Nothing was changed.")
        raise ValidationError(words % {"some": ", ".join(unknown[:10])})
    before = ListEntry.objects.filter(patient_list=patient_list, patient__in=known.values()).count()
    ListEntry.objects.bulk_create(
        [
            ListEntry(patient_list=patient_list, patient_id=key, due_on=values["due_on"])
            for key in known.values()
        ],
        ignore_conflicts=True,
    )
    return len(known) - before
