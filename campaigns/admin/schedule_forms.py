"""What is typed about schedules: doses, new editions, and who gets the example."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import spans
from campaigns.admin.span_words import SpanField
from campaigns.models import Schedule, ScheduleDose
from campaigns.spans import after
from healthmsg.clinic.models import Clinic
from healthmsg.cockpit import fields


class DoseForm(forms.ModelForm[ScheduleDose]):
    """One dose, with ages as schedules state them."""

    due_age = SpanField(gettext_lazy("Due at"))
    minimum_age = SpanField(gettext_lazy("Not before"))
    interval = SpanField(gettext_lazy("After the dose before, at least"), required=False)
    until_age = SpanField(gettext_lazy("No longer from this age on"), required=False)

    class Meta:
        model = ScheduleDose
        fields = ("vaccine", "number", "due_age", "minimum_age", "interval", "until_age", "sex")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # In a table the head of a column is no field's label.
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = field.label

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        due_age, minimum = values.get("due_age"), values.get("minimum_age")
        if due_age and minimum and _days(due_age) < _days(minimum):
            self.add_error("due_age", _("It cannot be due before it may be given."))
        until = values.get("until_age")
        if minimum and until and _days(until) <= _days(minimum):
            self.add_error("until_age", _("It would never be given."))
        return values


class EditionForm(forms.Form):
    """What the new edition is called, and when it begins."""

    edition = fields.text(gettext_lazy("Edition"), most=80)
    effective_from = fields.day(gettext_lazy("Applies from"))

    def __init__(self, *args: Any, schedule: Schedule, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._schedule = schedule

    def clean_edition(self) -> str:
        edition: str = self.cleaned_data["edition"]
        editions_of = Schedule.objects.filter(
            clinic=self._schedule.clinic_id,
            authority=self._schedule.authority,
            name=self._schedule.name,
        )
        if editions_of.filter(edition=edition).exists():
            raise ValidationError(_("There is this edition already."))
        return edition


class ExampleForm(forms.Form):
    """For which clinic."""

    clinic = fields.row(gettext_lazy("Clinic"), Clinic.objects.none())

    def __init__(self, *args: Any, clinics: QuerySet[Clinic], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        clinic: Any = self.fields["clinic"]
        clinic.queryset = clinics


def _days(span: str) -> int:
    """Return how long it is, from a day that no month's end makes longer or shorter."""
    return (after(spans.SOME_DAY, spans.read(span)) - spans.SOME_DAY).days
