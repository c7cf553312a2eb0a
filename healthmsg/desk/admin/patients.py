"""Patients: found by a few letters, shown with everything that concerns them on one page."""

from typing import Any

from django.contrib import admin
from django.db.models import Min, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg import clock
from healthmsg.clinic import guardians
from healthmsg.clinic.admin.search import patients_like
from healthmsg.clinic.models import (
    LIVE_VISIT,
    Appointment,
    Contact,
    Immunisation,
    Patient,
    PatientState,
)
from healthmsg.clinic.phone import spoken
from healthmsg.cockpit import (
    ClinicAdmin,
    Tone,
    act_path,
    back_to,
    countries_of,
    mark,
    naming,
    sees_details,
)
from healthmsg.cockpit.paginator import FoundPaginator, keys_shown
from healthmsg.desk.admin import doses, patient_acts, patient_privacy, together
from healthmsg.desk.admin.contacts import ContactInline
from healthmsg.desk.admin.doses import DoseInline
from healthmsg.desk.admin.patient_filters import (
    HomeFilter,
    LanguageFilter,
    NeedFilter,
    ReachedFilter,
)
from healthmsg.desk.admin.patient_form import PatientForm
from reminders import patients
from reminders.timing import local_day

# Of a very common name so many are looked at, and the page says that there are more: sorting all of
# the Garcías among a million takes seconds.
SEARCHED = 2_000
_TONES = {
    PatientState.ACTIVE: Tone.GOOD,
    PatientState.PAUSED: Tone.ASKS,
    PatientState.GONE: Tone.QUIET,
    PatientState.DECEASED: Tone.QUIET,
}


@admin.register(Patient)
class PatientAdmin(ClinicAdmin[Patient]):
    """People cared for by the clinic; who they are is shown to those who may see it."""

    form = PatientForm
    search_fields = ("family_name",)
    search_help_text = gettext_lazy("Name or its beginning, identifier, or last digits of a number")
    actions = ("as_file",)
    list_filter = ("state", LanguageFilter, ReachedFilter, NeedFilter, HomeFilter)
    # The order of the index patient_by_name.
    ordering = ("clinic", "family_name", "given_name", "pk")
    list_before_template = "desk/patients_top.html"
    # What concerns a patient stands on a page of the desk's; this one is the form.
    row_page = "patient"

    def get_urls(self) -> list[URLPattern]:
        views = {**patient_acts.ACTS, **patient_privacy.ACTS}
        acts = [act_path(self, name, self._bound(view)) for name, view in views.items()]
        return [*acts, *super().get_urls()]

    def _bound(self, view: patient_acts.View) -> Any:
        def bound(request: HttpRequest, object_id: int, **names: Any) -> HttpResponseBase:
            return view(self, request, object_id, **names)

        return bound

    def has_take_out_permission(self, request: HttpRequest) -> bool:
        return sees_details(request.user) and request.user.has_perm("clinic.copy_patient")

    @admin.action(
        description=gettext_lazy("Take out as a file for a spreadsheet"), permissions=["take_out"]
    )
    def as_file(self, request: HttpRequest, queryset: QuerySet[Patient]) -> HttpResponse | None:
        head = (_("identifier"), _("family name"), _("given name"), _("birth date"))
        return together.as_file(
            request,
            _with_contacts(queryset),
            name="patients",
            head=(*head, _("language"), _("numbers"), _("state"), _("next visit")),
            cells=_cells,
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and sees_details(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Patient | None = None) -> bool:
        is_there = obj is None or obj.erased_at is None
        return (
            is_there and super().has_change_permission(request, obj) and sees_details(request.user)
        )

    def has_delete_permission(self, request: HttpRequest, obj: Patient | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Patient]:
        return super().get_queryset(request).select_related("clinic")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        # Without names an alphabetical order would tell them.
        return self.ordering if sees_details(request.user) else ("pk",)

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        if not sees_details(request.user):
            return ("__str__", "masked_numbers", "how", "next_visit")
        return ("name", "birth_date", "external_id", "numbers", "how", "next_visit")

    def get_fieldsets(self, request: HttpRequest, obj: Patient | None = None) -> Any:
        if not sees_details(request.user):
            return [(None, {"fields": ("masked", "how")})]
        names = (
            ("given_name", "family_name"),
            ("birth_date", "sex"),
            ("external_id", "site"),
            "needs",
        )
        return [(None, {"fields": ("clinic", *names) if obj is None else (*names, "tagged")})]

    def get_readonly_fields(self, request: HttpRequest, obj: Patient | None = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "masked", "how")

    def get_inlines(self, request: HttpRequest, obj: Patient | None) -> Any:
        if not sees_details(request.user):
            return ()
        return (ContactInline,) if obj is None else (ContactInline, DoseInline)

    def find(
        self, request: HttpRequest, rows: QuerySet[Patient], typed: str
    ) -> tuple[QuerySet[Patient], bool]:
        if not typed or not sees_details(request.user):
            return rows, False
        countries = countries_of(request.user)
        return patients_like(rows, typed, countries=countries, most=SEARCHED), False

    def get_paginator(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not request.GET.get("q"):
            return super().get_paginator(request, *args, **kwargs)
        found = FoundPaginator(*args, **kwargs)
        found.most = SEARCHED
        return found

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        shown = Patient.objects.filter(pk__in=keys_shown(changelist))
        # The next visit and the numbers are looked up for the rows on the page only.
        changelist.result_list = list(_with_contacts(shown).order_by(*self.get_ordering(request)))
        return changelist

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: Any) -> None:
        if formset.model is Immunisation:
            doses.sign(formset, by=request.user, now=clock.now())
        super().save_formset(request, form, formset, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        super().save_related(request, form, formsets, change)
        if "tagged" in form.changed_data:
            form.instance.tags.set(form.cleaned_data["tagged"])
        patient: Patient = form.instance
        guardians.follow_age(
            patient.clinic, today=local_day(clock.now(), patient.clinic.zone), patient=patient
        )
        if change and any(formset.has_changed() for formset in formsets):
            patients.replan_future(form.instance, now=clock.now())

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        patient = self.get_object(request, object_id)
        extra: dict[str, Any] = {"subtitle": None}
        if patient is not None:
            details = sees_details(request.user)
            extra["title"] = naming.of(patient, details=details)
            if details:
                words = {"link": back_to(self, patient), "words": _("Back to the patient")}
                extra["head_back"] = words
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def response_post_save_change(self, request: HttpRequest, obj: Patient) -> HttpResponseRedirect:
        return HttpResponseRedirect(back_to(self, obj))

    def response_post_save_add(self, request: HttpRequest, obj: Patient) -> HttpResponseRedirect:
        return HttpResponseRedirect(back_to(self, obj))

    @admin.display(description=gettext_lazy("name"))
    def name(self, patient: Patient) -> str:
        if patient.erased_at is not None:
            return _("deleted on request")
        return f"{patient.family_name}, {patient.given_name}"

    @admin.display(description=gettext_lazy("patient"))
    def masked(self, patient: Patient) -> str:
        return naming.of(patient, details=False)

    @admin.display(description=gettext_lazy("numbers"))
    def numbers(self, patient: Patient) -> str:
        return ", ".join(spoken(c.phone.number) for c in patient.contacts.all() if c.phone) or "–"

    @admin.display(description=gettext_lazy("numbers"))
    def masked_numbers(self, patient: Patient) -> str:
        return ", ".join(c.phone.masked for c in patient.contacts.all() if c.phone) or "–"

    @admin.display(description=gettext_lazy("state"))
    def how(self, patient: Patient) -> str:
        return state_mark(patient)

    @admin.display(description=gettext_lazy("next visit"))
    def next_visit(self, patient: Patient) -> Any:
        return getattr(patient, "next_visit_at", None)


def state_mark(patient: Patient) -> str:
    """Return whether messages may go out about the patient, and why not."""
    words = str(PatientState(patient.state).label)
    if patient.state == PatientState.PAUSED and patient.paused_until:
        words = _("paused until %(day)s") % {"day": patient.paused_until}
    if patient.state_reason and patient.state != PatientState.ACTIVE:
        words = f"{words}: {patient.state_reason}"
    return mark(words, _TONES[PatientState(patient.state)])


def _cells(patient: Patient) -> tuple[str, ...]:
    contacts = list(patient.contacts.all())
    at = getattr(patient, "next_visit_at", None)
    return (
        patient.external_id,
        patient.family_name,
        patient.given_name,
        patient.birth_date.isoformat() if patient.birth_date else "",
        contacts[0].language if contacts else "",
        ", ".join(spoken(one.phone.number) for one in contacts if one.phone),
        str(PatientState(patient.state).label),
        f"{at.astimezone(patient.clinic.zone):%Y-%m-%d %H:%M}" if at else "",
    )


def _with_contacts(rows: QuerySet[Patient]) -> QuerySet[Patient]:
    ahead = Appointment.objects.filter(
        Q(patient=OuterRef("pk")), starts_at__gte=clock.now(), status__in=LIVE_VISIT
    )
    contacts = Contact.objects.select_related("phone").order_by("rank", "pk")
    return rows.prefetch_related(Prefetch("contacts", queryset=contacts)).annotate(
        next_visit_at=Subquery(
            ahead.order_by().values("patient").annotate(first=Min("starts_at")).values("first")
        )
    )
