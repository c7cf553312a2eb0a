"""Doses on the patient's page: entered by staff, or known from elsewhere."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from healthmsg.clinic.models import Immunisation, Patient
from healthmsg.cockpit import CockpitInline


class DoseInline(CockpitInline[Immunisation, Patient]):
    """What the patient is known to have had; a mistake is marked, nothing is deleted."""

    model = Immunisation
    fields = (("vaccine", "given_on"), "source")
    readonly_fields = ("source",)
    ordering = ("-given_on", "-pk")
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Immunisation]:
        return super().get_queryset(request).filter(entered_in_error_at=None)

    def get_formset(self, request: HttpRequest, obj: Patient | None = None, **kwargs: Any) -> Any:
        made = super().get_formset(request, obj, **kwargs)
        vaccines: Any = made.form.base_fields["vaccine"]
        if obj is not None:
            vaccines.queryset = vaccines.queryset.filter(clinic=obj.clinic_id)
            # Read once for all doses, not by the form of each; `list` alone would count them first.
            vaccines.choices = list(iter(vaccines.choices))
        return made


def sign(formset: Any, *, by: Any, now: datetime) -> None:
    """Write down who recorded the new doses, and when."""
    for form in formset.forms:
        if form.instance.pk is None:
            form.instance.recorded_by, form.instance.recorded_at = by, now
