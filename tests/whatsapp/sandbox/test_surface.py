"""The sandbox's management calls: lifetimes, rates, health; each as the fact is documented."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from healthmsg.clock import Compressed
from tests.sandbox_process import PHONE_NUMBER_ID, WABA_ID, SandboxProcess, running
from tests.whatsapp.sandbox.conftest import Sender, invitation, reminder, template, text

START = 1795249000
HEADERS = {"Authorization": "Bearer sandbox-token"}
Json = dict[str, Any]


def put(clock: Path, hours: float) -> None:
    Compressed(math.inf, START + hours * 3600, 1.0, math.inf).write(clock)


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    path = tmp_path / "clock"
    put(path, 0)
    return path


@pytest.fixture
def standing(clock: Path) -> Iterator[Sender]:
    """A sender to a sandbox whose clock stands until it is put."""
    with running(environment={"HEALTHMSG_CLOCK": str(clock)}) as sandbox:
        yield Sender(sandbox)


def call(sender: Sender, method: str, path: str, **more: Any) -> requests.Response:
    url = f"{sender.sandbox.base_url}/v25.0/{path}"
    headers = {**HEADERS, **more.pop("headers", {})}
    return sender.session.request(method, url, headers=headers, timeout=10, **more)


def upload(sender: Sender) -> str:
    files = {"file": ("a.pdf", b"%PDF-1.4", "application/pdf")}
    form = {"messaging_product": "whatsapp"}
    answer = call(sender, "POST", f"{PHONE_NUMBER_ID}/media", data=form, files=files)
    return str(answer.json()["id"])


def body(text: str = "Hello {{name}}, welcome to us.") -> Json:
    example = {"body_text_named_params": [{"param_name": "name", "example": "Ana"}]}
    return {"type": "BODY", "text": text, "example": example}


def wish(name: str = "welcome", **more: Any) -> Json:
    base = {"name": name, "language": "en", "category": "UTILITY", "parameter_format": "NAMED"}
    return {**base, "components": [body()], **more}


def create(sender: Sender, asked: Json) -> Json:
    answer: Json = call(sender, "POST", f"{WABA_ID}/message_templates", json=asked).json()
    return answer


def code(answer: Json) -> int:
    return int(answer.get("error", {}).get("code", 0))


def test_an_address_lives_five_minutes_and_a_file_thirty_days(
    standing: Sender, clock: Path
) -> None:
    media_id = upload(standing)
    url = standing.get(media_id).json()["url"]
    fetch = standing.session.get
    at_once = fetch(url, headers=HEADERS, timeout=10)
    without_token = fetch(url, timeout=10)
    put(clock, 0.1)
    late = fetch(url, headers=HEADERS, timeout=10)
    again = fetch(standing.get(media_id).json()["url"], headers=HEADERS, timeout=10)
    put(clock, 30 * 24)

    assert (at_once.status_code, at_once.content) == (200, b"%PDF-1.4")
    assert (without_token.status_code, late.status_code, again.status_code) == (401, 404, 200)
    assert code(standing.get(media_id).json()) == 100


def test_a_file_is_its_numbers_own(sender: Sender) -> None:
    media_id = upload(sender)

    assert code(sender.get(media_id, phone_number_id="999").json()) == 100
    assert sender.get(media_id, phone_number_id=PHONE_NUMBER_ID).status_code == 200


def test_an_approved_template_is_edited_once_a_day(standing: Sender, clock: Path) -> None:
    template = standing.get(f"{WABA_ID}/message_templates", name="please_contact_us").json()
    node = template["data"][0]["id"]
    edit = {"message_send_ttl_seconds": 3600}
    standing.sandbox.settings(auto_approve=True)

    answers = [code(call(standing, "POST", node, json=edit).json()) for _ in range(2)]
    put(clock, 25)
    answers.append(code(call(standing, "POST", node, json=edit).json()))

    assert answers == [0, 2388039, 0]
    shown = standing.get(node, fields="message_send_ttl_seconds").json()
    assert shown["message_send_ttl_seconds"] == 3600


def test_a_rejected_template_is_edited_as_often_as_one_likes(sender: Sender) -> None:
    node = create(sender, wish())["id"]
    answers = []
    for _ in range(3):
        sender.sandbox.review("welcome", status="REJECTED", reason="PROMOTIONAL")
        answers.append(code(call(sender, "POST", node, json={"components": [body()]}).json()))

    waiting = call(sender, "POST", node, json={"components": [body()]}).json()

    assert answers == [0, 0, 0]
    assert code(waiting) == 2388039


def test_the_category_of_an_approved_template_stays(sender: Sender) -> None:
    node = create(sender, wish())["id"]
    sender.sandbox.review("welcome", status="APPROVED")

    refused = call(sender, "POST", node, json={"category": "MARKETING"}).json()

    assert code(refused) == 100


def test_the_name_of_a_deleted_template_rests_for_thirty_days(
    standing: Sender, clock: Path
) -> None:
    create(standing, wish())
    standing.sandbox.review("welcome", status="APPROVED")
    call(standing, "DELETE", f"{WABA_ID}/message_templates?name=welcome")

    refused = create(standing, wish())
    put(clock, 30 * 24 + 1)

    assert code(refused) == 100
    assert create(standing, wish())["status"] == "PENDING"


def test_templates_are_deleted_by_id_and_a_disabled_one_is_not(sender: Sender) -> None:
    ids = [create(sender, wish(name))["id"] for name in ("one", "two", "three")]
    sender.sandbox.review("three", status="DISABLED")
    path = f"{WABA_ID}/message_templates"

    several = call(sender, "DELETE", path, params={"hsm_ids": json.dumps(ids[:2])}).json()
    disabled = call(sender, "DELETE", path, params={"name": "three"}).json()

    assert several == {"success": True}
    assert code(disabled) == 100
    assert [code(sender.get(one).json()) for one in ids] == [100, 100, 0]


def test_a_hundred_templates_are_created_in_an_hour(standing: Sender, clock: Path) -> None:
    standing.sandbox.settings(templates_at_most=400)
    made = [code(create(standing, wish(f"n_{place}"))) for place in range(101)]
    put(clock, 1.1)

    assert made == [0] * 100 + [80008]
    assert code(create(standing, wish("n_next"))) == 0


def test_an_account_has_room_for_so_many_templates(sender: Sender) -> None:
    sender.sandbox.settings(templates_at_most=75)

    assert code(create(sender, wish())) == 2388019


@pytest.mark.parametrize(
    ("category", "seconds", "expected"),
    [
        ("UTILITY", 29, 100),
        ("UTILITY", 43_200, 0),
        ("UTILITY", -1, 0),
        ("UTILITY", 43_201, 100),
        ("MARKETING", 3600, 100),
        ("MARKETING", 43_200, 0),
        ("MARKETING", -1, 100),
        ("AUTHENTICATION", 900, 0),
    ],
)
def test_a_lifetime_has_the_bounds_of_its_category(
    sender: Sender, category: str, seconds: int, expected: int
) -> None:
    asked = wish(category=category, message_send_ttl_seconds=seconds)

    assert code(create(sender, asked)) == expected


@pytest.mark.parametrize(
    "part",
    [
        {"type": "HEADER", "format": "DOCUMENT"},
        {"type": "HEADER", "format": "TEXT", "text": "Hello {{name}}"},
        {
            "type": "BUTTONS",
            "buttons": [{"type": "URL", "text": "Map", "url": "https://a/{{1}}/b"}],
        },
        {
            "type": "BUTTONS",
            "buttons": [{"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+" * 21}],
        },
        {"type": "BUTTONS", "buttons": [{"type": "COPY_CODE", "example": "x" * 21}]},
    ],
)
def test_parts_against_the_rules_are_refused(sender: Sender, part: Json) -> None:
    assert code(create(sender, wish(components=[body(), part]))) == 100


def test_what_is_judged_to_be_marketing_is_created_as_that(sender: Sender) -> None:
    sender.sandbox.decide("judge", name="welcome", category="MARKETING")

    assert create(sender, wish())["category"] == "MARKETING"


def test_management_calls_are_counted_in_headers_and_refused_when_the_hour_is_full(
    standing: Sender, clock: Path
) -> None:
    standing.sandbox.settings(graph_calls=4)
    answers = [standing.get(f"{WABA_ID}/phone_numbers") for _ in range(5)]
    used = json.loads(answers[1].headers["X-Business-Use-Case-Usage"])[WABA_ID][0]
    full = json.loads(answers[4].headers["X-Business-Use-Case-Usage"])[WABA_ID][0]
    put(clock, 1)

    assert [code(one.json()) for one in answers] == [0, 0, 0, 0, 80008]
    assert used["call_count"] == 50
    assert json.loads(answers[1].headers["X-App-Usage"])["call_count"] == 50
    assert (full["call_count"], full["estimated_time_to_regain_access"]) == (100, 60)
    assert standing.post(reminder()).status_code == 200
    assert standing.get(f"{WABA_ID}/phone_numbers").status_code == 200


def test_a_pending_template_is_why_nothing_can_be_sent(sender: Sender) -> None:
    node = create(sender, wish())["id"]

    health = sender.get(node, fields="health_status").json()["health_status"]

    assert health["can_send_message"] == "BLOCKED"
    (template,) = [one for one in health["entities"] if one["entity_type"] == "MESSAGE_TEMPLATE"]
    assert template["errors"][0]["error_code"] == 141002
    assert {one["entity_type"] for one in health["entities"]} == {
        *("MESSAGE_TEMPLATE", "WABA", "BUSINESS", "APP"),
    }


def test_the_marketing_api_takes_marketing_alone(sender: Sender) -> None:
    path = f"{PHONE_NUMBER_ID}/marketing_messages"

    taken = call(sender, "POST", path, json=invitation()).json()
    refused = call(sender, "POST", path, json=reminder()).json()

    assert (code(taken), code(refused)) == (0, 131055)


def test_forms_are_read_as_well_as_json(sender: Sender) -> None:
    url = f"{sender.sandbox.base_url}/v25.0/{WABA_ID}/message_templates"
    form = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in wish().items()
    }

    answer = requests.post(url, data={**form, "access_token": "sandbox-token"}, timeout=10)

    assert answer.json()["status"] == "PENDING"


def test_a_sandbox_without_limits_on_templates(sandbox: SandboxProcess, sender: Sender) -> None:
    sandbox.settings(template_limits=False)
    create(sender, wish())
    sandbox.review("welcome", status="APPROVED")

    call(sender, "DELETE", f"{WABA_ID}/message_templates?name=welcome")

    assert create(sender, wish())["status"] == "PENDING"


def test_direct_send_is_not_enabled(sender: Sender) -> None:
    assert code(sender.post(text(category="utility")).json()) == 100


def test_an_authentication_template_goes_to_no_user_id(
    sandbox: SandboxProcess, sender: Sender
) -> None:
    create(sender, wish("code", category="AUTHENTICATION"))
    sandbox.review("code", status="APPROVED")
    message = template("code", ("name",), to="", language="en")
    del message["to"]

    answer = sender.post({**message, "recipient": "AR.13495491155550101"}).json()

    assert code(answer) == 131062
