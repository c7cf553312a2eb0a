"""The file that comes back, and the day on which it came of it."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.utils import formats
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg.clinic.models import Clinic
from healthmsg.desk.imports import uploads
from healthmsg.desk.imports.tables import Unusable
from healthmsg.desk.unreached import filled
from healthmsg.desk.unreached.filled import Filled, Unfit
from healthmsg.desk.unreached.listing import COUNTS_FOR


class FilledForm(forms.Form):
    """A file with outcomes filled in; once valid, `filled` is what it says."""

    file = forms.FileField(
        label=gettext_lazy("File with outcomes filled in"),
        widget=forms.FileInput(attrs={"accept": uploads.ACCEPTED}),
        error_messages={
            "required": gettext_lazy("Choose the file first."),
            "empty": gettext_lazy("There is nothing in this file."),
        },
    )
    happened_on = forms.DateField(
        label=gettext_lazy("Day"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d"],
    )

    def __init__(self, *args: Any, clinic: Clinic, now: datetime, **kwargs: Any) -> None:
        self.clinic, self.today = clinic, now.astimezone(clinic.zone).date()
        self.filled: Filled | None = None
        super().__init__(*args, **kwargs)
        self.fields["happened_on"].initial = self.today
        self.fields["happened_on"].widget.attrs["max"] = self.today.isoformat()

    def clean_file(self) -> Any:
        file = uploads.checked(self.cleaned_data["file"])
        try:
            self.filled = filled.read(file, self.clinic)
        except Unusable as unusable:
            raise forms.ValidationError(f"{capfirst(unusable.failure.label)}.") from None
        except Unfit as unfit:
            raise forms.ValidationError(unfit.refusal.label) from None
        return file

    def clean_happened_on(self) -> date:
        day: date = self.cleaned_data["happened_on"]
        if day > self.today:
            raise forms.ValidationError(_("This day has not come yet."))
        if self.filled and self._listed_on and day < self._listed_on:
            words = _("The list in this file was made on %(day)s: nothing came of it before.")
            listed = formats.date_format(self._listed_on, "DATE_FORMAT")
            raise forms.ValidationError(words % {"day": listed})
        return day

    @property
    def since(self) -> date:
        """The day from which on outcomes are about what the file is about."""
        days = (self.today, self.cleaned_data["happened_on"], self._listed_on)
        return min(day for day in days if day) - COUNTS_FOR

    @property
    def _listed_on(self) -> date | None:
        """The day of the list; one that is still to come was made by a spreadsheet."""
        day = self.filled.listed_on if self.filled else None
        return day if day and day <= self.today else None
