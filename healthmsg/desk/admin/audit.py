"""The audit's page: who changed, saw and took out what, found by person, patient, day and kind."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg.clinic import audit
from healthmsg.clinic.admin.search import patients_like
from healthmsg.clinic.models import AuditLine, Patient, StaffUser
from healthmsg.cockpit import (
    StoryAdmin,
    countries_of,
    meant_days,
    owned,
    sees_details,
    works_for_all,
)
from healthmsg.cockpit.keys import key_of
from healthmsg.desk import audit_words
from healthmsg.desk.admin.visit_filters import PatientFilter, span, today

# Whoever types one letter is shown what fits the first of them.
_FOUND = 50
_STAFF = 200


class PersonFilter(SimpleListFilter):
    """Who did it: people of the clinics whose audit it is."""

    title = gettext_lazy("who")
    parameter_name = "who"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        people = owned(StaffUser.objects.order_by("username"), request.user)[:_STAFF]
        return [(str(one.pk), one.get_username()) for one in people]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditLine]) -> Any:
        typed = self.value() or ""
        return queryset.filter(by_id=int(typed)) if typed.isdecimal() else queryset


class DayFilter(SimpleListFilter):
    """One day, or the last few."""

    title = gettext_lazy("day")
    parameter_name = "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("1", _("today")),
            ("7", _("in the last 7 days")),
            ("30", _("in the last 30 days")),
            *self._typed(request),
        ]

    def _typed(self, request: HttpRequest) -> list[tuple[str, Any]]:
        """Return a day that was chosen in the calendar above the list."""
        day = meant_days.read(request.GET.get("day"))
        return [(day.isoformat(), day)] if day else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditLine]) -> Any:
        typed = self.value() or ""
        if typed in {"1", "7", "30"}:
            first, days = today() - timedelta(days=int(typed) - 1), int(typed)
        elif day := meant_days.read(typed):
            first, days = day, 1
        else:
            return queryset
        begins, ends = span(first, days)
        return queryset.filter(at__gte=begins, at__lt=ends)


class ModelFilter(SimpleListFilter):
    """What was changed or looked at."""

    title = gettext_lazy("what kind of row")
    parameter_name = "of"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return audit_words.kinds_of_rows()

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditLine]) -> Any:
        return queryset.filter(model=self.value()) if self.value() else queryset


class WhomFilter(PatientFilter):
    """One patient: their own lines, and the lists and files in which they stood."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditLine]) -> QuerySet[AuditLine]:
        asked = key_of(self.value())
        return queryset.filter(AuditLine.about([asked])) if asked else queryset


@admin.register(AuditLine)
class AuditAdmin(StoryAdmin[AuditLine]):
    """The sealed book, newest first; looking at it is noted in it."""

    list_title = gettext_lazy("Who looked and changed")
    list_empty = gettext_lazy("What somebody looks at or changes stands here a minute later.")
    list_counts = gettext_lazy("lines")
    list_display = ("at", "who", "what", "which", "patient", "page", "address")
    list_filter = ("kind", DayFilter, PersonFilter, ModelFilter, WhomFilter)
    search_fields = ("number",)
    search_help_text = gettext_lazy(
        "A patient's name, identifier or last digits of a number, or a person's user name"
    )
    ordering = ("-at", "-number")
    list_before_template = "desk/audit_top.html"
    change_form_outer_before_template = "desk/audit_line.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditLine]:
        """What belongs to no one clinic is for those who work for all of them."""
        rows = AuditLine.objects.order_by(*self.ordering)
        return rows if works_for_all(request.user) else owned(rows, request.user)

    def find(
        self, request: HttpRequest, rows: QuerySet[AuditLine], typed: str
    ) -> tuple[QuerySet[AuditLine], bool]:
        if not typed:
            return rows, False
        people = owned(StaffUser.objects.filter(username__iexact=typed), request.user)
        fits = Q(by_id__in=list(people.values_list("pk", flat=True)))
        if sees_details(request.user):
            known = owned(Patient.objects.all(), request.user)
            found = patients_like(known, typed, countries=countries_of(request.user))
            fits |= AuditLine.about(found.values_list("pk", flat=True)[:_FOUND])
        return rows.filter(fits), False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        # Names are looked up for the lines on the page only.
        lines = list(changelist.result_list)
        audit_words.name(lines, details=sees_details(request.user))
        changelist.result_list = lines
        return changelist

    @admin.display(description=gettext_lazy("who"))
    def who(self, line: AuditLine) -> str:
        return str(line.who_words)  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("what"))
    def what(self, line: AuditLine) -> str:
        return audit_words.what(line)

    @admin.display(description=gettext_lazy("which"))
    def which(self, line: AuditLine) -> str:
        return audit_words.which(line)

    @admin.display(description=gettext_lazy("patient"))
    def patient(self, line: AuditLine) -> str:
        return str(line.patient_words)  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("page"))
    def page(self, line: AuditLine) -> str:
        return audit_words.page(line.path)

    def story(self, request: HttpRequest, row: AuditLine) -> dict[str, Any]:
        details = sees_details(request.user)
        audit_words.name([row], details=details)
        told = audit.told([row])[row.number]
        may_see = details or row.patient_id is None
        link = row.patient_id and request.user.has_perm("clinic.view_patient")
        return {
            "title": audit_words.headline(row),
            "audit_line": row,
            "audit_what": audit_words.what(row),
            "audit_which": audit_words.which(row),
            "audit_page": audit_words.page(row.path),
            "audit_is_gone": told is None,
            "audit_may_see": may_see,
            "audit_changes": audit_words.changes(row, told) if told and may_see else [],
            "audit_patients": _patients_of(row),
            "audit_patient_link": reverse("patient", args=[row.patient_id]) if link else "",
        }


def _patients_of(line: AuditLine) -> list[str]:
    """Return whom a list showed."""
    shown = (line.after or {}).get("patients", []) if not line.verb else []
    return [_("patient #%s") % patient for patient in shown]
