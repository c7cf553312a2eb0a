import contextlib
import copy
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.whatsapp.sandbox.conftest import buttons, reminder, text
from whatsapp.sandbox.graph_errors import GraphError
from whatsapp.sandbox.options import Number
from whatsapp.sandbox.template_review import review
from whatsapp.sandbox.templates import Templates
from whatsapp.sandbox.validation import check, dialled, parse

NUMBER = Number()
TEMPLATES = Templates.starter_set()
LIST = {
    "type": "list",
    "header": {"type": "text", "text": "New time"},
    "body": {"text": "Choose"},
    "footer": {"text": "Clinic"},
    "action": {
        "button": "See",
        "sections": [{"title": "A", "rows": [{"id": "1", "title": "09:00"}]}],
    },
}
LINK = {"name": "cta_url", "parameters": {"display_text": "Map", "url": "https://a.b"}}
GOOD = [
    reminder(),
    text(),
    buttons(),
    text(type="interactive", interactive=LIST),
    text(
        type="interactive", interactive={"type": "cta_url", "body": {"text": "x"}, "action": LINK}
    ),
    text(type="image", image={"id": "1"}),
    text(type="reaction", reaction={"message_id": "wamid.x", "emoji": "x"}),
]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=False)
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)


def places(holder: Any) -> list[tuple[Any, Any]]:
    """Return every container with every key or index in it."""
    keys = holder.keys() if isinstance(holder, dict) else range(len(holder))
    here = [(holder, key) for key in keys]
    inner = [holder[key] for key in keys if isinstance(holder[key], dict | list)]
    return here + [place for one in inner for place in places(one)]


@given(st.data())
@settings(max_examples=1000, deadline=None)
def test_any_change_to_a_good_message_is_accepted_or_refused(data: st.DataObject) -> None:
    message = copy.deepcopy(data.draw(st.sampled_from(GOOD)))
    holder, key = data.draw(st.sampled_from(places(message)))
    holder[key] = data.draw(JSON)

    with contextlib.suppress(GraphError):
        check(parse(orjson.dumps(message)), number=NUMBER, templates=TEMPLATES, version=25)


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_refused(body: bytes) -> None:
    with contextlib.suppress(GraphError):
        parse(body)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_any_change_to_a_template_is_reviewed(data: st.DataObject) -> None:
    template = next(iter(TEMPLATES))
    fields = ("name", "language", "category", "components", "parameter_format")
    asked = copy.deepcopy({name: getattr(template, name) for name in fields})
    holder, key = data.draw(st.sampled_from(places(asked)))
    holder[key] = data.draw(JSON)

    with contextlib.suppress(GraphError):
        review(asked)


@pytest.mark.parametrize(
    ("to", "digits"),
    [
        pytest.param("+54 9 (11) 5555-0101", "5491155550101", id="punctuation"),
        pytest.param("11 5555 0101", "541155550101", id="our-country-is-added"),
        pytest.param("5491155550101", "5491155550101", id="already-our-country"),
    ],
)
def test_a_recipient_is_dialled(to: str, digits: str) -> None:
    assert dialled(to, NUMBER) == digits


@pytest.mark.parametrize("to", ["", "+", "+123", "+1234567890123456", "+54x911", "+٥٤٩١١٥٥٥٥"])
def test_what_is_no_number_is_refused(to: str) -> None:
    with pytest.raises(GraphError):
        dialled(to, NUMBER)
