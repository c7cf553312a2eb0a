"""The checks of a template message against its template: counts, formats, rendered length."""

import re

from whatsapp.sandbox.free_form import file_of, place_of
from whatsapp.sandbox.graph_errors import GraphError
from whatsapp.sandbox.outgoing import Attachment, Button, Content, Link
from whatsapp.sandbox.shapes import Json, object_at, objects_at, text_at, wrong
from whatsapp.sandbox.templates import VARIABLE, Template, Templates

RENDERED_LONGEST = 1024
PAYLOAD_LONGEST = 256
# Source: fact checked against several clients' reports; from v23.0 on the code is 132018.
_FORBIDDEN = re.compile(r"[\n\r\t]| {5}")
_MEDIA = ("IMAGE", "VIDEO", "DOCUMENT", "LOCATION")


def read(message: Json, *, templates: Templates, version: int) -> Content:
    """
    Read a template message and render it.

    :param version: of the Graph API in the address, which decides some codes
    """
    name = text_at(message, "name", "template.", longest=512)
    language = object_at(message, "language", "template.")
    code = text_at(language, "code", "template.language.")
    if language.get("policy", "deterministic") != "deterministic":
        raise wrong("template.language.policy", "deterministic")
    header, body, buttons = _components(message)
    template = templates.approved(name, code)
    _count("body", body, len(template.variables))
    values = _values("body", body, template, template.variables, version)
    top, attachment = "", None
    if header or template.header:
        top, attachment = _header(header, template, version)
    text = template.render(values)
    if len(text) > RENDERED_LONGEST:
        raise GraphError(
            132005, f"body: length of the translated text ({len(text)}) exceeds {RENDERED_LONGEST}"
        )
    given = _button_parameters(buttons, template)
    return Content(
        text=text,
        header=top,
        footer=template.footer,
        # A payload that was not sent is the label.
        buttons=tuple(
            [Button(given.get(place, label), label) for place, label in template.quick_replies]
        ),
        links=_links(given, template) if template.has_links else (),
        attachment=attachment,
        template=template,
    )


def _components(message: Json) -> tuple[list[Json], list[Json], list[Json]]:
    """Return the parameters of the header, those of the body, and the buttons."""
    parameters: dict[str, list[Json]] = {"header": [], "body": []}
    buttons = []
    if message.get("components") is None:
        return [], [], []
    path = "template.components"
    for component in objects_at(message, "components", "template.", fewest=0):
        kind = text_at(component, "type", f"{path}.").lower()
        if kind == "button":
            buttons.append(component)
        elif kind in parameters:
            if component.get("parameters") is not None:
                parameters[kind] = objects_at(component, "parameters", f"{path}.", fewest=0)
        else:
            raise wrong(f"{path}.type", "header, body or button")
    return parameters["header"], parameters["body"], buttons


def _count(where: str, given: list[Json], expected: int) -> None:
    if len(given) != expected:
        raise GraphError(
            132000,
            f"{where}: number of localizable_params ({len(given)}) does not match the expected "
            f"number of params ({expected})",
        )


def _values(
    where: str, given: list[Json], template: Template, names: tuple[str, ...], version: int
) -> dict[str, str]:
    if template.parameter_format == "NAMED":
        named = {str(parameter.get("parameter_name")): parameter for parameter in given}
        if set(named) != set(names):
            raise GraphError(
                132012, f"{where}: Parameter names do not match those of the created template"
            )
    else:
        in_order = sorted(names, key=int)
        named = dict(zip(in_order, given, strict=True))
    return {name: _value(where, parameter, version) for name, parameter in named.items()}


def _value(where: str, parameter: Json, version: int) -> str:
    kind = parameter.get("type")
    if kind == "text":
        return _text(where, parameter, version)
    kind = text_at(parameter, "type", f"{where}.parameters.")
    if kind in ("currency", "date_time"):
        inner = object_at(parameter, kind, f"{where}.parameters.")
        return text_at(inner, "fallback_value", f"{where}.parameters.{kind}.")
    raise GraphError(
        132012, f"{where}: Format mismatch, expected TEXT, received {kind[:20].upper()}"
    )


def _text(where: str, parameter: Json, version: int) -> str:
    text = parameter.get("text")
    if not isinstance(text, str):
        raise GraphError(131008, f"{where}: Parameter of type text is missing text value")
    if not text.strip() or _FORBIDDEN.search(text):
        raise GraphError(
            132018 if version >= 23 else 132012,
            "Param text cannot be empty, and cannot have new-line/tab characters or more than 4 "
            "consecutive spaces",
        )
    return text


def _header(given: list[Json], template: Template, version: int) -> tuple[str, Attachment | None]:
    """Check what stands on top; returns its words, or its file or place."""
    expected = str(template.header.get("format", "NONE")).upper()
    if expected in _MEDIA:
        received = str(given[0].get("type", "")).upper() if given else "UNKNOWN"
        if received != expected:
            raise GraphError(
                132012,
                f"header: Format mismatch, expected {expected}, received {received[:20]}",
            )
        kind = expected.lower()
        file = object_at(given[0], kind, "header.parameters.")
        path = f"header.parameters.{kind}."
        return "", place_of(file, path) if kind == "location" else file_of(kind, file)
    _count("header", given, len(template.header_variables))
    values = _values("header", given, template, template.header_variables, version)
    text = str(template.header.get("text", ""))
    return VARIABLE.sub(lambda found: values[found[1]], text), None


def _button_parameters(given: list[Json], template: Template) -> dict[int, str]:
    """Return payloads and the ends of links, by the place of their button."""
    parameters: dict[int, str] = {}
    for button in given:
        place = _place(button, template)
        parameters[place] = _button_parameter(button, template.buttons[place], place)
    for place in template.open_urls:
        if place not in parameters:
            raise GraphError(
                131008, f"buttons: Button at index {place} of type Url requires a parameter"
            )
    return parameters


def _links(given: dict[int, str], template: Template) -> tuple[Link, ...]:
    links = []
    for place, button in enumerate(template.buttons):
        if button["type"] == "URL":
            before, _, variable = button["url"].partition("{{")
            links.append(Link(button["text"], before + given[place] if variable else before))
        elif button["type"] == "PHONE_NUMBER":
            links.append(Link(button["text"], f"tel:{button['phone_number']}"))
    return tuple(links)


def _place(button: Json, template: Template) -> int:
    try:
        place = int(button.get("index", ""))
        expected = template.buttons[place]["type"]
    except (ValueError, TypeError):
        raise wrong("template.components.index", "the position of a button") from None
    except IndexError:
        raise GraphError(
            132018 if template.buttons else 132000,
            f"buttons: Button at index {place} does not exist in the template",
        ) from None
    sub_type = str(button.get("sub_type", "")).upper()
    if sub_type != expected or place < 0:
        raise GraphError(
            132012, f"buttons: Format mismatch, expected {expected}, received {sub_type[:20]}"
        )
    return place


def _button_parameter(button: Json, created: Json, place: int) -> str:
    where = f"buttons[{place}]."
    parameters = objects_at(button, "parameters", where, most=1)
    key = "payload" if created["type"] == "QUICK_REPLY" else "text"
    if created["type"] not in ("QUICK_REPLY", "URL"):
        return ""
    if parameters[0].get("type") != key:
        raise GraphError(132012, f"{where}parameters: Format mismatch, expected {key.upper()}")
    return text_at(parameters[0], key, where, longest=PAYLOAD_LONGEST)
