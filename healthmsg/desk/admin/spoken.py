"""The languages a clinic speaks, chosen by name; the first is the spare for all others."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from healthmsg.clinic import languages
from whatsapp.template_languages import LANGUAGES

# As many can be added at once; saved, there is room for as many more.
_FURTHER = 3
_AT_LEAST = 4


class SpokenWidget(forms.MultiWidget):
    """One list under the other, each with its own name."""

    template_name = "desk/spoken.html"

    def __init__(self, choices: Sequence[tuple[str, str]], count: int) -> None:
        first = UnfoldAdminSelectWidget(choices=[("", _("please choose")), *choices])
        further = [("", _("none")), *choices]
        lists = [UnfoldAdminSelectWidget(choices=further) for _n in range(1, count)]
        super().__init__([first, *lists])

    def decompress(self, value: Sequence[str] | None) -> list[str]:
        kept = list(value or ())
        return kept + [""] * (len(self.widgets) - len(kept))

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        # What was sent is a list too, and Django takes a list for what is spread already.
        return super().get_context(name, self.decompress(value), attrs)


class SpokenField(forms.MultiValueField):
    """Codes of languages in the order in which they were chosen, each once."""

    widget: SpokenWidget
    # Two who put them in another order have changed the same thing.
    is_ordered = True

    def __init__(self, kept: Iterable[str] = (), **kwargs: Any) -> None:
        kept = list(kept)
        # What stands there stays to choose, also where WhatsApp has no templates in it.
        self.choices = languages.choices({*LANGUAGES, *kept})
        count = max(len(kept) + _FURTHER, _AT_LEAST)
        first = forms.ChoiceField(choices=self.choices)
        further = forms.ChoiceField(choices=self.choices, required=False)
        super().__init__(
            [first, *[further] * (count - 1)],
            widget=SpokenWidget(self.choices, count),
            require_all_fields=False,
            **kwargs,
        )

    def compress(self, data_list: Sequence[str] | None) -> list[str]:
        return list(dict.fromkeys(filter(None, data_list or ())))

    def prepare_value(self, value: Any) -> Any:
        """Leave out what was left open at the end, so that what was sent equals what is kept."""
        if not isinstance(value, list):
            return value
        filled = [n for n, one in enumerate(value, 1) if one]
        return value[: max(filled, default=0)]

    def has_changed(self, initial: Any, data: Any) -> bool:
        # Django's own compares no further than the shorter of both.
        return self.compress(initial) != self.compress(data)


def field(kept: Iterable[str] = ()) -> SpokenField:
    return SpokenField(
        kept,
        label=capfirst(gettext_lazy("languages")),
        help_text=gettext_lazy(
            "The first one is also for everybody who speaks none of the others. Patients are"
            " written to in a language once WhatsApp has approved its templates."
        ),
        error_messages=dict.fromkeys(("required", "incomplete"), _("Choose the first language.")),
    )
