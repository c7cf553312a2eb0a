"""A template as a patient would see it, with example values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from healthmsg.clinic import languages
from whatsapp.admin.composer import place_in
from whatsapp.catalog import GAP, NAMED, gaps_of, variable_of
from whatsapp.drafting import set_apart
from whatsapp.fill_ins import REGISTRY
from whatsapp.models import Template
from whatsapp.places import shows_a_place
from whatsapp.template_languages import direction_of


@dataclass(frozen=True)
class Preview:
    """One language of a template, filled with examples."""

    template: Template
    language: str
    language_name: str
    direction: str
    place: tuple[str, ...]  # beside a map on top
    text: str
    buttons: tuple[str, ...]
    open_gaps: tuple[str, ...]


def preview(template: Template, bindings: Mapping[str, str], shown: Mapping[str, str]) -> Preview:
    """
    Fill the current wording with examples; gaps that nobody fills stay visible.

    :param shown: an example for each fill-in, in the language of the template
    """
    shown = set_apart(shown, template.language)
    components = template.current.components if template.current else []
    form = template.current.parameter_format if template.current else NAMED
    texts = [
        _filled(c.get("text", ""), c["type"].upper(), form, bindings, shown)
        for c in components
        if c["type"].upper() in {"HEADER", "BODY", "FOOTER"}
    ]
    root = template.language.split("_")[0]
    return Preview(
        template=template,
        language=root,
        language_name=languages.in_words(template.language),
        direction=direction_of(root),
        place=place_in(shown) if shows_a_place(template) else (),
        text="\n\n".join(text for text in texts if text),
        buttons=_labels(components),
        open_gaps=tuple(
            gap for gap in gaps_of(components, form) if bindings.get(gap) not in REGISTRY
        ),
    )


def _filled(
    text: str, part: str, form: str, bindings: Mapping[str, str], shown: Mapping[str, str]
) -> str:
    def example(gap: re.Match[str]) -> str:
        return shown.get(bindings.get(variable_of(gap[1], part, form), "")) or gap[0]

    return GAP.sub(example, text)


def _labels(components: list[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(
        button.get("text", "")
        for component in components
        if component["type"].upper() == "BUTTONS"
        for button in component.get("buttons", ())
    )
