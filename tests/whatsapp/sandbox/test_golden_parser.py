"""Our own reader of webhooks understands all that the sandbox can tell, in every version."""

from collections import Counter

import pytest

from tests.sandbox_process import APP_SECRET, PHONE_NUMBER_ID, SandboxProcess
from tests.whatsapp.sandbox.conftest import Receiver, Sender, invitation, reminder, text
from whatsapp import webhook
from whatsapp.events import (
    AccountUpdated,
    Announced,
    Event,
    LimitChanged,
    MessageReceived,
    NumberChanged,
    StatusReported,
    Unrecognised,
)
from whatsapp.sandbox.behaviours import BY_SUFFIX

ANA = "5491155550101"
KINDS = (
    *("image", "video", "audio", "document", "sticker", "location", "contacts", "order"),
    *("unsupported", "flow"),
)


def told(receiver: Receiver) -> list[Event]:
    for body, header in receiver.bodies:
        assert webhook.is_signed(body, header, [APP_SECRET])
    return [event for body, _ in receiver.bodies for event in webhook.parse(body)]


@pytest.mark.parametrize("version", [23, 24, 25, 26])
@pytest.mark.parametrize("oddities", [False, True])
def test_every_decision_is_understood(
    sandbox: SandboxProcess, receiver: Receiver, version: int, *, oddities: bool
) -> None:
    sandbox.settings(webhook_version=version, oddities=oddities)
    one = {"name": "please_contact_us", "language": "en"}
    sandbox.decide("throughput", per_second=1000)
    sandbox.decide("daily_limit", people=2000)
    sandbox.decide("restrict")
    sandbox.decide("violate")
    for do in ("schedule_ban", "ban", "reinstate", "alert", "account_review", "name_review"):
        sandbox.decide(do)
    sandbox.decide("security", event="PIN_RESET_REQUEST", requester="541155550000")
    sandbox.decide("trouble")
    sandbox.decide("quality", rating="RED")
    sandbox.decide("bad_feedback", **one)
    sandbox.decide("recategorise", category="MARKETING", **one)
    sandbox.decide("recategorise", category="MARKETING", hours=0, **one)
    sandbox.decide("tell_components", **one)
    sandbox.review("opening_hours_changed", status="REJECTED", reason="INVALID_FORMAT")
    sandbox.inbound(ANA, preference="stop")
    sandbox.wait_until_quiet()

    events = told(receiver)

    assert len(events) >= 18
    assert [one.limit for one in events if isinstance(one, LimitChanged)] == [
        "2000" if oddities else "TIER_2K"
    ]
    assert [one for one in events if isinstance(one, Unrecognised)] == []


def test_every_kind_of_message_is_understood(sandbox: SandboxProcess, receiver: Receiver) -> None:
    for kind in KINDS:
        sandbox.inbound(ANA, send=kind)
    sandbox.inbound(ANA, new_number="5491155550199")
    sandbox.inbound(ANA, new_user_id="AR.77")
    sandbox.wait_until_quiet()

    events = told(receiver)

    heard = {one.kind for one in events if isinstance(one, MessageReceived)}
    assert heard == {*KINDS, "interactive", "system"} - {"flow"}
    others = [type(one) for one in events if not isinstance(one, MessageReceived)]
    assert others == [NumberChanged, NumberChanged]


@pytest.mark.parametrize(
    "event",
    [
        {"event": "ACCOUNT_DELETED"},
        {"event": "ACCOUNT_OFFBOARDED"},
        {"event": "ACCOUNT_RECONNECTED"},
        {"event": "VOLUME_BASED_PRICING_TIER_UPDATE", "volume_tier_info": {"tier": "1"}},
        {"event": "BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE", "country": "AR"},
        {"event": "MM_LITE_TERMS_SIGNED"},
        {"event": "PARTNER_ADDED"},
    ],
    ids=lambda one: str(one["event"]),
)
def test_every_event_of_an_account_is_told_and_understood(
    sandbox: SandboxProcess, receiver: Receiver, event: dict[str, object]
) -> None:
    sandbox.decide("account_event", **event)
    sandbox.wait_until_quiet()

    (one,) = told(receiver)
    assert isinstance(one, AccountUpdated)
    assert one.event == event["event"]
    assert one.origin.content == event


@pytest.mark.parametrize("version", [23, 24, 25, 26])
def test_edits_groups_parents_and_identities_are_understood(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver, version: int
) -> None:
    sandbox.settings(webhook_version=version, parent_user_ids=True, identity_check=True)
    first = sandbox.inbound(ANA, text="Hola")
    sandbox.inbound(ANA, edit=first, text="Hola, ya voy")
    sandbox.inbound(ANA, revoke=first)
    wamid = sender.send(reminder())
    sandbox.tell_status(wamid, "read", group="120363000000000001")
    for field in ("group_lifecycle_update", "group_participants_update"):
        sandbox.tell(field, {"groups": [{"group_id": "120363000000000001"}]}, time=1795258000)
    sandbox.wait_until_quiet()

    events = told(receiver)

    received = [one for one in events if isinstance(one, MessageReceived)]
    edited = next(one for one in received if one.kind == "edit")
    assert {one.kind for one in received} == {"text", "edit", "revoke"}
    assert (edited.text, edited.context_wamid) == ("Hola, ya voy", first)
    assert {one.from_parent_user_id for one in received} == {f"AR.ENT.1349{ANA}"}
    assert all(one.content and one.content["identity_key_hash"] for one in received)
    statuses = [one for one in events if isinstance(one, StatusReported)]
    assert sorted(one.recipient for one in statuses) == ["", ANA, ANA, ANA]
    assert {one.user_id for one in statuses} == {f"AR.1349{ANA}"}
    assert sum(isinstance(one, Announced) for one in events) == 2
    assert [one for one in events if isinstance(one, Unrecognised)] == []


def test_second_thoughts_open_no_window(sender: Sender, sandbox: SandboxProcess) -> None:
    sandbox.settings(sync_codes=[131047])
    sandbox.inbound(ANA, edit="wamid.x", text="Hola")

    assert sender.post(text()).json()["error"]["code"] == 131047


@pytest.mark.parametrize("batch", [1, 50])
def test_every_behaviour_is_understood_however_it_comes(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver, batch: int
) -> None:
    sandbox.settings(batch=batch, doubled=0.3, shuffled=0.5, pair_limits=False)
    sandbox.settings(numbers={PHONE_NUMBER_ID: {"throughput": 0}})
    for suffix in BY_SUFFIX:
        sender.send(reminder(to=f"+549115555{suffix}"))
        sender.send(invitation(to=f"+549115555{suffix}"))
    sandbox.wait_until_quiet()

    events = told(receiver)

    kinds = Counter(type(one) for one in events)
    assert kinds[Unrecognised] == 0
    assert kinds[StatusReported] > 3 * len(BY_SUFFIX)
    assert kinds[MessageReceived] > 10
