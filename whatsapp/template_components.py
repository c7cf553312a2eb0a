"""A template's words as Meta's JSON, and back (pure)."""

from collections.abc import Iterable, Mapping
from typing import Any

from whatsapp.link_buttons import beginning_of
from whatsapp.template_buttons import PHONE_NUMBER, URL, Button
from whatsapp.template_rules import NAMED, Words, gaps_in

Json = dict[str, Any]
MEDIA = ("IMAGE", "DOCUMENT")
# Where what a button leads to stands, by its kind.
_VALUES = {URL: "url", PHONE_NUMBER: "phone_number"}


def components_of(words: Words, *, header_handle: str = "") -> list[Json]:
    """
    Return the parts as Meta wants them when a template is created or edited.

    :param header_handle: what the upload of the sample for the heading has returned
    """
    parts = [_header(words, header_handle), _with_example("BODY", words.body, words)]
    if words.footer:
        parts.append({"type": "FOOTER", "text": words.footer})
    if words.buttons:
        parts.append({"type": "BUTTONS", "buttons": [_button(one) for one in words.buttons]})
    return [part for part in parts if part]


def written_in(components: Iterable[Mapping[str, Any]]) -> Json:
    """Return the fields of `Words` that stand in a template's parts."""
    parts = {str(part.get("type", "")).upper(): part for part in components}
    header, buttons = parts.get("HEADER", {}), parts.get("BUTTONS", {}).get("buttons", ())
    return {
        "header_format": str(header.get("format") or "TEXT").upper() if header else "",
        "header_text": str(header.get("text") or ""),
        "body": str(parts.get("BODY", {}).get("text") or ""),
        "footer": str(parts.get("FOOTER", {}).get("text") or ""),
        "buttons": tuple(_read(button) for button in buttons),
    }


def _header(words: Words, handle: str) -> Json:
    if not words.header_format:
        return {}
    if words.header_format == "TEXT":
        return {**_with_example("HEADER", words.header_text, words), "format": "TEXT"}
    part: Json = {"type": "HEADER", "format": words.header_format}
    return {**part, "example": {"header_handle": [handle]}} if handle else part


def _with_example(kind: str, text: str, words: Words) -> Json:
    """Return a text with the examples Meta's reviewers want to see."""
    part: Json = {"type": kind, "text": text}
    gaps = gaps_in(text)
    if not gaps:
        return part
    examples = {gap: " ".join((words.examples.get(gap) or gap).split()) for gap in gaps}
    key = f"{kind.lower()}_text"
    if words.parameter_format == NAMED:
        named = [{"param_name": gap, "example": examples[gap]} for gap in gaps]
        return {**part, "example": {f"{key}_named_params": named}}
    numbered = [examples[gap] for gap in sorted(gaps, key=int)]
    # Meta's list of lists is the body's alone.
    return {**part, "example": {key: [numbered] if kind == "BODY" else numbered}}


def _button(button: Button) -> Json:
    part: Json = {"type": button.kind, "text": button.text}
    if button.kind in _VALUES:
        part[_VALUES[button.kind]] = button.value
    if button.kind == URL and (beginning := beginning_of(button.value)):
        # Meta's reviewers want to see a whole address.
        part["example"] = [f"{beginning}example"]
    return part


def _read(button: Mapping[str, Any]) -> Button:
    kind = str(button.get("type") or "").upper()
    return Button(kind, str(button.get("text") or ""), str(button.get(_VALUES.get(kind, "")) or ""))
