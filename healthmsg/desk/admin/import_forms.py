"""What is asked of whoever brings a file in, and of whoever lets it go on."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldBooleanWidget

from healthmsg.clinic.models import Clinic
from healthmsg.cockpit import fields
from healthmsg.desk.imports import uploads
from healthmsg.desk.imports.cells import Order
from healthmsg.desk.imports.models import Import, ImportKind, Outcome, Question

ORDERS = (
    (Order.DAY_FIRST.value, gettext_lazy("day first: 31/12/2020")),
    (Order.MONTH_FIRST.value, gettext_lazy("month first: 12/31/2020")),
)


class BringInForm(forms.Form):
    """A file and what it is."""

    clinic = fields.row(gettext_lazy("Clinic"), Clinic.objects.none())
    kind = fields.choice(gettext_lazy("What is in it"), ImportKind.choices)
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV or XLSX, with the headings in its first row."),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": uploads.ACCEPTED}),
    )
    date_order = fields.choice(
        gettext_lazy("How days are written"),
        [("", gettext_lazy("as the file shows; ask me if it does not")), *ORDERS],
        required=False,
    )
    is_complete = forms.BooleanField(
        label=gettext_lazy("It holds all visits of its days"),
        help_text=gettext_lazy(
            "Visits only. What came from a file before and is missing now is cancelled."
        ),
        required=False,
        widget=UnfoldBooleanWidget(),
    )
    complete_from = fields.day(
        gettext_lazy("All of them from"),
        required=False,
        help_text=gettext_lazy("Empty: from its first day."),
    )
    complete_until = fields.day(
        gettext_lazy("All of them until"),
        required=False,
        help_text=gettext_lazy("Empty: until its last day."),
    )

    def __init__(self, *args: Any, clinics: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        clinic = self.fields["clinic"]
        assert isinstance(clinic, fields.RowField)  # noqa: S101 - declared above
        clinic.queryset = clinics
        if len(clinics) == 1:
            clinic.initial = clinics[0].pk

    def clean_file(self) -> Any:
        return uploads.checked(self.cleaned_data["file"])

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = values.get("complete_from"), values.get("complete_until")
        if first and last and last < first:
            self.add_error("complete_until", _("This is before the first day."))
        if values.get("is_complete") and values.get("kind") != ImportKind.VISITS:
            self.add_error("is_complete", _("Only a file of visits can say this."))
        return values


class OrderForm(forms.Form):
    """Which comes first."""

    date_order = fields.choice(gettext_lazy("How days are written in this file"), ORDERS)


class LetGoOnForm(forms.Form):
    """A tick where something in the file is out of the ordinary."""

    looked = forms.BooleanField(
        widget=UnfoldBooleanWidget(),
        error_messages={"required": gettext_lazy("Look at the page of the file first.")},
    )

    def __init__(self, *args: Any, source: Import, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if source.question:
            self.fields["looked"].label = looked_at(source)
        else:
            del self.fields["looked"]


def looked_at(source: Import) -> str:
    """Return what somebody says they have seen before it goes on."""
    counts = {
        "cancelled": source.counts.get(Outcome.CANCELLED, 0),
        "moved": source.counts.get(Outcome.MOVED, 0),
        "ahead": source.known_ahead,
        "errors": source.counts.get(Outcome.ERROR, 0),
        "rows": source.rows_read,
    }
    words = {
        Question.MANY_CHANGES: _(
            "I have looked: of %(ahead)d visits ahead %(cancelled)d are cancelled and %(moved)d"
            " moved"
        ),
        Question.MANY_ERRORS: _("I have looked: %(errors)d of %(rows)d rows are left out"),
        Question.UNSURE_MISSING: _("I have looked: visits that are missing are not cancelled"),
    }
    return words[Question(source.question)] % counts
