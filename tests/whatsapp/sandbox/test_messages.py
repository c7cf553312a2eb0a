from typing import Any

import pytest

from tests.sandbox_process import SandboxProcess
from tests.whatsapp.sandbox.conftest import Sender, buttons, invitation, reminder, template, text
from whatsapp import wamid

Json = dict[str, Any]


def test_a_template_is_accepted_and_rendered_in_the_ledger(
    sender: Sender, sandbox: SandboxProcess
) -> None:
    response = sender.post(reminder(biz_opaque_callback_data="1f6f.1"))

    answer = response.json()
    message_id = answer["messages"][0]["id"]
    assert answer["contacts"] == [{"input": "+5491155550101", "wa_id": "5491155550101"}]
    assert answer["messages"][0]["message_status"] == "accepted"
    assert wamid.parse(message_id).number == "5491155550101"
    entry = sandbox.accepted()[0]
    assert entry["wamid"] == message_id
    assert (entry["callback"], entry["template"], entry["language"]) == (
        "1f6f.1",
        "appointment_reminder_days",
        "es",
    )
    assert "<patient_name>" in entry["text"]


def test_only_templates_have_a_message_status(sender: Sender) -> None:
    answer = sender.post(text()).json()

    assert list(answer["messages"][0]) == ["id"]


def test_a_number_without_plus_is_dialled_in_our_own_country(sender: Sender) -> None:
    answer = sender.post(text(to="1 (631) 555-1234")).json()

    assert answer["contacts"][0]["wa_id"] == "5416315551234"


def test_a_user_id_in_to_is_accepted_and_a_user_id_in_recipient_answers_without_a_number(
    sender: Sender,
) -> None:
    lost = sender.post(text(to="AR.13491234"))
    message = text(recipient="AR.13495491155550101")
    del message["to"]
    found = sender.post(message)

    assert lost.status_code == 200
    assert found.json()["contacts"] == [
        {"input": "AR.13495491155550101", "user_id": "AR.13495491155550101"}
    ]


def without(message: Json, *path: str) -> Json:
    holder = message
    for key in path[:-1]:
        holder = holder[key]
    del holder[path[-1]]
    return message


def with_parameter(value: str, **more: Any) -> Json:
    message = reminder()
    parameter = message["template"]["components"][0]["parameters"][0]
    parameter |= {"text": value, **more}
    return message


REFUSED = {
    "no-product": (without(text(), "messaging_product"), 400, 131008),
    "no-recipient": (without(text(), "to"), 400, 131008),
    "no-text": (without(text(), "text"), 400, 131008),
    "array": ([], 400, 131008),
    "unknown-type": (text(type="telegram"), 400, 100),
    "group-of-what": (text(recipient_type="everyone"), 400, 100),
    "callback-too-long": (text(biz_opaque_callback_data="x" * 513), 400, 100),
    "text-too-long": (text("x" * 4097), 400, 100),
    "letters-in-number": (text(to="+54 nine"), 400, 131009),
    "to-ourselves": (text(to="+54 11 5555-0000"), 400, 131021),
    "unknown-template": (template("nothing", (), to="+5491155550101", language="es"), 404, 132001),
    "language-not-there": (reminder(language="de"), 404, 132001),
    "pending": (
        template("opening_hours_changed", (), to="+5491155550101", language="en"),
        404,
        132001,
    ),
    "paused": (
        template("appointment_reminder_first", (), to="+5491155550101", language="en"),
        400,
        132015,
    ),
    "too-few": (
        template("appointment_reminder_days", ("when",), to="+5491155550101", language="es"),
        400,
        132000,
    ),
    "wrong-name": (with_parameter("x", parameter_name="diagnosis"), 400, 132012),
    "wrong-type": (with_parameter("x", type="image"), 400, 132012),
    "line-break": (with_parameter("a\nb"), 400, 132018),
    "five-spaces": (with_parameter("a     b"), 400, 132018),
    "empty": (with_parameter(""), 400, 132018),
    "rendered-too-long": (with_parameter("x" * 1024), 400, 132005),
    "four-buttons": (buttons(("a", "b", "c", "d")), 400, 131009),
    "same-button-twice": (buttons(("a", "a")), 400, 131009),
    "button-too-long": (buttons(("x" * 21,)), 400, 131009),
    "relative-link": (text(type="image", image={"link": "/a.png"}), 400, 100),
    "id-and-link": (text(type="image", image={"link": "https://a.b/c", "id": "1"}), 400, 100),
}


@pytest.mark.parametrize(("message", "status", "code"), REFUSED.values(), ids=REFUSED)
def test_a_bad_message_is_refused(
    sender: Sender, sandbox: SandboxProcess, message: Json, status: int, code: int
) -> None:
    response = sender.post(message)

    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (status, code)
    assert error["message"].startswith(f"(#{code}) ")
    assert error["type"] == "OAuthException"
    assert len(error["fbtrace_id"]) == 11
    assert sandbox.accepted() == []
    assert sandbox.refusals()[0]["code"] == code


def test_a_body_that_is_not_json_is_refused(sender: Sender) -> None:
    assert sender.post(b'{"to":').json()["error"]["code"] == 131008


def test_the_count_of_parameters_is_told_in_metas_words(sender: Sender) -> None:
    message = template("appointment_reminder_days", ("when",), to="+5491155550101", language="es")

    details = sender.post(message).json()["error"]["error_data"]["details"]

    assert details == (
        "body: number of localizable_params (1) does not match the expected number of params (5)"
    )


def test_older_versions_have_another_code_for_line_breaks(sender: Sender) -> None:
    url = f"{sender.sandbox.base_url}/v22.0/100000000000001/messages"
    headers = {"Authorization": "Bearer sandbox-token"}

    response = sender.session.post(url, json=with_parameter("a\nb"), headers=headers, timeout=10)

    assert response.json()["error"]["code"] == 132012


def test_a_wrong_token_is_refused_before_anything_else(sender: Sender) -> None:
    response = sender.post(b"not json", token="stolen")

    assert (response.status_code, response.json()["error"]["code"]) == (401, 190)


def test_an_unknown_number_is_refused_before_its_body(sender: Sender) -> None:
    url = f"{sender.sandbox.base_url}/v25.0/999/messages"
    headers = {"Authorization": "Bearer sandbox-token"}

    response = sender.session.post(url, data=b"not json", headers=headers, timeout=10)

    error = response.json()["error"]
    assert (response.status_code, error["code"], error["error_subcode"]) == (400, 100, 33)


def test_a_mistake_is_reported_in_the_order_of_the_checks(sender: Sender) -> None:
    """Recipient before template, template before its parameters."""
    bad_recipient = reminder(to="nobody", language="de")
    bad_language = with_parameter("a\nb")
    bad_language["template"]["language"]["code"] = "de"

    assert sender.post(bad_recipient).json()["error"]["code"] == 131009
    assert sender.post(bad_language).json()["error"]["code"] == 132001


LIST = {
    "type": "list",
    "body": {"text": "Choose a time."},
    "action": {
        "button": "See times",
        "sections": [{"title": "Thursday", "rows": [{"id": "a", "title": "09:00"}]}],
    },
}
LINK = {
    "type": "cta_url",
    "body": {"text": "Directions"},
    "action": {
        "name": "cta_url",
        "parameters": {"display_text": "Open map", "url": "https://clinic.example/map"},
    },
}
ACCEPTED = {
    "buttons": buttons(("Yes", "No")),
    "list": text(type="interactive", interactive=LIST),
    "link-button": text(type="interactive", interactive=LINK),
    "image-by-link": text(type="image", image={"link": "https://clinic.example/map.png"}),
    "document-by-id": text(type="document", document={"id": "1037543291543636"}),
    "reaction": text(
        type="reaction",
        reaction={"message_id": wamid.mint("549", "3A" * 10, inbound=True), "emoji": "👍"},
    ),
    "location": text(type="location", location={"latitude": -34.6, "longitude": -58.4}),
    "no-payloads": template(
        "please_contact_us",
        ("contact_name", "clinic_name", "clinic_phone"),
        to="+5491155550101",
        language="ar",
    ),
}


@pytest.mark.parametrize("message", ACCEPTED.values(), ids=ACCEPTED)
def test_a_good_message_is_accepted(sender: Sender, message: Json) -> None:
    assert sender.post(message).status_code == 200


def test_eleven_rows_are_too_many_over_all_sections(sender: Sender) -> None:
    rows = [{"id": str(place), "title": str(place)} for place in range(11)]
    sections = [{"title": "One", "rows": rows[:6]}, {"title": "Two", "rows": rows[6:]}]
    action = {"button": "See times", "sections": sections}

    response = sender.post(text(type="interactive", interactive={**LIST, "action": action}))

    assert response.json()["error"]["code"] == 131009


def test_a_patients_message_can_be_marked_as_read(sender: Sender, sandbox: SandboxProcess) -> None:
    inbound = sandbox.inbound("5491155550101", text="Hola")
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": inbound}

    typing = sender.post({**read, "typing_indicator": {"type": "text"}})
    unknown = sender.post({**read, "message_id": "wamid.unknown"})

    assert typing.json() == {"success": True}
    assert unknown.json()["error"]["code"] == 131009


def test_a_held_marketing_message_says_so(sender: Sender, sandbox: SandboxProcess) -> None:
    sandbox.settings(hold_marketing=True)

    held = sender.post(invitation()).json()["messages"][0]["message_status"]

    assert held == "held_for_quality_assessment"


def test_a_code_can_be_answered_at_once_instead_of_by_webhook(
    sender: Sender, sandbox: SandboxProcess
) -> None:
    sandbox.settings(sync_codes=[131047])

    assert sender.post(text()).json()["error"]["code"] == 131047


def test_both_ways_through_the_server_answer_alike(sender: Sender, sandbox: SandboxProcess) -> None:
    """A connection that asked for something else first has left the fast lane."""
    in_fast_lane = sender.post(text(), token="stolen")
    sender.get("100000000000001")
    by_aiohttp = sender.post(text(), token="stolen")

    assert in_fast_lane.status_code == by_aiohttp.status_code
    assert in_fast_lane.headers["Content-Type"] == by_aiohttp.headers["Content-Type"]
    assert sender.post(text()).status_code == 200
