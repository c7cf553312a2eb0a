"""What fills the gaps of a template, and what its buttons mean."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from whatsapp import patient_pages
from whatsapp.buttons import Verb
from whatsapp.catalog import NAMED, VERBS, gaps_of, link_buttons_of, quick_replies_of
from whatsapp.fill_ins import REGISTRY
from whatsapp.link_buttons import LinkButton
from whatsapp.models import Binding, Template
from whatsapp.signals import fill_ins_changed

MEANINGS = {
    Verb.CONFIRM: gettext_lazy("the patient will come"),
    Verb.ANOTHER_TIME: gettext_lazy("the patient wants another time"),
    Verb.CANCEL: gettext_lazy("the patient cancels"),
    Verb.UNDO: gettext_lazy("the patient takes a cancellation back"),
    Verb.KEEP_APPOINTMENTS: gettext_lazy("keep messages about appointments"),
    Verb.STOP_ALL: gettext_lazy("stop all messages"),
    Verb.WANT_APPOINTMENT: gettext_lazy("the patient wants an appointment"),
    Verb.ALREADY_DONE: gettext_lazy("already done"),
    Verb.NOT_THIS: gettext_lazy("does not want this"),
    Verb.WRONG_PERSON: gettext_lazy("the number is somebody else's"),
    Verb.TAKE_EARLIER: gettext_lazy("the patient takes the earlier time"),
    Verb.KEEP_MINE: gettext_lazy("the patient keeps their time"),
    Verb.NO_EARLIER: gettext_lazy("the patient wants no earlier times any more"),
    Verb.SEEN: gettext_lazy("the patient has seen it"),
}


def fill_in_choices() -> list[tuple[str, Any]]:
    """Return what a gap may be filled with, in words."""
    return [(key, fill_in.label) for key, fill_in in REGISTRY.items()]


def button_choices() -> list[tuple[str, Any]]:
    """Return what a button may mean, in words."""
    return [(name, MEANINGS[verb]) for name, verb in VERBS.items()]


class GapsForm(forms.Form):
    """One choice for each gap, and one for each button."""

    def __init__(
        self,
        *args: Any,
        template: Template,
        chosen: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        components = template.current.components if template.current else []
        chosen = bindings_of(template) if chosen is None else chosen
        form = template.current.parameter_format if template.current else NAMED
        for variable in gaps_of(components, form):
            self._ask(variable, _gap_in_words(variable), fill_in_choices(), chosen)
        labels = _button_labels(components)
        for index in quick_replies_of(components):
            words = _("Button “%(label)s” means") % {"label": labels[index]}
            self._ask(f"button.{index}", words, button_choices(), chosen)
        self._pages = [
            (_("Button “%(label)s” opens") % {"label": labels[one.index]}, _page_in_words(one))
            for one in link_buttons_of(components)
        ]

    def _ask(
        self, variable: str, label: str, choices: list[tuple[str, Any]], chosen: Mapping[str, str]
    ) -> None:
        self.fields[variable] = forms.ChoiceField(
            label=label,
            choices=[("", _("nothing yet")), *choices],
            required=False,
            initial=chosen.get(variable, ""),
            widget=UnfoldAdminSelectWidget(),
        )

    def in_words(self) -> list[tuple[str, str]]:
        """Return each gap and what fills it now, "" where nothing does; and pages of ours."""
        words = {key: str(label) for key, label in [*fill_in_choices(), *button_choices()]}
        filled = [(str(f.label), words.get(str(f.initial), "")) for f in self.fields.values()]
        return filled + self._pages


def bindings_of(template: Template) -> dict[str, str]:
    rows = Binding.objects.filter(account=template.account_id, template_name=template.name)
    return dict(rows.values_list("variable", "fill_in"))


@transaction.atomic
def bind(template: Template, choices: dict[str, str]) -> bool:
    """
    Keep what fills each gap; an empty choice leaves the gap open and the template unusable.

    :returns: True where that is another thing than before
    """
    before = bindings_of(template)
    for variable, fill_in in choices.items():
        row = Binding.objects.filter(
            account=template.account_id, template_name=template.name, variable=variable
        )
        if not fill_in:
            row.delete()
        elif not row.update(fill_in=fill_in):
            Binding.objects.create(
                account=template.account,
                template_name=template.name,
                variable=variable,
                fill_in=fill_in,
            )
    return bindings_of(template) != before


def tell(request: HttpRequest, account_id: int, template_name: str) -> None:
    """Tell the floors above, and whoever did it, that what a template says has changed."""
    wish = {"account_id": account_id, "template_name": template_name, "by": request.user}
    told = fill_ins_changed.send(sender=Binding, **wish)
    if any(taken_back for _receiver, taken_back in told):
        words = _("Campaigns that write with this template have to be approved again.")
        messages.warning(request, words)


def _gap_in_words(variable: str) -> str:
    part, _dot, gap = variable.rpartition(".")
    words = _("Gap “%(gap)s” in the heading") if part else _("Gap “%(gap)s”")
    return words % {"gap": gap}


def _page_in_words(button: LinkButton) -> str:
    if button.beginning == patient_pages.other_times():
        return _("the page on which a patient confirms, moves or cancels the visit")
    return _("a page that is not ours: no patient's link goes there")


def _button_labels(components: list[dict[str, Any]]) -> list[str]:
    return [
        button.get("text", "")
        for component in components
        if component["type"].upper() == "BUTTONS"
        for button in component.get("buttons", ())
    ]
