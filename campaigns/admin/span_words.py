"""Ages and intervals as people write them: "6 weeks", read and written in their language."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, override
from unfold.widgets import UnfoldAdminTextInputWidget

from campaigns import spans
from campaigns.spans import Unit

_TYPED = re.compile(r"([0-9]{1,3})\s*([^\W\d_]+)\.?")


def in_words(span: str) -> str:
    """Return "6 weeks" for "6w", "birth" for no time at all, "" for nothing."""
    if not span:
        return ""
    count = int(span[:-1])
    return _counted(count, Unit(span[-1])) if count else _("birth")


def read(typed: str) -> str | None:
    """Return "6w" for "6 weeks", "" for nothing; None for what cannot be understood."""
    words = typed.strip().casefold()
    if not words:
        return ""
    if words in {"birth", _("birth").casefold()}:
        return f"0{Unit.DAYS}"
    found = _TYPED.fullmatch(words)
    unit = _units(int(found[1])).get(found[2]) if found else None
    return f"{int(found[1])}{unit}" if found and unit else None


class SpanField(forms.CharField):
    """An age or an interval; what it cleans to is kept as "6w"."""

    def __init__(self, label: Any, *, required: bool = True) -> None:
        example = {"placeholder": gettext_lazy("such as 6 weeks")}
        super().__init__(
            label=label,
            required=required,
            max_length=30,
            widget=UnfoldAdminTextInputWidget(attrs=example),
        )

    def prepare_value(self, value: Any) -> Any:
        return in_words(value) if re.fullmatch(spans.WRITTEN, str(value or "")) else value

    def to_python(self, value: Any) -> str:
        span = read(super().to_python(value) or "")
        if span is None:
            raise ValidationError(_("Write it like this: 6 weeks, 9 months, 15 years, or birth."))
        return span

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or "") != read(data or "")


def _counted(count: int, unit: Unit) -> str:
    if unit == Unit.DAYS:
        words = ngettext("%d day", "%d days", count)
    elif unit == Unit.WEEKS:
        words = ngettext("%d week", "%d weeks", count)
    elif unit == Unit.MONTHS:
        words = ngettext("%d month", "%d months", count)
    else:
        words = ngettext("%d year", "%d years", count)
    return words % count


def _units(count: int) -> dict[str, Unit]:
    """Return what each unit may be called: its letter, its name, and its name in English."""
    names: dict[str, Unit] = {}
    for unit in Unit:
        names[unit.value] = unit
        for number in {1, 2, count}:
            names[_counted(number, unit).split()[-1].casefold()] = unit
            with override("en"):
                names[_counted(number, unit).split()[-1].casefold()] = unit
    return names
