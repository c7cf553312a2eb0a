import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from whatsapp import plain, webhook
from whatsapp.events import StatusReported

CALLBACK = "0f8fad5b-d9cb-469f-a165-70867728950e"


def receipt(**fields: object) -> dict[str, object]:
    known: dict[str, object] = {
        "id": "wamid.HBgNNTQxMTU1NTAwMDAx==",
        "status": "delivered",
        "timestamp": "1795257600",
        "recipient_id": "541155500001",
        "recipient_user_id": "AR.13491208655302741918",
        "biz_opaque_callback_data": f"{CALLBACK}.1",
        "pricing": {"pricing_model": "PMP", "type": "regular", "category": "utility"},
    }
    return {k: v for k, v in (known | fields).items() if v is not ...}


def body(*statuses: object, **beside: object) -> bytes:
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "1"}}
    change = {"field": "messages", "value": value | {"statuses": list(statuses)} | beside}
    return json.dumps({"object": "x", "entry": [{"id": "2", "changes": [change]}]}).encode()


def spoken(text: bytes) -> list[plain.Receipt]:
    """What the tolerant reader makes of a body, in the words of the strict one."""
    words = {"SENT": 1, "DELIVERED": 2, "READ": 3}
    found = []
    for told in webhook.parse(text):
        assert isinstance(told, StatusReported)
        assert told.at is not None
        found.append(
            (
                f"{told.callback}.{told.attempt}",
                told.wamid,
                str(int(told.at.timestamp())),
                words[told.status],
                told.recipient or '""',
                told.user_id or '""',
                told.charged_as or '""',
            )
        )
    return found


def test_ordinary_receipts_are_read_as_the_tolerant_reader_does() -> None:
    text = body(
        receipt(),
        receipt(status="sent", recipient_user_id=...),
        receipt(status="played", recipient_id=""),
        receipt(pricing=...),
        receipt(pricing={"type": "free_customer_service", "category": "utility"}),
    )

    assert plain.read(text) == spoken(text)
    assert [told[-1] for told in spoken(text)] == ["utility"] * 3 + ['""'] * 2


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff{", id="not-json"),
        pytest.param(b"[]", id="not-an-object"),
        pytest.param(b'{"entry": []}', id="no-entry"),
        pytest.param(b'{"entry": [{"id": "2", "changes": []}]}', id="no-change"),
        pytest.param(body(), id="no-receipt"),
        pytest.param(body(receipt(status="failed", errors=[{"code": 131026}])), id="failed"),
        pytest.param(body(receipt(status="warned")), id="unknown-status"),
        pytest.param(body(receipt(status=["sent"])), id="a-list-of-statuses"),
        pytest.param(body(receipt(biz_opaque_callback_data=...)), id="no-callback"),
        pytest.param(body(receipt(biz_opaque_callback_data="campaign 7")), id="not-our-callback"),
        pytest.param(body(receipt(biz_opaque_callback_data=CALLBACK)), id="no-try"),
        pytest.param(body(receipt(biz_opaque_callback_data=f"{CALLBACK}.01")), id="try-with-zero"),
        pytest.param(body(receipt(timestamp=1795257600)), id="time-as-number"),
        pytest.param(body(receipt(timestamp="1795257600123")), id="milliseconds"),
        pytest.param(body(receipt(timestamp=...)), id="no-time"),
        pytest.param(body(receipt(id="wamid.a,b")), id="odd-wamid"),
        pytest.param(body(receipt(id="wamid." + "x" * 250)), id="long-wamid"),
        pytest.param(body(receipt(recipient_id=None)), id="recipient-null"),
        pytest.param(body(receipt(recipient_id="+54 11")), id="recipient-with-plus"),
        pytest.param(body(receipt(recipient_user_id="NULL")), id="person-called-null"),
        pytest.param(body(receipt(recipient_user_id='AR.1"')), id="person-with-quote"),
        pytest.param(body(receipt(id="wamid.a\n")), id="end-of-line"),
        pytest.param(body(receipt(pricing="regular")), id="price-as-a-word"),
        pytest.param(body(receipt(pricing={"category": "utility"})), id="price-of-no-type"),
        pytest.param(
            body(receipt(pricing={"type": "regular", "category": "a,b"})), id="odd-category"
        ),
        pytest.param(body(receipt(), "sent"), id="a-word-among-receipts"),
        pytest.param(body(receipt(), messages=[{"id": "wamid.1"}]), id="with-a-message"),
        pytest.param(body(receipt(), errors=[{"code": 1}]), id="with-an-error"),
    ],
)
def test_whatever_is_odd_is_left_to_the_tolerant_reader(text: bytes) -> None:
    assert plain.read(text) is None
    assert webhook.parse(text)


odd: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.integers(), st.text(max_size=5), st.just([]), st.just({}), st.just(...)
)
usual = {
    "id": st.sampled_from(["wamid.1", "wamid.A+/=_.-", "wamid.", "1"]),
    "status": st.sampled_from(["sent", "delivered", "read", "played", "failed"]),
    "timestamp": st.sampled_from(["1795257600", "999999999", "9795257600", "179525760"]),
    "recipient_id": st.sampled_from(["541155500001", "", "1" * 21]),
    "recipient_user_id": st.sampled_from(["AR.1", "US.ENT.11", "", "AR."]),
    "pricing": st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["regular", "free_entry_point"]) | odd,
            "category": st.sampled_from(["marketing", "authentication-international"]) | odd,
        },
    ).map(lambda pricing: {k: v for k, v in pricing.items() if v is not ...}),
    "biz_opaque_callback_data": st.sampled_from(
        [f"{CALLBACK}.1", f"{CALLBACK}.9999", f"{CALLBACK.upper()}.1", f"{CALLBACK}.0"]
    ),
}
parts = st.fixed_dictionaries({}, optional={name: one | odd for name, one in usual.items()})


# A busy machine is slow, and that is all.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(parts, min_size=1, max_size=3))
def test_what_is_read_strictly_is_read_the_same_way_tolerantly(
    changed: list[dict[str, object]],
) -> None:
    text = body(*(receipt(**fields) for fields in changed))

    found = plain.read(text)

    assert found is None or found == spoken(text)


def test_the_earliest_moments_count_and_a_later_step_implies_the_earlier_ones() -> None:
    into: dict[str, plain.Told] = {}
    name = f"{CALLBACK}.1"
    told = [
        (name, "wamid.1", "1795257603", 3, '""', '""', '""'),
        (name, "wamid.1", "1795257602", 2, "54", "AR.1", "utility"),
        (name, "wamid.1", "1795257605", 1, "55", "AR.2", '""'),
    ]

    assert plain.fold(told, into)

    assert into == {
        name: ["wamid.1", "1795257602", "1795257602", "1795257603", "54", "AR.1", "utility"]
    }


def test_two_ids_for_one_try_are_not_folded() -> None:
    into: dict[str, plain.Told] = {}
    name = f"{CALLBACK}.1"
    told = [(name, wamid, "1795257603", 1, '""', '""', '""') for wamid in ("wamid.1", "wamid.2")]

    assert not plain.fold(told, into)
    assert into[name][0] == "wamid.1"
