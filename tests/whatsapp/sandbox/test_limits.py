import pytest

from tests.sandbox_process import PHONE_NUMBER_ID, SandboxProcess
from tests.whatsapp.sandbox.conftest import Sender, text
from whatsapp.sandbox.graph_errors import GraphError
from whatsapp.sandbox.limits import PAIR_BURST, PairLimits, Throughput
from whatsapp.sandbox.options import Number


def throughput(limit: int) -> Throughput:
    return Throughput([Number(id="1", throughput=limit)])


def test_a_second_holds_as_many_messages_as_the_limit() -> None:
    limit = throughput(20)
    for place in range(20):
        limit.take("1", 100 + place / 100)

    with pytest.raises(GraphError) as refusal:
        limit.take("1", 100.999)
    limit.take("1", 101.001)

    assert refusal.value.code == 130429
    assert limit.highest() == {"1": {"passed": 20, "asked": 21}}


def test_inbound_messages_take_places_in_the_second() -> None:
    limit = throughput(2)
    limit.count_inbound("1", 100.0)
    limit.count_inbound("1", 100.1)

    with pytest.raises(GraphError):
        limit.take("1", 100.2)


def test_no_limit_still_counts() -> None:
    limit = throughput(0)
    for _ in range(500):
        limit.take("1", 100.0)

    assert limit.highest()["1"]["passed"] == 500


def test_a_pair_bursts_45_times_and_then_waits_six_seconds() -> None:
    pairs = PairLimits()
    for _ in range(PAIR_BURST):
        pairs.take("1", "549", 100.0)

    with pytest.raises(GraphError) as refusal:
        pairs.take("1", "549", 105.9)
    pairs.take("1", "549", 106.0)
    pairs.take("1", "550", 100.0)

    assert refusal.value.code == 131056


def test_limits_are_met_over_the_wire(sender: Sender, sandbox: SandboxProcess) -> None:
    pair_codes = {sender.post(text()).status_code for _ in range(PAIR_BURST)}
    pair = sender.post(text()).json()["error"]["code"]
    sandbox.settings(pair_limits=False, numbers={PHONE_NUMBER_ID: {"throughput": 1}})
    several = [sender.post(text()) for _ in range(5)]

    assert pair_codes == {200}
    assert pair == 131056
    assert several[-1].json()["error"]["code"] == 130429
    assert sandbox.stats()["refused"]["131056"] == 1
