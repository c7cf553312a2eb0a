"""Fields of forms that people of a clinic can fill in without thinking of a computer."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from healthmsg.cockpit.meant_days import FIRST_DAY, LAST_DAY


class DayInput(forms.DateInput):
    """The browser's own calendar: it needs no script, and every screen reader knows it."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": " ".join(INPUT_CLASSES), **(attrs or {})}, format="%Y-%m-%d")


class HourInput(forms.TimeInput):
    """The browser's own clock, without seconds."""

    input_type = "time"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": " ".join(INPUT_CLASSES), **(attrs or {})}, format="%H:%M")


class MomentInput(forms.SplitDateTimeWidget):
    """A day and a time side by side."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        # Not Django's own __init__: its halves are of other classes.
        parts = (DayInput({"aria-label": _("Day")}), HourInput({"aria-label": _("Time")}))
        forms.MultiWidget.__init__(self, parts, attrs)


class DayField(forms.DateField):
    """A day somebody can mean: with a digit too many in the year the calendar itself breaks."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", DayInput())
        super().__init__(**kwargs)
        words = _("Is the year right? It lies between %d and %d.") % (FIRST_DAY.year, LAST_DAY.year)
        self.validators = [
            *self.validators,
            MinValueValidator(FIRST_DAY, words),
            MaxValueValidator(LAST_DAY, words),
        ]


class MomentField(forms.SplitDateTimeField):
    """A day somebody can mean, and a time."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", MomentInput())
        super().__init__(**kwargs)
        day = DayField(required=False)
        self.fields = (day, *self.fields[1:])


class MinutesField(forms.IntegerField):
    """A length of time, typed in minutes."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", UnfoldAdminIntegerFieldWidget())
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return int(value.total_seconds() // 60) if isinstance(value, timedelta) else value

    def clean(self, value: Any) -> timedelta | None:
        minutes = super().clean(value)
        return None if minutes is None else timedelta(minutes=minutes)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


def text(
    label: Any, *, help_text: Any = "", required: bool = True, most: int = 200
) -> forms.CharField:
    return forms.CharField(
        label=capfirst(label),
        help_text=help_text,
        required=required,
        max_length=most,
        widget=UnfoldAdminTextInputWidget(),
    )


def long_text(label: Any, *, help_text: Any = "", required: bool = False) -> forms.CharField:
    return forms.CharField(
        label=capfirst(label),
        help_text=help_text,
        required=required,
        widget=UnfoldAdminTextareaWidget(),
    )


def choice(
    label: Any, choices: Any, *, required: bool = True, help_text: Any = ""
) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=capfirst(label),
        choices=choices,
        required=required,
        help_text=help_text,
        widget=UnfoldAdminSelectWidget(),
    )


def several(
    label: Any, choices: Any, *, required: bool = True, help_text: Any = ""
) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=capfirst(label),
        choices=choices,
        required=required,
        help_text=help_text,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        error_messages={"required": _("Choose at least one.")},
    )


class RowField(forms.ModelChoiceField[Any]):
    """One row to choose, shown in the words of `in_words`."""

    in_words: Callable[[Any], str] = staticmethod(str)
    _offered: Mapping[str, Any] | None = None

    def offer(self, rows: Sequence[Any]) -> None:
        """Offer rows that are read already, and pick what was chosen among them."""
        self._offered = {str(one.pk): one for one in rows}
        none = [] if self.empty_label is None else [("", self.empty_label)]
        self.choices = [*none, *((one.pk, self.in_words(one)) for one in rows)]

    def to_python(self, value: Any) -> Any:
        if self._offered is None or value in self.empty_values:
            return super().to_python(value)
        if str(value) not in self._offered:
            raise forms.ValidationError(
                self.error_messages["invalid_choice"],
                code="invalid_choice",
                params={"value": value},
            )
        return self._offered[str(value)]

    def label_from_instance(self, obj: Any) -> str:
        return self.in_words(obj)


def row(label: Any, queryset: Any, *, required: bool = True, help_text: Any = "") -> RowField:
    return RowField(
        label=capfirst(label),
        queryset=queryset,
        required=required,
        help_text=help_text,
        empty_label=_("please choose") if required else _("none"),
        widget=UnfoldAdminSelectWidget(),
    )


def rows(
    label: Any, queryset: Any, *, required: bool = True, help_text: Any = ""
) -> "forms.ModelMultipleChoiceField[Any]":
    return forms.ModelMultipleChoiceField(
        label=capfirst(label),
        queryset=queryset,
        required=required,
        help_text=help_text,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )


def day(label: Any, *, required: bool = True, help_text: Any = "") -> DayField:
    return DayField(label=capfirst(label), required=required, help_text=help_text)


def number(
    label: Any, *, least: int, most: int, required: bool = False, help_text: Any = ""
) -> forms.IntegerField:
    return forms.IntegerField(
        label=capfirst(label),
        min_value=least,
        max_value=most,
        required=required,
        help_text=help_text,
        widget=UnfoldAdminIntegerFieldWidget(),
    )


def hour(label: Any, *, help_text: Any = "") -> forms.TimeField:
    return forms.TimeField(label=capfirst(label), help_text=help_text, widget=HourInput())
