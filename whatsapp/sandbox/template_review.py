"""What Meta looks at when a template is created: names, lengths, variables, examples."""

import re
from collections.abc import Callable
from typing import Any

from whatsapp.sandbox.graph_errors import GraphError
from whatsapp.sandbox.shapes import Json, objects_at, optional_object_at, text_at, too_long
from whatsapp.sandbox.templates import VARIABLE

# Source: WhatsApp Cloud API, supported languages, read 2025-11.
_LANGUAGES = (
    "af ar ar_AE ar_EG ar_LB ar_MA ar_QA az be_BY bg bn bn_IN ca cs da de de_AT de_CH el en "
    "en_AE en_AU en_CA en_GB en_GH en_IE en_IN en_JM en_MY en_NZ en_QA en_SG en_UG en_US "
    "en_ZA es es_AR es_CL es_CO es_CR es_DO es_EC es_ES es_HN es_MX es_PA es_PE es_UY et fa "
    "fi fil fr fr_BE fr_CA fr_CH fr_CI fr_MA ga gu ha he hi hr hu id it ja ka kk kn ko ky_KG "
    "lo lt lv mk ml mr ms nb nl nl_BE pa pl prs_AF ps_AF pt_BR pt_PT ro ru rw_RW si_LK sk sl "
    "sq sr sv sw ta te th tr uk ur uz vi zh_CN zh_HK zh_TW zu "
)
LANGUAGES = frozenset(_LANGUAGES.split())
CATEGORIES = ("UTILITY", "MARKETING", "AUTHENTICATION")
_LIVES = {
    "AUTHENTICATION": (30, 900),
    "UTILITY": (30, 43_200),
    "MARKETING": (43_200, 2_592_000),
}
_FORMATS = ("TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION")
_NAME = re.compile(r"[a-z0-9_]{1,512}")
_NAMED = re.compile(r"[a-z_]+")
_AT_THE_EDGE = re.compile(r"\A\W*\{\{|\}\}\W*\Z")
_MOST = {"URL": 2, "PHONE_NUMBER": 1, "COPY_CODE": 1, "QUICK_REPLY": 10}


def review(asked: Json) -> Json:
    """
    Check a creation request and return the row of the new template, without id and status.

    :raises GraphError: what the author has to change
    """
    name = text_at(asked, "name", "")
    if not _NAME.fullmatch(name):
        raise GraphError(100, "Param name: only lower-case letters, digits and underscores.")
    language = text_at(asked, "language", "")
    if language not in LANGUAGES:
        raise GraphError(100, "Param language is not a supported language.")
    chosen = category(asked)
    parameter_format = str(asked.get("parameter_format") or "POSITIONAL").upper()
    if parameter_format not in ("NAMED", "POSITIONAL"):
        raise GraphError(100, "Param parameter_format must be NAMED or POSITIONAL.")
    components = objects_at(asked, "components", "")
    review_components(components, parameter_format, chosen)
    return {
        "name": name,
        "language": language,
        "category": chosen,
        "parameter_format": parameter_format,
        "components": components,
        "message_send_ttl_seconds": lifetime(asked, chosen),
    }


def category(asked: Json) -> str:
    chosen = text_at(asked, "category", "").upper()
    if chosen not in CATEGORIES:
        raise GraphError(100, "Param category must be MARKETING, UTILITY or AUTHENTICATION.")
    return chosen


def lifetime(asked: Json, chosen: str) -> int:
    """
    Return for how many seconds an undelivered message is kept; 0 where none was asked.

    Source: WhatsApp Cloud API, time to live. -1 is 30 days.
    """
    seconds = asked.get("message_send_ttl_seconds")
    if seconds is None:
        return 0
    shortest, longest = _LIVES[chosen]
    text = str(seconds)
    given = int(text) if text.removeprefix("-").isdigit() else 0
    if not (shortest <= given <= longest or (given == -1 and chosen != "MARKETING")):
        raise GraphError(
            100, f"Param message_send_ttl_seconds must be between {shortest} and {longest}."
        )
    return given


def review_components(components: list[Json], parameter_format: str, chosen: str) -> None:
    """Check the parts of a template, as creation and edits do."""
    kinds = {text_at(component, "type", "components.").upper() for component in components}
    if "BODY" not in kinds:
        raise GraphError(131008, "components: a component of type BODY is required")
    for component in components:
        kind = component["type"].upper()
        if kind == "BODY":
            _review_body(component, parameter_format)
        elif kind == "FOOTER":
            _review_footer(text_at(component, "text", "footer."))
        elif kind == "HEADER":
            _review_header(component, parameter_format, chosen)
        elif kind == "BUTTONS":
            _review_buttons(objects_at(component, "buttons", "buttons.", most=10))


def _review_body(body: Json, parameter_format: str) -> None:
    text = text_at(body, "text", "body.")
    if len(text) > 1024:
        raise GraphError(2388040, "body: at most 1024 characters")
    if _AT_THE_EDGE.search(text):
        raise GraphError(2388299, "body: a variable cannot be the first or the last word")
    names = list(dict.fromkeys(VARIABLE.findall(text)))
    if "}}{{" in text or len(VARIABLE.sub(" ", text).split()) < 2 * len(names) + 1:
        raise GraphError(2388293, "body: too many variables for the length of the text")
    _review_names(names, parameter_format)
    if names:
        _review_examples(optional_object_at(body, "example"), names, parameter_format)


def _review_names(names: list[str], parameter_format: str) -> None:
    if parameter_format == "NAMED":
        if not all(_NAMED.fullmatch(name) for name in names):
            raise GraphError(
                2388072, "body: names of variables are lower-case letters and underscores"
            )
    elif names != [str(place) for place in range(1, len(names) + 1)]:
        raise GraphError(2388072, "body: positional variables are numbered from 1 without a gap")


def _review_examples(example: Json, names: list[str], parameter_format: str) -> None:
    examples = _named if parameter_format == "NAMED" else _in_order
    texts = examples(example, names)
    if len(texts) != len(names) or not all(isinstance(text, str) and text for text in texts):
        raise GraphError(100, "component of type BODY is missing expected field(s) (example)")
    if any(re.search(r"[\n\t]", text) for text in texts):
        raise GraphError(100, "body: an example cannot have new-line or tab characters")


def _named(example: Json, names: list[str]) -> list[Any]:
    if example.get("body_text_named_params") is None:
        return []
    quoted = objects_at(example, "body_text_named_params", "example.", fewest=0)
    given = {str(one.get("param_name")): one.get("example") for one in quoted}
    return [given.get(name) for name in names]


def _in_order(example: Json, _: list[str]) -> list[Any]:
    """Return a list of texts, or the first of a list of lists: Meta's pages print both."""
    quoted: Any = example.get("body_text")
    if not isinstance(quoted, list):
        return []
    return quoted[0] if quoted and isinstance(quoted[0], list) else quoted


def _review_footer(text: str) -> None:
    if len(text) > 60:
        raise GraphError(2388040, "footer: at most 60 characters")
    if VARIABLE.search(text):
        raise GraphError(2388073, "footer: variables are not allowed")


def _review_header(header: Json, parameter_format: str, chosen: str) -> None:
    kind = str(header.get("format", "TEXT")).upper()
    if kind not in _FORMATS:
        raise GraphError(2388047, f"header: the format is one of {', '.join(_FORMATS)}")
    if kind == "LOCATION":
        # Its place comes with each message: there is no example of it.
        if chosen == "AUTHENTICATION":
            raise GraphError(100, "header: a location is for UTILITY and MARKETING only")
        return
    example = optional_object_at(header, "example", "header.")
    if kind == "TEXT":
        _review_heading(header, example, parameter_format)
    elif not example.get("header_handle"):
        raise GraphError(100, "component of type HEADER is missing expected field(s) (example)")


def _review_heading(header: Json, example: Json, parameter_format: str) -> None:
    text = text_at(header, "text", "header.")
    if len(text) > 60:
        raise GraphError(2388040, "header: at most 60 characters")
    names = VARIABLE.findall(text)
    if len(names) > 1:
        raise GraphError(2388047, "header: at most one variable")
    key = "header_text_named_params" if parameter_format == "NAMED" else "header_text"
    if names and not example.get(key):
        raise GraphError(100, "component of type HEADER is missing expected field(s) (example)")


def _review_buttons(buttons: list[Json]) -> None:
    kinds = [text_at(button, "type", "buttons.").upper() for button in buttons]
    for kind, most in _MOST.items():
        if kinds.count(kind) > most:
            raise GraphError(100, f"buttons: at most {most} of type {kind}")
    runs = sum(
        kind == "QUICK_REPLY" and kinds[place - 1 : place] != ["QUICK_REPLY"]
        for place, kind in enumerate(kinds)
    )
    if runs > 1:
        raise GraphError(100, "buttons: quick replies must stand together")
    for button, kind in zip(buttons, kinds, strict=True):
        if kind != "COPY_CODE" and len(text_at(button, "text", "buttons.")) > 25:
            raise too_long("buttons.text", 25)
        if kind in _CHECKS:
            _CHECKS[kind](button)


def _review_link(button: Json) -> None:
    url = text_at(button, "url", "buttons.", longest=2000)
    variables = VARIABLE.findall(url)
    if len(variables) > 1 or (variables and not url.endswith("}}")):
        raise GraphError(100, "buttons: a link has one variable at most, at its end")
    example = button.get("example")
    if variables and not (isinstance(example, list) and example and isinstance(example[0], str)):
        raise GraphError(100, "component of type BUTTONS is missing expected field(s) (example)")


def _review_call(button: Json) -> None:
    text_at(button, "phone_number", "buttons.", longest=20)


def _review_code(button: Json) -> None:
    example = button.get("example")
    code = example[0] if isinstance(example, list) and example else example
    if not isinstance(code, str) or not code:
        raise GraphError(100, "buttons: a code to copy needs an example")
    if len(code) > 20:
        raise too_long("buttons.example", 20)


_CHECKS: dict[str, Callable[[Json], None]] = {
    "URL": _review_link,
    "PHONE_NUMBER": _review_call,
    "COPY_CODE": _review_code,
}
