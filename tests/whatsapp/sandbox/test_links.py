"""A button that opens a page: one end for its address, in the right place and shape."""

from typing import Any

import pytest

from tests.sandbox_process import SandboxProcess
from tests.whatsapp.sandbox.conftest import Sender, template
from tests.whatsapp.sandbox.test_templates import asked, create

Json = dict[str, Any]
ADDRESS = "https://clinic.example/another-time/{{1}}"
BUTTON = {"type": "URL", "text": "Other times", "url": ADDRESS, "example": [ADDRESS]}
BODY = {"type": "BODY", "text": "Until soon."}
END = {
    "type": "button",
    "sub_type": "url",
    "index": "0",
    "parameters": [{"type": "text", "text": "WzE:x/"}],
}


@pytest.fixture
def with_page(sender: Sender, sandbox: SandboxProcess) -> Sender:
    parts = [BODY, {"type": "BUTTONS", "buttons": [BUTTON]}]
    create(sender, asked(name="with_page", components=parts))
    sandbox.review("with_page", status="APPROVED")
    return sender


def sent_with(*components: Json) -> Json:
    message = template("with_page", (), to="+5491155550101", language="en")
    message["template"]["components"] = list(components)
    return message


@pytest.mark.parametrize(
    ("components", "code"),
    [
        pytest.param((END,), 0, id="right"),
        pytest.param((), 131008, id="no-end"),
        pytest.param((END | {"index": "1"},), 132018, id="another-place"),
        pytest.param((END | {"sub_type": "quick_reply"},), 132012, id="another-kind"),
        pytest.param(
            (END | {"parameters": [{"type": "payload", "payload": "x"}]},), 132012, id="a-payload"
        ),
    ],
)
def test_the_end_of_an_address_is_checked(
    with_page: Sender, components: tuple[Json, ...], code: int
) -> None:
    answer = with_page.post(sent_with(*components)).json()

    assert answer.get("error", {}).get("code", 0) == code


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"example": None}, id="no-example"),
        pytest.param({"url": "https://a.example/{{1}}/b"}, id="gap-inside"),
    ],
)
def test_an_address_with_a_gap_is_reviewed(sender: Sender, changes: Json) -> None:
    parts = [BODY, {"type": "BUTTONS", "buttons": [BUTTON | changes]}]

    assert create(sender, asked(components=parts))["error"]["code"] == 100
