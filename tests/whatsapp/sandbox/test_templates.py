from collections import Counter
from typing import Any

import pytest

from tests.sandbox_process import PHONE_NUMBER_ID, WABA_ID, SandboxProcess
from tests.whatsapp.sandbox.conftest import Receiver, Sender, reminder, template, wait_for
from whatsapp.sandbox.graph_errors import GraphError
from whatsapp.sandbox.template_review import review
from whatsapp.sandbox.templates import Template, Templates

Json = dict[str, Any]
STARTER_SET = list(Templates.starter_set())
LANGUAGES = {"en", "es", "pt_BR", "fr", "ar", "hi"}


@pytest.mark.parametrize("template", STARTER_SET, ids=lambda one: f"{one.name}-{one.language}")
def test_the_starter_set_passes_its_own_review(template: Template) -> None:
    assert review(
        {
            "name": template.name,
            "language": template.language,
            "category": template.category,
            "parameter_format": template.parameter_format,
            "components": template.components,
        }
    )
    assert template.parameter_format == "NAMED"
    assert template.id.isdigit()
    assert len(template.id) in (15, 16)


def test_every_approved_template_exists_in_every_language_with_the_same_variables() -> None:
    approved = [one for one in STARTER_SET if one.status == "APPROVED"]

    for name in {one.name for one in approved}:
        family = [one for one in approved if one.name == name]
        assert {one.language for one in family} == LANGUAGES
        assert len({(frozenset(one.variables), len(one.buttons)) for one in family}) == 1


def test_the_starter_set_shows_every_state_a_clinic_meets() -> None:
    states = Counter(one.status for one in STARTER_SET)

    assert states == {"APPROVED": 78, "REJECTED": 1, "PAUSED": 1, "PENDING": 1}


def test_the_listing_pages_until_next_is_absent(sender: Sender) -> None:
    page = sender.get(f"{WABA_ID}/message_templates", limit="10", fields="name,language").json()
    seen = page["data"]
    while "next" in page["paging"]:
        page = sender.session.get(
            page["paging"]["next"], headers={"Authorization": "Bearer sandbox-token"}, timeout=10
        ).json()
        seen += page["data"]

    assert len(seen) == len({one["id"] for one in seen}) == len(STARTER_SET)
    assert set(seen[0]) == {"name", "language", "id"}


def test_a_page_can_be_turned_back(sender: Sender) -> None:
    path = f"{WABA_ID}/message_templates"
    first = sender.get(path, limit="10").json()
    second = sender.get(path, limit="10", after=first["paging"]["cursors"]["after"]).json()

    again = sender.get(path, limit="10", before=second["paging"]["cursors"]["before"]).json()

    assert again["data"] == first["data"]


def test_a_bad_cursor_is_131059(sender: Sender) -> None:
    response = sender.get(f"{WABA_ID}/message_templates", after="MjQZD")

    assert response.json()["error"]["code"] == 131059


def test_the_listing_filters_by_name_and_status(sender: Sender) -> None:
    path = f"{WABA_ID}/message_templates"

    by_name = sender.get(path, name="please_contact_us").json()["data"]
    by_status = sender.get(path, status="rejected", fields="rejected_reason").json()["data"]

    assert len(by_name) == len(LANGUAGES)
    assert [one["rejected_reason"] for one in by_status] == ["PROMOTIONAL"]


def asked(body: str = "Hello {{name}}, welcome to us.", **more: Any) -> Json:
    example = {"body_text_named_params": [{"param_name": "name", "example": "Ana"}]}
    return {
        "name": "welcome",
        "language": "en",
        "category": "UTILITY",
        "parameter_format": "NAMED",
        "components": [{"type": "BODY", "text": body, "example": example}],
    } | more


def create(sender: Sender, wish: Json) -> Json:
    url = f"{sender.sandbox.base_url}/v25.0/{WABA_ID}/message_templates"
    headers = {"Authorization": "Bearer sandbox-token"}
    answer: Json = sender.session.post(url, json=wish, headers=headers, timeout=10).json()
    return answer


def test_a_new_template_waits_for_review_and_cannot_be_created_twice(sender: Sender) -> None:
    created = create(sender, asked())

    assert (created["status"], created["category"]) == ("PENDING", "UTILITY")
    assert sender.get(created["id"]).json()["name"] == "welcome"
    assert create(sender, asked())["error"]["error_subcode"] == 2388024


def test_a_new_template_can_be_approved_at_once_and_tells_so(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sandbox.settings(auto_approve=True)

    created = create(sender, asked(language="pt_BR"))

    wait_for(lambda: bool(receiver.values("message_template_status_update")))
    told = receiver.values("message_template_status_update")[0]
    assert created["status"] == told["event"] == "APPROVED"
    assert told["message_template_id"] == int(created["id"])
    assert told["message_template_language"] == "pt-BR"


PARTS = [{"type": "BODY", "text": "Hello, welcome to us."}]
REFUSED = {
    "capital": (asked(name="Welcome"), 100),
    "language": (asked(language="en-US"), 100),
    "begins-with-variable": (asked("{{name}}, welcome to us."), 2388299),
    "ends-with-variable": (asked("Welcome to us, {{name}}."), 2388299),
    "mostly-variables": (asked("Hi {{name}} ok {{a}} ok {{b}} ok"), 2388293),
    "too-long": (asked("Hello {{name}} " + "x" * 1024), 2388040),
    "no-example": (asked(components=[{"type": "BODY", "text": "Hello {{name}}, welcome."}]), 100),
    "no-body": (asked(components=[{"type": "FOOTER", "text": "Bye"}]), 131008),
    "positional": (asked("Hello {{2}}, welcome to us.", parameter_format="POSITIONAL"), 2388072),
    "digit-in-a-name": (asked("Hello {{name2}}, welcome to us."), 2388072),
    "variable-in-the-footer": (
        asked(components=[*PARTS, {"type": "FOOTER", "text": "Call {{name}}"}]),
        2388073,
    ),
    "header-of-no-kind": (
        asked(components=[*PARTS, {"type": "HEADER", "format": "MAP"}]),
        2388047,
    ),
}


@pytest.mark.parametrize(("wish", "code"), REFUSED.values(), ids=REFUSED)
def test_a_template_against_the_rules_is_refused(wish: Json, code: int) -> None:
    with pytest.raises(GraphError) as refusal:
        review(wish)

    assert refusal.value.code == code


def test_a_review_changes_what_may_be_sent(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sandbox.review("appointment_reminder_days", language="es", status="PAUSED", quality="RED")

    refused = sender.post(reminder()).json()["error"]["code"]
    wait_for(lambda: bool(receiver.values("message_template_quality_update")))

    assert refused == 132015
    assert receiver.values("message_template_quality_update")[0]["new_quality_score"] == "RED"


PLACE = {
    "latitude": "-34.6037",
    "longitude": "-58.3816",
    "name": "Centro Norte",
    "address": "Av. X 123",
}


@pytest.fixture
def with_place(sender: Sender, sandbox: SandboxProcess) -> Sender:
    header = {"type": "HEADER", "format": "LOCATION"}
    create(sender, asked(name="with_place", components=[header, *asked()["components"]]))
    sandbox.review("with_place", status="APPROVED")
    return sender


def sent_to(place: Any) -> Json:
    header = {"type": "header", "parameters": [{"type": "location", "location": place}]}
    body = {"type": "body", "parameters": [NAME]}
    message = template("with_place", (), to="+5491155550101", language="en")
    message["template"]["components"] = [header, body]
    return message


NAME = {"type": "text", "parameter_name": "name", "text": "Ana"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({}, 0, id="as-in-the-samples"),
        pytest.param({"latitude": -34.6037}, 0, id="a-number"),
        pytest.param({"name": None, "address": None}, 0, id="without-words"),
        pytest.param({"latitude": None}, 131008, id="half-a-place"),
        pytest.param({"longitude": ""}, 131008, id="empty"),
        pytest.param({"longitude": "180.1"}, 131009, id="beyond"),
        pytest.param({"latitude": "nan"}, 131009, id="not-a-number"),
        pytest.param({"latitude": "north"}, 131009, id="a-word"),
        pytest.param({"name": 7}, 131009, id="a-name-that-is-none"),
    ],
)
def test_a_place_on_top_is_checked(with_place: Sender, changes: Json, code: int) -> None:
    answer = with_place.post(sent_to(PLACE | changes)).json()

    assert answer.get("error", {}).get("code", 0) == code


def test_a_place_is_shown_on_the_phone_without_a_map(with_place: Sender) -> None:
    with_place.send(sent_to(PLACE | {"name": "Centro <Norte>"}))

    path = f"{with_place.sandbox.base_url}/chats/{PHONE_NUMBER_ID}/5491155550101/bubbles?still"
    page = with_place.session.get(path, timeout=10).text
    assert "Centro &lt;Norte&gt;" in page
    assert "Av. X 123" in page


def test_a_code_is_no_place_to_stand_on(sender: Sender) -> None:
    header = {"type": "HEADER", "format": "LOCATION"}
    parts = [header, *asked()["components"]]

    codes = [
        create(sender, asked(name=name, category=category, components=parts))
        .get("error", {})
        .get("code", 0)
        for name, category in (("a", "AUTHENTICATION"), ("m", "MARKETING"), ("u", "UTILITY"))
    ]

    assert codes == [100, 0, 0]


def test_an_edit_goes_back_to_review_and_a_deletion_takes_all_languages(sender: Sender) -> None:
    headers = {"Authorization": "Bearer sandbox-token"}
    base = f"{sender.sandbox.base_url}/v25.0"
    found = sender.get(f"{WABA_ID}/message_templates", name="please_contact_us").json()["data"]

    edited = sender.session.post(
        f"{base}/{found[0]['id']}",
        json={"components": found[0]["components"]},
        headers=headers,
        timeout=10,
    )
    status = sender.get(found[0]["id"]).json()["status"]
    sender.session.delete(
        f"{base}/{WABA_ID}/message_templates?name=please_contact_us", headers=headers, timeout=10
    )
    left = sender.get(f"{WABA_ID}/message_templates", name="please_contact_us").json()["data"]

    assert edited.json()["success"] is True
    assert (status, left) == ("PENDING", [])
