"""Turns a template and a scene into what is posted and what a person can read (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from whatsapp import buttons, link_buttons
from whatsapp.buttons import Verb
from whatsapp.catalog import Approved
from whatsapp.draft import Draft, FreeFile, FreeText
from whatsapp.fill_ins import Scene
from whatsapp.forms import form_of
from whatsapp.models import TemplateVersion
from whatsapp.places import LOCATION, Place
from whatsapp.status import Reason
from whatsapp.template_languages import isolated

# Source: WhatsApp Cloud API, templates, read 2026-11: rendered body at most 1,024 characters.
LONGEST_BODY = 1024
LONGEST_FREE_TEXT = 4096
LONGEST_CAPTION = 1024
# Source: the same, interactive messages: buttons and their letters, and those of a list's rows.
MOST_BUTTONS = 3
LONGEST_BUTTON = 20
LONGEST_ROW = 24
MOST_ROWS = 10


@dataclass(frozen=True)
class Rendered:
    """Words ready to post, or the reason why there are none."""

    body: str = ""
    buttons: tuple[str, ...] = ()
    verbs: tuple[Verb, ...] = ()  # what taps on a template's buttons ask for
    payload: dict[str, Any] = field(default_factory=dict)
    template_version: TemplateVersion | None = None
    language: str = ""
    reason: Reason | None = None


def clean(value: str) -> str:
    """Return a value as Meta takes it: no line breaks, tabs or runs of spaces."""
    return " ".join(value.split())


@dataclass(frozen=True)
class Top:
    """A file on top of a message, as WhatsApp keeps it for the number that sends."""

    media_id: str
    name: str

    def part(self, kind: str) -> dict[str, Any]:
        """Return what is posted for it; `kind` is IMAGE or DOCUMENT."""
        said = {"id": self.media_id}
        if kind == "DOCUMENT":
            said["filename"] = self.name
        named = {"type": kind.lower(), kind.lower(): said}
        return {"type": "header", "parameters": [named]}


def template(
    draft: Draft,
    approved: Approved,
    scene: Scene,
    values: Mapping[str, str],
    top: Top | Place | None = None,
) -> Rendered:
    """Fill an approved template; a gap without a value gives a reason, never "None"."""
    if approved.top and top is None:
        lacks = Reason.NO_PLACE if approved.top == LOCATION else Reason.VALUE_MISSING
        return Rendered(language=approved.language, reason=lacks)
    form = form_of(approved)
    fills = {
        gap: isolated(clean(values.get(key) or value(scene)), approved.language)
        for gap, key, value in form.fills
    }
    opened = [one.part(values.get(link_buttons.OTHER_TIMES, "")) for one in approved.links]
    if not all(fills.values()) or not all(opened):
        return Rendered(language=approved.language, reason=Reason.VALUE_MISSING)
    body = form.body.filled(fills)
    if len(body) > LONGEST_BODY:
        return Rendered(language=approved.language, reason=Reason.TOO_LONG)
    filled = [top.part(approved.top)] if top else []
    filled += [part.filled(fills) for part in form.parts]
    filled += [_tap(index, verb, draft) for index, verb in approved.taps]
    filled += [part for part in opened if part]
    heading = top.words if isinstance(top, Place) else form.header.filled(fills)
    lines = (heading, body, form.footer.filled(fills))
    return Rendered(
        body="\n\n".join(line for line in lines if line),
        buttons=form.labels,
        verbs=form.verbs,
        payload={
            "type": "template",
            "template": {
                "name": approved.name,
                "language": {"policy": "deterministic", "code": approved.language},
                # Meta wants it left out where there is nothing to fill.
                **({"components": filled} if filled else {}),
            },
        },
        template_version=approved.version,
        language=approved.language,
    )


def free_text(draft: Draft, words: FreeText) -> Rendered:
    """Make a text, or a text with reply buttons, for inside the open window."""
    if len(words.body) > (LONGEST_BODY if words.buttons else LONGEST_FREE_TEXT):
        return Rendered(reason=Reason.TOO_LONG)
    payload: dict[str, Any] = {"type": "text", "text": {"body": words.body}}
    if words.buttons:
        payload = {"type": "interactive", "interactive": _interactive(draft, words)}
    return Rendered(
        body=words.body,
        buttons=tuple(b.title for b in words.buttons),
        payload=payload,
        language=draft.language,
    )


def free_file(draft: Draft, words: FreeFile) -> Rendered:
    """Make a picture or a document with words below it, for inside the open window."""
    if len(words.caption) > LONGEST_CAPTION:
        return Rendered(reason=Reason.TOO_LONG)
    file = {"id": words.media_id}
    if words.caption:
        file["caption"] = words.caption
    if words.kind == "document":
        file["filename"] = words.name
    return Rendered(
        body="\n\n".join(filter(None, (f"[{words.name}]", words.caption))),
        payload={"type": words.kind, words.kind: file},
        language=draft.language,
    )


def _interactive(draft: Draft, words: FreeText) -> dict[str, Any]:
    replies = [
        {
            "id": buttons.payload(
                b.verb,
                b.callback or draft.callback,
                about=b.about,
                at=b.at,
                who=b.who,
                kind=b.kind,
                site=b.site,
            ),
            "title": b.title,
        }
        for b in words.buttons
    ]
    body = {"text": words.body}
    if len(replies) > MOST_BUTTONS:
        rows = [reply | {"title": reply["title"][:LONGEST_ROW]} for reply in replies]
        action: dict[str, Any] = {"button": words.opener, "sections": [{"rows": rows}]}
        return {"type": "list", "body": body, "action": action}
    action = {
        "buttons": [
            {"type": "reply", "reply": reply | {"title": reply["title"][:LONGEST_BUTTON]}}
            for reply in replies
        ]
    }
    return {"type": "button", "body": body, "action": action}


def _tap(index: int, verb: Verb, draft: Draft) -> dict[str, Any]:
    return {
        "type": "button",
        "sub_type": "quick_reply",
        "index": str(index),
        "parameters": [{"type": "payload", "payload": buttons.payload(verb, draft.callback)}],
    }
