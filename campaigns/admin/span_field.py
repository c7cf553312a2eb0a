"""A field for an age or an interval: a number, and what it counts."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from campaigns.spans import Unit

UNITS = (
    (Unit.DAYS.value, _("days")),
    (Unit.WEEKS.value, _("weeks")),
    (Unit.MONTHS.value, _("months")),
    (Unit.YEARS.value, _("years")),
)
_IN_WORDS: dict[str, tuple[Any, Any]] = {
    Unit.DAYS.value: (_("%d day"), _("%d days")),
    Unit.WEEKS.value: (_("%d week"), _("%d weeks")),
    Unit.MONTHS.value: (_("%d month"), _("%d months")),
    Unit.YEARS.value: (_("%d year"), _("%d years")),
}


def in_words(span: str) -> str:
    """Return "6 weeks" for "6w", "" for nothing."""
    if not span:
        return ""
    one, many = _IN_WORDS[span[-1]]
    count = int(span[:-1])
    return str(one if count == 1 else many) % count


class SpanInput(forms.MultiWidget):
    """A number and a unit side by side."""

    def __init__(self) -> None:
        super().__init__(
            (
                UnfoldAdminIntegerFieldWidget({"aria-label": _("How many"), "min": 0}),
                UnfoldAdminSelectWidget({"aria-label": _("Counted in")}, choices=UNITS),
            )
        )

    def decompress(self, value: str | None) -> list[Any]:
        return [int(value[:-1]), value[-1]] if value else [None, Unit.WEEKS.value]


class SpanField(forms.MultiValueField):
    """What it cleans to is kept as "6w"; "" where no number was typed."""

    def __init__(self, label: Any, *, required: bool = True) -> None:
        number = forms.IntegerField(min_value=0, max_value=999, required=required)
        unit = forms.ChoiceField(choices=UNITS, required=False)
        super().__init__(
            (number, unit),
            label=label,
            required=required,
            require_all_fields=False,
            widget=SpanInput(),
        )

    def compress(self, data_list: list[Any]) -> str:
        if not data_list or data_list[0] is None:
            return ""
        return f"{data_list[0]}{data_list[1] or Unit.WEEKS.value}"

    def has_changed(self, initial: Any, data: Any) -> bool:
        # A unit alone, as an empty form has it, is nothing yet.
        try:
            return bool(self.clean(data) != (initial or ""))
        except forms.ValidationError:
            return True
