"""Choices of rows, read once for a page: ten forms that offer the same sites ask for them once."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.forms import ChoiceField
from django.forms.models import ModelChoiceField, ModelChoiceIterator
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

# What runs has no types.
if TYPE_CHECKING:
    _Rows = ModelChoiceIterator[Any]
else:
    _Rows = ModelChoiceIterator


def read_once(field: Any, request: HttpRequest) -> Any:
    """
    Let a form's field, where it offers rows, share what it reads within this request.

    What stands where nothing is chosen is said in our words, whatever the field offers.
    """
    _say_nothing_plainly(field)
    if isinstance(field, ModelChoiceField):
        # Copies of the field, one for each form, share it too.
        field.known = request.__dict__.setdefault("_choices_read", {})  # type: ignore[attr-defined]
        field.iterator = _Once
        # The widget holds what the old one would have read.
        field.queryset = field.queryset
    return field


def _say_nothing_plainly(field: Any) -> None:
    """Unfold says "Select value", also where nothing may stay chosen."""
    words = (
        gettext_lazy("please choose") if getattr(field, "required", False) else gettext_lazy("none")
    )
    unclear = str(gettext_lazy("Select value"))
    if isinstance(field, ModelChoiceField):
        if str(field.empty_label) == unclear:
            field.empty_label = words
    elif isinstance(field, ChoiceField) and isinstance(field.choices, list):
        field.choices = [
            (key, words if key == "" and str(said) == unclear else said)
            for key, said in field.choices
        ]


class _Once(_Rows):
    """The choices of a field, from what was read for the same question before."""

    def __iter__(self) -> Iterator[Any]:
        known: dict[str, list[Any]] = self.field.known  # type: ignore[attr-defined]
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        rows = self.queryset.all()
        try:
            asked = str(rows.query)
        except EmptyResultSet:
            return
        if asked not in known:
            known[asked] = list(rows)
        yield from map(self.choice, known[asked])
