"""The message templates of the account: what was approved, and its listing."""

import base64
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import orjson

from whatsapp.sandbox.graph_errors import GraphError
from whatsapp.sandbox.shapes import Json

STARTER_SET = Path(__file__).with_name("templates.json")
VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_CURSOR = re.compile(r"sandbox:(\d+)")
_LISTED = ("name", "parameter_format", "components", "language", "status", "category")


@dataclass(slots=True)
class Template:
    """One template in one language, with its texts taken apart once."""

    id: str
    name: str
    language: str
    category: str
    status: str
    components: list[Json]
    parameter_format: str = "POSITIONAL"
    rejected_reason: str = "NONE"
    quality: str = "UNKNOWN"
    quality_since: int = 1795236000
    previous_category: str = ""
    correct_category: str = ""
    pauses: int = 0
    message_send_ttl_seconds: int = 0
    edited_at: list[float] = field(default_factory=list)
    rejected_at: float = 0.0
    # Until then Meta tries to deliver messages that were written with it; 0 for none.
    waited_for_until: float = 0.0
    body: str = field(init=False, default="")
    variables: tuple[str, ...] = field(init=False, default=())
    pieces: tuple[str, ...] = field(init=False, default=())
    buttons: tuple[Json, ...] = field(init=False, default=())
    header: Json = field(init=False, default_factory=dict)
    header_variables: tuple[str, ...] = field(init=False, default=())
    footer: str = field(init=False, default="")
    quick_replies: tuple[tuple[int, str], ...] = field(init=False, default=())
    open_urls: tuple[int, ...] = field(init=False, default=())  # places of links with a variable
    has_links: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.read_components()

    def read_components(self) -> None:
        """Take the texts apart for rendering; call it when the components have changed."""
        self.header = self.component("HEADER")
        self.header_variables = tuple(VARIABLE.findall(self.header.get("text", "")))
        self.footer = self.text_of("FOOTER")
        self.body = self.text_of("BODY")
        self.pieces = tuple(VARIABLE.split(self.body))
        self.variables = tuple(dict.fromkeys(self.pieces[1::2]))
        self.buttons = tuple(self.component("BUTTONS").get("buttons", ()))
        self.quick_replies = tuple(
            (place, str(button["text"]))
            for place, button in enumerate(self.buttons)
            if button["type"] == "QUICK_REPLY"
        )
        self.open_urls = tuple(
            place
            for place, button in enumerate(self.buttons)
            if button["type"] == "URL" and "{{" in button.get("url", "")
        )
        self.has_links = any(one["type"] in ("URL", "PHONE_NUMBER") for one in self.buttons)

    def component(self, kind: str) -> Json:
        return next((one for one in self.components if one["type"].upper() == kind), {})

    def text_of(self, kind: str) -> str:
        return str(self.component(kind).get("text", ""))

    def render(self, values: Mapping[str, str]) -> str:
        """Return the body as the patient reads it."""
        pieces = list(self.pieces)
        pieces[1::2] = [values[name] for name in pieces[1::2]]
        return "".join(pieces)

    def node(self, wanted: Iterable[str], *, sample_url: Callable[[str], str]) -> Json:
        """Return the template as Graph shows it: its id always, addresses in place of handles."""
        quality: Json = {"score": self.quality, "date": self.quality_since}
        shown: Json = {
            **{name: getattr(self, name) for name in _LISTED},
            "components": [_shown(one, sample_url) for one in self.components],
            "sub_category": "CUSTOM",
            "quality_score": quality,
            "rejected_reason": self.rejected_reason,
        }
        for name in ("previous_category", "correct_category", "message_send_ttl_seconds"):
            if getattr(self, name):
                shown[name] = getattr(self, name)
        return {**{name: shown[name] for name in wanted if name in shown}, "id": self.id}


class Templates:
    """Every template of the account, in the order of their creation."""

    def __init__(self, rows: Iterable[Json]) -> None:
        self._by_key: dict[tuple[str, str], Template] = {}
        self._last_id = 300000000000000
        self.created_at: list[float] = []
        self.resting: dict[str, float] = {}  # names of deleted templates, and until when
        self.judged: dict[str, str] = {}  # the category that a name will be given when it comes
        for row in rows:
            self.add(row)

    @classmethod
    def starter_set(cls) -> "Templates":
        return cls(orjson.loads(STARTER_SET.read_bytes()))

    def __iter__(self) -> Iterator[Template]:
        return iter(self._by_key.values())

    def add(self, row: Json) -> Template:
        """Put in a template; one without an id gets the next."""
        given = int(row.get("id") or self._last_id + 1)
        self._last_id = max(self._last_id, given)
        template = Template(**{**row, "id": str(given)})
        self._by_key[template.name, template.language] = template
        return template

    def has(self, name: str, language: str) -> bool:
        return (name, language) in self._by_key

    def by_id(self, template_id: str) -> Template | None:
        return next((one for one in self._by_key.values() if one.id == template_id), None)

    def named(self, name: str) -> list[Template]:
        return [one for one in self._by_key.values() if one.name == name]

    def remove(self, template: Template) -> None:
        del self._by_key[template.name, template.language]

    def approved(self, name: str, language: str) -> Template:
        """
        Find what may be sent.

        :raises GraphError: 132001 no such approved template, 132015 paused, 132016 disabled
        """
        template = self._by_key.get((name, language))
        if template is None:
            raise GraphError(
                132001, f"template name ({name[:80]}) does not exist in {language[:20]}"
            )
        if template.status == "APPROVED":
            return template
        if template.status == "PAUSED":
            raise GraphError(132015, f"template ({name}) is paused due to low quality")
        if template.status == "DISABLED":
            raise GraphError(132016, f"template ({name}) is disabled due to low quality")
        raise GraphError(132001, f"template ({name}) is not approved in {language}")

    def page(
        self, query: Mapping[str, str], *, url: str, at_most: int, sample_url: Callable[[str], str]
    ) -> Json:
        """
        Return one page of the listing.

        :param url: this listing's address, from which the next page's is made
        :param at_most: how many templates the account may have
        :raises GraphError: 131059 for a cursor that is not ours; 100 for a bad limit
        """
        limit = _limit(query.get("limit", "25"))
        wanted = query["fields"].split(",") if query.get("fields") else _LISTED
        found = [one for one in self._by_key.values() if _matches(one, query)]
        if query.get("before"):
            end = _place(query["before"])
            start = max(0, end - limit)
        else:
            start = _place(query["after"]) if query.get("after") else 0
            end = min(start + limit, len(found))
        shown = [one.node(wanted, sample_url=sample_url) for one in found[start:end]]
        page: Json = {"data": shown}
        if found[start:end]:
            cursors = {"before": _cursor(start), "after": _cursor(end)}
            page["paging"] = {"cursors": cursors}
            if end < len(found):
                page["paging"]["next"] = _next_url(url, query, cursors["after"])
        if query.get("summary"):
            page["summary"] = self._summary(len(found), at_most)
        return page

    def _summary(self, found: int, at_most: int) -> Json:
        return {
            "total_count": found,
            "message_template_count": len(self._by_key),
            "message_template_limit": at_most,
            "are_translations_complete": True,
        }


def _matches(template: Template, query: Mapping[str, str]) -> bool:
    wishes = {
        "name": template.name,
        "status": template.status,
        "category": template.category,
        "language": template.language,
        "quality_score": template.quality,
    }
    chosen = all(
        value.lower() in _alternatives(query[key])
        for key, value in wishes.items()
        if query.get(key)
    )
    return chosen and all(
        query[key].lower() in text.lower() for key, text in _texts(template) if query.get(key)
    )


def _alternatives(asked: str) -> set[str]:
    """Read a filter: one value, several between commas, or a JSON list of them."""
    return {one.strip(' "').lower() for one in asked.strip("[]").split(",")}


def _texts(template: Template) -> tuple[tuple[str, str], ...]:
    content = f"{template.header.get('text', '')}\n{template.body}\n{template.footer}"
    return ("content", content), ("name_or_content", f"{template.name}\n{content}")


def _shown(component: Json, sample_url: Callable[[str], str]) -> Json:
    handles = component.get("example", {}).get("header_handle")
    if not handles:
        return component
    urls = [sample_url(str(handle)) for handle in handles]
    return {**component, "example": {**component["example"], "header_handle": urls}}


def _limit(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise GraphError(100, "Param limit must be a positive integer.")
    return int(text)


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(b"sandbox:%d" % place).decode().rstrip("=") + "ZD"


def _place(cursor: str) -> int:
    try:
        inner = base64.urlsafe_b64decode(cursor.removesuffix("ZD") + "==").decode()
    except ValueError:
        inner = ""
    shape = _CURSOR.fullmatch(inner)
    if shape is None:
        raise GraphError(131059, "The cursor is not valid or has expired; start without one.")
    return int(shape[1])


def _next_url(url: str, query: Mapping[str, str], after: str) -> str:
    kept = {key: value for key, value in query.items() if key not in ("after", "before")}
    return f"{url}?{urlencode({**kept, 'after': after})}"
