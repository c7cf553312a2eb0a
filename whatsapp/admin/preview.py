"""A template as a patient would see it, with example values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from whatsapp.catalog import gaps_of
from whatsapp.fill_ins import REGISTRY
from whatsapp.models import Template
from whatsapp.rendering import GAP

# Written from right to left.
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


@dataclass(frozen=True)
class Preview:
    """One language of a template, filled with examples."""

    template: Template
    language: str
    direction: str
    text: str
    buttons: tuple[str, ...]
    open_gaps: tuple[str, ...]


def preview(template: Template, bindings: Mapping[str, str]) -> Preview:
    """Fill the current wording with examples; gaps that nobody fills stay visible."""
    components = template.current.components if template.current else []
    texts = [
        c.get("text", "") for c in components if c["type"].upper() in {"HEADER", "BODY", "FOOTER"}
    ]
    root = template.language.split("_")[0]
    return Preview(
        template=template,
        language=root,
        direction="rtl" if root in RIGHT_TO_LEFT else "ltr",
        text=GAP.sub(lambda gap: _example(gap, bindings), "\n\n".join(texts)),
        buttons=_labels(components),
        open_gaps=tuple(gap for gap in gaps_of(components) if bindings.get(gap) not in REGISTRY),
    )


def _example(gap: re.Match[str], bindings: Mapping[str, str]) -> str:
    fill_in = REGISTRY.get(bindings.get(gap[1], ""))
    return fill_in.example if fill_in else gap[0]


def _labels(components: list[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(
        button.get("text", "")
        for component in components
        if component["type"].upper() == "BUTTONS"
        for button in component.get("buttons", ())
    )
