"""Hours of a week, one line for each day, as people write them."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

WEEKDAYS = (
    gettext_lazy("Monday"),
    gettext_lazy("Tuesday"),
    gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"),
    gettext_lazy("Friday"),
    gettext_lazy("Saturday"),
    gettext_lazy("Sunday"),
)
_SPAN = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$")


class HoursWidget(forms.MultiWidget):
    """One line for each weekday."""

    template_name = "cockpit/opening_hours.html"

    def __init__(self) -> None:
        super().__init__(
            [UnfoldAdminTextInputWidget(attrs={"aria-label": day}) for day in WEEKDAYS]
        )

    def decompress(self, value: Any) -> list[str]:
        hours = value or {}
        return [", ".join("-".join(span) for span in hours.get(str(n), [])) for n in range(7)]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        lines = context["widget"]["subwidgets"]
        context["days"] = list(zip(WEEKDAYS, lines, strict=True))
        return context


class HoursField(forms.MultiValueField):
    """Hours as people write them: 08:00-12:00, 14:00-18:00; an empty line is closed."""

    widget = HoursWidget

    def __init__(self, **kwargs: Any) -> None:
        lines = tuple(forms.CharField(required=False) for _day in WEEKDAYS)
        super().__init__(lines, require_all_fields=False, **kwargs)

    def compress(self, values: list[str]) -> dict[str, list[list[str]]]:
        return {str(n): spans for n, line in enumerate(values) if (spans := _spans(n, line))}


def _spans(weekday: int, line: str) -> list[list[str]]:
    spans = [part.strip().replace(" ", "") for part in line.split(",") if part.strip()]
    for span in spans:
        opens, _dash, closes = span.partition("-")
        if not _SPAN.match(span) or opens >= closes:
            raise ValidationError(
                _("%(day)s: please write such as 08:00-12:00, 14:00-18:00.")
                % {"day": WEEKDAYS[weekday]}
            )
    return [span.split("-") for span in spans]
