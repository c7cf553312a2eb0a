import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whatsapp import events, plain, webhook
from whatsapp.events import (
    AccountUpdated,
    AccountWarned,
    Announced,
    Event,
    LimitChanged,
    MessageReceived,
    NumberChanged,
    NumberError,
    NumberNameDecided,
    NumberQualityChanged,
    PreferenceChanged,
    StatusReported,
    TemplateCategoryChanged,
    TemplateQualityChanged,
    TemplateStatusChanged,
    Unrecognised,
)
from whatsapp.status import Status

SAMPLES = Path(__file__).parent.parent / "webhook_samples"

# What each kind of notice is recognized as.
KINDS: dict[str, tuple[type, ...]] = {
    "account_alerts": (Announced,),
    "account_disabled": (AccountUpdated,),
    "account_reinstated": (AccountUpdated,),
    "account_restriction": (AccountUpdated,),
    "account_review": (Announced,),
    "account_violation": (AccountUpdated,),
    "capability": (LimitChanged,),
    "echoes": (Announced,),
    "field_beside_changes": (Announced,),
    "field_inside_value": (AccountWarned,),
    "message_user_changed_number": (MessageReceived, NumberChanged),
    "no_changes_at_all": (Announced,),
    "number_error": (NumberError,),
    "number_name": (NumberNameDecided,),
    "number_quality": (NumberQualityChanged,),
    "security": (AccountWarned,),
    "status_unknown_word": (Unrecognised,),
    "template_category_done": (TemplateCategoryChanged,),
    "template_category_impending": (TemplateCategoryChanged,),
    "template_components": (Announced,),
    "template_paused": (TemplateStatusChanged,),
    "template_quality": (TemplateQualityChanged,),
    "template_quality_misnamed": (TemplateQualityChanged,),
    "template_rejected": (TemplateStatusChanged,),
    "unknown_field": (Unrecognised,),
    "user_preferences_resume": (PreferenceChanged,),
    "user_preferences_stop": (PreferenceChanged,),
}


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.json").read_bytes()


def only(name: str) -> Any:
    [event] = webhook.parse(sample(name))
    return event


@pytest.mark.parametrize("name", sorted(path.stem for path in SAMPLES.glob("*.json")))
def test_every_sample_is_recognized(name: str) -> None:
    spare = (StatusReported,) if name.startswith("status_") else (MessageReceived,)

    assert tuple(type(event) for event in webhook.parse(sample(name))) == KINDS.get(name, spare)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("status_sent", Status.SENT),
        ("status_delivered", Status.DELIVERED),
        ("status_read", Status.READ),
        ("status_played", Status.READ),
        ("status_failed", Status.FAILED),
    ],
)
def test_a_receipt_names_its_message_and_try(name: str, status: Status) -> None:
    receipt = only(name)

    assert receipt.status == status
    assert str(receipt.callback) == "7f3c2f6e-0000-4000-8000-000000000001"
    assert receipt.attempt == 1
    assert receipt.at == datetime.fromtimestamp(1795257600, UTC)
    assert receipt.recipient == "5491155550101"


def test_the_error_of_a_failed_message_is_kept() -> None:
    receipt = only("status_failed")

    assert receipt.code == 131026
    assert receipt.title == "Message undeliverable: Message Undeliverable."


def test_milliseconds_are_read_as_such() -> None:
    in_seconds = only("status_delivered").at

    assert only("status_milliseconds").at.replace(microsecond=0) == in_seconds


def test_a_tap_carries_its_payload_and_what_it_answers() -> None:
    tap = only("message_button")

    assert tap.text == "Confirmar"
    assert tap.button.startswith("1.c.")
    assert tap.context_wamid.startswith("wamid.")


@pytest.mark.parametrize("name", ["message_button_reply", "message_list_reply"])
def test_a_tap_in_a_conversation_carries_its_id(name: str) -> None:
    assert only(name).button.startswith("1.")


def test_a_patient_who_hides_the_number_is_known_by_user_id() -> None:
    message = only("message_hidden_number")

    assert (message.from_number, message.from_user_id) == ("", "AR.1349000000000001")


def test_files_are_kept_by_id_without_their_passing_address() -> None:
    message = only("message_image")

    assert message.text == "Mi orden"
    assert message.content["image"]["id"] == "1037543291543636"
    assert "url" not in message.content["image"]


def test_an_edited_message_says_what_stands_there_now() -> None:
    text, image = only("message_edit"), only("message_edit_of_image")

    assert (text.kind, text.text) == ("edit", "¿Puedo ir a las 12?")
    assert text.context_wamid == only("message_revoke").context_wamid
    assert text.context_wamid.startswith("wamid.")
    assert image.text == "Mi orden nueva"
    assert image.content["edit"]["message"]["image"]["id"] == "1037543291543636"
    assert "secret" not in json.dumps(image.content)


def test_a_message_that_was_taken_back_has_no_words() -> None:
    revoked = only("message_revoke")

    assert (revoked.kind, revoked.text, revoked.button) == ("revoke", "", "")


def test_what_is_new_beside_a_message_is_kept() -> None:
    message = only("message_with_more_fields")

    assert message.from_parent_user_id == "AR.ENT.1349000000000001"
    assert message.content == {
        "context": {"forwarded": True},
        "group_id": "Y2FwaV9ncm91cDox",
        "brand_new": {"a": [1, 2]},
        "identity_key_hash": "DF2lS5v2W6x=",
    }
    assert only("message_text").content == {}


def test_the_parents_id_may_stand_with_the_contact_alone() -> None:
    message = only("message_parent_of_contact")

    assert (message.from_user_id, message.from_parent_user_id) == (
        "AR.1350",
        "AR.ENT.1349000000000001",
    )


def test_the_id_of_a_group_is_nobodys_number() -> None:
    of_group, of_person = only("status_of_group"), only("status_with_more_fields")

    assert (of_group.recipient, of_group.charged_as) == ("", "")
    assert of_group.user_id == "AR.1349000000000001"
    assert of_person.recipient == "5491155550101"
    assert plain.read(sample("status_of_group")) is None
    assert plain.read(sample("status_with_more_fields")) is not None


def test_an_edit_of_an_edit_of_an_edit_breaks_nothing() -> None:
    deep: dict[str, Any] = {"type": "text", "text": {"body": "x"}}
    for _ in range(400):
        deep = {"type": "edit", "edit": {"message": deep, "original_message_id": "wamid.x"}}
    value = {"messages": [{"id": "wamid.y", **deep}], "metadata": {"phone_number_id": "1"}}

    event = told_about("messages", value)

    assert isinstance(event, MessageReceived)
    assert event.text == ""


def test_a_changed_number_names_the_old_and_the_new() -> None:
    _, change = webhook.parse(sample("message_user_changed_number"))

    assert isinstance(change, NumberChanged)
    assert (change.old_wa_id, change.new_wa_id) == ("5491155550101", "5491155550199")


def test_a_template_is_named_with_an_underscore() -> None:
    event = only("template_paused")

    assert (event.template.meta_id, event.template.language) == ("300000000000001", "en_US")
    assert (event.status, event.reason) == ("PAUSED", "FIRST_PAUSE")


def test_a_coming_change_of_category_is_told_from_one_that_is_done() -> None:
    coming, done = only("template_category_impending"), only("template_category_done")

    assert (coming.category, coming.is_done) == ("MARKETING", False)
    assert (done.category, done.is_done) == ("MARKETING", True)


def test_a_number_that_is_an_integer_in_preferences_is_read() -> None:
    assert only("user_preferences_stop").at == datetime.fromtimestamp(1795258100, UTC)


@pytest.mark.parametrize(
    ("told", "limit"),
    [
        pytest.param({"max_daily_conversation_per_phone": "TIER_2K"}, "TIER_2K", id="v23-word"),
        pytest.param({"max_daily_conversation_per_phone": 2000}, "2000", id="v23-number"),
        pytest.param({"max_daily_conversations_per_business": "TIER_10K"}, "TIER_10K", id="v24"),
        pytest.param({"max_daily_conversations_per_business": 2000}, "2000", id="as-in-the-sample"),
        pytest.param(
            {
                "max_daily_conversation_per_phone": "TIER_250",
                "max_daily_conversations_per_business": "TIER_2K",
            },
            "TIER_2K",
            id="both",
        ),
    ],
)
def test_the_limit_is_read_in_the_form_of_each_version(told: dict[str, Any], limit: str) -> None:
    value = {**told, "max_phone_numbers_per_business": 25, "max_phone_numbers_per_waba": 25}

    event = told_about("business_capability_update", value)

    assert isinstance(event, LimitChanged)
    assert event.limit == limit


def test_a_capability_without_a_limit_is_only_shown() -> None:
    event = told_about("business_capability_update", {"max_phone_numbers_per_waba": 25})

    assert isinstance(event, Announced)


def told_about(field: str, value: dict[str, Any]) -> Event:
    body = {"entry": [{"id": "2", "changes": [{"field": field, "value": value}]}]}
    [event] = webhook.parse(json.dumps(body).encode())
    return event


def test_statuses_messages_and_errors_of_one_value_are_all_read() -> None:
    value: dict[str, Any] = {"metadata": {"phone_number_id": "1"}}
    for name, key in (
        ("status_sent", "statuses"),
        ("message_text", "messages"),
        ("number_error", "errors"),
    ):
        value[key] = json.loads(sample(name))["entry"][0]["changes"][0]["value"][key]
    body = {"entry": [{"id": "2", "changes": [{"field": "messages", "value": value}]}]}

    kinds = [type(event) for event in webhook.parse(json.dumps(body).encode())]

    assert kinds == [StatusReported, MessageReceived, NumberError]


def test_what_is_not_json_is_kept_by_its_digest() -> None:
    [event] = webhook.parse(b"\xff\x00 not json")

    assert isinstance(event, Unrecognised)
    assert event.origin.content["bytes"] == 11


def test_half_a_letter_and_a_nul_do_not_reach_the_database() -> None:
    body = sample("message_text").replace(b"\\u00bfPuedo", b"\\u0000\\ud83d Puedo")

    [event] = webhook.parse(body)

    assert isinstance(event, MessageReceived)
    assert event.text.startswith("? Puedo")


def test_the_signature_is_checked_over_the_raw_bytes() -> None:
    body = rb'{"a":"Ol\u00e1 <b>\/x"}'
    header = "sha256=0f9a70d4d456a167bdc6ab738bf7bf95b347c3de280ac9349d2f56d66f310df0"

    assert len(body) == 23
    assert webhook.is_signed(body, header, ["another", "sandbox-app-secret"])
    assert not webhook.is_signed(body.replace(rb"\/", b"/"), header, ["sandbox-app-secret"])
    assert not webhook.is_signed(body, header, ["another"])


@pytest.mark.parametrize("header", ["", "sha256=", "sha1=ab", "sha256=é" + "0" * 63])
def test_a_missing_or_broken_signature_is_refused(header: str) -> None:
    assert not webhook.is_signed(b"", header, ["sandbox-app-secret", ""])


@pytest.mark.parametrize(
    ("changed", "answer"),
    [
        pytest.param({}, "1158201444", id="as-meta-asks"),
        pytest.param({"hub.verify_token": "é"}, None, id="wrong-token"),
        pytest.param({"hub.mode": "unsubscribe"}, None, id="another-mode"),
    ],
)
def test_the_handshake_echoes_the_challenge(changed: dict[str, str], answer: str | None) -> None:
    query = {
        "hub.mode": "subscribe",
        "hub.challenge": "1158201444",
        "hub.verify_token": "ours",
    }

    assert webhook.challenge(query | changed, "ours") == answer


def test_an_empty_token_lets_nobody_in() -> None:
    assert webhook.challenge({"hub.mode": "subscribe", "hub.verify_token": ""}, "") is None


@given(st.binary(max_size=300))
def test_any_bytes_become_events(body: bytes) -> None:
    told = webhook.parse(body)

    assert told
    assert all(isinstance(event, Event) for event in told)


words = st.sampled_from(
    [
        "messages",
        "statuses",
        "user_preferences",
        "account_update",
        "field",
        "value",
        "id",
        "type",
        "text",
        "system",
        "errors",
        "interactive",
        "status",
        "sent",
        "failed",
        "timestamp",
        "from",
        "message_template_status_update",
        "image",
        "contacts",
        "phone_number_quality_update",
        "new_quality_score",
        "template_category_update",
        "code",
        "business_capability_update",
        "edit",
        "message",
        "revoke",
        "context",
        "recipient_type",
        "group",
    ]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | words
shapes = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(words | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=20,
)


@given(st.lists(shapes, max_size=3))
def test_every_change_of_any_shape_is_told(changes: list[Any]) -> None:
    body = json.dumps({"entry": [{"id": "2", "changes": changes}]}).encode()

    told = webhook.parse(body)

    objects = [change for change in changes if isinstance(change, dict)]
    assert len(told) >= max(1, len(objects))
    assert all(isinstance(event, Event) for event in told)


@given(st.data())
def test_a_sample_with_one_value_changed_is_still_told(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(path.stem for path in SAMPLES.glob("*.json"))))
    body = json.loads(sample(name))
    holders = list(_holders(body))
    holder, key = data.draw(st.sampled_from(holders))
    holder[key] = data.draw(shapes)

    told = webhook.parse(json.dumps(body).encode())

    assert told
    assert all(isinstance(event, Event) for event in told)


def _holders(value: Any) -> Any:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(pairs):
        yield value, key
        if isinstance(inner, dict | list):
            yield from _holders(inner)


def test_every_kind_of_event_has_a_sample() -> None:
    recognized = {kind for kinds in KINDS.values() for kind in kinds}

    assert recognized | {StatusReported, MessageReceived} == set(events.Event.__args__)
