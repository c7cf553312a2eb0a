"""
pywa hears the sandbox, unchanged: every status, message and decision that it knows.

It reads the first change of a request alone and wants contacts with each status, so the sandbox is
told to send each change by itself, and none without contacts.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from pywa.types import (
    CallbackButton,
    CallbackSelection,
    DeletedMessage,
    EditedMessage,
    FlowCompletion,
    Message,
    MessageStatus,
    PhoneNumberChange,
)

from tests.sandbox_process import SandboxProcess
from tests.whatsapp.sandbox.conftest import (
    Receiver,
    Sender,
    buttons,
    invitation,
    reminder,
    text,
)
from tests.whatsapp.sandbox.pywa_side import Heard, all_heard, attentive
from whatsapp.sandbox.behaviours import SUFFIX_OF

ANA = "5491155550101"


@pytest.fixture
def heard(
    sandbox: SandboxProcess, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> Iterator[Heard]:
    with attentive(sandbox, caplog) as one:
        yield one


def number_that(name: str) -> str:
    return f"+549115555{SUFFIX_OF[name]}"


def test_statuses_carry_callback_price_and_person(
    heard: Heard, sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    wamid = sender.send(reminder(biz_opaque_callback_data="outbox:1"))

    told = all_heard(heard, sandbox, receiver).of(MessageStatus)

    assert sorted(heard.statuses()) == ["delivered", "read", "sent"]
    assert {(one.id, one.tracker, one.from_user.wa_id) for one in told} == {
        (wamid, "outbox:1", ANA)
    }
    prices = {one.status.value: one.pricing for one in told}
    assert (prices["sent"].type.value, prices["sent"].category.value) == ("regular", "utility")
    assert prices["read"] is None
    assert not any(one.conversation for one in told)


def test_older_versions_carry_conversations(
    heard: Heard, sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sandbox.settings(webhook_version=23)
    sender.send(reminder())

    told = all_heard(heard, sandbox, receiver).of(MessageStatus)

    assert {one.conversation.category.value for one in told} == {"utility"}


@pytest.mark.parametrize(
    ("name", "code"),
    [("not_on_whatsapp", 131026), ("stopped_marketing", 131050), ("capped", 131049)],
)
def test_failures_carry_metas_code(
    heard: Heard,
    sender: Sender,
    sandbox: SandboxProcess,
    receiver: Receiver,
    name: str,
    code: int,
) -> None:
    sender.send(invitation(to=number_that(name)))

    (failed,) = all_heard(heard, sandbox, receiver).of(MessageStatus)

    assert (failed.status.value, failed.error.code) == ("failed", code)


def test_taps_on_templates_replies_and_lists(
    heard: Heard, sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    first = sender.send(reminder())
    sandbox.inbound(ANA, tap=0)
    sender.send(buttons(("Undo",)))
    sandbox.inbound(ANA, tap=0)
    rows = {"rows": [{"id": "slot-1", "title": "09:00", "description": "Room 2"}]}
    action = {"button": "Times", "sections": [rows]}
    chosen = {"type": "list", "body": {"text": "Choose"}, "action": action}
    sender.send({**text(), "type": "interactive", "interactive": chosen})
    sandbox.inbound(ANA, tap=0)

    all_heard(heard, sandbox, receiver)

    taps = {one.data: one for one in heard.of(CallbackButton)}
    assert set(taps) == {"tap:0", "id:Undo"}
    assert (taps["tap:0"].title, taps["tap:0"].reply_to_message.id) == ("Confirmar", first)
    (selection,) = heard.of(CallbackSelection)
    assert (selection.data, selection.title, selection.description) == ("slot-1", "09:00", "Room 2")


@pytest.mark.parametrize("kind", ["image", "video", "audio", "document", "sticker"])
def test_a_patients_file_can_be_fetched(
    heard: Heard, sandbox: SandboxProcess, receiver: Receiver, kind: str
) -> None:
    sandbox.inbound(ANA, send=kind)

    (message,) = all_heard(heard, sandbox, receiver).of(Message)

    medium = getattr(message, kind)
    by_url = heard.wa.get_media_bytes(medium.url)
    by_id = heard.wa.get_media_bytes(heard.wa.get_media_url(medium.id).url)
    assert by_url == by_id
    assert by_url


def test_texts_places_cards_reactions_orders_and_the_unknown(
    heard: Heard, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    wamid = sandbox.inbound(ANA, text="Hola, ¿qué tal? 👋")
    sandbox.inbound(ANA, send="location")
    sandbox.inbound(ANA, send="contacts")
    sandbox.inbound(ANA, send="order")
    sandbox.inbound(ANA, send="unsupported")
    sandbox.inbound(ANA, wamid=wamid, reaction="\N{THUMBS UP SIGN}")
    sandbox.inbound(ANA, wamid=wamid, reaction="")
    sandbox.inbound(ANA, send="image", **{"with": {"caption": "My referral"}})

    all_heard(heard, sandbox, receiver)

    by_kind: dict[str, list[Any]] = {}
    for one in heard.of(Message):
        by_kind.setdefault(one.type.value, []).append(one)
    assert by_kind["text"][0].text == "Hola, ¿qué tal? 👋"
    assert by_kind["location"][0].location.latitude == -34.6
    assert by_kind["contacts"][0].contacts[0].name.formatted_name == "Luis"
    assert by_kind["order"][0].order.products[0].sku == "a-1"
    assert by_kind["unsupported"][0].error.code == 131051
    assert {one.reaction.emoji for one in by_kind["reaction"]} == {"\N{THUMBS UP SIGN}", None}
    assert by_kind["image"][0].caption == "My referral"


def test_a_message_is_edited_and_taken_back(
    heard: Heard, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    first = sandbox.inbound(ANA, text="Hola")
    sandbox.inbound(ANA, edit=first, text="Hola, ¿a qué hora?")
    sandbox.inbound(ANA, revoke=first)

    all_heard(heard, sandbox, receiver)

    (edited,) = heard.of(EditedMessage)
    (deleted,) = heard.of(DeletedMessage)
    assert (edited.original_message_id, edited.message.text) == (first, "Hola, ¿a qué hora?")
    assert deleted.original_message_id == first


def test_people_have_parents_and_identities_on_request(
    heard: Heard, sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sandbox.settings(parent_user_ids=True, identity_check=True)
    sandbox.behave(ANA, {"identity": "hash-of-ana"})
    sandbox.inbound(ANA, text="Hola")
    sender.send(reminder())

    all_heard(heard, sandbox, receiver)

    (message,) = heard.of(Message)
    assert message.from_user.parent_bsuid == "AR.ENT.13495491155550101"
    assert message.from_user.identity_key_hash == "hash-of-ana"
    statuses = receiver.statuses()
    assert {one["parent_recipient_user_id"] for one in statuses} == {"AR.ENT.13495491155550101"}
    assert {one["recipient_identity_key_hash"] for one in statuses} == {"hash-of-ana"}


def test_an_advertisement_is_where_somebody_comes_from(
    heard: Heard, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    referral = {
        "source_url": "https://fb.me/x",
        "source_id": "1",
        "source_type": "ad",
        "body": "Flu shots",
        "headline": "Clinica Aurora",
        "media_type": "image",
        "image_url": "https://clinic.example/a.jpg",
        "ctwa_clid": "abc",
        "welcome_message": {"text": "Hi"},
    }
    message = {"type": "text", "text": {"body": "Hola"}, "referral": referral}
    sandbox.inbound(ANA, message=message)

    (came,) = all_heard(heard, sandbox, receiver).of(Message)

    assert came.referral.source_id == "1"


def test_a_form_is_completed(heard: Heard, sandbox: SandboxProcess, receiver: Receiver) -> None:
    sandbox.inbound(ANA, send="flow", **{"with": {"flow_token": "t-1", "slot": "09:00"}})

    (done,) = all_heard(heard, sandbox, receiver).of(FlowCompletion)

    assert (done.token, done.response["slot"]) == ("t-1", "09:00")


def test_a_number_changes(
    heard: Heard, sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sandbox.inbound(ANA, new_number="5491155550199")
    sender.send(reminder())

    all_heard(heard, sandbox, receiver)

    (change,) = heard.of(PhoneNumberChange)
    assert (change.old_wa_id, change.new_wa_id) == (ANA, "5491155550199")
    (failed,) = heard.of(MessageStatus)
    assert failed.error.code == 131026


def test_a_username_is_all_that_is_known(
    heard: Heard, sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sender.send(reminder(to=number_that("username_only")))

    all_heard(heard, sandbox, receiver)

    (tap,) = heard.of(CallbackButton)
    assert (tap.from_user.wa_id, tap.from_user.bsuid) == (None, "AR.13495491155557029")
    assert {one.from_user.wa_id for one in heard.of(MessageStatus)} == {None}
    assert tap.from_user.username


def test_forged_webhooks_are_refused(
    heard: Heard, sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sender.send(reminder())
    sandbox.wait_until_quiet()
    receiver.bodies.clear()
    sandbox.forge()

    heard.take(receiver)

    assert [status for _, status in heard.refused] == [401, 403, 403, 401, 403]
    assert heard.updates == []
