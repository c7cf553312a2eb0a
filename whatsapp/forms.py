"""A template's words taken apart once, so that filling them in is a join (pure)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

from whatsapp.buttons import Verb
from whatsapp.catalog import GAP, NAMED, Approved, variable_of
from whatsapp.fill_ins import REGISTRY, Scene

# More templates than a turn of work uses; what falls out is taken apart again.
_REMEMBERED = 512


@dataclass(frozen=True)
class Line:
    """One part's text: words and the variables between them."""

    words: tuple[str, ...]  # one more than variables
    variables: tuple[str, ...]

    def filled(self, fills: Mapping[str, str]) -> str:
        if not self.variables:
            return self.words[0]
        values = [fills[variable] for variable in self.variables]
        return "".join(chain.from_iterable(zip(self.words, [*values, ""], strict=True)))


@dataclass(frozen=True)
class Part:
    """What is posted for the gaps of one part: pairs of what names a value and its variable."""

    kind: str
    parameters: tuple[tuple[Mapping[str, str], str], ...]

    def filled(self, fills: Mapping[str, str]) -> dict[str, Any]:
        return {
            "type": self.kind,
            "parameters": [
                {"type": "text", **named, "text": fills[variable]}
                for named, variable in self.parameters
            ],
        }


@dataclass(frozen=True)
class Form:
    """Everything about a template that does not depend on who is written to."""

    header: Line
    body: Line
    footer: Line
    parts: tuple[Part, ...]
    labels: tuple[str, ...]
    verbs: tuple[Verb, ...]  # what tapping asks for
    fills: tuple[tuple[str, str, Callable[[Scene], str]], ...]  # variable, fill-in, its value


@lru_cache(_REMEMBERED)
def form_of(approved: Approved) -> Form:
    """Take a template apart."""
    parts = {c["type"].upper(): c for c in approved.version.components}
    bound = approved.bindings
    header, body, footer = (_line(approved, parts, k) for k in ("HEADER", "BODY", "FOOTER"))
    made = (_part(approved, parts, kind) for kind in ("HEADER", "BODY"))
    return Form(
        header=header,
        body=body,
        footer=footer,
        parts=tuple(part for part in made if part.parameters),
        labels=tuple(b["text"] for b in parts.get("BUTTONS", {}).get("buttons", ())),
        verbs=tuple(verb for _, verb in approved.taps),
        fills=tuple((gap, bound[gap], REGISTRY[bound[gap]].value) for gap in approved.gaps),
    )


def _line(approved: Approved, parts: Mapping[str, Any], kind: str) -> Line:
    form = approved.version.parameter_format
    pieces = GAP.split(parts.get(kind, {}).get("text", ""))
    gaps = tuple(variable_of(gap, kind, form) for gap in pieces[1::2])
    return Line(tuple(pieces[::2]), gaps)


def _part(approved: Approved, parts: Mapping[str, Any], kind: str) -> Part:
    form = approved.version.parameter_format
    is_named = form == NAMED
    gaps = GAP.findall(parts.get(kind, {}).get("text", ""))
    # A named gap is sent once however often it stands in the text.
    names = list(dict.fromkeys(gaps)) if is_named else sorted(set(gaps), key=int)
    return Part(
        kind.lower(),
        tuple(
            ({"parameter_name": name} if is_named else {}, variable_of(name, kind, form))
            for name in names
        ),
    )
