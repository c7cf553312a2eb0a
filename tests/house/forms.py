"""What a page asks for and complains of, read from its HTML as a browser reads it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

# What a browser sends only when it is pressed or chosen.
_PRESSED = {"submit", "button", "image", "reset"}
_TICKED = {"checkbox", "radio"}
_EMPTY = {"input", "br", "img", "hr", "link", "meta", "wbr", "source", "path", "line", "use"}
_COMPLAINS = re.compile(r"\b(errorlist|errornote|field-error)\b")


@dataclass
class Field:
    """One thing that can be filled in, and what stands there now."""

    name: str
    kind: str
    value: str = ""
    is_sent: bool = True
    choices: list[str] = field(default_factory=list)


@dataclass
class Form:
    """A form as it stands on a page."""

    method: str
    action: str
    is_multipart: bool
    fields: list[Field] = field(default_factory=list)

    def sent(self) -> dict[str, list[str]]:
        """Return what a browser would send if nobody typed anything."""
        found: dict[str, list[str]] = {}
        for one in self.fields:
            if one.is_sent and one.kind not in {"file", "submit"}:
                found.setdefault(one.name, []).append(one.value)
        first = next((one for one in self.fields if one.kind == "submit" and one.name), None)
        return found | ({first.name: [first.value]} if first else {})

    def asked(self) -> Iterator[Field]:
        """Yield what somebody can fill in, each name once."""
        seen = {"csrfmiddlewaretoken"}
        for one in self.fields:
            if one.name and one.kind not in {"hidden", "submit"} and one.name not in seen:
                seen.add(one.name)
                yield one


class Page(HTMLParser):
    """The forms of a page, and what it complains of."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.complaints: list[str] = []
        self._open: list[str] = []
        self._complains_at: int | None = None
        self._form: Form | None = None
        self._area: Field | None = None
        self._select: Field | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag not in _EMPTY:
            self._open.append(tag)
        if self._complains_at is None and _complains(has):
            self._complains_at = len(self._open)
            self.complaints.append("")
        if tag == "form":
            kind = has.get("method", "get").lower()
            multipart = "multipart" in has.get("enctype", "")
            self._form = Form(kind, has.get("action", ""), multipart)
            self.forms.append(self._form)
        elif self._form is not None:
            self._field(tag, has)

    def _field(self, tag: str, has: dict[str, str]) -> None:
        assert self._form is not None
        if tag == "option" and self._select is not None:
            self._option(has)
            return
        if tag not in {"input", "textarea", "select", "button"} or "disabled" in has:
            return
        kind = has.get("type", "text").lower() if tag == "input" else tag
        if tag == "button":
            kind = has.get("type", "submit").lower()
        kind = "submit" if kind in _PRESSED else kind
        sent = "checked" in has if kind in _TICKED else bool(has.get("name"))
        default = "on" if kind in _TICKED else ""
        made = Field(has.get("name", ""), kind, has.get("value", default), sent)
        if "multiple" in has and tag == "select":
            made.is_sent = False
        self._form.fields.append(made)
        self._area = made if tag == "textarea" else self._area
        self._select = made if tag == "select" else self._select

    def _option(self, has: dict[str, str]) -> None:
        assert self._select is not None
        value = has.get("value", "")
        if not self._select.choices or "selected" in has:
            self._select.value = value
        self._select.choices.append(value)

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.value += data
        if self._complains_at is not None:
            self.complaints[-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag == "textarea" and self._area is not None:
            # A browser drops the line break that stands first.
            self._area.value = self._area.value.removeprefix("\r").removeprefix("\n")
            self._area = None
        if tag == "select":
            self._select = None
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if self._complains_at is not None and len(self._open) < self._complains_at:
            self._complains_at = None


def _complains(has: dict[str, str]) -> bool:
    return has.get("role") == "alert" or bool(_COMPLAINS.search(has.get("class", "")))
