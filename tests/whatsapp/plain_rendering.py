"""Templates filled in the plainest way, gap by gap: what the quick way is held against."""

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.signing import Signer

from whatsapp.catalog import GAP, NAMED, Approved, variable_of
from whatsapp.draft import Draft
from whatsapp.fill_ins import REGISTRY, Scene


def payload(draft: Draft, approved: Approved, scene: Scene, values: Mapping[str, str]) -> Any:
    fills = {gap: _fill(approved, gap, scene, values) for gap in approved.gaps}
    parts = {c["type"].upper(): c for c in approved.version.components}
    filled = [*_texts(approved, parts, fills), *_taps(draft, approved)]
    named = {
        "name": approved.name,
        "language": {"policy": "deterministic", "code": approved.language},
    }
    if filled:
        named["components"] = filled  # type: ignore[assignment]
    return {"type": "template", "template": named}


def words(approved: Approved, scene: Scene, values: Mapping[str, str]) -> str:
    fills = {gap: _fill(approved, gap, scene, values) for gap in approved.gaps}
    parts = {c["type"].upper(): c for c in approved.version.components}
    form = approved.version.parameter_format
    lines = []
    for kind in ("HEADER", "BODY", "FOOTER"):
        text = str(parts.get(kind, {}).get("text", ""))
        for gap in set(GAP.findall(text)):
            if kind != "FOOTER":
                text = _replaced(text, gap, fills[variable_of(gap, kind, form)])
        lines.append(text)
    return "\n\n".join(line for line in lines if line)


def _replaced(text: str, gap: str, value: str) -> str:
    return GAP.sub(lambda m: value if m[1] == gap else m[0], text)


def _fill(approved: Approved, gap: str, scene: Scene, values: Mapping[str, str]) -> str:
    key = approved.bindings[gap]
    value = " ".join((values.get(key) or REGISTRY[key].value(scene)).split())
    if approved.language in ("ar", "ar_EG") and _runs_left_to_right(value):
        return f"\u2068{value}\u2069"
    return value


def _runs_left_to_right(value: str) -> bool:
    for letter in value:
        if unicodedata.bidirectional(letter) in ("L", "R", "AL"):
            return unicodedata.bidirectional(letter) == "L"
    return any(unicodedata.bidirectional(letter) == "EN" for letter in value)


def _texts(
    approved: Approved, parts: Mapping[str, Any], fills: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    form = approved.version.parameter_format
    for kind in ("HEADER", "BODY"):
        gaps = dict.fromkeys(GAP.findall(parts.get(kind, {}).get("text", "")))
        names = list(gaps) if form == NAMED else sorted(gaps, key=int)
        parameters = [_parameter(n, fills[variable_of(n, kind, form)], form) for n in names]
        if parameters:
            yield {"type": kind.lower(), "parameters": parameters}


def _parameter(name: str, value: str, form: str) -> dict[str, str]:
    named = {"parameter_name": name} if form == NAMED else {}
    return {"type": "text", **named, "text": value}


def _taps(draft: Draft, approved: Approved) -> Iterator[dict[str, Any]]:
    signer = Signer(salt="whatsapp.button")
    for index, verb in approved.taps:
        signed = signer.sign(f"1.{verb.value}.{draft.callback.hex}.")
        yield {
            "type": "button",
            "sub_type": "quick_reply",
            "index": str(index),
            "parameters": [{"type": "payload", "payload": signed}],
        }
