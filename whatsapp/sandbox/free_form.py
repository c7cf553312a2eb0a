"""The checks of messages that are not templates: text, interactive, media, reactions."""

from collections.abc import Callable

from whatsapp import wamid
from whatsapp.sandbox.graph_errors import GraphError
from whatsapp.sandbox.outgoing import Attachment, Button, Content, Link
from whatsapp.sandbox.shapes import (
    Json,
    missing,
    object_at,
    objects_at,
    optional_object_at,
    optional_text_at,
    text_at,
    wrong,
)

BODY_LONGEST = 1024
ROWS_AT_MOST = 10


def read_text(text: Json) -> Content:
    return Content(text=text_at(text, "body", "text.", longest=4096))


def read_reaction(reaction: Json) -> Content:
    """Read a reaction; a target that cannot be reacted to is noticed after the answer."""
    target = text_at(reaction, "message_id", "reaction.")
    emoji = reaction.get("emoji", "")
    if not isinstance(emoji, str):
        raise wrong("reaction.emoji", "a string")
    try:
        wamid.parse(target)
    except ValueError:
        return Content(text=emoji, reacts_to=target, fails_with=131009)
    return Content(text=emoji, reacts_to=target)


def read_location(location: Json) -> Content:
    for key in ("latitude", "longitude"):
        if location.get(key) is None:
            raise missing(f"location.{key}")
    return Content(text="", attachment=place_of(location, "location."))


def read_contacts(holder: Json) -> Content:
    objects_at(holder, "contacts", "")
    return Content(text="")


def read_media(media: Json) -> Content:
    """Read an image, video, audio, document or sticker; a link is fetched after the answer."""
    kind = media["kind"]
    given = [key for key in ("id", "link") if media.get(key) is not None]
    if len(given) != 1:
        raise GraphError(100, f"Param {kind} must have either an id or a link.")
    reference = text_at(media, given[0], f"{kind}.")
    if given == ["link"] and not reference.startswith(("http://", "https://")):
        raise GraphError(100, f"Param {kind}['link'] is not a valid URL.")
    caption = optional_text_at(media, "caption", f"{kind}.", longest=1024)
    filename = optional_text_at(media, "filename", f"{kind}.", longest=240)
    unreachable = given == ["link"] and "/missing" in reference
    return Content(
        text=caption,
        attachment=file_of(kind, {**media, "filename": filename}),
        fails_with=131053 if unreachable else 0,
    )


def read_interactive(interactive: Json) -> Content:
    """Read reply buttons, a list, a link or call button, a flow or a request to the patient."""
    kind = text_at(interactive, "type", "interactive.")
    if kind not in _ACTIONS:
        raise wrong("interactive.type", f"one of {', '.join(_ACTIONS)}")
    body = object_at(interactive, "body", "interactive.")
    footer = optional_object_at(interactive, "footer", "interactive.")
    action = object_at(interactive, "action", "interactive.")
    text = text_at(body, "text", "interactive.body.", longest=BODY_LONGEST)
    header, attachment = _header(optional_object_at(interactive, "header", "interactive."))
    return Content(
        text=text,
        header=header,
        footer=text_at(footer, "text", "interactive.footer.", longest=60) if footer else "",
        buttons=_ACTIONS[kind](action),
        links=_links(action) if kind == "cta_url" else (),
        list_label=str(action["button"]) if kind == "list" else "",
        attachment=attachment,
    )


def file_of(kind: str, media: Json) -> Attachment:
    """Return a file that was sent by its id or its link."""
    given = {key: str(media.get(key) or "") for key in ("id", "link", "filename")}
    return Attachment(kind, given["id"], given["link"], given["filename"])


def place_of(location: Json, path: str) -> Attachment:
    name = optional_text_at(location, "name", path)
    address = optional_text_at(location, "address", path)
    position = f"{location.get('latitude')}, {location.get('longitude')}"
    return Attachment("location", name=name, address=address or position)


def _header(header: Json) -> tuple[str, Attachment | None]:
    """Return the words on top, or the file."""
    if not header:
        return "", None
    kind = header.get("type")
    if kind == "text":
        return text_at(header, "text", "interactive.header.", longest=60), None
    if kind in ("image", "video", "document"):
        return "", file_of(kind, object_at(header, kind, "interactive.header."))
    raise wrong("interactive.header.type", "text, image, video or document")


def _links(action: Json) -> tuple[Link, ...]:
    parameters = action["parameters"]
    return (Link(parameters["display_text"], parameters["url"]),)


def _reply_buttons(action: Json) -> tuple[Button, ...]:
    path = "interactive.action.buttons"
    given = objects_at(action, "buttons", "interactive.action.", most=3)
    replies = [object_at(button, "reply", f"{path}.") for button in given]
    if any(button.get("type") != "reply" for button in given):
        raise wrong(f"{path}.type", "reply")
    buttons = tuple(
        Button(
            key=text_at(reply, "id", f"{path}.reply.", longest=256),
            title=_label(reply, "title", f"{path}.reply.", longest=20),
        )
        for reply in replies
    )
    _unique([button.key for button in buttons], f"{path}.reply.id")
    _unique([button.title for button in buttons], f"{path}.reply.title")
    return buttons


def _rows(action: Json) -> tuple[Button, ...]:
    path = "interactive.action.sections"
    _label(action, "button", "interactive.action.", longest=20)
    sections = objects_at(action, "sections", "interactive.action.", most=10)
    rows = []
    for section in sections:
        if len(sections) > 1 or section.get("title") is not None:
            _label(section, "title", f"{path}.", longest=24)
        heading = section.get("title") or ""
        given = objects_at(section, "rows", f"{path}.", most=ROWS_AT_MOST)
        rows += [(row, heading) for row in given]
    if len(rows) > ROWS_AT_MOST:
        raise GraphError(131009, f"Total row count exceed max allowed count: {ROWS_AT_MOST}.")
    _unique([str(row.get("id")) for row, _ in rows], f"{path}.rows.id")
    return tuple(_row(row, f"{path}.rows.", section=heading) for row, heading in rows)


def _row(row: Json, path: str, *, section: str) -> Button:
    return Button(
        key=text_at(row, "id", path, longest=200),
        title=_label(row, "title", path, longest=24),
        description=optional_text_at(row, "description", path, longest=72),
        section=section,
    )


def _link(action: Json) -> tuple[Button, ...]:
    if action.get("name") != "cta_url":
        raise wrong("interactive.action.name", "cta_url")
    path = "interactive.action.parameters."
    parameters = object_at(action, "parameters", "interactive.action.")
    _label(parameters, "display_text", path, longest=20)
    url = text_at(parameters, "url", path, longest=2000)
    if not url.startswith(("http://", "https://")):
        raise wrong(f"{path}url", "a web address")
    return ()


def _flow(action: Json) -> tuple[Button, ...]:
    parameters = object_at(action, "parameters", "interactive.action.")
    if not parameters.get("flow_id") and not parameters.get("flow_name"):
        raise missing("interactive.action.parameters.flow_id")
    _label(parameters, "flow_cta", "interactive.action.parameters.", longest=30)
    payload = optional_object_at(
        parameters, "flow_action_payload", "interactive.action.parameters."
    )
    if payload.get("data") == {}:
        raise wrong("interactive.action.parameters.flow_action_payload.data", "not empty")
    return ()


def _call(action: Json) -> tuple[Button, ...]:
    """Read a button that calls us; its words and its lifetime may be left out."""
    parameters = optional_object_at(action, "parameters", "interactive.action.")
    path = "interactive.action.parameters."
    if parameters.get("display_text") is not None:
        _label(parameters, "display_text", path, longest=20)
    minutes = parameters.get("ttl_minutes", 1)
    if not isinstance(minutes, int) or not 1 <= minutes <= 43_200:
        raise wrong(f"{path}ttl_minutes", "1 to 43200")
    optional_text_at(parameters, "payload", path, longest=512)
    return ()


def _request(name: str) -> Callable[[Json], tuple[Button, ...]]:
    def read(action: Json) -> tuple[Button, ...]:
        if action.get("name") != name:
            raise wrong("interactive.action.name", name)
        return ()

    return read


_ACTIONS: dict[str, Callable[[Json], tuple[Button, ...]]] = {
    "button": _reply_buttons,
    "list": _rows,
    "cta_url": _link,
    "flow": _flow,
    "voice_call": _call,
    "location_request_message": _request("send_location"),
    "request_contact_info": _request("request_contact_info"),
}


def _label(holder: Json, key: str, path: str, *, longest: int) -> str:
    """Return a label; Meta answers a wrong length of these with 131009, not 100."""
    label = text_at(holder, key, path)
    if len(label) > longest:
        raise GraphError(
            131009, f"{path}{key} length invalid. Min length: 1, Max length: {longest}"
        )
    return label


def _unique(keys: list[str], path: str) -> None:
    if len(set(keys)) != len(keys):
        raise GraphError(131009, f"Duplicated value in {path}.")
